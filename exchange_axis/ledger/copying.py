"""Entries of a log on their way to a hub that keeps a copy, and home again: text of the same build as `add-checkpoint`.

`from N`, the entries from there on in base64, an empty line, and the signed checkpoint that covers exactly these.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from exchange_axis.ledger.note import MAX_NOTE
from exchange_axis.ledger.tree import HASH_SIZE
from exchange_axis.ledger.witness import MalformedAdding

MAX_ENTRIES = 4_096
MAX_COPY = MAX_NOTE + (MAX_ENTRIES + 2) * 64
_FROM = re.compile(r"from (0|[1-9][0-9]{0,18})")
_ENTRY = re.compile(r"[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    first: int
    entries: tuple[bytes, ...]
    checkpoint: bytes
    """The signed note; its size is `first` and the number of entries."""


def write_copying(copying: Copying) -> bytes:
    lines = [f"from {copying.first}", *(base64.b64encode(entry).decode() for entry in copying.entries), "", ""]
    return "\n".join(lines).encode() + copying.checkpoint


def read_copying(data: bytes) -> Copying:
    """
    Raises:
        MalformedAdding: not that form, or over its limits. The checkpoint is not judged here.
    """
    head, blank, checkpoint = data.partition(b"\n\n")
    if len(data) > MAX_COPY or not blank or not head.isascii():
        raise MalformedAdding(reason="no empty line, too long, or letters outside ASCII")
    first, *lines = head.decode("ascii").split("\n")
    match = _FROM.fullmatch(first)
    if match is None or len(lines) > MAX_ENTRIES or not all(map(_ENTRY.fullmatch, lines)):
        raise MalformedAdding(reason=f"no line from N, or entries that are not {HASH_SIZE} bytes")
    return Copying(first=int(match[1]), entries=tuple(map(base64.b64decode, lines)), checkpoint=checkpoint)
