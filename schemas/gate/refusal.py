"""The base of every refusal in the project: a stable code, and what people are told.

Rules of this file:
1. A code never changes and never gets a second meaning; it is the name machines use.
2. The texts are templates over the facts of the case; Vietnamese first, English second.
3. A refusal says where, and what to do next; it never carries content of a letter.

It lives here because the gate is the lowest room of the house and everything above refuses in the same form.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Language = Literal["vi", "en"]


class Refusal(Exception):
    """One refused thing. Subclasses set the five class attributes; facts fill the templates."""

    code: ClassVar[str] = "axis.refused"
    vi: ClassVar[str] = "Bị từ chối"
    en: ClassVar[str] = "Refused"
    remedy_vi: ClassVar[str] = ""
    remedy_en: ClassVar[str] = ""

    def __init__(self, *, where: str = "", line: int | None = None, **facts: object) -> None:
        self.where = where
        """Element path, member name or setting; empty when the whole input is meant."""
        self.line = line
        """Line in the input, counted from 1, where one is known."""
        self.facts = {name: str(value) for name, value in facts.items()}
        super().__init__(self.code)

    def message(self, language: Language = "vi") -> str:
        return (self.vi if language == "vi" else self.en).format_map(_Facts(self.facts))

    def remedy(self, language: Language = "vi") -> str:
        return (self.remedy_vi if language == "vi" else self.remedy_en).format_map(_Facts(self.facts))

    def __str__(self) -> str:
        place = f" [{self.where}]" if self.where else ""
        return f"{self.code}{place}: {self.message('en')}"


class _Facts(dict[str, str]):
    """A template that names a fact nobody gave shows its name instead of failing while refusing."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
