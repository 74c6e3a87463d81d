"""Log proofs: a document's place in the hub's log, checked offline."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .common import Untrusted, need


@dataclass(frozen=True)
class LogKey:
    """The log's public key, from NAME+ID+BASE64."""

    name: str
    identifier: bytes
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> LogKey:
        """Read a vkey; its id must be that of its key."""
        name, identifier, encoded = vkey.strip().split("+", 2)
        typed = base64.b64decode(encoded, validate=True)
        need(typed[:1] == b"\x01" and len(typed) == 33, "the log's key is not Ed25519")
        computed = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
        need(computed.hex() == identifier, "the log key's id is wrong")
        return cls(name, computed, typed[1:])


def check_proof(proof: bytes, document_sha256: str, vkey: str) -> tuple[int, int]:
    """Check a tlog-proof for a document; gives its index and the size of the log."""
    try:
        return _check(proof, bytes.fromhex(document_sha256), LogKey.parse(vkey))
    except (ValueError, IndexError) as error:
        raise Untrusted(f"the proof has another form: {error}") from error


def _check(proof: bytes, digest: bytes, key: LogKey) -> tuple[int, int]:
    head, _, checkpoint = proof.decode("utf-8").partition("\n\n")
    magic, extra, index_line, *hashes = head.split("\n")
    need(magic == "c2sp.org/tlog-proof@v1" and extra.startswith("extra "), "no tlog-proof")
    need(index_line.startswith("index "), "no index")
    salt = base64.b64decode(extra[6:], validate=True)
    need(len(salt) == 32, "the salt's length")
    path = [base64.b64decode(line, validate=True) for line in hashes]
    need(all(len(h) == 32 for h in path), "a hash has another length")
    index = int(index_line[6:])
    size, root = _check_checkpoint(checkpoint, key)
    entry = hashlib.sha256(b"axis-leaf-v1\0" + salt + digest).digest()
    need(_root(hashlib.sha256(b"\0" + entry).digest(), index, size, path) == root, "the proof leads to another root")
    return index, size


def _check_checkpoint(checkpoint: str, key: LogKey) -> tuple[int, bytes]:
    text, _, signatures = checkpoint.partition("\n\n")
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    need(origin == key.name, "another log")
    for line in signatures.splitlines():
        dash, name, encoded = line.split(" ")
        value = base64.b64decode(encoded, validate=True)
        if dash == "\u2014" and name == key.name and value[:4] == key.identifier:
            try:
                Ed25519PublicKey.from_public_bytes(key.public).verify(value[4:], text.encode())
            except InvalidSignature as error:
                raise Untrusted("the checkpoint's signature does not hold") from error
            return int(size), base64.b64decode(root, validate=True)
    raise Untrusted("the checkpoint is not signed by the log's key")


def _root(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2."""
    need(0 <= index < size, "index beyond the log")
    first, last, result = index, size - 1, leaf
    for step in path:
        need(last > 0, "the path is too long")
        if first & 1 or first == last:
            result = hashlib.sha256(b"\1" + step + result).digest()
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            result = hashlib.sha256(b"\1" + result + step).digest()
        first, last = first >> 1, last >> 1
    need(last == 0, "the path is too short")
    return result
