"""Periods of reports: days, weeks, months and quarters, the last two also from the 15th to the 14th."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MIDDLE = 15
"""First day of a month of reports that ends on the 14th."""


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    MONTH_15 = "month-15"
    """From the 15th to the 14th; named by the month in which it ends."""
    QUARTER_15 = "quarter-15"
    """Three of those: quarter I is 15 December to 14 March."""
    YEAR = "year"


_MONTHS = {Unit.MONTH: 1, Unit.MONTH_15: 1, Unit.QUARTER: 3, Unit.QUARTER_15: 3, Unit.YEAR: 12}
_FROM_MIDDLE = frozenset({Unit.MONTH_15, Unit.QUARTER_15})


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def period_of(day: date, unit: Unit) -> Period:
    """The period of that kind in which a day lies."""
    if unit is Unit.DAY:
        return Period(first=day, last=day)
    if unit is Unit.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(first=monday, last=monday + timedelta(days=6))
    months = _MONTHS[unit]
    if unit in _FROM_MIDDLE:
        closing = _month(day) + (1 if day.day >= MIDDLE else 0)  # the month in which it ends
        begun = closing - closing % months
        return Period(first=_day(begun - 1, MIDDLE), last=_day(begun + months - 1, MIDDLE) - timedelta(days=1))
    begun = _month(day) - _month(day) % months
    return Period(first=_day(begun, 1), last=_day(begun + months, 1) - timedelta(days=1))


def parts(whole: Period, unit: Unit) -> tuple[Period, ...]:
    """A period cut along the borders of smaller ones, in order; the first and the last may be incomplete."""
    found, day = [], whole.first
    while day <= whole.last:
        one = period_of(day, unit)
        found.append(Period(first=day, last=min(one.last, whole.last)))
        day = one.last + timedelta(days=1)
    return tuple(found)


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _day(month: int, day: int) -> date:
    return date(month // 12, month % 12 + 1, day)
