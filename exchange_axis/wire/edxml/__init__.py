"""The national packet (edXML, QCVN 102:2016): tolerant reader, strict writer, identity of documents."""

from __future__ import annotations

from exchange_axis.wire.edxml.attachments import InlineAttachment, match, unwrap
from exchange_axis.wire.edxml.identity import content_digest, document_key
from exchange_axis.wire.edxml.reader import ReadLetter, ReadStatus, kind_of, read_letter, read_status
from exchange_axis.wire.edxml.writer import InlineFile, write_letter, write_status

__all__ = [
    "InlineAttachment",
    "InlineFile",
    "ReadLetter",
    "ReadStatus",
    "content_digest",
    "document_key",
    "kind_of",
    "match",
    "read_letter",
    "read_status",
    "unwrap",
    "write_letter",
    "write_status",
]
