"""Keys, certificates and signatures that are the same in every process, so that a replay has the same bytes.

ECDSA draws a random number for each signature; here it is derived from key and message instead (RFC 6979). To whoever
verifies, the signatures are like any other.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange_axis.ledger.note import KeySigner
from signing.certificates import (
    Authority,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    issue,
    new_root,
)
from signing.policy import SignatureAlgorithm
from signing.trust import TrustAnchors

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256."""
_SIZE = 32


class SteadySigner:
    """A Signer that gives the same signature for the same octets."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self.certificate = certificate
        self.chain: tuple[x509.Certificate, ...] = ()
        self.algorithm = SignatureAlgorithm.ECDSA_SHA256

    def sign(self, data: bytes) -> bytes:
        value = self._key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = utils.decode_dss_signature(value)
        return r.to_bytes(_SIZE, "big") + s.to_bytes(_SIZE, "big")


class Office:
    """The one authority of the simulated federation."""

    def __init__(self, at: datetime) -> None:
        self._validity = (at - timedelta(days=30), at + timedelta(days=3650))
        key = _private("root")
        root = new_root(key, subject=Subject(common_name="Gốc mô phỏng"), issuance=self._issuance("root"))
        self.authority = Authority(key=key, certificate=_steadied(root.certificate, key))
        self.anchors = TrustAnchors(certificates=(self.authority.certificate,))
        self.pem = certificate_pem(self.authority.certificate).decode()

    def signer(self, name: str, *, of: str) -> SteadySigner:
        """A seal; `of` is the common name of its certificate: a hub's seal names its hub."""
        return SteadySigner(_private(name), self._certificate(name, of, CertificateUse.SEAL))

    def seal_pem(self, name: str, *, of: str) -> str:
        return certificate_pem(self._certificate(name, of, CertificateUse.SEAL)).decode()

    def tls_pem(self, of: str) -> str:
        return certificate_pem(self._certificate(f"tls {of}", of, CertificateUse.TLS_CLIENT)).decode()

    def _certificate(self, name: str, of: str, use: CertificateUse) -> x509.Certificate:
        public, subject = _private(name).public_key(), Subject(common_name=of)
        issued = issue(self.authority, public, subject=subject, use=use, issuance=self._issuance(name))
        return _steadied(issued, self.authority.key)

    def _issuance(self, name: str) -> Issuance:
        not_before, not_after = self._validity
        return Issuance(serial=_number(f"serial {name}") >> 128, not_before=not_before, not_after=not_after)


def log_signer(hub: str) -> KeySigner:
    return KeySigner(f"{hub}/log/1", Ed25519PrivateKey.from_private_bytes(_digest(f"log {hub}")))


def _private(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(_number(f"key {name}") % (_ORDER - 1) + 1, ec.SECP256R1())


def _steadied(certificate: x509.Certificate, key: object) -> x509.Certificate:
    """The same certificate with a signature that is the same each time."""
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the root has a key of P-256")
    builder = (
        x509.CertificateBuilder()
        .subject_name(certificate.subject)
        .issuer_name(certificate.issuer)
        .public_key(certificate.public_key())
        .serial_number(certificate.serial_number)
        .not_valid_before(certificate.not_valid_before_utc)
        .not_valid_after(certificate.not_valid_after_utc)
    )
    for extension in certificate.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


def _digest(name: str) -> bytes:
    return hashlib.sha256(f"simulation {name}".encode()).digest()


def _number(name: str) -> int:
    return int.from_bytes(_digest(name), "big")
