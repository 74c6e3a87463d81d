"""Finding a document type by its name: the only dependable part of the triple that letters carry."""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from dataclasses import dataclass

from schemas.codelists import Entry, load

TABLES = {"1": "document-types-normative", "2": "document-types-administrative"}
"""Type of the packet to the list whose code is its TypeDetail."""
_LISTS = (
    "document-types-administrative",
    "document-types-decree30",
    "document-types-normative",
    "document-copies",
    "document-types-party",
)
"""Searched in this order: what is administrative and normative at once is an ordinary agency's administrative one."""
_BRACKETS = re.compile(r"\([^)]*\)")
_MAX_NAME = 200
"""Characters that are compared; names that reach this are no names."""
_SIMILAR = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    entry: Entry
    table: str
    """1, 2, or empty for a type that neither table of the packet has."""
    row: str

    @property
    def name(self) -> str:
        """Without `(cá biệt)`, as letters show it."""
        return _BRACKETS.sub("", self.entry.vi).strip()


def fold(text: str) -> str:
    """A name for comparing: no case, no diacritics, no brackets, single spaces."""
    plain = unicodedata.normalize("NFD", _BRACKETS.sub(" ", text[:_MAX_NAME]).casefold()).replace("đ", "d")
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())


def find_type(name: str, *, normative: bool = False) -> Found | None:
    """By name or abbreviation (`Báo cáo`, `bao cao`, `BC`); `normative` prefers table 1 where both tables know it."""
    lists = ("document-types-normative", *_LISTS) if normative else _LISTS
    for known in lists:
        if entry := _index(known).get(fold(name)) or _abbreviations(known).get(
            unicodedata.normalize("NFC", name[:_MAX_NAME])
        ):
            return _found(known, entry)
    return None


def suggest_type(name: str) -> str | None:
    """The nearest known name to one that is not known."""
    names = {key: entry for known in reversed(_LISTS) for key, entry in _index(known).items()}
    close = difflib.get_close_matches(fold(name)[:100], names, n=1, cutoff=_SIMILAR)
    return _BRACKETS.sub("", names[close[0]].vi).strip() if close else None


def _found(known: str, entry: Entry) -> Found:
    for table, name in TABLES.items():
        if name == known:
            return Found(entry=entry, table=table, row=entry.code)
    twin = _index(TABLES["2"]).get(fold(entry.vi))
    return Found(entry=entry, table="2" if twin else "", row=twin.code if twin else "")


@functools.cache
def _index(name: str) -> dict[str, Entry]:
    return {fold(entry.vi): entry for entry in load(name).entries}


@functools.cache
def _abbreviations(name: str) -> dict[str, Entry]:
    return {entry.abbreviation: entry for entry in load(name).entries if entry.abbreviation}
