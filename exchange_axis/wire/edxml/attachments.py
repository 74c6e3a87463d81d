"""Attachments that an edXML packet carries inside itself, as base64.

Found only in foreign packets and in what we hand to plain edXML peers; between nodes of ours attachments are members
of the container, the n-th member belonging to the n-th Reference.

Reading (the declared type is not dependable, the bytes are): when they start like a ZIP, the archive has exactly one
entry and the attachment's name does not end in .zip, the payload is that entry; its name in the archive is never used.
Writing (the zip rule of the Java library): pdf, doc, docx and zip travel as they are, all else in a ZIP of one entry.
"""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from lxml import etree

from exchange_axis.domain.letter import Reference
from exchange_axis.wire.edxml.names import local_name
from exchange_axis.wire.edxml.refusals import AttachmentMismatch, BadBase64
from exchange_axis.wire.edxml.unzipping import MAX_INFLATED, MAX_RATIO, unwrap
from schemas.findings import Finding, Severity, Stage
from schemas.rules.tree import element_path

__all__ = ["MAX_INFLATED", "MAX_RATIO", "InlineAttachment", "inline_attachments", "match", "mismatch", "unwrap", "wrap"]

_RAW_EXTENSIONS = frozenset({".pdf", ".doc", ".docx", ".zip"})
_ZIP_DAY = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineAttachment:
    """One Attachment element. Its name is a human one and never a path."""

    content_id: str
    name: str
    description: str = ""
    content_type: str = ""
    element: etree._Element = field(repr=False)

    def decode(self, *, max_inflated: int = MAX_INFLATED) -> bytes:
        """The attachment's own bytes, unzipped where a sender zipped them for the journey.

        Raises:
            BadBase64: not base64 once white space is gone.
            InflatedTooLarge: beyond `max_inflated` bytes or MAX_RATIO times.
        """
        encoded = _child_text(self.element, "ContentTransferEncoded")
        try:
            data = base64.b64decode("".join(encoded.split()).encode("ascii"), validate=True)
        except (binascii.Error, ValueError):
            raise BadBase64(where=element_path(self.element), line=self.element.sourceline) from None
        return unwrap(data, self.name, where=element_path(self.element), max_inflated=max_inflated)


def inline_attachments(root: etree._Element) -> tuple[InlineAttachment, ...]:
    """The attachments of a packet in their own order. AttachmentEncoded stands beside the envelope, at times inside."""
    envelopes = [child for child in root.iterchildren(etree.Element) if local_name(child) == "edXMLEnvelope"]
    return tuple(
        _inline(attachment)
        for holder in (root, *envelopes)
        for encoded in holder.iterchildren(etree.Element)
        if local_name(encoded) == "AttachmentEncoded"
        for attachment in encoded.iterchildren(etree.Element)
        if local_name(attachment) == "Attachment"
    )


def match(
    references: Sequence[Reference], inline: Sequence[InlineAttachment]
) -> tuple[tuple[Reference, InlineAttachment | None], ...]:
    """Each Reference with its attachment: by content id, else by name, else the first that is left."""
    left = dict(enumerate(inline))
    found: dict[int, InlineAttachment] = {}
    for key in ("content_id", "name"):
        places: dict[str, deque[int]] = {}
        for place, item in left.items():
            places.setdefault(getattr(item, key), deque()).append(place)
        for index, reference in enumerate(references):
            wanted: str = getattr(reference, key)
            if index not in found and wanted and places.get(wanted):
                found[index] = left.pop(places[wanted].popleft())
    rest = iter(left.values())
    return tuple((reference, found.get(index) or next(rest, None)) for index, reference in enumerate(references))


def mismatch(references: Sequence[Reference], inline: Sequence[InlineAttachment]) -> tuple[Finding, ...]:
    """An error when a packet that carries attachments lists another number of them."""
    if not inline or len(inline) == len(references):
        return ()
    element = inline[0].element
    refusal = AttachmentMismatch(
        where=element_path(element), line=element.sourceline, listed=len(references), found=len(inline)
    )
    return (Finding.of(refusal, Stage.SCHEMA, Severity.ERROR),)


def wrap(data: bytes, name: str, token: str) -> tuple[bytes, str]:
    """Bytes and content type as the Java library would send them; `token` names the entry of a ZIP."""
    extension = PurePosixPath(name).suffix
    if extension in _RAW_EXTENSIONS:
        return data, f"application/{extension[1:]}"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(f"{token}{extension}", _ZIP_DAY)
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, data)
    return buffer.getvalue(), "application/zip"


def _inline(element: etree._Element) -> InlineAttachment:
    return InlineAttachment(
        content_id=_child_text(element, "ContentId").strip().removeprefix("cid:"),
        name=_child_text(element, "AttachmentName").strip(),
        description=_child_text(element, "Description").strip(),
        content_type=_child_text(element, "ContentType").strip(),
        element=element,
    )


def _child_text(element: etree._Element, name: str) -> str:
    for child in element.iterchildren(etree.Element):
        if local_name(child) == name:
            return (child.text or "") + "".join(part.tail or "" for part in child)
    return ""
