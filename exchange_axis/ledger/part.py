"""A part of the log with the proof that it is one: for whoever keeps the entries of a day, not the log of a decade.

The file is JSON: format `axis-log-part-1`, `start`, `end` (a subtree, see `ledger.subtree`), the `root` of the part,
the way from there to the root of `checkpoint`, and optionally one entry with its way to the root of the part.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint
from exchange_axis.ledger.errors import MalformedProof, NotIncluded
from exchange_axis.ledger.leaf import leaf_data
from exchange_axis.ledger.note import NoteVerifier
from exchange_axis.ledger.subtree import verify_subtree_consistency, verify_subtree_inclusion
from exchange_axis.ledger.tree import leaf_hash

FORMAT: Final = "axis-log-part-1"
MOST: Final = 256 * 1024
"""Bytes of a file; ours have some 5,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    index: int
    data: bytes
    """What the tree is made of: a salted digest (`ledger.leaf`)."""
    path: tuple[bytes, ...]
    salt: bytes | None = None
    """Ties it to a document; None where that was erased, or is nobody's business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPart:
    start: int
    end: int
    root: bytes
    path: tuple[bytes, ...]
    checkpoint: bytes
    entry: Entry | None = None


def write_part(part: LogPart) -> bytes:
    entry = part.entry
    said = {
        "format": FORMAT,
        "start": part.start,
        "end": part.end,
        "root": _text(part.root),
        "path": [_text(one) for one in part.path],
        "checkpoint": part.checkpoint.decode(),
        "entry": None
        if entry is None
        else {
            "index": entry.index,
            "data": _text(entry.data),
            "path": [_text(one) for one in entry.path],
            "salt": None if entry.salt is None else _text(entry.salt),
        },
    }
    return json.dumps(said, indent=1).encode() + b"\n"


def read_part(data: bytes) -> LogPart:
    """
    Raises:
        MalformedProof.
    """
    if len(data) > MOST:
        raise MalformedProof(reason="too long")
    try:
        said = json.loads(data)
        if said["format"] != FORMAT:
            raise MalformedProof(reason=f"the format is not {FORMAT}")
        return LogPart(
            start=_number(said["start"]),
            end=_number(said["end"]),
            root=_bytes(said["root"]),
            path=_path(said["path"]),
            checkpoint=str(said["checkpoint"]).encode(),
            entry=None if said["entry"] is None else _entry(said["entry"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as cause:
        raise MalformedProof(reason="no part of a log") from cause


def verify_part(part: LogPart, log: NoteVerifier, *, document_sha256: bytes | None = None) -> Checkpoint:
    """The verified checkpoint of which it is a part, with its entry if it has one.

    Args:
        document_sha256: of a document that the entry must speak of.

    Raises:
        MalformedNote, UntrustedNote, MalformedCheckpoint, NotConsistent, NotIncluded: it is not proved.
    """
    checkpoint = open_checkpoint(part.checkpoint, log)
    bounds = (part.start, part.end)
    verify_subtree_consistency(bounds, checkpoint.size, part.path, subtree_root=part.root, root=checkpoint.root)
    entry = part.entry
    if entry is not None:
        verify_subtree_inclusion(leaf_hash(entry.data), entry.index, bounds, entry.path, expected=part.root)
    if document_sha256 is not None and not _speaks_of(entry, document_sha256):
        index = -1 if entry is None else entry.index
        raise NotIncluded(index=index, size=part.end, reason="no entry that speaks of this document")
    return checkpoint


def _speaks_of(entry: Entry | None, sha256: bytes) -> bool:
    return entry is not None and entry.salt is not None and leaf_data(entry.salt, sha256) == entry.data


def _entry(said: Mapping[str, Any]) -> Entry:
    return Entry(
        index=_number(said["index"]),
        data=_bytes(said["data"]),
        path=_path(said["path"]),
        salt=None if said["salt"] is None else _bytes(said["salt"]),
    )


def _number(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("no number")
    return value


def _path(said: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(map(_bytes, said))


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode(), validate=True)
