"""edXML: the letter and the status as we write them, and what is read of those of others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from xml.sax.saxutils import escape

from lxml import etree

from .archive import media_type
from .common import VIETNAM, need, parse_edxml

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
PRIORITY = {"khan": "1", "thuong-khan": "2", "hoa-toc": "4"}


@dataclass(frozen=True)
class Letter:
    """What a clerk writes; recipients and attachments by code and by the name that people see."""

    sender: str
    sender_name: str
    recipients: dict[str, str]
    number: str
    symbol: str
    subject: str
    lane: str = "thuong"
    place: str = "Hà Nội"
    attachments: list[tuple[str, bytes]] = field(default_factory=list)

    def members(self) -> dict[str, bytes]:
        """The attachments by the names they have in a container."""
        found = {}
        for number, (shown, data) in enumerate(self.attachments, 1):
            extension = shown.rpartition(".")[2].lower() if "." in shown else ""
            plain = extension.isascii() and extension.isalnum() and len(extension) <= 8
            found[f"attachments/{number:03d}{'.' + extension if plain else ''}"] = data
        return found


@dataclass(frozen=True)
class Quoted:
    """What a status quotes of its letter."""

    organ: str
    code: str
    document_id: str
    issued: str
    subject: str


def write_letter(letter: Letter, at: datetime) -> bytes:
    """letter.edxml, issued on that day."""
    issued = at.astimezone(VIETNAM).strftime("%Y/%m/%d")
    header = (
        _group("From", OrganId=letter.sender, OrganName=letter.sender_name),
        *(_group("To", OrganId=code, OrganName=name) for code, name in letter.recipients.items()),
        _text("DocumentId", f"{letter.sender},{issued},{letter.number}/{letter.symbol}"),
        _group("Code", CodeNumber=letter.number, CodeNotation=letter.symbol),
        _group("PromulgationInfo", Place=letter.place, PromulgationDate=issued),
        _text("Subject", letter.subject),
        _group("OtherInfo", Priority=PRIORITY.get(letter.lane, "0")),
    )
    references = "".join(
        _group("Reference", ContentId=f"cid:{member}", ContentType=media_type(member), AttachmentName=shown)
        for member, (shown, _) in zip(letter.members(), letter.attachments, strict=True)
    )
    manifest = f'<edXML:edXMLManifest version="1.0">{references}</edXML:edXMLManifest>' if references else ""
    return _envelope("".join(header), _element("edXMLBody", manifest))


def write_status(code: str, about: Quoted, by: tuple[str, str], text: str, at: datetime) -> bytes:
    """status.edxml of an agency (code and name) about the quoted letter."""
    quoted = {"Code": about.code, "DocumentId": about.document_id, "PromulgationDate": about.issued}
    header = (
        _group("From", OrganId=by[0], OrganName=by[1]),
        _group("ResponseFor", OrganId=about.organ, **quoted),
        _text("StatusCode", code),
        _text("Description", text),
        _text("Timestamp", at.astimezone(VIETNAM).strftime("%Y/%m/%d %H:%M:%S")),
    )
    return _envelope("".join(header))


def quote(edxml: bytes) -> Quoted:
    """What a status must quote of a letter, whatever its prefixes and order."""
    header = _header(edxml)
    code = f"{_read(header, 'Code', 'CodeNumber')}/{_read(header, 'Code', 'CodeNotation')}"
    issued = _read(header, "PromulgationInfo", "PromulgationDate")
    names = _read(header, "From", "OrganId"), _read(header, "DocumentId"), _read(header, "Subject")
    return Quoted(organ=names[0], code=code, document_id=names[1], issued=issued, subject=names[2])


def read_status(edxml: bytes) -> tuple[str, str]:
    """Code and description."""
    header = _header(edxml)
    return _read(header, "StatusCode"), _read(header, "Description")


def _header(edxml: bytes) -> etree._Element:
    found = list(parse_edxml(edxml).iter(f"{{{NAMESPACE}}}MessageHeader"))
    need(len(found) == 1, "not one MessageHeader")
    return found[0]


def _read(header: etree._Element, *path: str) -> str:
    return (header.findtext("/".join(f"{{{NAMESPACE}}}{name}" for name in path)) or "").strip()


def _element(name: str, content: str) -> str:
    return f"<edXML:{name}>{content}</edXML:{name}>" if content else ""


def _text(name: str, text: str) -> str:
    return _element(name, escape(text))


def _group(name: str, /, **texts: str) -> str:
    return _element(name, "".join(_text(each, text) for each, text in texts.items()))


def _envelope(header: str, body: str = "") -> bytes:
    inside = _element("edXMLHeader", _element("MessageHeader", header)) + body
    root = f'<edXML xmlns="{NAMESPACE}" xmlns:edXML="{NAMESPACE}">{_element("edXMLEnvelope", inside)}</edXML>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}'.encode()
