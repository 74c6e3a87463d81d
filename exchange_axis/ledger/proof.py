"""The proof file beside a receipt: everything to check offline that one evidence is in one log.

Source: C2SP tlog-proof@v1, extension `.tlog-proof`. Lines: header, `extra BASE64`, `index N`, the audit path from the
leaf's sibling up, a blank line, the checkpoint as signed. Our extra data is the leaf's salt; it needs no
authentication, because a wrong salt gives a leaf that is not in the log.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint
from exchange_axis.ledger.errors import MalformedProof
from exchange_axis.ledger.leaf import SALT_SIZE, leaf_data
from exchange_axis.ledger.note import MAX_NOTE, NoteVerifier
from exchange_axis.ledger.tree import HASH_SIZE, leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MAX_PATH = 63
"""Hashes; a log has fewer than 2**63 entries."""
MAX_EXTRA = 4_096
"""Bytes; ours are 32."""
MAX_PROOF = MAX_NOTE + MAX_EXTRA * 2 + (MAX_PATH + 3) * 64
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    """The signed note, byte for byte."""
    extra: bytes | None = None
    """For our leaves: the salt."""


def write_proof(proof: LogProof) -> bytes:
    lines = [HEADER]
    if proof.extra is not None:
        lines.append(f"extra {_encode(proof.extra)}")
    lines += [f"index {proof.index}", *map(_encode, proof.path), "", ""]
    return "\n".join(lines).encode() + proof.checkpoint


def read_proof(data: bytes) -> LogProof:
    """
    Raises:
        MalformedProof: not this format, or over its limits. The checkpoint inside is not judged here.
    """
    if len(data) > MAX_PROOF:
        raise MalformedProof(reason=f"longer than {MAX_PROOF} bytes")
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank or not head.isascii():
        raise MalformedProof(reason="no blank line, or letters outside ASCII before it")
    header, *lines = head.decode().split("\n")
    if header != HEADER:
        raise MalformedProof(reason=f"the first line is not {HEADER}")
    extra = _decode(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
    match = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if match is None:
        raise MalformedProof(reason="no index line")
    path = tuple(map(_decode, lines))
    if len(path) > MAX_PATH or any(len(digest) != HASH_SIZE for digest in path) or len(extra or b"") > MAX_EXTRA:
        raise MalformedProof(reason="a hash is not 32 bytes, or there are too many")
    return LogProof(index=int(match[1]), path=path, checkpoint=checkpoint, extra=extra)


def verify_proof(proof: LogProof, entry: bytes, log: NoteVerifier) -> Checkpoint:
    """The verified checkpoint that covers an entry (`leaf_data` for ours).

    Raises:
        MalformedNote, UntrustedNote, MalformedCheckpoint: the checkpoint is not this log's.
        NotIncluded: the entry is not at that index under its root.
    """
    checkpoint = open_checkpoint(proof.checkpoint, log)
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.path, expected=checkpoint.root)
    return checkpoint


def verify_evidence_proof(data: bytes, evidence_sha256: bytes, log: NoteVerifier) -> Checkpoint:
    """The verified checkpoint that covers an evidence, given its proof file and the SHA-256 of its bytes.

    Raises:
        MalformedProof: not a proof file, or without a salt.
        MalformedNote, UntrustedNote, MalformedCheckpoint, NotIncluded: as `verify_proof`.
    """
    proof = read_proof(data)
    if proof.extra is None or len(proof.extra) != SALT_SIZE:
        raise MalformedProof(reason="the salt is missing")
    return verify_proof(proof, leaf_data(proof.extra, evidence_sha256), log)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedProof(reason="a line is not base64") from error
    if _encode(data) != text:
        raise MalformedProof(reason="a line is not plain base64")
    return data


def read_path(data: bytes) -> list[bytes]:
    """The hashes of a proof of consistency as hubs serve it: one in base64 a line.

    Raises:
        MalformedProof.
    """
    try:
        path = [base64.b64decode(line, validate=True) for line in data.splitlines()]
    except binascii.Error as error:
        raise MalformedProof(reason="a line is not base64") from error
    if len(path) > MAX_PATH or any(len(digest) != HASH_SIZE for digest in path):
        raise MalformedProof(reason="a hash is not 32 bytes, or there are too many")
    return path


def write_path(path: Iterable[bytes]) -> bytes:
    """The same as a file."""
    return b"".join(base64.b64encode(digest) + b"\n" for digest in path)
