"""Rules for letters: what no schema can say. All findings at once; errors refuse, warnings travel in the receipt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import PurePosixPath

from lxml import etree

from schemas.codelists import load
from schemas.codelists.document_types import find_type, fold, suggest_type
from schemas.findings import Finding, Severity, Stage
from schemas.rules import common, grammar, refusals
from schemas.rules.common import found
from schemas.rules.limits import over_emit_limits
from schemas.rules.tree import HEADER, MANIFEST, TRACE, all_of, element_path, first, text

MAX_RECIPIENTS = 4_000
REQUIRED = (
    "From/OrganId",
    "To/OrganId",
    "DocumentId",
    "Code/CodeNumber",
    "Code/CodeNotation",
    "PromulgationInfo/PromulgationDate",
    "Subject",
)
"""Fields below MessageHeader that every source of the format demands."""
_VIETNAM = timezone(timedelta(hours=7))


def check_letter(normal: etree._Element, *, at: datetime, attachments: int | None = None) -> tuple[Finding, ...]:
    """Judge a letter.

    Args:
        normal: the normal form; need not be valid, since schema and rules are run together.
        at: now, aware; the date of issue is compared in Vietnam time.
        attachments: number of attachments that came with it, where that is known.
    """
    header, trace, manifest = (first(normal, path) for path in (HEADER, TRACE, MANIFEST))
    recipients = all_of(header, "To")
    if len(recipients) > MAX_RECIPIENTS:
        return (_too_many(recipients),)
    organs = [*all_of(header, "From"), *recipients]
    references = all_of(manifest, "Reference")
    return common.run(
        common.secrecy_marks(normal),
        common.missing_fields(normal, header, *REQUIRED),
        common.malformed_ids(normal),
        _dates(header, at),
        _business(header, first(trace, "Bussiness")),
        _unclear_response_for(header),
        _attachment_count(normal, references, attachments),
        _no_attachment(normal, references, attachments),
        common.odd_ids(normal),
        common.missing_names(organs),
        _repeated_recipients(recipients),
        _symbol(header),
        _document_type(header),
        _priority(header),
        _partial_response_for(header),
        _update_without_change(first(trace, "Bussiness")),
        _repeated_attachments(references),
        _subject_is_file_name(header, references),
        common.junk(normal),
        common.bad_emails(normal),
        common.not_normalised(normal),
        over_emit_limits(normal),
    )


def _too_many(recipients: list[etree._Element]) -> Finding:
    """Alone, because the other rules would work through all of them."""
    parent = recipients[0].getparent()
    refusal = refusals.TooManyRecipients(
        where="" if parent is None else f"{element_path(parent)}/To",
        line=recipients[0].sourceline,
        count=len(recipients),
        limit=MAX_RECIPIENTS,
    )
    return Finding.of(refusal, Stage.RULES)


def _dates(header: etree._Element | None, at: datetime) -> Iterator[Finding]:
    issued, due = first(header, "PromulgationInfo/PromulgationDate"), first(header, "DueDate")
    issued_on, due_on = _day(issued), _day(due)
    if issued is not None and issued_on and issued_on > at.astimezone(_VIETNAM).date():
        yield found(refusals.FutureDate, issued, Severity.ERROR)
    if due is not None and due_on and issued_on and due_on < issued_on:
        yield found(refusals.DueBeforeIssue, due, Severity.ERROR)


def _business(header: etree._Element | None, business: etree._Element | None) -> Iterator[Finding]:
    """What each business kind must name (QCVN 102:2016; the XSD cannot make one element depend on another's value)."""
    if header is None or business is None:
        return
    match text(business, "BussinessDocType"):
        case "1" if not all_of(header, "ResponseFor"):
            yield found(refusals.RecallWithoutReference, header, Severity.ERROR)
        case "2" if not all_of(business, "DocumentId"):
            yield found(refusals.UpdateWithoutDocument, business, Severity.ERROR)
        case "3" if not all_of(business, "ReplacementInfoList/ReplacementInfo"):
            yield found(refusals.ReplacementWithoutDocument, business, Severity.ERROR)


def _update_without_change(business: etree._Element | None) -> Iterator[Finding]:
    if business is not None and text(business, "BussinessDocType") == "2":
        info = first(business, "BussinessDocumentInfo")
        receivers_missing = text(info, "DocumentReceiver") == "1" and not all_of(info, "ReceiverList/Receiver")
        if info is None or receivers_missing:
            yield found(refusals.UpdateWithoutChange, business)


def _unclear_response_for(header: etree._Element | None) -> Iterator[Finding]:
    for element in all_of(header, "ResponseFor"):
        if not text(element, "Code") and not text(element, "DocumentId"):
            yield found(refusals.EmptyResponseFor, element, Severity.ERROR)


def _partial_response_for(header: etree._Element | None) -> Iterator[Finding]:
    for element in all_of(header, "ResponseFor"):
        stated = [bool(text(element, name)) for name in ("OrganId", "Code", "DocumentId")]
        if not all(stated) and any(stated[1:]):
            yield found(refusals.PartialResponseFor, element)


def _attachment_count(
    normal: etree._Element, references: list[etree._Element], attachments: int | None
) -> Iterator[Finding]:
    if attachments is not None and attachments != len(references):
        where = references[0].getparent() if references else normal
        yield found(
            refusals.AttachmentCount,
            normal if where is None else where,
            Severity.ERROR,
            listed=len(references),
            found=attachments,
        )


def _no_attachment(
    normal: etree._Element, references: list[etree._Element], attachments: int | None
) -> Iterator[Finding]:
    if not references and not attachments:
        yield found(refusals.NoAttachment, normal)


def _repeated_recipients(recipients: list[etree._Element]) -> Iterator[Finding]:
    """Old and new code of one agency in one message occur in real traffic: the same agency."""
    seen: set[str] = set()
    for recipient in recipients:
        code = common.agency(text(recipient, "OrganId"))
        if code in seen:
            yield found(refusals.RepeatedRecipient, recipient)
        seen.add(code)


def _symbol(header: etree._Element | None) -> Iterator[Finding]:
    code = first(header, "Code")
    number, notation = text(code, "CodeNumber"), text(code, "CodeNotation")
    if code is None or not (number and notation):
        return
    if not grammar.is_well_formed(number, notation):
        yield found(refusals.SymbolGrammar, code)
    year, issued_on = grammar.year_of(number), _day(first(header, "PromulgationInfo/PromulgationDate"))
    if year and issued_on and year != issued_on.year:
        yield found(refusals.SymbolYear, code)


def _document_type(header: etree._Element | None) -> Iterator[Finding]:
    element = first(header, "DocumentType/TypeName")
    if element is None:
        return
    known = find_type(text(element))
    if known is None:
        yield found(refusals.UnknownType, element, suggestion=suggest_type(text(element)) or "–")
        return
    abbreviation, dash, _ = text(header, "Code/CodeNotation").partition("-")
    told = find_type(abbreviation) if dash else None
    if told and told.entry.abbreviation == abbreviation and fold(told.name) != fold(known.name):
        yield found(refusals.TypeMismatch, element, symbol=told.name, name=known.name)


def _priority(header: etree._Element | None) -> Iterator[Finding]:
    element = first(header, "OtherInfo/Priority")
    value = text(element)
    if element is not None and value.lstrip("+-").isdigit() and load("priorities").get(value) is None:
        yield found(refusals.UnknownPriority, element)


def _repeated_attachments(references: list[etree._Element]) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for reference in references:
        keys = {(name, text(reference, name)) for name in ("ContentId", "AttachmentName")}
        if keys & seen:
            yield found(refusals.RepeatedAttachment, reference)
        seen |= keys


def _subject_is_file_name(header: etree._Element | None, references: list[etree._Element]) -> Iterator[Finding]:
    subject = first(header, "Subject")
    names = [text(reference, "AttachmentName").casefold() for reference in references]
    if subject is not None and text(subject).casefold() in {*names, *(PurePosixPath(name).stem for name in names)}:
        yield found(refusals.SubjectIsFileName, subject)


def _day(element: etree._Element | None) -> date | None:
    try:
        return date.fromisoformat(text(element)[:10])  # a due date may carry a time of day
    except ValueError:
        return None
