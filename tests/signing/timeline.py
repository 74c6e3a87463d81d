"""A small PKI with a fake clock: a root, an authority, a seal, and every piece of evidence they can issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing.certificates import Subject
from signing.trust import TrustAnchors

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BORN = datetime(2026, 1, 1, tzinfo=UTC)
DIES = datetime(2027, 1, 1, tzinfo=UTC)
PROOF = datetime(2026, 6, 1, 3, tzinfo=UTC)
"""The acceptance that most tests are about."""
_LONG = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC))

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody with a key and a certificate."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One revoked certificate of a list or answer."""

    serial: int
    at: datetime
    reason: x509.ReasonFlags | None = None
    invalid_since: datetime | None = None


def usage(**given: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    rest = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: given.get(name, False) for name in (*names, *rest)})


def certify(
    name: str,
    issuer: Party | None,
    *,
    serial: int,
    authority: bool = False,
    extensions: Sequence[x509.ExtensionType] = (),
    period: tuple[datetime, datetime] = _LONG,
    key_name: str = "",
    own: Key | None = None,
) -> Party:
    own = own or key(key_name or name)
    subject = Subject(common_name=name).name()
    above = issuer or Party(certificate=None, key=own)  # type: ignore[arg-type]
    builder = (
        x509.CertificateBuilder(subject_name=subject, public_key=own.public_key(), serial_number=serial)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .not_valid_before(period[0])
        .not_valid_after(period[1])
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.key.public_key()), critical=False)
    )
    if not any(isinstance(one, x509.KeyUsage) for one in extensions):
        chosen = usage(key_cert_sign=True, crl_sign=True) if authority else usage(digital_signature=True)
        builder = builder.add_extension(chosen, critical=True)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.KeyUsage))
    return Party(certificate=builder.sign(above.key, hashes.SHA256()), key=own)


def crl(
    issuer: Party,
    *entries: Entry,
    at: datetime,
    until: datetime | None = None,
    number: int = 1,
    base: int | None = None,
    signer: Party | None = None,
    extensions: Sequence[x509.ExtensionType] = (),
) -> bytes:
    """A list of `issuer`, a delta if `base` is given; signed by `signer` if somebody else does it."""
    hand = signer or issuer
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at)
        .next_update(until or at + DAY)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(hand.key.public_key()), critical=False)
    )
    if base is not None:
        builder = builder.add_extension(x509.DeltaCRLIndicator(base), critical=True)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.IssuingDistributionPoint))
    for entry in entries:
        builder = builder.add_revoked_certificate(_entry(entry))
    return builder.sign(hand.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _entry(entry: Entry) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(entry.at)
    if entry.reason is not None:
        builder = builder.add_extension(x509.CRLReason(entry.reason), critical=False)
    if entry.invalid_since is not None:
        builder = builder.add_extension(x509.InvalidityDate(entry.invalid_since), critical=False)
    return builder.build()


def answer(
    about: Party,
    issuer: Party,
    entry: Entry | None = None,
    *,
    at: datetime,
    until: datetime | None = None,
    responder: Party | None = None,
    nonce: bytes | None = None,
    unknown: bool = False,
) -> bytes:
    """An OCSP answer: good, or revoked as `entry` says; signed by the issuer itself or by `responder`."""
    hand = responder or issuer
    status = ocsp.OCSPCertStatus.GOOD if entry is None else ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=about.certificate,
        issuer=issuer.certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.UNKNOWN if unknown else status,
        this_update=at,
        next_update=until or at + DAY,
        revocation_time=None if entry is None else entry.at,
        revocation_reason=None if entry is None else entry.reason,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, hand.certificate)
    if responder is not None:
        builder = builder.certificates([responder.certificate])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.sign(hand.key, hashes.SHA256()).public_bytes(Encoding.DER)


def responder(issuer: Party, *, serial: int = 77, no_check: bool = True, authorised: bool = True) -> Party:
    chosen: list[x509.ExtensionType] = [x509.OCSPNoCheck()] if no_check else []
    if authorised:
        chosen.append(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]))
    return certify("Máy trả lời OCSP", issuer, serial=serial, extensions=chosen)


@dataclass(frozen=True, slots=True)
class Pki:
    root: Party = field(default_factory=lambda: certify("Gốc", None, serial=1, authority=True))
    authority: Party = field(init=False)
    seal: Party = field(init=False)

    def __post_init__(self) -> None:
        authority = certify("Cấp dưới", self.root, serial=2, authority=True)
        object.__setattr__(self, "authority", authority)
        object.__setattr__(self, "seal", certify("Con dấu", authority, serial=3, period=(BORN, DIES)))

    @property
    def anchors(self) -> TrustAnchors:
        return TrustAnchors(certificates=(self.root.certificate,))

    def root_crl(self, *entries: Entry, at: datetime = PROOF - HOUR, until: datetime | None = None) -> bytes:
        """About the authority; good when nothing is said."""
        return crl(self.root, *entries, at=at, until=until)
