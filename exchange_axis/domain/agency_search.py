"""Finding an agency as a clerk types it: without diacritics, by a code of either generation, by abbreviation, old name.

Rules of this file:
1. Every word typed must be found; the order of words does not matter.
2. What fits better comes first: a code, a name from its start, an abbreviation, whole words, parts of words. Within a
   fit open agencies come before closed ones; a closed one is shown, because people look for it and must learn who took
   over.
3. An index is made once for a version of the directory; asking does not change it. Entries lie in the order in which
   equal fits are shown, so that asking stops as soon as there is enough.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from exchange_axis.domain.agency import Agency
from exchange_axis.domain.directory import Directory

WORDS_MAX: Final = 12
"""Of a query; the rest is not looked at."""
_ABBREVIATION_LEAST: Final = 2
"""Letters."""
_END: Final = "\U0010ffff"
_START_MOST: Final = 5_000
"""Names with the same beginning; it says nothing about any of them when more have it."""
_MARKS: Final = range(0x300, 0x370)
"""What stands above and below letters, once they are taken apart."""
_PLAIN: Final[Mapping[int, str | None]] = {
    **dict.fromkeys(_MARKS),
    **dict.fromkeys(map(ord, "-–—/,;()"), " "),
    ord("đ"): "d",
}
_OFFICE: Final = re.compile(
    r"^(?:ubnd|hdnd|uy ban nhan dan|hoi dong nhan dan) (?:xa|phuong|thi tran|dac khu|huyen|quan|tinh|thanh pho)? ?"
)
"""What every second agency begins with."""

Places = Sequence[int]
"""Entries by their place, ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    agency: Agency
    name: str
    """Folded."""
    words: str
    """` word word `: whole words stand between spaces."""
    shorts: tuple[str, ...]
    """First letters of the words of the name, of all and without those of the office."""
    codes: tuple[str, ...]
    """Folded, of both generations."""


@dataclass(frozen=True, slots=True)
class _Starts:
    """Texts in order, each with an entry: what begins in a certain way stands together."""

    texts: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, texts: Iterable[tuple[str, int]]) -> _Starts:
        return cls(tuple(sorted(texts)))

    def beginning(self, start: str, *, most: int | None = None) -> Places:
        """None of them if more than `most` begin so."""
        first, last = bisect_left(self.texts, (start, -1)), bisect_left(self.texts, (start + _END, -1))
        if most is not None and last - first > most:
            return ()
        return sorted({place for _, place in self.texts[first:last]})

    def same(self, text: str) -> Places:
        first, last = bisect_left(self.texts, (text, -1)), bisect_left(self.texts, (text + "\0", -1))
        return [place for _, place in self.texts[first:last]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyIndex:
    entries: tuple[_Entry, ...]
    names: _Starts
    codes: _Starts
    shorts: _Starts
    words: Mapping[str, Places]

    @classmethod
    def of(cls, directory: Directory) -> AgencyIndex:
        entries = sorted(map(_entry, directory.agencies.values()), key=lambda one: (len(one.name), one.agency.code))
        words: dict[str, list[int]] = {}
        for place, entry in enumerate(entries):
            for word in set(entry.name.split()):
                words.setdefault(word, []).append(place)
        return cls(
            entries=tuple(entries),
            names=_Starts.of((entry.name, place) for place, entry in enumerate(entries)),
            codes=_Starts.of((code, place) for place, entry in enumerate(entries) for code in entry.codes),
            shorts=_Starts.of((short, place) for place, entry in enumerate(entries) for short in entry.shorts),
            words=words,
        )

    def search(self, query: str, *, on: date, limit: int) -> tuple[Agency, ...]:
        """The best first; nothing for an empty query."""
        typed = fold(query).split()[:WORDS_MAX]
        found: dict[int, Agency] = {}
        for places in self._tiers(typed) if typed else ():
            found |= self._first(places, on, wanted=limit - len(found), without=found)
            if len(found) >= limit:
                break
        return tuple(found.values())

    def _tiers(self, typed: Sequence[str]) -> Iterator[Iterable[int]]:
        """Entries by how well they fit, the best fit first; one may come again."""
        if len(typed) == 1:
            yield self.codes.same(typed[0])
            yield self.codes.beginning(typed[0])
        whole = " ".join(typed)
        yield self.names.same(whole)
        yield self.names.beginning(whole, most=_START_MOST)
        if len(typed) == 1 and len(typed[0]) >= _ABBREVIATION_LEAST:
            yield self.shorts.beginning(typed[0])
        rarest = min((self.words.get(word, ()) for word in typed), key=len)
        yield (place for place in rarest if all(f" {word} " in self.entries[place].words for word in typed))
        parts = min((self._having(word) for word in typed), key=len)
        yield (place for place in sorted(parts) if all(_has(self.entries[place], word) for word in typed))

    def _having(self, part: str) -> set[int]:
        """Entries with this in a word, or at the beginning of a code or an abbreviation."""
        found = set(self.codes.beginning(part))
        if len(part) >= _ABBREVIATION_LEAST:
            found.update(self.shorts.beginning(part))
        for word, places in self.words.items():
            if part in word:
                found.update(places)
        return found

    def _first(
        self, places: Iterable[int], on: date, *, wanted: int, without: Mapping[int, Agency]
    ) -> dict[int, Agency]:
        """The first open ones, then closed ones."""
        opened: dict[int, Agency] = {}
        closed: dict[int, Agency] = {}
        for place in places:
            if place in without:
                continue
            agency = self.entries[place].agency
            (opened if agency.is_open(on) else closed)[place] = agency
            if len(opened) == wanted:
                return opened
        return dict(list((opened | closed).items())[:wanted])


def fold(text: str) -> str:
    """No case, no marks, đ as d, single spaces."""
    return " ".join(unicodedata.normalize("NFD", text.casefold()).translate(_PLAIN).split())


def _entry(agency: Agency) -> _Entry:
    name, own = fold(f"{agency.name} {agency.name_en}"), fold(agency.name)
    return _Entry(
        agency=agency,
        name=name,
        words=f" {name} ",
        shorts=tuple(dict.fromkeys((_initials(own), _initials(_OFFICE.sub("", own))))),
        codes=tuple(code.casefold() for code in (agency.code, agency.old_code) if code),
    )


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split())


def _has(entry: _Entry, part: str) -> bool:
    short = len(part) >= _ABBREVIATION_LEAST and any(one.startswith(part) for one in entry.shorts)
    return part in entry.name or short or any(code.startswith(part) for code in entry.codes)
