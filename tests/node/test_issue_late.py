"""A letter that leaves too long after its signing is warned about, and sent all the same (K1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from exchange_axis.demo.signing_times import signing_time_in_time, signing_time_late
from exchange_axis.domain.calendar import VIETNAM
from tests.node.stand import Stand


def codes(stand: Stand, **form: object) -> list[str]:
    with stand.sender.open() as node:
        receipt = node.sender.send(stand.draft(**form), actor="Lê Thị Hoa")
    return [str(note["code"]) for note in receipt.notes]


def test_a_letter_signed_just_now_is_not_late(stand: Stand) -> None:
    assert "deadline.issue-late" not in codes(stand)


def test_signing_times_of_the_demo_are_in_time_and_late(stand: Stand) -> None:
    now = stand.clock.now()
    with stand.sender.open() as node:
        calendar = node.world.calendar()
    in_time = signing_time_in_time(now, calendar).astimezone(VIETNAM)
    late = signing_time_late(now, calendar).astimezone(VIETNAM)
    assert "deadline.issue-late" not in codes(stand, number=1, signed_at=in_time)
    assert codes(stand, number=2, signed_at=late).count("deadline.issue-late") == 1


@pytest.mark.parametrize(("priority", "minutes"), [("khan", 60), ("thuong-khan", 30), ("hoa-toc", 15)])
def test_an_urgent_letter_is_late_after_minutes(stand: Stand, priority: str, minutes: int) -> None:
    now = stand.clock.now().astimezone(VIETNAM)
    still, late = now - timedelta(minutes=minutes), now - timedelta(minutes=minutes, seconds=1)
    assert "deadline.issue-late" not in codes(stand, number=1, priority=priority, signed_at=still)
    assert "deadline.issue-late" in codes(stand, number=2, priority=priority, signed_at=late)
