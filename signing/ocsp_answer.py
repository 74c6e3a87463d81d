"""The answer of an authority of our own about one of its certificates (RFC 6960), signed by the authority itself.

Times are arguments, as everywhere; which is why this is written with asn1crypto and not with cryptography's builder.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding

from signing.asn1 import core, ocsp
from signing.asn1 import x509 as asn1
from signing.certificates import Authority
from signing.primitives import describe_key, require_public_key


def answer_status(
    authority: Authority,
    certificate: x509.Certificate,
    *,
    at: datetime,
    until: datetime,
    revoked_at: datetime | None = None,
) -> bytes:
    """DER of an OCSPResponse as of `at` (aware UTC, whole seconds)."""
    own = asn1.Certificate.load(authority.certificate.public_bytes(Encoding.DER))
    status = ("good", core.Null()) if revoked_at is None else ("revoked", {"revocation_time": revoked_at})
    data = ocsp.ResponseData(
        {
            "responder_id": ocsp.ResponderId("by_name", own.subject),
            "produced_at": at,
            "responses": [
                {
                    "cert_id": _named(own, certificate),
                    "cert_status": ocsp.CertStatus(*status),
                    "this_update": at,
                    "next_update": until,
                }
            ],
        }
    )
    algorithm, value = _signed(authority, data.dump())
    basic = ocsp.BasicOCSPResponse(
        {"tbs_response_data": data, "signature_algorithm": {"algorithm": algorithm}, "signature": value}
    )
    bytes_field = {"response_type": "basic_ocsp_response", "response": basic}
    return bytes(ocsp.OCSPResponse({"response_status": "successful", "response_bytes": bytes_field}).dump())


def _named(issuer: object, certificate: x509.Certificate) -> dict[str, object]:
    """SHA-1 of name and key is only how a certificate is found (RFC 6960, 4.1.1)."""
    subject, key = issuer.subject.dump(), bytes(issuer.public_key["public_key"])  # type: ignore[attr-defined]
    return {
        "hash_algorithm": {"algorithm": "sha1", "parameters": core.Null()},
        "issuer_name_hash": hashlib.sha1(subject, usedforsecurity=False).digest(),
        "issuer_key_hash": hashlib.sha1(key, usedforsecurity=False).digest(),
        "serial_number": certificate.serial_number,
    }


def _signed(authority: Authority, data: bytes) -> tuple[str, bytes]:
    key = authority.key
    if isinstance(key, ec.EllipticCurvePrivateKey):
        wide = describe_key(require_public_key(key.public_key())) == "secp384r1"
        digest = hashes.SHA384() if wide else hashes.SHA256()
        return f"{digest.name}_ecdsa", key.sign(data, ec.ECDSA(digest))
    return "sha256_rsa", key.sign(data, padding.PKCS1v15(), hashes.SHA256())
