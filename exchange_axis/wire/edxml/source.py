"""A foreign packet too large for the parser: its letter without the attachments, and the attachments by themselves.

The reduced copy of the letter is cut, not written anew: the packet's own bytes without its AttachmentEncoded elements.
So everything else stays as it was sent, unknown elements included, and whoever has the packet can make the same copy
and compare bytes. All that is not base64 passes the gate; `huge_tree` is not needed for that, and never used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from lxml import etree

from exchange_axis.domain.letter import Reference
from exchange_axis.wire.edxml.attachments import InlineAttachment, inline_attachments, match
from exchange_axis.wire.edxml.names import local_name
from exchange_axis.wire.edxml.payloads import Payload, Payloads
from exchange_axis.wire.edxml.reader import ReadLetter, read_letter
from exchange_axis.wire.edxml.refusals import AttachmentMismatch, InlineStructure
from exchange_axis.wire.edxml.source_scan import CONTENT, HOLDER, Skeleton, SourceScan
from exchange_axis.wire.edxml.unzipping import MAX_INFLATED, NotWrapped, Window, inflate, may_be_wrapped
from exchange_axis.wire.zip_writer import Content
from schemas.gate import xml
from schemas.gate.limits import FOREIGN_LIMITS, MIB
from schemas.rules.tree import element_path

MAX_INFLATED_IN_ALL: Final = 512 * MIB
"""Bytes that all zipped attachments of one packet may inflate to."""
_MARKS: Final = 4 * (FOREIGN_LIMITS.elements + FOREIGN_LIMITS.comments)
"""More `<` and `>` than any packet has that the gate lets in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAttachment:
    """An attachment of the packet, decoded, and unzipped where a sender zipped it for the journey."""

    name: str
    """That of its Reference: for people, and never a path."""
    content: Content
    """Size and digest of its own bytes."""
    raw: Window = field(repr=False)
    """As it was in the packet."""
    wrapped: bool

    def pieces(self) -> Iterator[bytes]:
        """Its own bytes, for as long as the spool is open."""
        return inflate(self.raw, where=HOLDER) if self.wrapped else self.raw.pieces()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSource:
    document: bytes = field(repr=False)
    """letter.edxml: the packet's bytes without its AttachmentEncoded elements."""
    read: ReadLetter
    """Of `document`."""
    attachments: tuple[SourceAttachment, ...]
    """In the order of the letter's references, one each."""


def is_oversized(pieces: Iterable[bytes], size: int) -> bool:
    """Whether a packet has to be reduced: the parser refuses it for its length or that of one text, and only then.

    Counts from each `>` to the next `<`, which makes a text longer by what follows a `>` inside an attribute value.
    """
    if size <= FOREIGN_LIMITS.text_bytes:
        return False
    return size > FOREIGN_LIMITS.document_bytes or _longest_text(pieces) > FOREIGN_LIMITS.text_bytes


def read_source(pieces: Iterable[bytes], spool: BinaryIO) -> ReadSource:
    """Part a packet in one pass. Memory is the document without base64, whatever the attachments' size.

    Args:
        pieces: the exact bytes of the packet.
        spool: an empty file to write to and read from; takes up to three quarters of the packet.

    Raises:
        Refusal: the gate's; those of `read_letter`; AttachmentMismatch, MarkupInBase64, BadBase64, InlineStructure,
            InflatedTooLarge, TooManyAttachments.
    """
    payloads = Payloads(spool)
    scan = SourceScan(payloads)
    for piece in pieces:
        scan.feed(piece)
    skeleton = scan.finish()
    root = xml.read(skeleton.data, xml.XmlProfile.FOREIGN)
    document = skeleton.without_attachments()
    read = read_letter(document)
    inline = inline_attachments(root)
    if len(inline) != len(read.letter.references):
        raise AttachmentMismatch(listed=len(read.letter.references), found=len(inline))
    placed = {one.element: payload for one, payload in zip(inline, _in_order(root, inline, payloads.done), strict=True)}
    _require_same_holders(root, skeleton)
    matched = [(one, placed[one.element]) for _, one in match(read.letter.references, inline) if one is not None]
    attachments = _attachments(read.letter.references, matched, spool)
    return ReadSource(document=document, read=read, attachments=tuple(attachments))


def _in_order(root: etree._Element, inline: Sequence[InlineAttachment], done: Sequence[Payload]) -> Iterator[Payload]:
    """The payload of each attachment.

    Raises:
        InlineStructure: the parser found other elements than the scan did.
    """
    contents = [_content(attachment.element) for attachment in inline]
    wanted = set(contents)
    met = [element for element in root.iter(f"{{*}}{CONTENT}") if element in wanted]
    if len(met) != len(done):
        raise InlineStructure(where=HOLDER)
    payloads = dict(zip(met, done, strict=True))
    return (payloads[content] for content in contents)


def _content(attachment: etree._Element) -> etree._Element:
    contents = [child for child in attachment.iterchildren(etree.Element) if local_name(child) == CONTENT]
    if len(contents) != 1 or len(contents[0]) or contents[0].text:
        raise InlineStructure(where=element_path(attachment), line=attachment.sourceline)
    return contents[0]


def _require_same_holders(root: etree._Element, skeleton: Skeleton) -> None:
    """Nothing was cut out but AttachmentEncoded of the format, and none is left inside another or elsewhere.

    Raises:
        InlineStructure.
    """
    if [local_name(holder) for holder in root.iter(f"{{*}}{HOLDER}")] != [HOLDER] * len(skeleton.holders):
        raise InlineStructure(where=HOLDER)


def _attachments(
    references: Sequence[Reference], matched: Sequence[tuple[InlineAttachment, Payload]], spool: BinaryIO
) -> Iterator[SourceAttachment]:
    left = MAX_INFLATED_IN_ALL
    for reference, (inline, payload) in zip(references, matched, strict=True):
        raw = Window(spool, payload.start, payload.size)
        content = _unwrapped(raw, inline, max_inflated=min(MAX_INFLATED, left))
        if content is not None:
            left -= content.size
        yield SourceAttachment(
            name=reference.name or inline.name,
            content=content or Content.of(raw.pieces()),
            raw=raw,
            wrapped=content is not None,
        )


def _unwrapped(raw: Window, inline: InlineAttachment, *, max_inflated: int) -> Content | None:
    """What a zipped attachment holds; None for one that is its own payload. All of it is inflated to know."""
    start = next(raw.pieces(), b"")
    if not may_be_wrapped(start, inline.name):
        return None
    try:
        return Content.of(inflate(raw, where=element_path(inline.element), max_inflated=max_inflated))
    except NotWrapped:
        return None


def _longest_text(pieces: Iterable[bytes]) -> int:
    """Stops counting where the gate would refuse the number of tags anyway."""
    longest = run = marks = 0
    inside = False
    for piece in pieces:
        position = 0
        while position < len(piece) and marks < _MARKS:
            end = piece.find(b">" if inside else b"<", position)
            stop = len(piece) if end < 0 else end
            if not inside:
                run += stop - position
                longest = max(longest, run)
            if end >= 0:
                inside, run, marks = not inside, 0, marks + 1
            position = stop + 1
    return longest
