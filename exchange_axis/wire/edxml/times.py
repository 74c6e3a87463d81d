"""Dates and times of the national packet: written in one form, read in three.

Written: `yyyy/MM/dd` and `yyyy/MM/dd HH:mm:ss`, Vietnam time without a zone. Read besides: `dd/MM/yyyy` and
`yyyy-MM-dd`, told apart by the place of the four-digit year; a stated zone is honoured.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
_YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})([/-])(?P<month>[0-9]{1,2})\2(?P<day>[0-9]{1,2})", re.ASCII)
_YEAR_LAST = re.compile(r"(?P<day>[0-9]{1,2})([/-])(?P<month>[0-9]{1,2})\2(?P<year>[0-9]{4})", re.ASCII)
_TIME = re.compile(
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})(\.[0-9]{1,9})?)?"
    r"\s?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII,
)


def read_date(text: str) -> date | None:
    """The calendar day, or None when the text is no real date. A time of day after it is ignored."""
    day, _, rest = text.strip().replace("T", " ", 1).partition(" ")
    if rest and not _TIME.fullmatch(rest.strip()):
        return None
    return _day(day)


def read_timestamp(text: str) -> datetime | None:
    """Aware UTC, whole seconds; Vietnam time where no zone is stated; None when the text is no time."""
    day_text, _, time_text = text.strip().replace("T", " ", 1).partition(" ")
    day, clock = _day(day_text), _TIME.fullmatch(time_text.strip())
    if day is None or clock is None:
        return None
    try:
        local = datetime(
            day.year,
            day.month,
            day.day,
            int(clock["hour"]),
            int(clock["minute"]),
            int(clock["second"] or 0),
            tzinfo=_zone(clock["zone"]),
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_due_time(text: str) -> datetime | None:
    """Aware UTC where a due date carries a time of day (hỏa tốc hẹn giờ); None for a day alone.

    Midnight is a day alone: some software writes every day so.
    """
    at = read_timestamp(text)
    return None if at is None or at.astimezone(VIETNAM).timetz().replace(tzinfo=None) == time() else at


def iso_shape(text: str) -> str | None:
    """`yyyy-MM-dd` for what has the shape of a date, real or not (2025/13/04), so that the XSD can name its fault."""
    found = _YEAR_FIRST.fullmatch(text) or _YEAR_LAST.fullmatch(text)
    return f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}" if found else None


def write_date(day: date) -> str:
    return f"{day.year:04}/{day.month:02}/{day.day:02}"


def write_timestamp(at: datetime) -> str:
    """Vietnam time, cut to whole seconds: the format has no finer ones."""
    local = at.astimezone(VIETNAM)
    return f"{write_date(local.date())} {local:%H:%M:%S}"


def _day(text: str) -> date | None:
    found = _YEAR_FIRST.fullmatch(text) or _YEAR_LAST.fullmatch(text)
    if found is None:
        return None
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def _zone(text: str | None) -> timezone:
    if not text:
        return VIETNAM
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
