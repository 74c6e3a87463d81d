"""OCSP answers and revocation lists as an authority would give them; times and numbers are arguments."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import core, ocsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing.certificates import Authority, Issuance, Subject
from signing.primitives import PrivateKey
from tests.signing.pki import key_usage

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Who answers for an authority: the authority itself, or somebody it named for that."""

    key: PrivateKey
    certificate: x509.Certificate


def delegated(authority: Authority, private: PrivateKey, issuance: Issuance) -> Responder:
    """A responder with id-kp-OCSPSigning and no-check (RFC 6960, 4.2.2.2)."""
    certificate = (
        x509.CertificateBuilder()
        .subject_name(Subject(common_name="Trả lời OCSP thử nghiệm").name())
        .issuer_name(authority.certificate.subject)
        .public_key(private.public_key())
        .serial_number(issuance.serial)
        .not_valid_before(issuance.not_before)
        .not_valid_after(issuance.not_after)
        .add_extension(key_usage(signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return Responder(key=private, certificate=certificate)


def ocsp_answer(
    authority: Authority,
    certificate: x509.Certificate,
    *,
    at: datetime,
    responder: Responder | None = None,
    revoked_at: datetime | None = None,
) -> bytes:
    """An OCSPResponse (DER) for one certificate of that authority, produced at `at`.

    Written with asn1crypto: cryptography's builder takes the time of production from the host's clock.
    """
    by = responder or Responder(key=authority.key, certificate=authority.certificate)
    own = asn1.Certificate.load(by.certificate.public_bytes(Encoding.DER))
    status = ("revoked", {"revocation_time": revoked_at}) if revoked_at else ("good", core.Null())
    data = ocsp.ResponseData(
        {
            "responder_id": ocsp.ResponderId("by_name", own.subject),
            "produced_at": at,
            "responses": [
                {
                    "cert_id": _certificate_id(authority, certificate),
                    "cert_status": ocsp.CertStatus(*status),
                    "this_update": at,
                    "next_update": at + _DAY,
                }
            ],
        }
    )
    basic = {
        "tbs_response_data": data,
        "signature_algorithm": _algorithm(by.key),
        "signature": _sign(by.key, data.dump()),
    }
    if responder is not None:
        basic["certs"] = [own]
    bytes_field = {"response_type": "basic_ocsp_response", "response": ocsp.BasicOCSPResponse(basic)}
    return bytes(ocsp.OCSPResponse({"response_status": "successful", "response_bytes": bytes_field}).dump())


def _certificate_id(authority: Authority, certificate: x509.Certificate) -> dict[str, object]:
    """SHA-1 of names and keys, which is only how a certificate is found (RFC 6960, 4.1.1)."""
    issuer = asn1.Certificate.load(authority.certificate.public_bytes(Encoding.DER))
    return {
        "hash_algorithm": {"algorithm": "sha1", "parameters": core.Null()},
        "issuer_name_hash": hashlib.sha1(issuer.subject.dump(), usedforsecurity=False).digest(),
        "issuer_key_hash": hashlib.sha1(bytes(issuer.public_key["public_key"]), usedforsecurity=False).digest(),
        "serial_number": certificate.serial_number,
    }


def _algorithm(key: PrivateKey) -> dict[str, str]:
    return {"algorithm": "sha256_rsa" if isinstance(key, rsa.RSAPrivateKey) else "sha256_ecdsa"}


def _sign(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def revocation_list(authority: Authority, *, at: datetime, revoked: dict[int, datetime] | None = None) -> bytes:
    """A CertificateList (DER) of that authority: serial numbers and since when."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(at)
        .next_update(at + _DAY)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for serial, since in (revoked or {}).items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)
