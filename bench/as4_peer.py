"""The peer's own process: AS4 messages of given sizes, built, received and acknowledged in memory.

Runs alone, by path, in an environment that holds `as4` and nothing of ours (its libraries are older than ours):
`python as4_peer.py '{"10000": 20}'`, then a line on standard input for each round; answers with a line of JSON each.
The Peppol profile: RSA-2048, gzip, AES-128-GCM, non-repudiation receipt; no network, no database, no files.
"""

from __future__ import annotations

import base64
import importlib
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

NAMES = ("BENCH-SENDER", "BENCH-RECEIVER")
TEXT = 900_000
"""Characters in one element: the peer's parser refuses text nodes of 10,000,000."""
DOCUMENT = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2::Invoice##urn:bench::2.1"


def main() -> None:
    repeats = {int(size): count for size, count in json.loads(sys.argv[1]).items()}
    peer = Peer()
    payloads = {size: payload_of(size) for size in repeats}
    for payload in payloads.values():
        peer.exchange(payload)
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        found = {size: peer.measure(payloads[size], count) for size, count in repeats.items()}
        print(json.dumps(found), flush=True)


def payload_of(size: int) -> bytes:
    """An XML document of that size whose bulk is an attachment in base64, as Peppol carries one."""
    head = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>1</ID>'
    foot, opened, closed = b"</Invoice>", b"<Embedded>", b"</Embedded>"
    room = size - len(head) - len(foot)
    bulk = base64.b64encode(random.Random(size).randbytes(room))
    body = bytearray()
    while (left := room - len(body) - len(opened) - len(closed)) > 0:
        length = min(left, TEXT)
        start = len(body)
        body += opened + bulk[start : start + length] + closed
    return head + bytes(body) + foot


class Peer:
    """Two access points with each other's certificates."""

    def __init__(self) -> None:
        as4, self._peppol = importlib.import_module("as4"), importlib.import_module("as4.peppol")
        parties = [certified(name) for name in NAMES]
        self._local = [
            self._peppol.create_peppol_internal_party(
                party_id=name, certificate=certificate, private_key=as4.AS4LocalPrivateKey(key)
            )
            for name, (key, certificate) in zip(NAMES, parties, strict=True)
        ]
        self._certificates = [certificate for _, certificate in parties]
        self._policy = as4.SecurityPolicy(signer_resolver=as4.pinned_certificates(*self._certificates))
        self._remote = self._peppol.create_peppol_external_party(party_id=NAMES[1], certificate=self._certificates[1])

    def measure(self, payload: bytes, count: int) -> dict[str, float]:
        """Milliseconds of CPU a message: built, received and acknowledged, acknowledgement checked."""
        totals = [0.0, 0.0, 0.0]
        for _ in range(count):
            for index, spent in enumerate(self.exchange(payload)):
                totals[index] += spent
        return dict(zip(("build", "receive", "check"), (total / count * 1000 for total in totals), strict=True))

    def exchange(self, payload: bytes) -> tuple[float, float, float]:
        built, message, headers, body = timed(self._build, payload)
        received, receiving, signal = timed(self._receive, headers, body)
        if not receiving.successful:
            raise SystemExit(f"the peer refused its own message: {signal[:2000]!r}")
        if payload[-1000:-20] not in next(iter(receiving.message.decrypted_data.values())):
            raise SystemExit("the peer received something else")
        checked = timed(self._check, message, signal)
        return built, received, checked[0]

    def _build(self, payload: bytes) -> Sequence[Any]:
        message = self._peppol.build_peppol_message(
            payload=payload,
            local_party=self._local[0],
            remote_party=self._remote,
            sender="9932:9999999999",
            recipient="9932:1111111111",
            sender_country_id="VN",
            document_type_identifier_scheme="busdox-docid-qns",
            document_type_identifier_value=DOCUMENT,
            process_identifier="urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
        )
        body, boundary = message.get_request_data()
        return message, message.get_http_headers(boundary), body

    def _receive(self, headers: Any, body: bytes) -> Sequence[Any]:
        receiving = self._peppol.parse_peppol_message(
            request_headers=headers, request_body=body, local_party=self._local[1], security_policy=self._policy
        )
        _, signal = receiving.build_signal()
        return receiving, signal

    def _check(self, message: Any, signal: bytes) -> Sequence[Any]:
        receipt = self._peppol.parse_peppol_receipt(signal, self._certificates[1])
        receipt.verify_non_repudiation(message.signed_references)
        return ()


def timed(work: Callable[..., Sequence[Any]], *arguments: Any) -> tuple[Any, ...]:
    """CPU seconds, then what the work returned."""
    begun = time.process_time()
    result = work(*arguments)
    return (time.process_time() - begun, *result)


def certified(name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A key and a self-signed certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return key, builder.sign(key, hashes.SHA256())


if __name__ == "__main__":
    main()
