"""Signed notes: text with Ed25519 signatures in the form that other people's log tools read.

Source: C2SP signed-note. A key travels as a `vkey`, `NAME+ID+BASE64`, where ID is the first four bytes of
SHA-256(name ‖ newline ‖ 0x01 ‖ public key) in hex and BASE64 holds 0x01 ‖ public key.

Rules of this file:
1. Text is handed out only after a known key's signature on it was verified.
2. Signatures of unknown keys are ignored; a wrong one of a known key refuses the whole note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange_axis.ledger.errors import MalformedKey, MalformedNote, UntrustedNote

MAX_NOTE = 65_536
"""Bytes; a checkpoint with sixteen post-quantum cosignatures would still fit."""
MAX_SIGNATURES = 64
"""The specification asks for at least 16."""
ED25519 = b"\x01"
_ID_SIZE = 4
_DASH = "\u2014 "


class NoteSigner(Protocol):
    """Signs notes under a name; the key may live elsewhere."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    def sign(self, text: bytes) -> bytes:
        """Ed25519 signature (RFC 8032) over the note's text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteVerifier:
    """A known key: its name and 32 raw bytes of public key."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, ED25519, self.public_key)

    @property
    def vkey(self) -> str:
        return write_named_key(self.name, ED25519, self.public_key)

    def accepts(self, text: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


class KeySigner:
    """A `NoteSigner` over an Ed25519 key in memory."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        if not is_key_name(name):
            raise MalformedKey(reason="the name is empty or has a space or a plus sign")
        self._key = key
        self._verifier = NoteVerifier(name=name, public_key=key.public_key().public_bytes_raw())

    @property
    def name(self) -> str:
        return self._verifier.name

    @property
    def key_id(self) -> bytes:
        return self._verifier.key_id

    @property
    def verifier(self) -> NoteVerifier:
        return self._verifier

    def renamed(self, name: str) -> KeySigner:
        """The same key under another name."""
        return KeySigner(name, self._key)

    def sign(self, text: bytes) -> bytes:
        return self._key.sign(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedNote:
    text: str
    """Ends in a newline; covered by the signature of every key in `signers`."""
    signers: tuple[NoteVerifier, ...]


def read_vkey(text: str) -> NoteVerifier:
    """
    Raises:
        MalformedKey: another form, another algorithm, or an id that does not belong to the key.
    """
    name, public_key = read_named_key(text, ED25519)
    return NoteVerifier(name=name, public_key=public_key)


def read_named_key(text: str, algorithm: bytes) -> tuple[str, bytes]:
    """Name and 32 raw bytes of a vkey of that one signature type.

    Raises:
        MalformedKey: another form, another type, or an id that does not belong to the key.
    """
    name, _, rest = text.strip().partition("+")
    given_id, _, encoded = rest.partition("+")
    data = _decode(encoded)
    if not is_key_name(name) or data is None:
        raise MalformedKey(reason="not of the form NAME+ID+BASE64")
    if data[:1] != algorithm or len(data) != 1 + 32:
        raise MalformedKey(reason="not an Ed25519 key for this use")
    if given_id != key_id(name, algorithm, data[1:]).hex():
        raise MalformedKey(reason="the id does not belong to the key")
    return name, data[1:]


def write_named_key(name: str, algorithm: bytes, public_key: bytes) -> str:
    return f"{name}+{key_id(name, algorithm, public_key).hex()}+{_encode(algorithm + public_key)}"


def sign_note(text: str, *signers: NoteSigner) -> bytes:
    """The note: text, blank line, a line for each signer.

    Raises:
        MalformedNote: the text does not end in a newline or has control characters.
    """
    _require_clean(text)
    if not text.endswith("\n"):
        raise MalformedNote(reason="the text does not end in a newline")
    lines = (signature_line(s.name, s.key_id + s.sign(text.encode())) for s in signers)
    return f"{text}\n{''.join(lines)}".encode()


def open_note(data: bytes, verifiers: Sequence[NoteVerifier]) -> OpenedNote:
    """The text of a note that at least one of the known keys signed, and which did.

    Raises:
        MalformedNote: not a note.
        UntrustedNote: no known key signed it, or a known key's signature is wrong.
    """
    text, lines = _split(data)
    signers: list[NoteVerifier] = []
    for name, key_id, signature in _signatures(lines):
        known = next((v for v in verifiers if (v.name, v.key_id) == (name, key_id)), None)
        if known is None:
            continue
        if not known.accepts(text.encode(), signature):
            raise UntrustedNote(reason=f"the signature by {name} is wrong")
        if known not in signers:
            signers.append(known)
    if not signers:
        raise UntrustedNote(reason="no known key signed it")
    return OpenedNote(text=text, signers=tuple(signers))


def note_text(data: bytes) -> str:
    """The text of a note whose signatures nobody checked: for storing and forwarding, never for believing.

    Raises:
        MalformedNote: not a note.
    """
    text, lines = _split(data)
    for _ in _signatures(lines):
        pass
    return text


def note_signatures(data: bytes) -> tuple[tuple[str, bytes, bytes], ...]:
    """(name, key id, signature) of each signature line, none of them checked.

    Raises:
        MalformedNote: not a note.
    """
    return tuple(_signatures(_split(data)[1]))


def signature_line(name: str, key_id_and_signature: bytes) -> str:
    return f"{_DASH}{name} {_encode(key_id_and_signature)}\n"


def _split(data: bytes) -> tuple[str, list[str]]:
    if len(data) > MAX_NOTE:
        raise MalformedNote(reason=f"longer than {MAX_NOTE} bytes")
    try:
        note = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedNote(reason="not UTF-8") from error
    _require_clean(note)
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise MalformedNote(reason="no signature lines after a blank line")
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise MalformedNote(reason=f"more than {MAX_SIGNATURES} signatures")
    return f"{text}\n", lines


def _signatures(lines: Sequence[str]) -> Iterator[tuple[str, bytes, bytes]]:
    for line in lines:
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        data = _decode(encoded)
        if not line.startswith(_DASH) or not is_key_name(name) or data is None or len(data) <= _ID_SIZE:
            raise MalformedNote(reason="a signature line is malformed")
        yield name, data[:_ID_SIZE], data[_ID_SIZE:]


def _require_clean(text: str) -> None:
    if any(character < " " and character != "\n" for character in text):
        raise MalformedNote(reason="control characters")


def key_id(name: str, algorithm: bytes, public_key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + algorithm + public_key).digest()[:_ID_SIZE]


def is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes | None:
    """None unless it is the one way to write these bytes (RFC 4648 §3.5, §4)."""
    try:
        data = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _encode(data) == text else None
