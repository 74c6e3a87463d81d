"""Containers and what is in them: consignment.xml, edXML letters and statuses, the archive around them.

Protocol: "The container", "consignment.xml", "edXML".
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePath

from cryptography import x509
from lxml import etree

from . import seal

MIMETYPE = "application/vnd.etsi.asic-e+zip"
CONSIGNMENT = "urn:exchange-axis:consignment:1"
MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
EDXML = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
HEAD = ["mimetype", "META-INF/manifest.xml", "META-INF/signatures0.xml", "consignment.xml"]
TYPES = {".pdf": "application/pdf", ".xml": "application/xml", ".edxml": "application/xml", ".txt": "text/plain"}
VIETNAM = timezone(timedelta(hours=7))
LIFE = timedelta(days=7)

Tree = Sequence[tuple[str, "str | Tree"]]
"""Names with a text or with children."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A container whose signature and digests hold."""

    certificate: x509.Certificate
    fields: dict[str, str]
    """The simple children of consignment.xml."""
    recipients: tuple[str, ...]
    document: etree._Element
    members: dict[str, bytes]


def consignment(
    *,
    number: str,
    kind: str,
    sender: str,
    recipients: Sequence[str],
    lane: str,
    at: datetime,
    in_reply_to: str = "",
) -> bytes:
    """consignment.xml, elements in the order of the schema."""
    tree: list[tuple[str, str | Tree]] = [
        ("Id", number),
        ("Kind", kind),
        ("Sender", sender),
        ("Recipients", [("Recipient", code) for code in recipients]),
        ("Lane", lane),
        ("CreatedAt", instant(at)),
        ("ExpiresAt", instant(at + LIFE)),
        *([("InReplyTo", in_reply_to)] if in_reply_to else []),
        ("Origin", "signed"),
        ("Reduced", "false"),
    ]
    root = etree.Element(f"{{{CONSIGNMENT}}}Consignment", nsmap={None: CONSIGNMENT})
    _grow(root, CONSIGNMENT, tree)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def letter(letter: Mapping[str, str], recipients: Mapping[str, str], attachments: Sequence[str], at: datetime) -> bytes:
    """An edXML letter with `sender`, `sender_name`, `number`, `symbol`, `subject`; recipients are code to name."""
    day = at.astimezone(VIETNAM).strftime("%Y/%m/%d")
    organ: Tree = [("OrganId", letter["sender"]), ("OrganName", letter["sender_name"])]
    header: Tree = [
        ("From", organ),
        *(("To", [("OrganId", code), ("OrganName", name)]) for code, name in recipients.items()),
        ("DocumentId", f"{letter['sender']},{day},{letter['number']}/{letter['symbol']}"),
        ("Code", [("CodeNumber", letter["number"]), ("CodeNotation", letter["symbol"])]),
        ("PromulgationInfo", [("PromulgationDate", day)]),
        ("Subject", letter["subject"]),
    ]
    references: Tree = [
        ("Reference", [("ContentId", f"cid:{number}"), ("ContentType", media_type(name)), ("AttachmentName", name)])
        for number, name in enumerate(attachments, start=1)
    ]
    return _edxml([("MessageHeader", header)], references)


def status(code: str, recipient: tuple[str, str], about: etree._Element, description: str, at: datetime) -> bytes:
    """An edXML status of `recipient` (code, name) about a letter."""
    names = {
        "OrganId": "From/OrganId",
        "DocumentId": "DocumentId",
        "PromulgationDate": "PromulgationInfo/PromulgationDate",
    }
    found = {name: text(about, f"MessageHeader/{path}") for name, path in names.items()}
    number, symbol = (text(about, f"MessageHeader/Code/{name}") for name in ("CodeNumber", "CodeNotation"))
    header: list[tuple[str, str | Tree]] = [
        ("From", [("OrganId", recipient[0]), ("OrganName", recipient[1])]),
        (
            "ResponseFor",
            [
                ("OrganId", found["OrganId"]),
                ("Code", f"{number}/{symbol}"),
                ("DocumentId", found["DocumentId"]),
                ("PromulgationDate", found["PromulgationDate"]),
            ],
        ),
        ("StatusCode", code),
        *([("Description", description)] if description else []),
        ("Timestamp", at.astimezone(VIETNAM).strftime("%Y/%m/%d %H:%M:%S")),
    ]
    return _edxml([("MessageHeader", header)], None)


