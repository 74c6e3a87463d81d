"""The working calendar: which days and hours an office works. A value made of data; `calendar_text` reads the data.

Rules of this file:
1. Days and hours are those of Vietnam, +07:00 all year, never those of the host. Moments go in aware and come out UTC.
2. Two kinds of day: a working day has office hours, any other has none. Law counts in days, people in hours.
3. What the calendar does not know is said (`Certainty`), never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from itertools import takewhile

VIETNAM = timezone(timedelta(hours=7))
DAY_ENDS = time(23, 59, 59, 999_000)
"""The last moment of a day in a document of ours (`wire.times` writes milliseconds): a deadline shows its own day."""
NOON = time(12)
_DAY = timedelta(days=1)
_NOTHING = timedelta(0)


class Certainty(StrEnum):
    """How far the days between two dates are known; the value is the mark on a deadline."""

    KNOWN = "calendar-known"
    PROVISIONAL = "calendar-provisional"
    """The year was not yet announced, or a day in between is not confirmed."""
    UNKNOWN = "calendar-unknown"
    """A year in between has no data: only weekly days of rest were left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    day: date
    vi: str
    en: str
    source: str
    unverified: bool = False
    """Counted as a day off, though no official text was seen that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """A working day given up for a day of rest that is worked instead (hoán đổi ngày làm việc)."""

    off: date
    worked: date
    source: str
    unverified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarYear:
    year: int
    announced: bool
    """False while only the law is known, not yet the government's days for Tết, for 2 September and its swaps."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """Made by `of`, so that look-ups are right; read from text by `calendar_text.from_toml`, which finds the faults."""

    version: str
    hours: tuple[tuple[OfficeHours, ...], ...]
    """Monday first, in the order of the day; empty on a weekly day of rest."""
    holidays: Mapping[date, Holiday]
    given_up: Mapping[date, Swap]
    """By the working day that is off."""
    worked: Mapping[date, Swap]
    """By the day of rest that is worked."""
    years: Mapping[int, CalendarYear]

    @classmethod
    def of(
        cls,
        *,
        version: str,
        hours: Iterable[Iterable[OfficeHours]],
        holidays: Iterable[Holiday] = (),
        swaps: Iterable[Swap] = (),
        years: Iterable[CalendarYear] = (),
    ) -> WorkingCalendar:
        """Raises ValueError for a week without a working day, in which no deadline would ever come."""
        week, swaps = tuple(tuple(spans) for spans in hours), tuple(swaps)
        if len(week) != 7 or not any(week):
            raise ValueError("a calendar has seven days, and works on one of them at least")
        return cls(
            version=version,
            hours=week,
            holidays={holiday.day: holiday for holiday in holidays},
            given_up={swap.off: swap for swap in swaps},
            worked={swap.worked: swap for swap in swaps},
            years={year.year: year for year in years},
        )

    def hours_on(self, day: date) -> tuple[OfficeHours, ...]:
        """Office hours of a day; empty when it is off. A worked day of rest has those of the day it stands for."""
        if day in self.worked:
            return self.hours[self.worked[day].off.weekday()]
        if day in self.holidays or day in self.given_up:
            return ()
        return self.hours[day.weekday()]

    def is_working(self, day: date) -> bool:
        return bool(self.hours_on(day))

    def next_working_day(self, day: date) -> date:
        """The first working day after this one."""
        day += _DAY
        while not self.is_working(day):
            day += _DAY
        return day

    def last_working_day(self, day: date) -> date:
        """This day if it is worked, else the last working day before it."""
        while not self.is_working(day):
            day -= _DAY
        return day

    def office_day(self, at: datetime) -> date:
        """The day on which somebody is there to deal with what comes at this moment.

        The day itself until its office closes; after that, and on a day off, the next working day.
        """
        opens, _ = next(self._openings(at))
        return day_of(opens)

    def noon_of_next_working_day(self, at: datetime) -> datetime:
        return moment(self.next_working_day(day_of(at)), NOON)

    def add_office_time(self, at: datetime, amount: timedelta) -> datetime:
        """The moment at which the office has worked that long since `at`; nothing added is `at` itself.

        Raises:
            ValueError: the amount is negative.
        """
        if amount < _NOTHING:
            raise ValueError("office time is added, not taken away")
        if not amount:
            return utc(at)
        openings = self._openings(at)
        opens, closes = next(openings)
        while amount > closes - opens:
            amount -= closes - opens
            opens, closes = next(openings)
        return opens + amount

    def office_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How long the office worked between two moments; zero when the second is not the later one."""
        spans = takewhile(lambda span: span[0] < end, self._openings(start))
        return sum((min(closes, utc(end)) - opens for opens, closes in spans), _NOTHING)

    def certainty(self, first: date, last: date) -> Certainty:
        """Of everything that counts from the first day to the last, both included."""
        span = range(first.year, last.year + 1)
        if any(year not in self.years for year in span):
            return Certainty.UNKNOWN
        doubtful: tuple[Holiday | Swap, ...] = (*self.holidays.values(), *self.given_up.values())
        if any(not self.years[year].announced for year in span) or any(
            entry.unverified and any(first <= day <= last for day in _days(entry)) for entry in doubtful
        ):
            return Certainty.PROVISIONAL
        return Certainty.KNOWN

    def _openings(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans of office time from `at` on, without end; the first is what is left of the present one."""
        at = utc(at)
        day = day_of(at)
        while True:
            for span in self.hours_on(day):
                opens, closes = moment(day, span.opens), moment(day, span.closes)
                if closes > at:
                    yield max(opens, at), closes
            day += _DAY


def utc(at: datetime) -> datetime:
    """Raises ValueError for a naive time: it would be read in the host's zone."""
    if at.utcoffset() is None:
        raise ValueError("a naive time is nobody's time")
    return at.astimezone(UTC)


def day_of(at: datetime) -> date:
    """The day in Vietnam on which the moment lies."""
    return utc(at).astimezone(VIETNAM).date()


def moment(day: date, clock: time) -> datetime:
    """A time by the clock in Vietnam, as UTC."""
    return datetime.combine(day, clock, VIETNAM).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last moment of a day in Vietnam."""
    return moment(day, DAY_ENDS)


def _days(entry: Holiday | Swap) -> tuple[date, ...]:
    return (entry.day,) if isinstance(entry, Holiday) else (entry.off, entry.worked)
