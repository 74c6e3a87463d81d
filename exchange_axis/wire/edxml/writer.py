"""Strict writer: a Letter or StatusReport to bytes in axis order, with the exact prefixes that some peers compare.

Rules of this file:
1. Root unprefixed, envelope and all below it prefixed `edXML`, AttachmentEncoded unprefixed: to a parser all the same,
   to the national side not.
2. Empty values are not written.
3. What is written is read back the same: values that would not be are refused, and the result passes the XSD and the
   emit limits, all faults at once.
4. No Signature is written; an in-band signature of a letter that is passed on stays where it was, unverified.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from lxml import etree

from exchange_axis.domain.letter import (
    Business,
    Kept,
    Letter,
    Organ,
    OtherInfo,
    Reference,
    ResponseFor,
    StaffInfo,
    StatusReport,
)
from exchange_axis.errors import CheckFailed
from exchange_axis.wire.edxml import times
from exchange_axis.wire.edxml.attachments import wrap
from exchange_axis.wire.edxml.keeping import put_back
from exchange_axis.wire.edxml.names import DOCUMENT, NAMESPACE, PREFIX, STATUS, qname
from exchange_axis.wire.edxml.normal import normalise_letter, normalise_status
from exchange_axis.wire.edxml.refusals import Unwritable
from schemas.findings import Severity, errors
from schemas.rules.limits import over_emit_limits
from schemas.rules.tree import element_path
from schemas.validate import validate

Value = str | int | date | None
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineFile:
    """An attachment for a peer that knows no containers; goes with the Reference at the same position."""

    data: bytes = field(repr=False)


def write_letter(letter: Letter, *, inline: Sequence[InlineFile] = ()) -> bytes:
    """The letter as edXML. Without `inline` it holds References only, as in a container.

    Raises:
        CheckFailed: the letter breaks the schema or the emit limits; carries every finding.
        Unwritable: a value that would not be read back the same.
    """
    root, header, body = _skeleton()
    _message_header(header, letter)
    _trace_header_list(header, letter)
    manifest = _sub(body, "edXMLManifest")
    manifest.set("version", "1.0")
    if inline and len(inline) != len(letter.references):
        raise ValueError("one inline file per reference")
    payloads = [
        wrap(file.data, reference.name, reference.content_id)
        for file, reference in zip(inline, letter.references, strict=bool(inline))
    ]
    for index, reference in enumerate(letter.references):
        _reference(manifest, reference, payloads[index][1] if payloads else reference.content_type)
    if payloads:
        _attachments(root, letter.references, payloads)
    put_back(root, letter.kept, DOCUMENT)
    _require_strict(normalise_letter(root).root, "edxml-document")
    return _bytes(root)


def write_status(report: StatusReport, *, container: Literal["MessageHeader", "Status"] = "MessageHeader") -> bytes:
    """The status as edXML; `container` is set per peer, the national library defines MessageHeader.

    Raises:
        CheckFailed: the report breaks the schema or the emit limits.
        Unwritable: a value that would not be read back the same.
    """
    root, header, body = _skeleton()
    body.getparent().remove(body)  # type: ignore[union-attr]
    fields = _sub(header, container)
    _organ(fields, "From", report.from_)
    _response_for(fields, report.response_for)
    _staff(fields, report.staff)
    _leaf(fields, "StatusCode", report.code)
    _leaf(fields, "Description", report.description)
    _leaf(fields, "Timestamp", times.write_timestamp(report.timestamp) if report.timestamp else None)
    put_back(root, _under(report.kept, container), STATUS)
    _require_strict(normalise_status(root).root, "edxml-status")
    return _bytes(root)


def _skeleton() -> tuple[etree._Element, etree._Element, etree._Element]:
    root = etree.Element(qname("edXML"), nsmap={None: NAMESPACE})
    envelope = etree.SubElement(root, qname("edXMLEnvelope"), nsmap={PREFIX: NAMESPACE})
    return root, _sub(envelope, "edXMLHeader"), _sub(envelope, "edXMLBody")


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _require_strict(normal: etree._Element, schema: str) -> None:
    findings = (*validate(normal, schema), *over_emit_limits(normal, severity=Severity.ERROR))
    if errors(findings):
        raise CheckFailed(errors(findings))


def _message_header(parent: etree._Element, letter: Letter) -> None:
    header = _sub(parent, "MessageHeader")
    _organ(header, "From", letter.from_)
    for organ in letter.to:
        _organ(header, "To", organ)
    _leaf(header, "DocumentId", letter.document_id)
    _group(header, "Code", CodeNumber=letter.code_number, CodeNotation=letter.code_notation)
    _group(header, "PromulgationInfo", Place=letter.promulgation_place, PromulgationDate=letter.promulgation_date)
    kind = letter.document_type
    _group(header, "DocumentType", Type=kind.table, TypeDetail=kind.row, TypeName=kind.name)
    _leaf(header, "Subject", letter.subject)
    _leaf(header, "Content", letter.content)
    signer = letter.signer
    _group(header, "SignerInfo", Competence=signer.competence, Position=signer.position, FullName=signer.full_name)
    _leaf(header, "DueDate", times.write_timestamp(letter.due_time) if letter.due_time else letter.due_date)
    _other(header, letter.other)
    for answered in letter.response_for:
        _response_for(header, answered)
    _leaf(header, "SteeringType", letter.steering_type)
    _list(header, "ToPlaces", "Place", letter.to_places)


def _organ(parent: etree._Element, name: str, organ: Organ) -> None:
    _group(
        parent,
        name,
        OrganId=organ.id,
        OrganizationInCharge=organ.in_charge,
        OrganName=organ.name,
        OrganAdd=organ.address,
        Email=organ.email,
        Telephone=organ.telephone,
        Fax=organ.fax,
        Website=organ.website,
    )


def _other(parent: etree._Element, other: OtherInfo) -> None:
    group = _sub(parent, "OtherInfo")
    _leaf(group, "Priority", other.priority)
    _leaf(group, "SphereOfPromulgation", other.sphere)
    _leaf(group, "TyperNotation", other.typer)
    _leaf(group, "PromulgationAmount", other.copies)
    _leaf(group, "PageAmount", other.pages)
    _leaf(group, "Direction", other.direction)
    _list(group, "Appendixes", "Appendix", other.appendixes)
    _drop_empty(group)


def _response_for(parent: etree._Element, answered: ResponseFor) -> None:
    _group(
        parent,
        "ResponseFor",
        OrganId=answered.organ_id,
        Code=answered.code,
        DocumentId=answered.document_id,
        PromulgationDate=answered.promulgation_date,
    )


def _staff(parent: etree._Element, staff: StaffInfo | None) -> None:
    if staff is not None:
        _group(
            parent,
            "StaffInfo",
            Department=staff.department,
            Staff=staff.staff,
            Email=staff.email,
            Mobile=staff.mobile,
            DepartmentId=staff.department_id,
            StaffId=staff.staff_id,
        )


def _trace_header_list(parent: etree._Element, letter: Letter) -> None:
    trace = _sub(parent, "TraceHeaderList")
    if letter.business is not None:
        _business(trace, letter.business)
    for hop in letter.trace:
        at = times.write_timestamp(hop.timestamp) if hop.timestamp else None
        _group(trace, "TraceHeader", OrganId=hop.organ_id, Timestamp=at)
    _drop_empty(trace)


def _business(parent: etree._Element, business: Business) -> None:
    group = _sub(parent, "Bussiness")
    _leaf(group, "DocumentId", business.document_id)
    _leaf(group, "BussinessDocType", business.kind.value)
    _leaf(group, "BussinessDocReason", business.reason)
    _leaf(group, "Paper", business.paper)
    if (change := business.change) is not None:
        info = _sub(group, "BussinessDocumentInfo")
        _leaf(info, "DocumentInfo", int(change.document))
        _leaf(info, "DocumentReceiver", int(change.receivers))
        receivers = _sub(info, "ReceiverList")
        for receiver in change.receiver_list:
            _group(receivers, "Receiver", OrganId=receiver.organ_id, ReceiverType=int(receiver.added))
        _drop_empty(receivers)
    replacements = _sub(group, "ReplacementInfoList")
    for replacement in business.replacements:
        item = _sub(replacements, "ReplacementInfo")
        _leaf(item, "DocumentId", replacement.document_id)
        _list(item, "OrganIdList", "OrganId", replacement.organ_ids)
    _drop_empty(replacements)
    _staff(group, business.staff)


def _reference(manifest: etree._Element, reference: Reference, content_type: str) -> None:
    _group(
        manifest,
        "Reference",
        ContentId=f"cid:{reference.content_id}",
        ContentType=content_type,
        Description=reference.description,
        AttachmentName=reference.name,
    )


def _attachments(root: etree._Element, references: Sequence[Reference], payloads: Sequence[tuple[bytes, str]]) -> None:
    encoded = _sub(root, "AttachmentEncoded")
    for reference, (data, content_type) in zip(references, payloads, strict=True):
        attachment = _sub(encoded, "Attachment")
        _leaf(attachment, "ContentId", f"cid:{reference.content_id}")
        _leaf(attachment, "AttachmentName", reference.name)
        _leaf(attachment, "Description", reference.description)
        _leaf(attachment, "ContentType", content_type)
        content = etree.SubElement(attachment, qname("ContentTransferEncoded"), nsmap={PREFIX: NAMESPACE})
        content.text = base64.b64encode(data).decode("ascii")


def _sub(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, qname(name))


def _group(parent: etree._Element, name: str, **values: Value) -> None:
    """A container with its leaves in the order given; not written when all are empty."""
    group = _sub(parent, name)
    for leaf, value in values.items():
        _leaf(group, leaf, value)
    _drop_empty(group)


def _list(parent: etree._Element, name: str, item: str, values: Iterable[str]) -> None:
    group = _sub(parent, name)
    for value in values:
        _leaf(group, item, value)
    _drop_empty(group)


def _leaf(parent: etree._Element, name: str, value: Value) -> None:
    if value is None or value == "":
        return
    element = _sub(parent, name)
    text = times.write_date(value) if isinstance(value, date) else str(value)
    if text != text.strip() or _UNWRITABLE.search(text):
        raise Unwritable(where=element_path(element), name=name)
    element.text = text


def _drop_empty(element: etree._Element) -> None:
    parent = element.getparent()
    if not len(element) and parent is not None:
        parent.remove(element)


def _under(kept: Iterable[Kept], container: str) -> tuple[Kept, ...]:
    """The same places below a Status container; paths of kept elements always say MessageHeader."""
    return tuple(
        Kept(parent=value.parent.replace("/MessageHeader", f"/{container}"), after=value.after, xml=value.xml)
        for value in kept
    )
