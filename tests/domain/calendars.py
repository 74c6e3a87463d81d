"""Calendars and moments for tests: the shipped one, a small one by hand, and any that hypothesis thinks of."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from config.calendars import shipped_calendar
from exchange_axis.domain.calendar import VIETNAM, Holiday, OfficeHours, Swap, WorkingCalendar

SHIPPED = shipped_calendar()
FIRST, LAST = datetime(2024, 12, 20), datetime(2028, 1, 10)  # noqa: DTZ001 - hypothesis adds the zone


def at(text: str) -> datetime:
    """A moment by the clock in Vietnam: `2026-02-13 16:55`."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def shown(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%Y-%m-%d %H:%M}"


moments = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
office_times = st.integers(0, 60 * 24 * 60 * 10).map(lambda seconds: timedelta(seconds=seconds / 10))


@st.composite
def days(draw: st.DrawFn) -> tuple[OfficeHours, ...]:
    """Up to three spans of a day, in order and apart; often none."""
    marks = sorted(draw(st.sets(st.integers(0, 24 * 12 - 1), max_size=6)))
    clocks = [time(mark // 12, mark % 12 * 5) for mark in marks]
    return tuple(
        OfficeHours(opens=opens, closes=closes) for opens, closes in zip(clocks[::2], clocks[1::2], strict=False)
    )


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    """Any week with a working day, with holidays and swaps strewn over it."""
    week = draw(st.lists(days(), min_size=7, max_size=7).filter(any))
    day = st.dates(date(2024, 12, 1), date(2028, 2, 1))
    strewn = draw(st.lists(day, max_size=30, unique=True))
    off = [each for each in strewn if week[each.weekday()]]
    rest = [each for each in strewn if not week[each.weekday()]]
    swapped = list(zip(off[::3], rest, strict=False))
    taken = {each for pair in swapped for each in pair}
    return WorkingCalendar.of(
        version="test",
        hours=week,
        holidays=[Holiday(day=each, vi="nghỉ", en="off", source="test") for each in strewn if each not in taken],
        swaps=[Swap(off=first, worked=second, source="test") for first, second in swapped],
    )


@contextmanager
def host_zone(name: str) -> Iterator[None]:
    """The host's zone for a while, for what reads it by mistake."""
    before = os.environ.get("TZ")
    try:
        os.environ["TZ"] = name
        clock.tzset()
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        clock.tzset()
