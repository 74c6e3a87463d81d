"""A passkey as a device has one, in software: it says and signs what WebAuthn §6 wants, and each part can be wrong."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from exchange_axis.pipeline.passkeys import Site

SITE = Site(id="ban.xa.example", origin="https://ban.xa.example:8443")
PRESENT, VERIFIED, KEY_INSIDE = 0x01, 0x04, 0x40


@dataclass
class Device:
    """Holds one passkey; the page that asks it may lie about where it is."""

    id: bytes
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    uses: int = 0
    handle: bytes = b""
    origin: str = SITE.origin
    site: str = SITE.id
    verifies: bool = True
    framed: bool = False

    def make(self, options: str) -> str:
        """What the browser answers to `ask_new`."""
        asked = json.loads(options)
        self.handle = _bytes(asked["user"]["id"])
        client = self._client("webauthn.create", asked["challenge"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        inside = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(KEY_INSIDE) + inside
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": _text(client), "attestationObject": _text(attested)})

    def use(self, options: str, **instead: Any) -> str:
        """What the browser answers to `ask_in` and `ask_again`."""
        self.uses += 1
        client = self._client("webauthn.get", json.loads(options)["challenge"])
        data = self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": _text(client),
                "authenticatorData": _text(data),
                "signature": _text(signature),
                "userHandle": _text(self.handle),
                **instead,
            }
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.framed}
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        said = flags | PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.site.encode()).digest() + bytes([said]) + self.uses.to_bytes(4, "big")

    def _answer(self, response: dict[str, str]) -> str:
        name = _text(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
