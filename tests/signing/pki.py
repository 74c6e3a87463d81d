"""A world of test certificates: roots, agencies, and every certificate that must not be accepted.

Keys are made once a run; times and serial numbers are fixed, so that no test depends on the day it runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing.certificates import (
    Authority,
    CertificateNames,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    issue,
    issue_authority,
    new_root,
)
from signing.keys import KeyType, LocalSigner, generate_key
from signing.policy import SignatureAlgorithm
from signing.primitives import PrivateKey
from signing.trust import TrustAnchors

AT = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
"""The present of all signing tests."""

_DAY = timedelta(days=1)
_ROOT_VALIDITY = Issuance(serial=1, not_before=AT - 3650 * _DAY, not_after=AT + 3650 * _DAY)


@cache
def key(key_type: KeyType, name: str) -> PrivateKey:
    """The key of that type and name: the same one for the whole run."""
    return generate_key(key_type)


@dataclass(slots=True)
class TestPki:
    """A root, an intermediate below it, and serial numbers that count up."""

    __test__ = False

    name: str = "Phú Yên"
    root_type: KeyType = KeyType.P256
    _serial: int = 100
    root: Authority = field(init=False)
    intermediate: Authority = field(init=False)

    def __post_init__(self) -> None:
        subject = Subject(common_name=f"Gốc thử nghiệm {self.name}")
        self.root = new_root(key(self.root_type, f"root {self.name}"), subject=subject, issuance=_ROOT_VALIDITY)
        self.intermediate = issue_authority(
            self.root,
            key(KeyType.P256, f"intermediate {self.name}"),
            subject=Subject(common_name=f"Cấp dưới thử nghiệm {self.name}"),
            issuance=replace(_ROOT_VALIDITY, serial=2),
        )

    @property
    def anchors(self) -> TrustAnchors:
        return TrustAnchors(certificates=(self.root.certificate,))

    @property
    def root_pem(self) -> bytes:
        return certificate_pem(self.root.certificate)

    def next_issuance(
        self, *, not_before: datetime = AT - 30 * _DAY, not_after: datetime = AT + 365 * _DAY
    ) -> Issuance:
        self._serial += 1
        return Issuance(serial=self._serial, not_before=not_before, not_after=not_after)

    def certificate(
        self,
        private: PrivateKey,
        *,
        use: CertificateUse = CertificateUse.SEAL,
        chained: bool = False,
        common_name: str = "UBND thành phố Tuy Hòa",
        issuance: Issuance | None = None,
    ) -> x509.Certificate:
        return issue(
            self.intermediate if chained else self.root,
            private.public_key(),
            subject=Subject(common_name=common_name, organization="UBND tỉnh Phú Yên", agency_code="000.01.32.H45"),
            use=use,
            issuance=issuance or self.next_issuance(),
            names=CertificateNames(dns=("localhost",), ip=("127.0.0.1",)) if use is CertificateUse.TLS_SERVER else None,
        )

    def signer(
        self,
        key_type: KeyType = KeyType.P256,
        *,
        chained: bool = False,
        algorithm: SignatureAlgorithm | None = None,
        issuance: Issuance | None = None,
        use: CertificateUse = CertificateUse.SEAL,
    ) -> LocalSigner:
        private = key(key_type, "agency")
        certificate = self.certificate(private, chained=chained, issuance=issuance, use=use)
        chain = (self.intermediate.certificate,) if chained else ()
        return LocalSigner(private, certificate, chain, algorithm=algorithm)

    def expired_signer(self) -> LocalSigner:
        return self.signer(issuance=self.next_issuance(not_after=AT - _DAY))

    def future_signer(self) -> LocalSigner:
        return self.signer(issuance=self.next_issuance(not_before=AT + _DAY))

    def raw_certificate(
        self, private: PrivateKey, *extensions: x509.ExtensionType, critical: bool = False
    ) -> x509.Certificate:
        """A certificate with exactly these extensions: for what our own authority would never issue."""
        issuance = self.next_issuance()
        builder = (
            x509.CertificateBuilder()
            .subject_name(Subject(common_name="Chứng thư lạ").name())
            .issuer_name(self.root.certificate.subject)
            .public_key(private.public_key())
            .serial_number(issuance.serial)
            .not_valid_before(issuance.not_before)
            .not_valid_after(issuance.not_after)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.root.key, hashes.SHA256())

    def raw_signer(self, *extensions: x509.ExtensionType, critical: bool = False) -> LocalSigner:
        private = key(KeyType.P256, "agency")
        return LocalSigner(private, self.raw_certificate(private, *extensions, critical=critical))


def key_usage(*, signature: bool = False, commitment: bool = False, sign_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signature,
        content_commitment=commitment,
        key_encipherment=not (signature or commitment or sign_certificates),
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def extended_usage(*uses: x509.ObjectIdentifier) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage(uses or (ExtendedKeyUsageOID.EMAIL_PROTECTION,))
