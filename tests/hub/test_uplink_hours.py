"""Hours for bulk and a cap on the line to the hub above, as nodes have them for theirs."""

from __future__ import annotations

import asyncio
from datetime import UTC
from pathlib import Path

import pytest

from adapters.throttle import Throttle
from config.settings import WrongSettings
from config.wiring_hub import uplink_line
from exchange_axis.domain.consignment import Lane
from exchange_axis.hub.world import Received
from tests.hub.stand import Stand, make_letter, reopen
from tests.hub.test_three_hubs import Federation
from tests.hub.timed import moment


def set_up(stand: Stand, *lines: str) -> Stand:
    with stand.places.settings("hub").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return reopen(stand)


def letters(folder: Path, federation: Federation, way: str) -> dict[Lane, Received]:
    """An ordinary letter and an urgent one, up from hub-a or down to it."""
    stand, peer, code, to = {
        "up": (federation.a, federation.a1, "H90.01", "G90"),
        "down": (federation.top, federation.g, "G90", "H90.01"),
    }[way]
    made = {
        lane: make_letter(folder, peer, code, [to], clock=federation.clock, number=lane.value, lane=lane)
        for lane in (Lane.THUONG, Lane.KHAN)
    }
    for letter in made.values():
        stand.hub.intake.submit(peer.row, letter)
    return made


@pytest.mark.parametrize("way", ["up", "down"])
def test_large_ordinary_letters_wait_for_their_hour(tmp_path: Path, way: str) -> None:
    federation = Federation(tmp_path)
    federation.clock.at = moment("2026-03-02 09:00").astimezone(UTC)
    federation.a = set_up(federation.a, 'bulk_hours = "19:00-06:00"', "bulk_above = 1000")
    federation.lines["a"] = federation._uplink(federation.a)
    made = letters(tmp_path, federation, way)
    there = federation.top if way == "up" else federation.a
    federation.settle()
    assert there.hub.auditing.history(made[Lane.KHAN].sha256)
    assert not there.hub.auditing.history(made[Lane.THUONG].sha256)
    federation.clock.at = moment("2026-03-02 19:00").astimezone(UTC)
    federation.settle()
    assert there.hub.auditing.history(made[Lane.THUONG].sha256)
    federation.close()


def test_the_line_has_the_cap_of_its_settings(tmp_path: Path) -> None:
    federation = Federation(tmp_path)

    async def cap() -> tuple[Throttle, Throttle] | None:
        line = uplink_line(federation.a.places)
        try:
            return line._session._cap
        finally:
            await line.close()

    assert asyncio.run(cap()) is None
    federation.a = set_up(federation.a, "bandwidth = 65536")
    up, down = asyncio.run(cap()) or pytest.fail("no cap")
    assert up is not down and up._rate == down._rate == 65536
    federation.close()


@pytest.mark.parametrize(
    ("line", "what"), [("bandwidth = 100", "at least 4096"), ('bulk_hours = "7-9"', "HH:MM-HH:MM")]
)
def test_wrong_settings_are_refused(tmp_path: Path, line: str, what: str) -> None:
    federation = Federation(tmp_path)
    with pytest.raises(WrongSettings) as refused:
        set_up(federation.a, line)
    assert what in refused.value.message("en")
    for stand in (federation.top, federation.b):
        stand.close()
