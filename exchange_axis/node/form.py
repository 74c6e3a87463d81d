"""The values of a form on their way in: typed one by one, every fault noted, refused together at the end."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.ids import MalformedCode, canonical_code
from exchange_axis.errors import CheckFailed
from exchange_axis.node.form_faults import (
    AttachmentAbsent,
    FieldMissing,
    FieldUnknown,
    FieldUnusable,
    FormFault,
    RecipientRepeated,
)
from exchange_axis.wire.times import cut
from schemas.findings import Finding, Stage

EXAMPLES = {
    "from": 'from = "H45.32.03"',
    "to": 'to = ["G12"]',
    "number": "number = 57",
    "notation": 'notation = "BC-UBND"',
    "date": "date = 2026-11-20",
    "subject": 'subject = "V/v báo cáo tình hình"',
}
_WANTED_VI = {
    "a text": "một chuỗi",
    "a list of texts": "một danh sách chuỗi",
    "a list": "một danh sách",
    "a table": "một bảng",
    "an agency code such as H45.32.03": "một mã định danh như H45.32.03",
    "a day, YYYY-MM-DD": "một ngày, dạng YYYY-MM-DD",
    "a time with its offset, YYYY-MM-DDTHH:MM:SS+07:00": "một thời điểm có múi giờ, dạng YYYY-MM-DDTHH:MM:SS+07:00",
    "a number or a text": "một số hoặc một chuỗi",
    "a whole number from 0 to 65535": "một số nguyên từ 0 đến 65535",
}
COUNT_MAX = 65_535


class Form:
    """Hands out typed values. What is missing or wrong comes back empty and is noted as a fault."""

    def __init__(
        self,
        values: Mapping[str, object],
        keys: Sequence[str],
        *,
        place: str = "",
        faults: list[FormFault] | None = None,
    ) -> None:
        self._values = values
        self._place = place
        self._faults = [] if faults is None else faults
        for key in (key for key in values if key not in keys):
            self._note(FieldUnknown(where=self._where(key), key=self._where(key), known=", ".join(keys)))

    def refuse_faults(self) -> None:
        """
        Raises:
            CheckFailed: with all faults noted so far, in the order of their keys' reading.
        """
        if self._faults:
            raise CheckFailed(tuple(Finding.of(fault, Stage.SCHEMA) for fault in self._faults))

    def fault(self, fault: FormFault) -> None:
        """Note what the reader of several keys found."""
        self._note(fault)

    def has(self, key: str) -> bool:
        return key in self._values

    def put(self, key: str, value: object) -> None:
        """Read this in place of what was given."""
        self._values = {**self._values, key: value}

    def plain(self, text: str) -> str:
        """As it goes on the wire: NFC, newlines as one character, no white space around."""
        return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()

    def optional(self, key: str) -> str:
        value = self._values.get(key, "")
        if isinstance(value, str):
            return self.plain(value)
        self._bad(key, value, "a text")
        return ""

    def text(self, key: str) -> str:
        found = self.optional(key)
        if not found and isinstance(self._values.get(key, ""), str):
            self._missing(key)
        return found

    def number_text(self, key: str) -> str:
        value = self._values.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is None or isinstance(value, str):
            return self.text(key)
        self._bad(key, value, "a number or a text")
        return ""

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(plain for item in value if (plain := self.plain(item)))
        self._bad(key, value, "a list of texts")
        return ()

    def text_or_texts(self, key: str) -> tuple[str, ...]:
        """One text, or a list of them."""
        if isinstance(self._values.get(key), list):
            found = self.texts(key)
            if not found:
                self._missing(key)
            return found
        return (self.text(key),)

    def agency(self, key: str, *, default: str | None = None) -> str:
        if default is not None and key not in self._values:
            return default
        value = self.text(key)
        return self._code(key, value) if value else ""

    def agencies(self, key: str) -> tuple[str, ...]:
        given = self.texts(key)
        if not given and self._values.get(key, []) == []:
            self._missing(key)
        codes: dict[str, None] = {}
        for order, value in enumerate(given, start=1):
            code = self._code(f"{key}[{order}]", value)
            if code in codes:
                self._note(RecipientRepeated(where=self._where(f"{key}[{order}]"), agency=code))
            if code:
                codes[code] = None
        return tuple(codes)

    def day(self, key: str, *, required: bool = False) -> date | None:
        value = self._values.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str):
            try:
                return date.fromisoformat(value.strip())
            except ValueError:
                pass  # noted below, with what is wanted
        if value is not None:
            self._bad(key, value, "a day, YYYY-MM-DD")
        elif required:
            self._missing(key)
        return None

    def moment(self, key: str) -> datetime | None:
        """A time with its offset, as UTC."""
        value = self._values.get(key)
        if isinstance(value, str):
            with contextlib.suppress(ValueError):  # noted below, with what is wanted
                value = datetime.fromisoformat(value.strip())
        if isinstance(value, datetime) and value.tzinfo is not None:
            return cut(value.astimezone(UTC))
        if value is not None:
            self._bad(key, value, "a time with its offset, YYYY-MM-DDTHH:MM:SS+07:00")
        return None

    def due(self, key: str) -> tuple[date | None, datetime | None]:
        """A day, or a time with its offset and the day that it is in Vietnam."""
        value = self._values.get(key)
        if not isinstance(value, datetime) and not (isinstance(value, str) and "T" in value.strip()):
            return self.day(key), None
        at = self.moment(key)
        return (None, None) if at is None else (day_of(at), at.replace(microsecond=0))

    def choice(self, key: str, names: Mapping[str, int]) -> int | None:
        """A name of the list, or its number."""
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, str) and value.strip().lower() in names:
            return names[value.strip().lower()]
        if isinstance(value, int) and not isinstance(value, bool) and value in names.values():
            return value
        self._bad(key, value, " | ".join(names))
        return None

    def count(self, key: str) -> int | None:
        value = self._values.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= COUNT_MAX):
            return value
        self._bad(key, value, "a whole number from 0 to 65535")
        return None

    def file(self, key: str, base: Path) -> Path:
        """A readable file; a relative path counts from `base`."""
        value = self.text(key)
        path = base / value
        if value and not path.is_file():
            self._note(AttachmentAbsent(where=self._where(key), path=path))
        return path

    def table(self, key: str, keys: Sequence[str]) -> Form:
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self._bad(key, value, "a table")
            value = {}
        return self._inner(value, keys, self._where(key))

    def tables(self, key: str, keys: Sequence[str], *, short: str | None = None) -> tuple[Form, ...]:
        """A list of tables; with `short`, a text stands for a table with that one key."""
        value = self._values.get(key, [])
        if not isinstance(value, list):
            self._bad(key, value, "a list")
            return ()
        rows = []
        for order, item in enumerate(value, start=1):
            place = f"{key}[{order}]"
            row = {short: item} if short is not None and isinstance(item, str) else item
            if isinstance(row, dict):
                rows.append(self._inner(row, keys, self._where(place)))
            else:
                self._bad(place, item, "a table")
        return tuple(rows)

    def _inner(self, values: Mapping[str, object], keys: Sequence[str], place: str) -> Form:
        return Form(values, keys, place=place, faults=self._faults)

    def _code(self, key: str, value: str) -> str:
        try:
            return canonical_code(value)
        except MalformedCode:
            self._bad(key, value, "an agency code such as H45.32.03")
            return ""

    def _missing(self, key: str) -> None:
        where = self._where(key)
        self._note(FieldMissing(where=where, key=where, example=EXAMPLES.get(where, f'{key} = "…"')))

    def _bad(self, key: str, value: object, wanted: str) -> None:
        where = self._where(key)
        wanted_vi = _WANTED_VI.get(wanted, wanted)
        self._note(FieldUnusable(where=where, key=where, value=str(value)[:60], wanted=wanted, wanted_vi=wanted_vi))

    def _note(self, fault: FormFault) -> None:
        self._faults.append(fault)

    def _where(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key
