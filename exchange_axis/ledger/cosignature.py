"""Cosignatures: a witness's dated word that a checkpoint continues everything it has seen of that log.

Source: C2SP tlog-cosignature, the Ed25519 type. The signed message is `cosignature/v1`, the time, and the checkpoint's
text; the signature line carries the time before the signature. A witness key signs nothing else, and its key id
(signature type 0x04) cannot be taken for that of a log's own key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange_axis.ledger.errors import MalformedKey, UntrustedNote
from exchange_axis.ledger.note import (
    is_key_name,
    key_id,
    note_signatures,
    note_text,
    read_named_key,
    signature_line,
    write_named_key,
)

COSIGNATURE = b"\x04"
_TIME_SIZE = 8
_SIZE = _TIME_SIZE + 64
LATEST = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())
"""Seconds; the format allows up to 2**63 - 1, a calendar does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessKey:
    """A known witness: its name and 32 raw bytes of public key."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, COSIGNATURE, self.public_key)

    @property
    def vkey(self) -> str:
        return write_named_key(self.name, COSIGNATURE, self.public_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """One that was verified."""

    witness: WitnessKey
    at: datetime
    """When the witness says it signed; whole seconds."""
    line: str
    """The signature line, ending in a newline."""


class Cosigner:
    """A witness's key in memory."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        if not is_key_name(name):
            raise MalformedKey(reason="the name is empty or has a space or a plus sign")
        self._key = key
        self.witness = WitnessKey(name=name, public_key=key.public_key().public_bytes_raw())

    def cosign(self, text: str, at: datetime) -> str:
        """The signature line for a checkpoint's text. The caller answers for what cosigning means (`witness`)."""
        seconds = int(at.timestamp())
        signature = self._key.sign(_message(text, seconds))
        return signature_line(self.witness.name, self.witness.key_id + seconds.to_bytes(_TIME_SIZE) + signature)


def read_witness_key(text: str) -> WitnessKey:
    """
    Raises:
        MalformedKey: no vkey of an Ed25519 cosigner.
    """
    name, public_key = read_named_key(text, COSIGNATURE)
    return WitnessKey(name=name, public_key=public_key)


def read_cosignatures(note: bytes, witnesses: Sequence[WitnessKey]) -> tuple[Cosignature, ...]:
    """The cosignatures by known witnesses, the first of each; others are ignored.

    Raises:
        MalformedNote: not a note.
        UntrustedNote: one in the name of a known witness is wrong.
    """
    text = note_text(note)
    found: dict[WitnessKey, Cosignature] = {}
    for name, given_id, signature in note_signatures(note):
        witness = next((one for one in witnesses if (one.name, one.key_id) == (name, given_id)), None)
        if witness is None:
            continue
        at = _time_of(text, witness, signature)
        line = signature_line(name, given_id + signature)
        found.setdefault(witness, Cosignature(witness=witness, at=at, line=line))
    return tuple(found.values())


def with_cosignatures(note: bytes, lines: Sequence[str]) -> bytes:
    """The note with more signature lines; those it has already are not repeated."""
    present = note.decode()
    return (present + "".join(line for line in dict.fromkeys(lines) if line not in present)).encode()


def cosignature_names(note: bytes) -> Iterator[str]:
    """Names on lines that have the form of a cosignature, unchecked: to see whom to ask for, never to believe."""
    return (name for name, _, signature in note_signatures(note) if len(signature) == _SIZE)


def _time_of(text: str, witness: WitnessKey, signature: bytes) -> datetime:
    seconds = int.from_bytes(signature[:_TIME_SIZE])
    try:
        if len(signature) != _SIZE or seconds > LATEST:
            raise InvalidSignature
        Ed25519PublicKey.from_public_bytes(witness.public_key).verify(signature[_TIME_SIZE:], _message(text, seconds))
    except (InvalidSignature, ValueError) as error:
        raise UntrustedNote(reason=f"the cosignature by {witness.name} is wrong") from error
    return datetime.fromtimestamp(seconds, UTC)


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
