"""The base64 of a packet's attachments, decoded as it streams by, one behind the other into one file.

The alphabet is strict: letters, digits, `+`, `/`, `=` where the last group ends, and the white space of XML, which may
be written as a reference: serialisers write `&#13;` for the carriage return of base64 that another library broke into
lines.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import BinaryIO, Final

from exchange_axis.wire.container_writer import TooManyAttachments
from exchange_axis.wire.edxml.refusals import BadBase64, MarkupInBase64
from exchange_axis.wire.members import MAX_ATTACHMENTS

_SPACE: Final = b" \t\r\n"
_SPACE_REFERENCE: Final = re.compile(rb"&#(?:0{0,8}(?:9|10|13|32)|x0{0,8}(?:9|[aA]|[dD]|20));")
_LONGEST_REFERENCE: Final = len(b"&#x0000000020;")
_PAD: Final = b"="
_GROUP: Final = 4
"""Characters that stand for three bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Where the decoded bytes of one ContentTransferEncoded lie in the spool."""

    start: int
    size: int


class Payloads:
    """Takes the text of one ContentTransferEncoded after another; `begin`, `text` and `end` in this order."""

    def __init__(self, spool: BinaryIO) -> None:
        """
        Args:
            spool: written from where it stands, as much as three quarters of the packet.
        """
        self.done: list[Payload] = []
        self._spool = spool
        self._start = spool.tell()
        self._line = 0
        """Where the payload began."""
        self._size = 0
        self._reference = b""
        """The beginning of a reference."""
        self._held = b""
        """Characters of a group that is not whole yet, or of the padded group, which must be the last."""

    @property
    def where(self) -> str:
        """Place of the payload that is being taken, or comes next."""
        return f"AttachmentEncoded/Attachment[{len(self.done) + 1}]/ContentTransferEncoded"

    def begin(self, line: int) -> None:
        """Raises TooManyAttachments."""
        if len(self.done) == MAX_ATTACHMENTS:
            raise TooManyAttachments(line=line, count=len(self.done) + 1, limit=MAX_ATTACHMENTS)
        self._line = line
        self._size = 0
        self._reference = self._held = b""

    def text(self, piece: bytes) -> None:
        """Raises BadBase64, MarkupInBase64."""
        text = self._held + self._without_references(piece).translate(None, _SPACE)
        whole = len(text) - len(text) % _GROUP
        if text[whole - 1 : whole] == _PAD:
            whole -= _GROUP
        self._held = text[whole:]
        if _PAD in text[:whole]:
            raise self._bad()
        self._decode(text[:whole])

    def end(self) -> None:
        """Raises BadBase64, MarkupInBase64: the text ended inside a group, or a reference."""
        if self._reference:
            raise self._markup()
        self._decode(self._held)
        self.done.append(Payload(start=self._start, size=self._size))
        self._start += self._size

    def _without_references(self, piece: bytes) -> bytes:
        """The text without references to white space; one that is not whole yet is kept for the next piece."""
        if b"&" not in piece and not self._reference:
            return piece
        text = _SPACE_REFERENCE.sub(b"", self._reference + piece)
        start = text.find(b"&")
        self._reference = text[start:] if start >= 0 else b""
        if b";" in self._reference or len(self._reference) >= _LONGEST_REFERENCE:
            raise self._markup()
        return text[:start] if start >= 0 else text

    def _markup(self) -> MarkupInBase64:
        return MarkupInBase64(where=self.where, line=self._line)

    def _decode(self, text: bytes) -> None:
        try:
            data = binascii.a2b_base64(text, strict_mode=True)
        except ValueError:
            raise self._bad() from None
        self._spool.write(data)
        self._size += len(data)

    def _bad(self) -> BadBase64:
        return BadBase64(where=self.where, line=self._line)
