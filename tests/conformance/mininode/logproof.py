"""Log proofs: that a hub's document is in its log, checked with nothing but the proof file and the log's key.

Protocol: "Log proofs". Formats: C2SP tlog-proof, tlog-checkpoint, signed-note; RFC 9162, 2.1.3.2.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class NotLogged(Exception):
    """The proof does not prove it."""


def check(proof: bytes, document_sha256: str, vkey: str) -> tuple[int, int]:
    """(index, size of the log) of a document that is proved to be in the log."""
    head, _, note = proof.partition(b"\n\n")
    header, extra, index_line, *path = head.decode("ascii").split("\n")
    if header != "c2sp.org/tlog-proof@v1" or not extra.startswith("extra ") or not index_line.startswith("index "):
        raise NotLogged("another kind of proof")
    size, root = _checkpoint(note, vkey)
    index, salt = int(index_line.removeprefix("index ")), base64.b64decode(extra.removeprefix("extra "), validate=True)
    entry = hashlib.sha256(b"axis-leaf-v1\0" + salt + bytes.fromhex(document_sha256)).digest()
    leaf = hashlib.sha256(b"\x00" + entry).digest()
    if len(salt) != 32 or _root(leaf, index, size, [base64.b64decode(line, validate=True) for line in path]) != root:
        raise NotLogged("another root comes out")
    return index, size


def _checkpoint(note: bytes, vkey: str) -> tuple[int, bytes]:
    """Size and root of a checkpoint that the log's own key signed."""
    name, key_id, encoded = vkey.strip().split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    expected = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if key[:1] != b"\x01" or expected.hex() != key_id:
        raise NotLogged("the key is not an Ed25519 key of that name")
    body, _, signatures = note.decode().rpartition("\n\n")
    signed = (body + "\n").encode()
    for line in signatures.splitlines():
        who, _, value = line.removeprefix("\u2014 ").partition(" ")
        octets = base64.b64decode(value, validate=True)
        if (who, octets[:4]) == (name, expected):
            _verify(key[1:], octets[4:], signed)
            break
    else:
        raise NotLogged("the log did not sign the checkpoint")
    origin, size, root, *_ = body.split("\n")
    if origin != name:
        raise NotLogged("a checkpoint of another log")
    return int(size), base64.b64decode(root, validate=True)


def _verify(key: bytes, signature: bytes, content: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except InvalidSignature as error:
        raise NotLogged("the checkpoint's signature is wrong") from error


def _root(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that follows from a leaf and its path."""
    place, last, computed = index, size - 1, leaf
    if not 0 <= index < size:
        raise NotLogged("the index is beyond the log")
    for sibling in path:
        if last == 0:
            raise NotLogged("the path is too long")
        if place % 2 or place == last:
            computed = hashlib.sha256(b"\x01" + sibling + computed).digest()
            while place and place % 2 == 0:
                place, last = place // 2, last // 2
        else:
            computed = hashlib.sha256(b"\x01" + computed + sibling).digest()
        place, last = place // 2, last // 2
    if last:
        raise NotLogged("the path is too short")
    return computed
