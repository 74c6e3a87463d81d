"""Reads a foreign packet of any size as bytes, piece by piece, and parts the attachments from the document.

What it gives is the same document with every ContentTransferEncoded empty: small enough for the gate, which judges
everything that is not base64. Rules of this file:
1. Tags, comments and CDATA end where the gate's own scan ends them; what this scan does not go through, the gate is
   asked about, so that the reason is the gate's.
2. What is taken out holds base64 characters and white space only, the latter also as references: taking it out cannot
   change how the rest is read.
3. Which elements are meant is decided by local names, as cheaply as possible; whoever reads the tree checks that the
   parser found the same ones (`source.read_source`).
4. Memory is the document without base64, which is bounded, and one piece of input.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from exchange_axis.wire.edxml.payloads import Payloads
from exchange_axis.wire.edxml.refusals import MarkupInBase64
from schemas.gate import xml, xml_refusals
from schemas.gate.limits import FOREIGN_LIMITS, MIB

SOURCE_BYTES: Final = 256 * MIB
"""Length of a packet that is read as a stream; real ones reach 50 MB."""
SKELETON_BYTES: Final = 16 * MIB
"""Length of all that is not base64."""
HOLDER: Final = "AttachmentEncoded"
ENVELOPE: Final = "edXMLEnvelope"
ATTACHMENT: Final = "Attachment"
CONTENT: Final = "ContentTransferEncoded"

_LIMITS: Final = FOREIGN_LIMITS
_NOT_UTF8: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<", b"\0\0")
_START_TAG: Final = re.compile(rb"<(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>")
_NAME: Final = re.compile(rb"</?(?:[^\s/>:]*:)?([^\s/>]*)")
_KEYWORD: Final = re.compile(rb"<[!?][A-Za-z\[-]*")
_LONGEST_KEYWORD: Final = len(b"<!NOTATION")
_LESS: Final = ord("<")
_COMMENT, _CDATA = b"<!--", b"<![CDATA["


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """A packet without the base64 of its attachments."""

    data: bytes
    """All bytes but the text of every ContentTransferEncoded."""
    holders: tuple[tuple[int, int], ...]
    """Start and end of every AttachmentEncoded in `data`."""

    def without_attachments(self) -> bytes:
        """All bytes of the packet but the AttachmentEncoded elements, from their first `<` to their last `>`."""
        kept, position = bytearray(), 0
        for start, end in self.holders:
            kept += self.data[position:start]
            position = end
        return bytes(kept + self.data[position:])


class SourceScan:
    """`feed` the packet in pieces of any length, then `finish`."""

    def __init__(self, payloads: Payloads) -> None:
        self._payloads = payloads
        self._skeleton = bytearray()
        self._holders: list[tuple[int, int]] = []
        self._open: list[str] = []
        """Local names of the open elements, the root first."""
        self._holder_start = 0
        self._taking = False
        """Inside a ContentTransferEncoded."""
        self._run = 0
        """Bytes of character data since the last tag, as the gate counts them."""
        self._elements = 0
        self._comments = 0
        self._line = 1
        """Of the place up to which input was taken."""
        self._length = 0
        self._buffer = b""
        self._at = 0

    def feed(self, piece: bytes) -> None:
        """
        Raises:
            Refusal: the gate's; MarkupInBase64, BadBase64, TooManyAttachments.
        """
        if not self._length and piece.startswith(_NOT_UTF8):
            raise xml_refusals.NotUtf8(line=1, offset=0)
        self._length += len(piece)
        if self._length > SOURCE_BYTES:
            raise xml_refusals.TooLarge(size=f"> {SOURCE_BYTES}", limit=SOURCE_BYTES)
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0
        while self._at < len(self._buffer) and self._step():
            pass
        waiting = len(self._buffer) - self._at
        if len(self._skeleton) + waiting > SKELETON_BYTES:
            raise xml_refusals.TooLarge(size=f"> {SKELETON_BYTES}", limit=SKELETON_BYTES)

    def finish(self) -> Skeleton:
        """
        Raises:
            Malformed: the packet ends inside a tag, a comment or a CDATA section; an element left open is the gate's.
        """
        if self._at < len(self._buffer):
            self._refuse_markup()
        return Skeleton(data=bytes(self._skeleton), holders=tuple(self._holders))

    def _step(self) -> bool:
        """One stretch of text or one piece of markup; False when it cannot be told yet where that ends."""
        if self._buffer[self._at] != _LESS:
            following = self._buffer.find(b"<", self._at)
            self._text(self._take(following if following >= 0 else len(self._buffer)))
            return True
        if self._taking and not self._end_payload():
            return False
        end = self._end_of_markup()
        if end is None:
            return False
        self._markup(self._take(end))
        return True

    def _take(self, end: int) -> bytes:
        taken, self._at = self._buffer[self._at : end], end
        self._line += taken.count(b"\n")
        return taken

    def _text(self, piece: bytes) -> None:
        if self._taking:
            self._payloads.text(piece)
            return
        self._count_text(len(piece))
        self._skeleton += piece

    def _count_text(self, count: int) -> None:
        self._run += count
        if self._run > _LIMITS.text_bytes:
            raise xml_refusals.TextTooLong(line=self._line, limit=_LIMITS.text_bytes)

    def _end_of_markup(self) -> int | None:
        """The offset behind what begins here with `<`, None when more bytes are needed to tell."""
        buffer, at = self._buffer, self._at
        if len(buffer) - at < _LONGEST_KEYWORD and b">" not in buffer[at:]:
            return None
        if buffer.startswith(_COMMENT, at):
            return self._behind(b"-->", at + len(_COMMENT))
        if buffer.startswith(_CDATA, at):
            return self._behind(b"]]>", at + len(_CDATA))
        if buffer.startswith(b"</", at):
            return self._behind(b">", at)
        if buffer.startswith(b"<?", at) and bytes(self._skeleton) in (b"", codecs.BOM_UTF8):
            return self._behind(b"?>", at)
        if buffer.startswith((b"<?", b"<!"), at):
            self._refuse_markup()
        tag = _START_TAG.match(buffer, at)
        if tag is None and buffer.find(b"<", at + 1) >= 0:
            self._refuse_markup()
        return tag.end() if tag else None

    def _behind(self, closing: bytes, start: int) -> int | None:
        at = self._buffer.find(closing, start)
        return at + len(closing) if at >= 0 else None

    def _refuse_markup(self) -> None:
        """The gate says why, where it can; nothing goes on from here."""
        if not self._taking:
            keyword = _KEYWORD.match(self._buffer, self._at)
            xml.admit(bytes(self._skeleton) + (keyword.group() if keyword else b""), xml.XmlProfile.FOREIGN)
        raise xml_refusals.Malformed(line=self._line, reason="markup")

    def _end_payload(self) -> bool:
        """Nothing but an end tag may follow the text of a payload; False when it cannot be told yet what follows."""
        head = self._buffer[self._at : self._at + len(_COMMENT)]
        if head == _COMMENT:
            raise xml_refusals.CommentInText(where=self._payloads.where, line=self._line)
        if not head.startswith(b"</"):
            if _COMMENT.startswith(head):
                return False
            raise MarkupInBase64(where=self._payloads.where, line=self._line)
        self._payloads.end()
        self._taking = False
        return True

    def _markup(self, piece: bytes) -> None:
        start = len(self._skeleton)
        if piece.startswith(_CDATA):
            self._count_text(len(piece))
        self._skeleton += piece
        if piece.startswith((b"<!", b"<?")):
            self._comments += 1
            if self._comments > _LIMITS.comments:
                raise xml_refusals.TooManyComments(line=self._line, limit=_LIMITS.comments)
            return
        self._run = 0
        if piece.startswith(b"</"):
            self._end_element()
            return
        self._start_element(_local_name(piece), start)
        if piece.endswith(b"/>"):
            self._end_element()

    def _start_element(self, name: str, start: int) -> None:
        self._elements += 1
        if self._elements > _LIMITS.elements:
            raise xml_refusals.TooManyElements(line=self._line, limit=_LIMITS.elements)
        if len(self._open) >= _LIMITS.depth:
            raise xml_refusals.TooDeep(line=self._line, limit=_LIMITS.depth)
        self._open.append(name)
        if self._is_holder():
            self._holder_start = start
        elif self._is_content():
            self._payloads.begin(self._line)
            self._taking = True

    def _end_element(self) -> None:
        if not self._open:
            raise xml_refusals.Malformed(line=self._line, reason="end tag")
        if self._taking:  # a payload that is empty by its own tag
            self._payloads.end()
            self._taking = False
        if self._is_holder():
            self._holders.append((self._holder_start, len(self._skeleton)))
        self._open.pop()

    def _is_holder(self) -> bool:
        return _is_holder(self._open)

    def _is_content(self) -> bool:
        return self._open[-2:] == [ATTACHMENT, CONTENT] and _is_holder(self._open[:-2])


def _is_holder(path: list[str]) -> bool:
    """AttachmentEncoded stands beside the envelope, at times inside (as in `attachments.inline_attachments`)."""
    return path[1:] in ([HOLDER], [ENVELOPE, HOLDER])


def _local_name(tag: bytes) -> str:
    found = _NAME.match(tag)
    return found[1].decode("utf-8", "replace") if found else ""
