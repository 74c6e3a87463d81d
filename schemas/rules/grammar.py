"""The form of number and symbol (Decree 30/2020, Appendix I; Party papers by their own custom).

15/QĐ-BNV        typed document           NN/TYPE-AGENCY
12/UBND-VX       official letter          NN/AGENCY-UNIT, no type in it
30/2020/NĐ-CP    normative act            NN/YYYY/TYPE-AGENCY
337-QĐ/TW        Party                    NN-TYPE/AGENCY
"""

from __future__ import annotations

import re
import unicodedata

from schemas.codelists import load

_NUMBER = re.compile(r"[0-9]{1,7}[A-Za-z]{0,2}(?:/(?P<year>[0-9]{4}))?", re.ASCII)
_PARTY_NUMBER = re.compile(r"[0-9]{1,7}-(?P<type>\w{1,5})")
_MAX_PART = 15
_MAX_LENGTH = 100


def is_well_formed(number: str, notation: str) -> bool:
    """Whether a number and a symbol follow one of the four forms."""
    if len(number) + len(notation) > _MAX_LENGTH:
        return False
    number, notation = (unicodedata.normalize("NFC", value) for value in (number, notation))
    party = _PARTY_NUMBER.fullmatch(number)
    if party:
        return party["type"] in _party_types() and _is_symbol(notation)
    if not _NUMBER.fullmatch(number):
        return False
    kind, slash, agency = notation.removeprefix("-").partition("/")
    if slash:
        return kind in _party_types() and _is_symbol(agency)
    return _is_symbol(notation)


def year_of(number: str) -> int | None:
    """The year inside the number of a normative act."""
    found = _NUMBER.fullmatch(number)
    return int(found["year"]) if found and found["year"] else None


def _is_symbol(notation: str) -> bool:
    return all(map(_is_part, notation.split("-")))


def _is_part(part: str) -> bool:
    """Upper-case start, letters and digits; TTg, TTr and C.III occur, so not all need be capitals."""
    return (
        0 < len(part) <= _MAX_PART
        and (part[0].isupper() or part[0].isdigit())
        and all(char.isalnum() or char in ".&" for char in part)
    )


def _party_types() -> frozenset[str]:
    return frozenset(entry.code for entry in load("document-types-party").entries)
