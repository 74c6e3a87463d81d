"""Does the envelope say what the signed PDF shows? Number and symbol, date, subject, against the first page's text.

A difference is a warning: text layers are lossy, and a scan has none, of which nothing is said (R31).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from exchange_axis.domain.letter import Letter
from exchange_axis.pipeline.file_refusals import DateDiffers, NumberDiffers, SubjectDiffers
from schemas.findings import Finding, Severity, Stage
from schemas.rules.secrecy import LEVELS

_DATE: Final = re.compile(r"ngay\s*(\d{1,2})\s*thang\s*(\d{1,2})\s*nam\s*(\d{4})")
_NUMBER: Final = re.compile(r"so\s*:?\s*(\d[\w./-]*)")
_TEXT_LEAST: Final = 40
"""Characters below which a page counts as having no text layer."""
_LETTERS_LEAST: Final = 5
"""Letters below which a page is a scan; a number stamped on it by machine does not make it readable."""
_SUBJECT_SHARE: Final = 0.6
"""Share of the subject's words that must stand on the page; lines are broken and hyphens lost."""


def compare(letter: Letter, text: str, *, where: str) -> Iterator[Finding]:
    """Warnings about what the first page of the main document shows otherwise."""
    page = fold(text)
    if len(page) < _TEXT_LEAST:
        return
    tight = page.replace(" ", "")
    if fold(letter.code).replace(" ", "") not in tight and _numbers(page):
        yield _warning(NumberDiffers(where=where, code=letter.code))
    dates = {(int(day), int(month), int(year)) for day, month, year in _DATE.findall(page)}
    issued = letter.promulgation_date
    if issued is not None and dates and (issued.day, issued.month, issued.year) not in dates:
        yield _warning(DateDiffers(where=where, date=f"{issued:%d/%m/%Y}"))
    words = [word for word in fold(letter.subject).split() if len(word) > 1]
    if words and sum(word in tight for word in words) < _SUBJECT_SHARE * len(words):
        yield _warning(SubjectDiffers(where=where))


def marked_secret(text: str) -> bool:
    """Whether a line of the page is a secrecy mark and nothing else: a stamp, not a word of a sentence."""
    lines = (" ".join(line.split()) for line in unicodedata.normalize("NFC", text).splitlines())
    return any(line.strip(" .:-–[](){}<>*") in LEVELS for line in lines)


def has_words(text: str) -> bool:
    """False for a page that is a picture: nothing on it can be read, a mark neither."""
    return sum(one.isalpha() for one in text) >= _LETTERS_LEAST


def fold(text: str) -> str:
    """For comparing: no case, no marks, single spaces."""
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())


def _numbers(page: str) -> bool:
    """A page without any "Số: …" is a page whose layout we do not know."""
    return _NUMBER.search(page) is not None


def _warning(kind: NumberDiffers | DateDiffers | SubjectDiffers) -> Finding:
    return Finding.of(kind, Stage.RULES, Severity.WARNING)
