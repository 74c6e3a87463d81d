"""What an agency hands to its archive, as XML: one description a document, and the sealed list of all files (R99).

The fields of a description are those of Decree 30/2020/NĐ-CP, Appendix VI, by their names there; texts are as the
letter has them, never cut. The list has a row for every other file of the archive, with its digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lxml import etree

from exchange_axis.domain.letter import Letter, TraceHeader
from exchange_axis.wire.sealed_list import SealedList, write_list
from exchange_axis.wire.times import to_text

MANIFEST_NAMESPACE = "urn:exchange-axis:archive-manifest:1"
NAMESPACE = "urn:exchange-axis:archive:1"
MANIFEST, ABOUT, METADATA = "manifest.xml", "archive.xml", "metadata.xml"
LANGUAGE = "vi"
"""Letters say no language; those of agencies are in Vietnamese."""


class Direction(StrEnum):
    SENT = "di"
    RECEIVED = "den"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedFile:
    path: str
    name: str
    """As its sender named it."""
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedDocument:
    direction: Direction
    at: datetime
    """When it was sent from here, or arrived here."""
    sender: str
    consignment_id: str
    container_sha256: str
    letter: Letter | None
    """None: its content is not handed out any more, or erased."""
    withheld: str = ""
    """Code that says why, where there is no letter."""
    title: str
    subject: str
    issued: date | None
    arrival_number: int | None = None
    files: tuple[ArchivedFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveHeading:
    node: str
    agency: str
    agency_name: str
    first: date
    last: date
    at: datetime
    made_by: str
    documents: int


def write_metadata(document: ArchivedDocument) -> bytes:
    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})
    for name, value in _fields(document):
        _add(root, name, value)
    letter = document.letter
    for organ in () if letter is None else letter.to:
        to = _add(root, "To")
        _add(to, "OrganId", organ.id)
        _add(to, "OrganName", organ.name)
    if document.direction is Direction.RECEIVED:
        for place in () if letter is None else letter.to_places:
            _add(root, "ToPlaces", place)
        _trace(root, () if letter is None else letter.trace)
    for file in document.files:
        entry = _add(root, "File", file.name)
        for name, value in (("path", file.path), ("size", str(file.size)), ("sha256", file.sha256)):
            entry.set(name, value)
    return _bytes(root)


def write_about(heading: ArchiveHeading) -> bytes:
    root = etree.Element(f"{{{NAMESPACE}}}Archive", nsmap={None: NAMESPACE})
    for name, value in (
        ("Node", heading.node),
        ("OrganId", heading.agency),
        ("OrganName", heading.agency_name),
        ("First", heading.first.isoformat()),
        ("Last", heading.last.isoformat()),
        ("MadeAt", to_text(heading.at)),
        ("MadeBy", heading.made_by),
        ("Documents", str(heading.documents)),
    ):
        _add(root, name, value)
    return _bytes(root)


def write_manifest(node: str, at: datetime, files: Sequence[ArchivedFile]) -> bytes:
    """Not yet sealed."""
    about = SealedList(keeper=node, element="Node", at=at, count=len(files))
    rows = ({"Path": one.path, "Size": str(one.size), "Sha256": one.sha256} for one in files)
    return write_list(MANIFEST_NAMESPACE, "ArchiveManifest", about, rows)


def _fields(document: ArchivedDocument) -> Iterator[tuple[str, str]]:
    """In the order of the appendix; what the letter does not say is left out."""
    letter = document.letter
    yield "Direction", document.direction.value
    if letter is None:
        yield "Title", document.title
        yield "IssuedDate", "" if document.issued is None else document.issued.isoformat()
        yield "Subject", document.subject
        yield "Withheld", document.withheld
    else:
        yield from _letter(letter)
    yield "SentDate" if document.direction is Direction.SENT else "ArrivalDate", to_text(document.at)
    if document.arrival_number is not None:
        yield "ArrivalNumber", str(document.arrival_number)
    yield "SenderCode", document.sender
    yield "ConsignmentId", document.consignment_id
    yield "ContainerSha256", document.container_sha256


def _letter(letter: Letter) -> Iterator[tuple[str, str]]:
    other = letter.other
    for name, value in (
        ("CodeNumber", letter.code_number),
        ("CodeNotation", letter.code_notation),
        ("IssuedDate", letter.promulgation_date),
        ("OrganName", letter.from_.name),
        ("TypeName", letter.document_type.name),
        ("Subject", letter.subject),
        ("Language", LANGUAGE),
        ("PageAmount", other.pages),
        ("Description", letter.content),
        ("Position", letter.signer.position),
        ("FullName", letter.signer.full_name),
        ("Priority", other.priority),
        ("IssuedAmount", other.copies),
        ("DueDate", letter.due_date),
    ):
        if value not in (None, ""):
            yield name, str(value)


def _trace(root: etree._Element, hops: Sequence[TraceHeader]) -> None:
    if hops:
        listed = _add(root, "TraceHeaderList")
        for hop in hops:
            entry = _add(listed, "TraceHeader")
            _add(entry, "OrganId", hop.organ_id)
            _add(entry, "Timestamp", "" if hop.timestamp is None else to_text(hop.timestamp))


def _add(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text:
        element.text = text
    return element


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
