"""What a signed PDF says of itself: number, symbol, date, type, subject, signer, agency, due date (R75).

Rules of this file:
1. The bytes are read by the file examiner in a process of its own; here are its answers, and they may be anything.
2. Every suggestion says where it comes from. None of them is taken over by itself: a clerk sees and confirms them.
3. A page whose layout is not known gives nothing: better no suggestion than a wrong one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from cryptography import x509

from exchange_axis.domain.calendar import VIETNAM
from schemas.codelists.document_types import find_type
from signing.examined import Examined
from signing.pdf import PdfFacts
from signing.pdf_signers import SignerKind, SignerName, signer_name

PAGE: Final = "page"
"""The text layer of the first page."""
SIGNATURE: Final = "signature"
"""The certificate of a signature."""
SYMBOL: Final = "symbol"
"""Follows from the symbol that the page shows."""

LINE_MAX: Final = 300
LINES_MAX: Final = 120
SUBJECT_LINES: Final = 6
_CODE: Final = re.compile(
    r"S[ốo]\s{0,3}:?\s{0,3}([0-9]{1,6}[a-z]?)\s{0,3}([/-])\s{0,3}([^\s/]{1,20}(?:[/-][^\s/]{1,20}){0,3})"
)
_DATE: Final = re.compile(
    r"ngày\s{1,3}([0-9]{1,2})\s{1,3}tháng\s{1,3}([0-9]{1,2})\s{1,3}năm\s{1,3}([0-9]{4})", re.IGNORECASE
)
_DUE: Final = re.compile(
    r"(?:trước|chậm nhất|hạn cuối)\s{1,3}(?:là\s{1,3})?ngày\s{1,3}([0-9]{1,2})(?:/|\s{1,3}tháng\s{1,3})([0-9]{1,2})"
    r"(?:/|\s{1,3}năm\s{1,3})([0-9]{4})",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(r"(?:V/v|Về việc)\s{0,3}:?\s{0,3}(.{3,})", re.IGNORECASE)
_ENDS: Final = ("kính gửi", "căn cứ", "thực hiện", "ngày ", "số:", "cộng hòa", "độc lập", "____", "-----", "i. ", "1. ")
_RULED: Final = re.compile(r"[\s_\-–—=.*]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    field: str
    """A key of letter.toml; of the signer `signer.name` and `signer.position`."""
    value: str
    """Days as YYYY-MM-DD."""
    source: str
    """page, signature or symbol."""
    where: str = ""
    """The line of the page, or the name of the signature field."""


def found_in(examined: Examined, *, at: datetime) -> Mapping[str, Any]:
    """JSON: kind, pages, who signed, and what is suggested."""
    facts = examined.pdf
    signers = [] if facts is None else list(_signers(facts))
    suggested = [] if facts is None else list(suggestions(facts, at=at))
    return {
        "kind": examined.kind,
        "pages": None if facts is None else facts.pages,
        "problem": None if examined.problem is None else examined.problem.value,
        "signers": [{"kind": one.kind.value, "name": one.name, "field": field} for field, one in signers],
        "suggestions": [
            {"field": one.field, "value": one.value, "source": one.source, "where": one.where} for one in suggested
        ],
    }


def suggestions(facts: PdfFacts, *, at: datetime) -> Iterator[Suggestion]:
    """Of a field at most one: the page comes before the certificate, for it is what people read.

    Args:
        at: now; a signature that claims to be of later says nothing of when it was made.
    """
    seen: set[str] = set()
    for one in (*_of_page(facts.text), *_of_signatures(facts), *_signed_at(facts, at)):
        if one.field not in seen and one.value:
            seen.add(one.field)
            yield one
    if facts.pages:
        yield Suggestion(field="pages", value=str(facts.pages), source=PAGE)


def _of_page(text: str) -> Iterator[Suggestion]:
    lines = [" ".join(unicodedata.normalize("NFC", line).split())[:LINE_MAX] for line in text.splitlines()]
    lines = [line for line in lines if line][:LINES_MAX]
    notation = ""
    for line in lines:
        if code := _CODE.search(line):
            notation = code[3].rstrip(".,;")
            yield Suggestion(field="number", value=code[1], source=PAGE, where=line)
            yield Suggestion(field="notation", value=notation, source=PAGE, where=line)
            break
    yield from _dates(lines)
    yield from _type_and_subject(lines, notation)


def _dates(lines: Sequence[str]) -> Iterator[Suggestion]:
    for line in lines:
        if (found := _DATE.search(line)) and (day := _day(found)) and not _DUE.search(line):
            yield Suggestion(field="date", value=day.isoformat(), source=PAGE, where=line)
            place = line[: found.start()].strip(" ,")
            if place and len(place) <= 40 and place[0].isupper() and not any(c.isdigit() for c in place):
                yield Suggestion(field="place", value=place, source=PAGE, where=line)
            break
    page = " ".join(lines)
    if (found := _DUE.search(page)) and (day := _day(found)):
        yield Suggestion(field="due_date", value=day.isoformat(), source=PAGE, where=found[0])


def _type_and_subject(lines: Sequence[str], notation: str) -> Iterator[Suggestion]:
    for place, line in enumerate(lines):
        known = find_type(line) if line.isupper() and len(line) <= 40 else None
        if known is not None:
            yield Suggestion(field="type", value=known.name, source=PAGE, where=line)
            yield from _subject(lines[place + 1 : place + 1 + SUBJECT_LINES])
            return
    for place, line in enumerate(lines):
        if found := _SUBJECT.match(line):
            yield Suggestion(field="type", value="Công văn", source=PAGE, where=line)
            yield from _subject([found[1], *lines[place + 1 : place + SUBJECT_LINES]])
            return
    named = find_type(notation.partition("-")[0]) if "-" in notation else None
    if named is not None:
        yield Suggestion(field="type", value=named.name, source=SYMBOL, where=notation)


def _subject(lines: Sequence[str]) -> Iterator[Suggestion]:
    taken: list[str] = []
    for line in lines:
        if _RULED.fullmatch(line) or line.casefold().startswith(_ENDS):
            break
        taken.append(line)
    if taken:
        yield Suggestion(field="subject", value=" ".join(taken)[:500], source=PAGE, where=taken[0])


def _of_signatures(facts: PdfFacts) -> Iterator[Suggestion]:
    for field, signer in _signers(facts):
        if signer.kind is SignerKind.PERSON:
            yield Suggestion(field="signer.name", value=signer.name, source=SIGNATURE, where=field)
            yield Suggestion(field="signer.position", value=signer.position, source=SIGNATURE, where=field)
        elif signer.kind is SignerKind.AGENCY:
            yield Suggestion(field="agency_name", value=signer.name, source=SIGNATURE, where=field)
            yield Suggestion(field="from", value=signer.agency_code, source=SIGNATURE, where=field)


def _signed_at(facts: PdfFacts, at: datetime) -> Iterator[Suggestion]:
    """When the first of its signatures was made: from then on it is to be sent (K1)."""
    for one in facts.signatures:
        made = one.stamp.at if one.stamp is not None and one.stamp.intact else one.claimed_at
        if one.certificate and made is not None and made <= at:
            yield Suggestion(
                field="signed_at", value=made.astimezone(VIETNAM).isoformat(), source=SIGNATURE, where=one.field
            )
            return


def _signers(facts: PdfFacts) -> Iterator[tuple[str, SignerName]]:
    for one in facts.signatures:
        try:
            yield one.field, signer_name(x509.load_der_x509_certificate(one.certificate))
        except ValueError:
            continue  # no certificate, or none that can be read: it says nothing


def _day(found: re.Match[str]) -> date | None:
    try:
        return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None
