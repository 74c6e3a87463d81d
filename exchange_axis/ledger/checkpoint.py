"""Checkpoints: the log's signed statement "I have this many entries, and this is their root".

Source: C2SP tlog-checkpoint. Origin, decimal size, base64 root, each on a line of a signed note. Extension lines are
read and kept out of our own, because nobody can audit them. The log's key carries the origin as its name.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from exchange_axis.ledger.errors import MalformedCheckpoint, NotConsistent
from exchange_axis.ledger.note import NoteSigner, NoteVerifier, note_text, open_note, sign_note
from exchange_axis.ledger.tree import EMPTY_ROOT, HASH_SIZE

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
MAX_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    origin: str
    """Name of one log in one epoch, such as `hub.phuyen.gov.vn/log/1`."""
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> bytes:
    """The signed note. The caller answers for never signing two that are inconsistent.

    Raises:
        MalformedCheckpoint: it could not be read back, or the signer is not the log's own key.
    """
    if signer.name != checkpoint.origin:
        raise MalformedCheckpoint(reason=f"the key {signer.name} is not that of {checkpoint.origin}")
    text = checkpoint.text()
    if read_checkpoint_text(text) != checkpoint:
        raise MalformedCheckpoint(reason="it does not read back as it was written")
    return sign_note(text, signer)


def open_checkpoint(data: bytes, log: NoteVerifier) -> Checkpoint:
    """A checkpoint of exactly this log, its signature verified.

    Raises:
        MalformedNote, UntrustedNote, MalformedCheckpoint: it is not.
    """
    checkpoint = read_checkpoint_text(open_note(data, [log]).text)
    if checkpoint.origin != log.name:
        raise MalformedCheckpoint(reason=f"of {checkpoint.origin}, not of {log.name}")
    return checkpoint


def read_unverified_checkpoint(data: bytes) -> Checkpoint:
    """What a checkpoint says, nobody's signature checked: to find the right key, never to believe.

    Raises:
        MalformedNote, MalformedCheckpoint: not a checkpoint.
    """
    return read_checkpoint_text(note_text(data))


def read_checkpoint_text(text: str) -> Checkpoint:
    """
    Raises:
        MalformedCheckpoint: not origin, size and root, each on a line, or an empty log with another root.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise MalformedCheckpoint(reason="fewer than three lines, or an empty line")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise MalformedCheckpoint(reason="the size is not a plain decimal number")
    checkpoint = Checkpoint(origin=origin, size=int(size), root=_hash(root), extensions=tuple(extensions))
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise MalformedCheckpoint(reason="an empty log with the root of another")
    return checkpoint


def require_not_split(first: Checkpoint, second: Checkpoint) -> None:
    """Two checkpoints of one size must have one root: the only split that shows without a proof.

    Raises:
        NotConsistent: the log has shown two faces.
    """
    if first.origin == second.origin and first.size == second.size and first.root != second.root:
        raise NotConsistent(size1=first.size, size2=second.size, reason="two roots were signed for one size")


def _hash(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedCheckpoint(reason="the root is not base64") from error
    if len(data) != HASH_SIZE or base64.b64encode(data).decode() != text:
        raise MalformedCheckpoint(reason="the root is not 32 bytes in plain base64")
    return data
