"""The working calendar as TOML that an operator edits; all faults of a file are told together.

    version = "2026.1"

    [hours]                                    # every day of the week; an empty list is a day of rest
    monday = ["07:30-11:30", "13:30-17:00"]
    saturday = []

    [[year]]                                   # a year whose days are listed below
    year = 2026
    announced = true
    source = "12729/VPCP-KGVX"

    [[holiday]]
    day = 2026-01-01
    vi = "Tết Dương lịch"
    en = "New Year's Day"
    source = "Bộ luật Lao động 2019, Điều 112"

    [[swap]]
    off = 2026-01-02
    worked = 2026-01-10
    source = "12729/VPCP-KGVX"

Rules of this file:
1. An unknown key is a fault: a mistyped `worked` that is ignored would cost somebody a day.
2. A day is listed once. A swap that swaps nothing is a fault.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, ClassVar

from exchange_axis.domain.calendar import CalendarYear, Holiday, OfficeHours, Swap, WorkingCalendar
from exchange_axis.errors import AxisError
from schemas.gate.refusal import Language

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TABLES: Mapping[str, Mapping[str, type]] = {
    "year": {"year": int, "announced": bool, "source": str},
    "holiday": {"day": date, "vi": str, "en": str, "source": str, "unverified": bool},
    "swap": {"off": date, "worked": date, "source": str, "unverified": bool},
}
"""What a row of each table holds."""
_OPTIONAL = frozenset({"unverified"})
_TOP = ("version", "hours", *TABLES)
_HOURS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_WANTED = {int: "a whole number", bool: "true or false", str: "a text that is not empty", date: "YYYY-MM-DD"}


class CalendarUnreadable(AxisError):
    code: ClassVar[str] = "calendar.unreadable"
    vi: ClassVar[str] = "Không đọc được tệp lịch làm việc: {reason}"
    en: ClassVar[str] = "The calendar file cannot be read: {reason}"


class UnknownKey(AxisError):
    code: ClassVar[str] = "calendar.unknown-key"
    vi: ClassVar[str] = "Không có khóa {key}; các khóa: {known}"
    en: ClassVar[str] = "There is no key {key}; the keys are: {known}"


class MissingKey(AxisError):
    code: ClassVar[str] = "calendar.missing-key"
    vi: ClassVar[str] = "Thiếu {key}"
    en: ClassVar[str] = "{key} is missing"


class BadEntry(AxisError):
    code: ClassVar[str] = "calendar.bad-value"
    vi: ClassVar[str] = "{key} có giá trị không dùng được: {value}; cần {wanted}"
    en: ClassVar[str] = "{key} has a value that cannot be used: {value}; wanted: {wanted}"


class OverlappingHours(AxisError):
    code: ClassVar[str] = "calendar.overlapping-hours"
    vi: ClassVar[str] = "Giờ làm việc {second} chồng lên hoặc đứng trước {first}"
    en: ClassVar[str] = "Office hours {second} overlap {first} or stand before them"
    remedy_vi: ClassVar[str] = "Viết các khoảng giờ theo thứ tự trong ngày, không chồng nhau"
    remedy_en: ClassVar[str] = "Write the spans in the order of the day, apart from each other"


class NoOfficeHours(AxisError):
    code: ClassVar[str] = "calendar.no-office-hours"
    vi: ClassVar[str] = "Không có ngày làm việc nào trong tuần"
    en: ClassVar[str] = "No day of the week is worked"


class RepeatedDay(AxisError):
    code: ClassVar[str] = "calendar.repeated-day"
    vi: ClassVar[str] = "{day} được liệt kê hai lần: {first} và {second}"
    en: ClassVar[str] = "{day} is listed twice: as {first} and as {second}"
    remedy_vi: ClassVar[str] = "Một ngày chỉ là ngày nghỉ lễ, hoặc ngày được hoán đổi, hoặc ngày làm bù"
    remedy_en: ClassVar[str] = "A day is a holiday, or given up in a swap, or worked in a swap; keep one"


class SwapOfNothing(AxisError):
    code: ClassVar[str] = "calendar.swap-of-nothing"
    vi: ClassVar[str] = "Hoán đổi không có tác dụng: {off} phải là ngày làm việc, {worked} phải là ngày nghỉ hằng tuần"
    en: ClassVar[str] = "The swap changes nothing: {off} must be a working day and {worked} a weekly day of rest"


class RepeatedYear(AxisError):
    code: ClassVar[str] = "calendar.repeated-year"
    vi: ClassVar[str] = "Năm {year} được liệt kê hai lần"
    en: ClassVar[str] = "The year {year} is listed twice"


class YearNotListed(AxisError):
    code: ClassVar[str] = "calendar.year-not-listed"
    vi: ClassVar[str] = "Ngày {day} thuộc năm chưa được khai báo bằng [[year]]"
    en: ClassVar[str] = "{day} is in a year that no [[year]] lists"
    remedy_vi: ClassVar[str] = "Thêm [[year]] cho năm đó và đủ các ngày nghỉ của năm"
    remedy_en: ClassVar[str] = "Add a [[year]] for it, and all days off of that year"


class CalendarRejected(AxisError):
    """The file was not taken; carries all its faults."""

    code: ClassVar[str] = "calendar.rejected"
    vi: ClassVar[str] = "Lịch làm việc có {count} lỗi"
    en: ClassVar[str] = "The working calendar has {count} faults"
    remedy_vi: ClassVar[str] = "Sửa mọi lỗi được liệt kê; mẫu là tệp config/calendar.toml"
    remedy_en: ClassVar[str] = "Mend all listed faults; the model is the file config/calendar.toml"

    def __init__(self, faults: tuple[AxisError, ...], *, where: str = "") -> None:
        super().__init__(where=where, count=len(faults))
        self.faults = faults

    def message(self, language: Language = "vi") -> str:
        listed = (f"[{fault.where}] {fault.message(language)}" for fault in self.faults)
        return f"{super().message(language)}: " + "; ".join(listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    hours: tuple[tuple[OfficeHours, ...], ...]
    holidays: tuple[Holiday, ...]
    swaps: tuple[Swap, ...]
    years: tuple[CalendarYear, ...]


def from_toml(text: str, *, where: str = "") -> WorkingCalendar:
    """A calendar from the text of a file; `where` names the file in the refusal.

    Raises:
        CalendarRejected: with all faults of all tables.
    """
    try:
        content: Mapping[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CalendarRejected((CalendarUnreadable(where="toml", reason=error),), where=where) from None
    faults: list[AxisError] = [
        UnknownKey(where="file", key=key, known=", ".join(_TOP)) for key in content if key not in _TOP
    ]
    version = content.get("version")
    if not isinstance(version, str) or not version:
        faults.append(MissingKey(where="file", key="version"))
    parts = _Parts(
        hours=_week(content.get("hours"), faults),
        holidays=tuple(Holiday(**row) for row in _rows(content, "holiday", faults)),
        swaps=tuple(Swap(**row) for row in _rows(content, "swap", faults)),
        years=tuple(CalendarYear(**row) for row in _rows(content, "year", faults)),
    )
    faults += _contradictions(parts)
    if faults:
        raise CalendarRejected(tuple(faults), where=where)
    return WorkingCalendar.of(
        version=str(version), hours=parts.hours, holidays=parts.holidays, swaps=parts.swaps, years=parts.years
    )


def _week(table: object, faults: list[AxisError]) -> tuple[tuple[OfficeHours, ...], ...]:
    if not isinstance(table, dict):
        faults.append(MissingKey(where="file", key="[hours]"))
        return tuple(() for _ in WEEK)
    known = ", ".join(WEEK)
    faults += [UnknownKey(where="hours", key=name, known=known) for name in table if name not in WEEK]
    faults += [MissingKey(where="hours", key=name) for name in WEEK if name not in table]
    week = tuple(_hours(name, table.get(name, []), faults) for name in WEEK)
    if not any(table.get(name) for name in WEEK):
        faults.append(NoOfficeHours(where="hours"))
    return week


def _hours(name: str, value: object, faults: list[AxisError]) -> tuple[OfficeHours, ...]:
    """The spans of one day of the week."""
    if not isinstance(value, list):
        faults.append(BadEntry(where="hours", key=name, value=value, wanted='["HH:MM-HH:MM", …]'))
        return ()
    spans: list[OfficeHours] = []
    for text in value:
        span = _span(text)
        if span is None:
            faults.append(BadEntry(where="hours", key=name, value=text, wanted="HH:MM-HH:MM"))
        elif spans and span.opens < spans[-1].closes:
            faults.append(OverlappingHours(where=f"hours.{name}", first=_shown(spans[-1]), second=text))
        else:
            spans.append(span)
    return tuple(spans)


def _span(text: object) -> OfficeHours | None:
    if not isinstance(text, str) or not _HOURS.fullmatch(text):
        return None
    opens, closes = map(time.fromisoformat, text.split("-"))
    return OfficeHours(opens=opens, closes=closes) if opens < closes else None


def _shown(span: OfficeHours) -> str:
    return f"{span.opens:%H:%M}-{span.closes:%H:%M}"


def _rows(content: Mapping[str, object], table: str, faults: list[AxisError]) -> Iterator[dict[str, Any]]:
    """The sound rows of a table, ready for their value."""
    rows = content.get(table, [])
    if not isinstance(rows, list):
        faults.append(BadEntry(where="file", key=table, value=type(rows).__name__, wanted=f"[[{table}]]"))
        return
    for number, row in enumerate(rows, start=1):
        found = list(_row_faults(row, TABLES[table], f"{table} {number}"))
        faults += found
        if not found:
            yield row


def _row_faults(row: object, kinds: Mapping[str, type], where: str) -> Iterator[AxisError]:
    if not isinstance(row, dict):
        yield BadEntry(where=where, key=where, value=row, wanted="a table")
        return
    for key in row:
        if key not in kinds:
            yield UnknownKey(where=where, key=key, known=", ".join(kinds))
    for key, kind in kinds.items():
        if key not in row and key not in _OPTIONAL:
            yield MissingKey(where=where, key=key)
        elif key in row and not _fits(row[key], kind):
            yield BadEntry(where=where, key=key, value=row[key], wanted=_WANTED[kind])


def _fits(value: object, kind: type) -> bool:
    # By exact type: in Python a datetime is a date, and true is a number.
    return type(value) is kind and value != ""


def _contradictions(parts: _Parts) -> Iterator[AxisError]:
    listed = [(holiday.day, "holiday") for holiday in parts.holidays]
    listed += [(swap.off, "swap.off") for swap in parts.swaps] + [(swap.worked, "swap.worked") for swap in parts.swaps]
    yield from _repeats(listed)
    yield from _doubled_years(parts.years)
    years = {year.year for year in parts.years}
    for day, kind in listed:
        if day.year not in years:
            yield YearNotListed(where=kind, day=day)
    for swap in parts.swaps:
        if not parts.hours[swap.off.weekday()] or parts.hours[swap.worked.weekday()]:
            yield SwapOfNothing(where="swap", off=swap.off, worked=swap.worked)


def _repeats(listed: Iterable[tuple[date, str]]) -> Iterator[AxisError]:
    seen: dict[date, str] = {}
    for day, kind in listed:
        if day in seen:
            yield RepeatedDay(where=kind, day=day, first=seen[day], second=kind)
        seen[day] = kind


def _doubled_years(years: Iterable[CalendarYear]) -> Iterator[AxisError]:
    seen: set[int] = set()
    for year in years:
        if year.year in seen:
            yield RepeatedYear(where="year", year=year.year)
        seen.add(year.year)
