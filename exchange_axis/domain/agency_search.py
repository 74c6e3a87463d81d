"""Finding an agency as a clerk types it: without diacritics, by a code of either generation, by abbreviation, old name.

Rules of this file:
1. Every word typed must be found; the order of words does not matter.
2. What fits better comes first: a code, a name from its start, whole words, an abbreviation, a part of a word. Open
   agencies come before closed ones; a closed one is shown, because people look for it and must learn who took over.
3. An index is made once for a version of the directory; asking does not change it.
"""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final

from exchange_axis.domain.agency import Agency
from exchange_axis.domain.directory import Directory

WORDS_MAX: Final = 12
"""Of a query; the rest is not looked at."""


class Fit(IntEnum):
    """How well an agency fits; the smaller the better."""

    CODE = 0
    CODE_START = 1
    NAME = 2
    NAME_START = 3
    ABBREVIATION = 4
    WORDS = 5
    PARTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    agency: Agency
    name: str
    """Folded."""
    words: str
    """` word word `: whole words stand between spaces."""
    short: str
    """` uxtad tad`: first letters of the words of the name, of all and without those of the office."""
    codes: str
    """Folded codes of both generations, with a space before each."""


@dataclass(frozen=True, slots=True)
class AgencyIndex:
    entries: tuple[_Entry, ...]

    @classmethod
    def of(cls, directory: Directory) -> AgencyIndex:
        return cls(tuple(map(_entry, directory.agencies.values())))

    def search(self, query: str, *, on: date, limit: int) -> tuple[Agency, ...]:
        """The best first; nothing for an empty query."""
        words = fold(query).split()[:WORDS_MAX]
        if not words:
            return ()
        best = heapq.nsmallest(limit, _ranked(self.entries, words, on))
        return tuple(agency for *_, agency in best)


def fold(text: str) -> str:
    """No case, no marks, đ as d, single spaces."""
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    letters = "".join(" " if one in _BREAKS else one for one in plain if not unicodedata.combining(one))
    return " ".join(letters.split())


_BREAKS: Final = frozenset("-–—/,;()")
_OFFICE: Final = re.compile(
    r"^(?:ubnd|hdnd|uy ban nhan dan|hoi dong nhan dan) (?:xa|phuong|thi tran|dac khu|huyen|quan|tinh|thanh pho)? ?"
)
"""What every second agency begins with."""
_ABBREVIATION_LEAST: Final = 2
"""Letters."""


def _entry(agency: Agency) -> _Entry:
    name, own = fold(" ".join(filter(None, (agency.name, agency.name_en)))), fold(agency.name)
    initials = (_initials(own), _initials(_OFFICE.sub("", own)))
    codes = " ".join(code.casefold() for code in (agency.code, agency.old_code or "") if code)
    return _Entry(
        agency=agency,
        name=name,
        words=f" {name} ",
        short=f" {' '.join(initials)}",
        codes=f" {codes}",
    )


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split())


def _ranked(entries: Iterable[_Entry], words: list[str], on: date) -> Iterator[tuple[int, bool, int, str, Agency]]:
    """(fit, closed, length of the name, code, agency): codes differ, so agencies are never compared."""
    for entry in entries:
        fit = _fit(entry, words)
        if fit is not None:
            agency = entry.agency
            yield fit, not agency.is_open(on), len(entry.name), agency.code, agency


def _fit(entry: _Entry, words: list[str]) -> Fit | None:
    if len(words) == 1:
        word = words[0]
        if f" {word} " in f"{entry.codes} ":
            return Fit.CODE
        if f" {word}" in entry.codes:
            return Fit.CODE_START
        if _is_short(entry, word) and word not in entry.name:
            return Fit.ABBREVIATION
    for word in words:
        if word not in entry.name and f" {word}" not in entry.codes and not _is_short(entry, word):
            return None
    typed = " ".join(words)
    if entry.name == typed:
        return Fit.NAME
    if entry.name.startswith(typed):
        return Fit.NAME_START
    return Fit.WORDS if all(f" {word} " in entry.words for word in words) else Fit.PARTS


def _is_short(entry: _Entry, word: str) -> bool:
    return len(word) >= _ABBREVIATION_LEAST and f" {word}" in entry.short
