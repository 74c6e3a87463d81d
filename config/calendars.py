"""Where the working calendar comes from: the operator's file in the data folder, else the one that is shipped."""

from __future__ import annotations

import logging
from functools import cache
from importlib.resources import files

from config.places import Places
from exchange_axis.domain.calendar import WorkingCalendar
from exchange_axis.domain.calendar_text import CalendarRejected, CalendarUnreadable, from_toml

log = logging.getLogger("axis.calendar")


class CalendarFile:
    """The calendar in force of one hub or node: read at start, and again when its operator says so."""

    def __init__(self, places: Places) -> None:
        """Raises CalendarRejected."""
        self._places = places
        self._current = read_calendar(places)

    def __call__(self) -> WorkingCalendar:
        return self._current

    def reload(self) -> None:
        """Take the file as it is now; a faulty one changes nothing and is named in the log."""
        try:
            self._current = read_calendar(self._places)
        except CalendarRejected as rejected:
            log.error("calendar.kept-the-old code=%s file=%s %s", rejected.code, rejected.where, rejected.message("en"))
        else:
            log.info("calendar.read version=%s", self._current.version)


@cache
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