def text(root: etree._Element, path: str) -> str:
    """Text of an edXML element below edXMLHeader; empty when it is not there."""
    steps = "/".join(f"{{{EDXML}}}{step}" for step in ("edXMLEnvelope", "edXMLHeader", *path.split("/")))
    return (root.findtext(steps) or "").strip()


def build(
    consignment: bytes,
    document: tuple[str, bytes],
    attachments: Sequence[tuple[str, bytes]],
    *,
    by: seal.Seal,
    at: datetime,
) -> bytes:
    """The whole container; attachments are (name for people, content) in the order of the edXML's References."""
    members = [("consignment.xml", consignment), document]
    members += [
        (f"attachments/{number:03}{suffix(human)}", content) for number, (human, content) in enumerate(attachments, 1)
    ]
    described = [(member, media_type(member), content) for member, content in members]
    signatures = seal.sign_members(described, by, at)
    carriers = [("mimetype", MIMETYPE.encode()), (HEAD[1], _manifest(described)), (HEAD[2], signatures)]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:  # seekable: sizes end up in the local headers
        for member, content in (*carriers, *members):
            file.writestr(zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0)), content)
    return archive.getvalue()


def open_container(data: bytes, roots: Sequence[x509.Certificate]) -> Opened:
    """Members in their order, the signature, every digest, then the two documents. A real node is stricter on ZIP."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        names = file.namelist()
        if names[:4] != HEAD or len(set(names)) != len(names) or any(e.compress_type for e in file.infolist()):
            raise seal.NotTrusted("not a container of this exchange")
        members = {name: file.read(name) for name in names}
    signed, certificate = seal.open_members(members[HEAD[2]], roots)
    found = {name: hashlib.sha256(members[name]).hexdigest() for name in names[3:]}
    if signed != found:
        raise seal.NotTrusted("the members are not those that were signed")
    root = seal.parse(members["consignment.xml"])
    fields = {etree.QName(child).localname: (child.text or "").strip() for child in root}
    return Opened(
        certificate=certificate,
        fields=fields,
        recipients=tuple((each.text or "").strip() for each in root.iter(f"{{{CONSIGNMENT}}}Recipient")),
        document=seal.parse(members[names[4]]),
        members=members,
    )


def instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def media_type(name: str) -> str:
    return TYPES.get(PurePath(name).suffix.lower(), "application/octet-stream")


def suffix(name: str) -> str:
    found = PurePath(name).suffix.lower()
    return found if found[1:].isascii() and found[1:].isalnum() and len(found) <= 9 else ".bin"


def _manifest(members: Sequence[tuple[str, str, bytes]]) -> bytes:
    root = etree.Element(f"{{{MANIFEST}}}manifest", nsmap={"manifest": MANIFEST})
    root.set(f"{{{MANIFEST}}}version", "1.2")
    for path, mime in [("/", MIMETYPE), *((name, mime) for name, mime, _ in members)]:
        entry = etree.SubElement(root, f"{{{MANIFEST}}}file-entry")
        entry.set(f"{{{MANIFEST}}}full-path", path)
        entry.set(f"{{{MANIFEST}}}media-type", mime)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _edxml(header: Tree, references: Tree | None) -> bytes:
    root = etree.Element(f"{{{EDXML}}}edXML", nsmap={None: EDXML})
    envelope = etree.SubElement(root, f"{{{EDXML}}}edXMLEnvelope", nsmap={"edXML": EDXML})
    _grow(envelope, EDXML, [("edXMLHeader", header)])
    if references is not None:
        body = etree.SubElement(envelope, f"{{{EDXML}}}edXMLBody")
        manifest = etree.SubElement(body, f"{{{EDXML}}}edXMLManifest", version="1.0")
        _grow(manifest, EDXML, references)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _grow(parent: etree._Element, namespace: str, tree: Tree) -> None:
    for name, content in tree:
        child = etree.SubElement(parent, f"{{{namespace}}}{name}")
        if isinstance(content, str):
            child.text = content
        else:
            _grow(child, namespace, content)
