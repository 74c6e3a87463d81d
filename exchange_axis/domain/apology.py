"""A letter of apology for what was overdue, as node and hub record it (R93)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final
from urllib.parse import urlsplit

from exchange_axis.errors import AxisError

NUMBER_LENGTH: Final = 100
LINK_LENGTH: Final = 1_000
"""Characters of a number/symbol, and of a link."""


class ApologyUnusable(AxisError):
    code: ClassVar[str] = "apology.unusable"
    vi: ClassVar[str] = "Văn bản xin lỗi: {field} không dùng được, cần {wanted}"
    en: ClassVar[str] = "Letter of apology: {field} cannot be used, {wanted} is wanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApologyLetter:
    """As it is recorded."""

    number: str
    """Number/symbol."""
    day: date
    link: str = ""
    """Where it can be read, http or https."""


class RecordState(StrEnum):
    """What the hub said to a record from a node; before it has said anything there is none."""

    RECORDED = "recorded"
    REFUSED = "refused"


def require_usable(letter: ApologyLetter, *, today: date) -> None:
    """Raises ApologyUnusable."""
    number, link = letter.number.strip(), letter.link.strip()
    if not (number and number.isprintable() and len(number) <= NUMBER_LENGTH):
        raise ApologyUnusable(field="number", wanted=f"1–{NUMBER_LENGTH}")
    if letter.day > today:
        raise ApologyUnusable(field="date", wanted=f"≤ {today.isoformat()}")
    parts = urlsplit(link) if link.isprintable() else urlsplit("")
    if link and (parts.scheme not in {"http", "https"} or not parts.netloc or len(link) > LINK_LENGTH):
        raise ApologyUnusable(field="link", wanted="https://…")
