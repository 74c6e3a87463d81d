"""Where the working calendar comes from: the operator's file in the data folder, else the one that is shipped."""

from __future__ import annotations

from importlib.resources import files

from config.places import Places
from exchange_axis.domain.calendar import WorkingCalendar
from exchange_axis.domain.calendar_text import CalendarRejected, CalendarUnreadable, from_toml


def shipped_calendar() -> WorkingCalendar:
    """Public offices in Vietnam, with the years that were known when this version was made."""
    return from_toml((files("config") / "calendar.toml").read_text("utf-8"), where="config/calendar.toml")


def read_calendar(places: Places) -> WorkingCalendar:
    """The calendar of one hub or node.

    Raises:
        CalendarRejected: the operator's file is faulty; it is never half used, nor silently passed over.
    """
    path = places.calendar
    try:
        return from_toml(path.read_text("utf-8"), where=str(path))
    except FileNotFoundError:
        return shipped_calendar()
    except UnicodeDecodeError as error:
        raise CalendarRejected((CalendarUnreadable(where="utf-8", reason=error),), where=str(path)) from error
