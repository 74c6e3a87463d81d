"""Times of signing that make a letter sent now surely in time, or surely late, on whatever day the demo is run.

Both lie in office hours, because nobody believes a letter signed at three in the night.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from exchange_axis.domain.calendar import NOON, WorkingCalendar, day_of, moment, utc

BEFORE_CLOSING = timedelta(minutes=5)
"""16:55 where the office closes at 17:00."""


def signing_time_in_time(now: datetime, calendar: WorkingCalendar) -> datetime:
    """The latest believable time of signing, a little before `now`, from which an ordinary letter is in time for hours.

    In time means K1: before noon of the working day after it was signed. On a day off and before opening it is shortly
    before the office last closed.
    """
    signed = _last_office_moment(utc(now) - BEFORE_CLOSING, calendar)
    if calendar.noon_of_next_working_day(signed) - utc(now) >= timedelta(hours=1):
        return signed
    return _whole_minute(utc(now))  # an office that opens so late that noon comes first


def signing_time_late(now: datetime, calendar: WorkingCalendar) -> datetime:
    """The latest believable time of signing for which K1 is over at `now`: shortly before closing, a noon too early."""
    missed = calendar.last_working_day(day_of(now))
    if moment(missed, NOON) >= utc(now):
        missed = calendar.last_working_day(missed - timedelta(days=1))
    signed_on = calendar.last_working_day(missed - timedelta(days=1))
    return moment(signed_on, calendar.hours_on(signed_on)[-1].closes) - BEFORE_CLOSING


def _last_office_moment(at: datetime, calendar: WorkingCalendar) -> datetime:
    """The moment itself while the office is open, else shortly before it last closed; whole minutes."""
    day = calendar.last_working_day(day_of(at))
    while True:
        for span in reversed(calendar.hours_on(day)):
            opens, closes = moment(day, span.opens), moment(day, span.closes)
            if at >= closes:
                return max(opens, closes - BEFORE_CLOSING)
            if at >= opens:
                return max(opens, _whole_minute(at))
        day = calendar.last_working_day(day - timedelta(days=1))


def _whole_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
