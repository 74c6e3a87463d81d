"""A role as one word of a command line or a form: `auditor,code=H90,letters-from=2026-01-01,letters-to=2026-06-30`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import ClassVar, Final

from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.people import ROLE_WORDS, Grant, Role
from exchange_axis.errors import AxisError

DATES: Final = {"from": "since", "to": "until", "letters-from": "letters_since", "letters-to": "letters_until"}


class GrantUnreadable(AxisError):
    """Facts: text, known."""

    code: ClassVar[str] = "people.role-unreadable"
    vi: ClassVar[str] = "Không đọc được vai trò “{text}”"
    en: ClassVar[str] = "The role “{text}” cannot be read"
    remedy_vi: ClassVar[str] = (
        "Ghi VAI_TRÒ[,code=MÃ][,from=YYYY-MM-DD][,to=…][,letters-from=…][,letters-to=…]; có: {known}"
    )
    remedy_en: ClassVar[str] = (
        "Write ROLE[,code=CODE][,from=YYYY-MM-DD][,to=…][,letters-from=…][,letters-to=…]; roles: {known}"
    )


def grant_from(text: str) -> Grant:
    """
    Raises:
        GrantUnreadable, MalformedCode.
    """
    role, *parts = (part.strip() for part in text.split(","))
    codes, dates = [], {}
    try:
        for part in parts:
            name, _, value = part.partition("=")
            if name == "code":
                codes.append(canonical_code(value))
            else:
                dates[DATES[name]] = date.fromisoformat(value)
        return Grant(role=Role(role), codes=tuple(codes), **dates)
    except (KeyError, ValueError) as error:
        raise GrantUnreadable(text=text, known=", ".join(one.value for one in Role)) from error


def grants_from(texts: Iterable[str]) -> tuple[Grant, ...]:
    return tuple(grant_from(text) for text in texts)


def grant_text(grant: Grant) -> str:
    """The same word again."""
    parts = [grant.role.value, *(f"code={code}" for code in grant.codes)]
    days = ((name, getattr(grant, field)) for name, field in DATES.items())
    return ",".join([*parts, *(f"{name}={day.isoformat()}" for name, day in days if day is not None)])


def role_word(role: Role, language: str) -> str:
    vi, en = ROLE_WORDS[role]
    return vi if language == "vi" else en
