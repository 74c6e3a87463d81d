"""Hours for bulk: large ordinary letters wait for their hour, at the sender and at the hub; nothing else does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from config.settings import NodeFile, WrongSettings, bulk_hours, read_settings
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.hours import BulkHours
from exchange_axis.node.compose import Draft
from tests.node.stand import Stand

ABOVE = 100_000
NIGHT = BulkHours(above=ABOVE, opens=time(19), closes=time(6))
NOON = BulkHours(above=0, opens=time(12), closes=time(13, 30))


def at(hour: int, minute: int = 0) -> datetime:
    """A moment of a day in Vietnam, in UTC."""
    return datetime(2026, 11, 20 if hour >= 7 else 21, (hour - 7) % 24, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "open_at", "closed_at"),
    [
        (NIGHT, [at(19), at(23, 59), at(0), at(5, 59)], [at(6), at(12), at(18, 59)]),
        (
            BulkHours(above=0, opens=time(12), closes=time(13, 30)),
            [at(12), at(13, 29)],
            [at(11, 59), at(13, 30), at(0)],
        ),
    ],
)
def test_hours_are_those_of_vietnam(hours: BulkHours, open_at: list[datetime], closed_at: list[datetime]) -> None:
    assert all(hours.is_open(moment) for moment in open_at)
    assert not any(hours.is_open(moment) for moment in closed_at)


def draft_of(stand: Stand, number: int, *, size: int, priority: str) -> Draft:
    data = b"%PDF-1.7\n" + b"0" * size + b"\n%%EOF\n"
    attachment = stand.attachment(f"{number}.pdf", data)
    return stand.draft(number=number, priority=priority, attachments=[attachment])


def test_large_ordinary_letters_wait_for_their_hour(stand: Stand) -> None:
    mail = [(1, 2 * ABOVE, "thuong"), (2, 10, "thuong"), (3, 2 * ABOVE, "khan"), (4, 2 * ABOVE, "hoa-toc")]

    async def story() -> None:
        stand.clock.at = at(9)
        with stand.sender.open(bulk=NIGHT) as home, stand.receiver.open(bulk=NIGHT) as away:
            for number, size, priority in mail:
                home.sender.send(draft_of(stand, number, size=size, priority=priority), actor="Lê Thị Hoa")
            line = stand.line(stand.sender)
            assert await home.agent(line).push_once() == 3
            assert [lane for lane, _ in line.submitted] == [Lane.HOA_TOC, Lane.KHAN, Lane.THUONG]
            stand.clock.at = at(19)
            assert await home.agent(line).push_once() == 1

            stand.clock.at = at(23)
            stand.clock.advance(hours=10)
            there = away.agent(stand.line(stand.receiver))
            assert await there.pull_once() == 3
            assert sorted(one.title for one in away.views.received()) == ["2/BC-UBND", "3/BC-UBND", "4/BC-UBND"]
            assert await there.push_once() == 3  # what is said about letters is never bulk
            stand.clock.advance(hours=10)
            assert await there.pull_once() == 1

    asyncio.run(story())


def settings(folder: Path, *lines: str) -> NodeFile:
    path = folder / "node.toml"
    given = ['id = "n"', 'name = "N"', 'agencies = ["H90=X"]', 'hub = "https://h:1"', *lines]
    path.write_text("[node]\n" + "\n".join(given) + "\n", encoding="utf-8")
    return read_settings(path, "node", NodeFile, command="")


def test_what_an_operator_sets(tmp_path: Path) -> None:
    assert bulk_hours(settings(tmp_path)) is None
    assert settings(tmp_path).time_to_live_days == 15
    assert bulk_hours(settings(tmp_path, 'bulk_hours = "19:00-06:00"', f"bulk_above = {ABOVE}")) == NIGHT
    for line, fault in (
        ('bulk_hours = "7pm"', "bulk_hours must be HH:MM-HH:MM"),
        ('bulk_hours = "24:00-06:00"', "bulk_hours must be HH:MM-HH:MM"),
        ("bandwidth = 100", "bandwidth must be 0 or at least 4096"),
        ("bandwidth = -1", "bandwidth must be 0 or more"),
        ("time_to_live_days = 0", "time_to_live_days must be 1 or more"),
    ):
        with pytest.raises(WrongSettings, match=fault):
            settings(tmp_path, line)
