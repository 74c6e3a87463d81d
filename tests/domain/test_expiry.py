"""The end of a certificate is told in four steps, and when it has come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from exchange_axis.domain.expiry import STEPS, step

_END = datetime(2026, 6, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("days", STEPS)
def test_a_step_begins_on_its_day(days: int) -> None:
    begins = _END - timedelta(days=days)
    assert step(_END, begins) == days
    assert step(_END, begins - _SECOND) == {60: None, 30: 60, 7: 30, 1: 7}[days]


def test_what_has_ended_is_told_as_such() -> None:
    assert step(_END, _END - _SECOND) == 1
    assert step(_END, _END) == 0
    assert step(_END, _END + timedelta(days=400)) == 0
