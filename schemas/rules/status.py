"""Rules for statuses. What refuses our own may only be remarked on when a foreign axis sends it (`tolerant`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from lxml import etree

from schemas.codelists import load
from schemas.findings import Finding, Severity
from schemas.rules import common, refusals
from schemas.rules.common import found
from schemas.rules.limits import over_emit_limits
from schemas.rules.tree import HEADER, all_of, first, text

REQUIRED = ("From/OrganId", "ResponseFor", "StatusCode", "Timestamp")
"""Fields below MessageHeader that a status is nothing without."""
REASON_NEEDED = frozenset({"02", "13", "16"})
"""Status codes that must state a reason (Decision 28/2018, art. 9; Decree 30/2020, art. 21)."""
OTHER_REASON = "LD99"
MIN_OTHER_REASON = 10
"""Characters of text that LD99 needs; two e-office systems in use demand the same."""
OLD_DESCRIPTION = 75
"""Characters of Description that old receivers take."""
CLOCK_TOLERANCE = timedelta(minutes=5)
_REASON = re.compile(r"(LD[0-9]{2})(?:\s*[:.\-–]\s*|\s+|$)(.*)", re.DOTALL)


def check_status(normal: etree._Element, *, at: datetime, tolerant: bool = False) -> tuple[Finding, ...]:
    """Judge a status.

    Args:
        normal: the normal form of a status.
        at: now, aware.
        tolerant: a status from a foreign axis: a missing reason is a warning, for its news must still arrive.
    """
    header = first(normal, HEADER)
    severity = Severity.WARNING if tolerant else Severity.ERROR
    return common.run(
        common.missing_fields(normal, header, *REQUIRED),
        common.malformed_ids(normal),
        _unclear(header, severity),
        _reason_missing(header, severity),
        _reason_too_short(header, severity),
        common.odd_ids(normal),
        _unknown_code(header),
        _reason_without_code(header),
        _long_description(header),
        _future(header, at),
        common.missing_names(all_of(header, "From")),
        common.junk(normal),
        common.not_normalised(normal),
        over_emit_limits(normal),
    )


def _unclear(header: etree._Element | None, severity: Severity) -> Iterator[Finding]:
    for element in all_of(header, "ResponseFor"):
        if not text(element, "Code") and not text(element, "DocumentId"):
            yield found(refusals.EmptyResponseFor, element, severity)


def _reason_missing(header: etree._Element | None, severity: Severity) -> Iterator[Finding]:
    code = text(header, "StatusCode")
    if header is not None and code in REASON_NEEDED and not text(header, "Description"):
        yield found(refusals.ReasonMissing, header, severity, status=code)


def _reason_without_code(header: etree._Element | None) -> Iterator[Finding]:
    element = first(header, "Description")
    if element is not None and text(header, "StatusCode") == "02":
        stated = _REASON.fullmatch(text(element))
        if stated is None or load("refusal-reasons").get(stated[1]) is None:
            yield found(refusals.ReasonWithoutCode, element)


def _reason_too_short(header: etree._Element | None, severity: Severity) -> Iterator[Finding]:
    element = first(header, "Description")
    stated = _REASON.fullmatch(text(element))
    if element is not None and stated and stated[1] == OTHER_REASON and len(stated[2].strip()) < MIN_OTHER_REASON:
        yield found(refusals.ReasonTooShort, element, severity, limit=MIN_OTHER_REASON)


def _unknown_code(header: etree._Element | None) -> Iterator[Finding]:
    element = first(header, "StatusCode")
    if element is not None and load("statuses").get(text(element)) is None:
        yield found(refusals.UnknownStatus, element)


def _long_description(header: etree._Element | None) -> Iterator[Finding]:
    element = first(header, "Description")
    if element is not None and len(text(element)) > OLD_DESCRIPTION:
        yield found(refusals.LongDescription, element, length=len(text(element)), limit=OLD_DESCRIPTION)


def _future(header: etree._Element | None, at: datetime) -> Iterator[Finding]:
    element = first(header, "Timestamp")
    try:
        stated = datetime.fromisoformat(text(element))
    except ValueError:
        return
    if element is not None and stated.tzinfo is not None and stated > at + CLOCK_TOLERANCE:
        yield found(refusals.FutureTimestamp, element)
