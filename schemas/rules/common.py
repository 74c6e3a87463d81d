"""Rules that letters and statuses share: agency codes, fillers, text form."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator

from lxml import etree

from schemas.findings import Finding, Severity, Stage
from schemas.gate.refusal import Refusal
from schemas.rules import refusals, secrecy
from schemas.rules.tree import all_of, element_path, leaves, local, text

MAX_PER_RULE = 50
"""Findings of one rule; a hostile document gets no longer list. Each rule has one severity, so no error is hidden."""
MAX_TEXT = 4_000
"""The longest value that the XSD accepts, in characters."""
ACCEPTED_ID = re.compile(r"[A-Za-z0-9]+([._:-][A-Za-z0-9]+)*", re.ASCII)
EMITTED_ID = re.compile(r"[A-Z0-9]{1,12}(\.[A-Z0-9]{1,12})*", re.ASCII)
OLD_ID = re.compile(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}", re.ASCII)
_EMITTED_LENGTH = 35
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_MARKS = frozenset({".", "..", "...", "-", "--", "---", "_", "0", "x", "xxx"})
_WORDS = frozenset({"n/a", "na", "nil", "none", "null", "string", "undefined"})
_JUNK = _MARKS | _WORDS
_FREE_TEXT = frozenset(
    {
        "AttachmentName",
        "CodeNotation",
        "CodeNumber",
        "Content",
        "Description",
        "DocumentId",
        "FullName",
        "OrganAdd",
        "OrganName",
        "Place",
        "Position",
        "Subject",
        "TypeName",
    }
)


def found(
    kind: type[Refusal], element: etree._Element, severity: Severity = Severity.WARNING, **facts: object
) -> Finding:
    """One finding of the rules stage about an element of the normal form."""
    refusal = kind(where=element_path(element), line=element.sourceline, **facts)
    return Finding.of(refusal, Stage.RULES, severity)


def run(*rules: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of all rules, each rule's list cut to MAX_PER_RULE."""
    return tuple(itertools.chain.from_iterable(itertools.islice(rule, MAX_PER_RULE) for rule in rules))


def agency(code: str) -> str:
    """One form for both generations of an agency code: 000.00.17.H36 and H36.17 are the same."""
    folded = code.upper()
    if OLD_ID.fullmatch(folded):
        return ".".join(group for group in reversed(folded.split(".")) if group.strip("0"))
    return folded


def missing_fields(root: etree._Element, header: etree._Element | None, *paths: str) -> Iterator[Finding]:
    """Every required field that is absent: the XSD stops at the first one in each element."""
    base = element_path(root) if header is None else element_path(header)
    for path in paths:
        if not all_of(header, path):
            refusal = refusals.MissingField(
                where=f"{base}/{path}", line=None if header is None else header.sourceline, name=path
            )
            yield Finding.of(refusal, Stage.RULES)


def malformed_ids(root: etree._Element) -> Iterator[Finding]:
    """Codes that no generation, enterprise or test scheme would write."""
    return (
        found(refusals.BadOrganId, leaf, Severity.ERROR) for leaf in _ids(root) if not ACCEPTED_ID.fullmatch(text(leaf))
    )


def odd_ids(root: etree._Element) -> Iterator[Finding]:
    """Codes that are accepted but that we would not emit."""
    return (found(refusals.OddOrganId, leaf) for leaf in _ids(root) if _is_odd(text(leaf)))


def missing_names(organs: Iterable[etree._Element]) -> Iterator[Finding]:
    """Required by the standard, but absent in real traffic of 2025: remarked on only."""
    return (found(refusals.MissingName, organ) for organ in organs if not all_of(organ, "OrganName"))


def junk(root: etree._Element) -> Iterator[Finding]:
    """Fillers that software writes where a clerk left a field empty."""
    for leaf in leaves(root):
        if local(leaf) in _FREE_TEXT and text(leaf).casefold() in _JUNK:
            yield found(refusals.JunkValue, leaf, name=local(leaf))


def not_normalised(root: etree._Element) -> Iterator[Finding]:
    """Combining marks: they look right and are found by no search."""
    for leaf in leaves(root):
        # Normalising costs the square of a run of marks, and what is longer is refused by the XSD.
        if not unicodedata.is_normalized("NFC", text(leaf)[:MAX_TEXT]):
            yield found(refusals.NotNormalised, leaf, name=local(leaf))


def bad_emails(root: etree._Element) -> Iterator[Finding]:
    """Not checked for deliverability; real addresses of agencies take many forms."""
    for leaf in leaves(root):
        if local(leaf) == "Email" and not _EMAIL.fullmatch(text(leaf)):
            yield found(refusals.BadEmail, leaf)


def secrecy_marks(root: etree._Element) -> Iterator[Finding]:
    """Errors: a letter with a secrecy mark is stopped before anything of it is stored."""
    for leaf in leaves(root):
        if secrecy.is_marked(text(leaf)):
            yield secrecy.finding(element_path(leaf), leaf.sourceline)


def _ids(root: etree._Element) -> Iterator[etree._Element]:
    """Every OrganId but those of the trace: hops are noted by others, and the sender cannot mend them."""
    for leaf in leaves(root):
        parent = leaf.getparent()
        if local(leaf) == "OrganId" and parent is not None and local(parent) != "TraceHeader":
            yield leaf


def _is_odd(code: str) -> bool:
    return ACCEPTED_ID.fullmatch(code) is not None and (
        EMITTED_ID.fullmatch(code) is None or len(code) > _EMITTED_LENGTH
    )
