"""Proofs of a log, judged from the bytes of files alone: no store, no network, no clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from exchange_axis.ledger.checkpoint import open_checkpoint
from exchange_axis.ledger.errors import MalformedKey
from exchange_axis.ledger.note import NoteVerifier, read_vkey
from exchange_axis.ledger.part import read_part, verify_part
from exchange_axis.ledger.policy import read_policy, witnessed
from exchange_axis.ledger.proof import read_path, read_proof, verify_evidence_proof
from exchange_axis.ledger.tree import verify_consistency

YES, NO, NOT_CHECKED = "yes", "no", "not-checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What was proved; what was not is an error."""

    origin: str
    size: int
    index: int | None
    """Of the document; None for a proof of consistency."""
    witnessed: str
    """yes, no, or not-checked where no policy asks for witnesses."""
    witnesses: tuple[str, ...]
    since: datetime | None
    """By when enough of them had cosigned."""


def inclusion(proof: bytes, document: bytes, vkey: bytes, policy: bytes | None = None) -> Holds:
    """The document is in the log of that key.

    Raises:
        LedgerError: it is not proved.
    """
    checkpoint = verify_evidence_proof(proof, hashlib.sha256(document).digest(), _key(vkey))
    read = read_proof(proof)
    return _holds(read.checkpoint, checkpoint.origin, checkpoint.size, read.index, policy=policy)


def consistency(files: tuple[bytes, bytes, bytes], vkey: bytes, policy: bytes | None = None) -> Holds:
    """The newer checkpoint continues the older one.

    Args:
        files: older checkpoint, newer checkpoint, and the proof: one hash in base64 a line.

    Raises:
        LedgerError: it is not proved.
    """
    log = _key(vkey)
    old, new = open_checkpoint(files[0], log), open_checkpoint(files[1], log)
    verify_consistency(old.size, new.size, read_path(files[2]), root1=old.root, root2=new.root)
    return _holds(files[1], new.origin, new.size, None, policy=policy)


def part(file: bytes, document: bytes | None, vkey: bytes, policy: bytes | None = None) -> Holds:
    """A part of a log is one, and has an entry that speaks of the document, if one is named.

    Raises:
        LedgerError: it is not proved.
    """
    read = read_part(file)
    sha256 = None if document is None else hashlib.sha256(document).digest()
    checkpoint = verify_part(read, _key(vkey), document_sha256=sha256)
    index = None if read.entry is None else read.entry.index
    return _holds(read.checkpoint, checkpoint.origin, checkpoint.size, index, policy=policy)


def _holds(note: bytes, origin: str, size: int, index: int | None, *, policy: bytes | None) -> Holds:
    found = None if policy is None else witnessed(note, read_policy(policy.decode("utf-8", "replace")))
    answer = NOT_CHECKED if found is None or not found.asked else YES if found.enough else NO
    return Holds(
        origin=origin,
        size=size,
        index=index,
        witnessed=answer,
        witnesses=() if found is None else tuple(one.witness.name for one in found.cosignatures),
        since=None if found is None else found.since,
    )


def _key(vkey: bytes) -> NoteVerifier:
    try:
        return read_vkey(vkey.decode("ascii"))
    except UnicodeDecodeError as error:
        raise MalformedKey(reason="not ASCII") from error
