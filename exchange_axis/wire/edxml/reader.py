"""Tolerant reader: bytes of any dialect of the national packet to a Letter or StatusReport.

Rules of this file:
1. Nothing is read before the gate has passed the bytes; another format or kind is refused by name.
2. What is merely wrong inside does not raise: the normal form goes to XSD and rules, which list all faults at once.
3. A Letter holds no attachment bytes; those inside the packet stay in the tree until somebody decodes them.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import date

from lxml import etree

from exchange_axis.domain.letter import (
    Business,
    BusinessKind,
    DocumentChange,
    DocumentType,
    Letter,
    Organ,
    OtherInfo,
    Receiver,
    Reference,
    Replacement,
    ResponseFor,
    SignerInfo,
    StaffInfo,
    StatusReport,
    TraceHeader,
)
from exchange_axis.wire.edxml import times
from exchange_axis.wire.edxml.attachments import InlineAttachment, inline_attachments, mismatch
from exchange_axis.wire.edxml.names import OLD_NAMESPACES, SOAP_NAMESPACES, local_name
from exchange_axis.wire.edxml.normal import Normal, normalise_letter, normalise_status
from exchange_axis.wire.edxml.refusals import NotEdxml, OldNamespace, WrongKind
from schemas.findings import Finding
from schemas.gate import xml
from schemas.rules.tree import HEADER, MANIFEST, TRACE, all_of, first, text

_NUMBER = re.compile(r"[+-]?0*[0-9]{1,9}", re.ASCII)
_KINDS = {kind.value: kind for kind in BusinessKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLetter:
    letter: Letter
    normal: etree._Element = field(repr=False)
    """For `validate(normal, "edxml-document")`, `check_letter` and `content_digest`; its lines are the input's."""
    findings: tuple[Finding, ...]
    """What reading remarked on; markup inside text is an error, all else a warning."""
    inline: tuple[InlineAttachment, ...] = field(default=(), repr=False)
    """Attachments that the packet itself carries, in its own order; empty for letters of this exchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStatus:
    status: StatusReport
    normal: etree._Element = field(repr=False)
    """For `validate(normal, "edxml-status")` and `check_status`."""
    findings: tuple[Finding, ...]


def read_letter(data: bytes) -> ReadLetter:
    """Read a letter (servicetype edoc).

    Raises:
        Refusal: the gate's, NotEdxml, OldNamespace, WrongKind, TooManyUnknown, TooManyRepeated.
    """
    root = _open(data, "letter")
    normal = normalise_letter(root)
    letter = _letter(normal)
    inline = inline_attachments(root)
    return ReadLetter(
        letter=letter,
        normal=normal.root,
        findings=(*normal.findings, *mismatch(letter.references, inline)),
        inline=inline,
    )


def read_status(data: bytes) -> ReadStatus:
    """Read a status; its fields may stand in MessageHeader or in Status.

    Raises:
        Refusal: the gate's, NotEdxml, OldNamespace, WrongKind, TooManyUnknown, TooManyRepeated.
    """
    normal = normalise_status(_open(data, "status"))
    return ReadStatus(status=_status(normal), normal=normal.root, findings=normal.findings)


def kind_of(root: etree._Element) -> str:
    """`letter` or `status`. A status is what has a StatusCode in its header.

    Raises:
        NotEdxml, OldNamespace: another format.
    """
    _require_format(root)
    places = _below([root], "edXMLEnvelope", "edXMLHeader")
    codes = [code for name in ("MessageHeader", "Status") for code in _below(places, name, "StatusCode")]
    return "status" if codes else "letter"


def _open(data: bytes, wanted: str) -> etree._Element:
    root = xml.read(data, xml.XmlProfile.FOREIGN)
    if (found := kind_of(root)) != wanted:
        raise WrongKind(found=found, wanted=wanted)
    return root


def _require_format(root: etree._Element) -> None:
    for element in (root, *(root.iterdescendants(etree.Element) if _namespace(root) in SOAP_NAMESPACES else ())):
        if form := OLD_NAMESPACES.get(_namespace(element)):
            raise OldNamespace(line=element.sourceline, form=form, namespace=_namespace(element))
    if not _namespace(root) or local_name(root) != "edXML":
        raise NotEdxml(line=root.sourceline, root=str(root.tag)[:200])
    for child in root.iterchildren(etree.Element):
        if form := OLD_NAMESPACES.get(_namespace(child)):
            raise OldNamespace(line=child.sourceline, form=form, namespace=_namespace(child))


def _below(elements: list[etree._Element], *names: str) -> list[etree._Element]:
    for name in names:
        children = itertools.chain.from_iterable(element.iterchildren(etree.Element) for element in elements)
        elements = [child for child in children if local_name(child) == name]
    return elements


def _namespace(element: etree._Element) -> str:
    return etree.QName(element).namespace or ""


def _letter(normal: Normal) -> Letter:
    header, trace = first(normal.root, HEADER), first(normal.root, TRACE)
    return Letter(
        from_=_organ(first(header, "From")),
        to=tuple(_organ(element) for element in all_of(header, "To")),
        document_id=text(header, "DocumentId"),
        code_number=text(header, "Code/CodeNumber"),
        code_notation=text(header, "Code/CodeNotation"),
        promulgation_place=text(header, "PromulgationInfo/Place"),
        promulgation_date=_date(text(header, "PromulgationInfo/PromulgationDate")),
        document_type=_document_type(first(header, "DocumentType")),
        subject=text(header, "Subject"),
        content=text(header, "Content"),
        signer=_signer(first(header, "SignerInfo")),
        due_date=_date(text(header, "DueDate")),
        due_time=times.read_due_time(text(header, "DueDate")),
        other=_other(first(header, "OtherInfo")),
        response_for=tuple(_response_for(element) for element in all_of(header, "ResponseFor")),
        steering_type=text(header, "SteeringType"),
        to_places=tuple(text(element) for element in all_of(header, "ToPlaces/Place")),
        business=_business(first(trace, "Bussiness")),
        trace=tuple(_trace(element) for element in all_of(trace, "TraceHeader")),
        references=tuple(_reference(element) for element in all_of(first(normal.root, MANIFEST), "Reference")),
        kept=normal.kept,
    )


def _status(normal: Normal) -> StatusReport:
    header = first(normal.root, HEADER)
    return StatusReport(
        from_=_organ(first(header, "From")),
        response_for=_response_for(first(header, "ResponseFor")),
        staff=_staff(first(header, "StaffInfo")),
        code=text(header, "StatusCode"),
        description=text(header, "Description"),
        timestamp=times.read_timestamp(text(header, "Timestamp")),
        kept=normal.kept,
    )


def _organ(element: etree._Element | None) -> Organ:
    return Organ(
        id=text(element, "OrganId"),
        in_charge=text(element, "OrganizationInCharge"),
        name=text(element, "OrganName"),
        address=text(element, "OrganAdd"),
        email=text(element, "Email"),
        telephone=text(element, "Telephone"),
        fax=text(element, "Fax"),
        website=text(element, "Website"),
    )


def _document_type(element: etree._Element | None) -> DocumentType:
    return DocumentType(table=text(element, "Type"), row=text(element, "TypeDetail"), name=text(element, "TypeName"))


def _signer(element: etree._Element | None) -> SignerInfo:
    return SignerInfo(
        competence=text(element, "Competence"),
        position=text(element, "Position"),
        full_name=text(element, "FullName"),
    )


def _other(element: etree._Element | None) -> OtherInfo:
    return OtherInfo(
        priority=_number(text(element, "Priority")),
        sphere=text(element, "SphereOfPromulgation"),
        typer=text(element, "TyperNotation"),
        copies=_number(text(element, "PromulgationAmount")),
        pages=_number(text(element, "PageAmount")),
        direction=text(element, "Direction"),
        appendixes=tuple(text(appendix) for appendix in all_of(element, "Appendixes/Appendix")),
    )


def _response_for(element: etree._Element | None) -> ResponseFor:
    return ResponseFor(
        organ_id=text(element, "OrganId"),
        code=text(element, "Code"),
        document_id=text(element, "DocumentId"),
        promulgation_date=_date(text(element, "PromulgationDate")),
    )


def _staff(element: etree._Element | None) -> StaffInfo:
    return StaffInfo(
        department=text(element, "Department"),
        staff=text(element, "Staff"),
        email=text(element, "Email"),
        mobile=text(element, "Mobile"),
        department_id=text(element, "DepartmentId"),
        staff_id=text(element, "StaffId"),
    )


def _business(element: etree._Element | None) -> Business | None:
    if element is None:
        return None
    kind = text(element, "BussinessDocType")
    staff, change = first(element, "StaffInfo"), first(element, "BussinessDocumentInfo")
    return Business(
        kind=_KINDS.get(kind, BusinessKind.NEW),
        document_id=text(element, "DocumentId"),
        reason=text(element, "BussinessDocReason"),
        paper=_number(text(element, "Paper")),
        change=None if change is None else _change(change),
        replacements=tuple(
            Replacement(
                document_id=text(item, "DocumentId"),
                organ_ids=tuple(text(organ) for organ in all_of(item, "OrganIdList/OrganId")),
            )
            for item in all_of(element, "ReplacementInfoList/ReplacementInfo")
        ),
        staff=None if staff is None else _staff(staff),
    )


def _change(element: etree._Element) -> DocumentChange:
    return DocumentChange(
        document=text(element, "DocumentInfo") == "1",
        receivers=text(element, "DocumentReceiver") == "1",
        receiver_list=tuple(
            Receiver(organ_id=text(item, "OrganId"), added=text(item, "ReceiverType") == "1")
            for item in all_of(element, "ReceiverList/Receiver")
        ),
    )


def _trace(element: etree._Element) -> TraceHeader:
    return TraceHeader(organ_id=text(element, "OrganId"), timestamp=times.read_timestamp(text(element, "Timestamp")))


def _reference(element: etree._Element) -> Reference:
    return Reference(
        content_id=text(element, "ContentId"),
        content_type=text(element, "ContentType"),
        description=text(element, "Description"),
        name=text(element, "AttachmentName"),
    )


def _date(value: str) -> date | None:
    return times.read_date(value)


def _number(value: str) -> int | None:
    """An xs:integer of at most nine digits, as the XSD accepts it."""
    return int(value) if _NUMBER.fullmatch(value) else None
