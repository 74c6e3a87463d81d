"""From a certificate to a root that we trust, at a given time and for a given use.

Rules of this file:
1. Time is an argument. Whether "now" or the time of a proof is right is decided by the caller.
2. The use is checked as strictly as the path: a TLS certificate never signs a letter, a seal never opens a connection.
3. Revocation is not looked at here: the path validator in use has no CRL or OCSP. It has its own stage.

Source: RFC 5280 section 6 by cryptography's validator, with extension rules for document signing instead of the Web
PKI's (which would ask for a subject alternative name).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from signing.certificate_errors import CertificateRootUse
from signing.certificates import fingerprint, load_certificates, subject_text
from signing.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUnreadable,
    CertificateUntrusted,
    CertificateUsage,
    KeyMissing,
    NoTrustAnchors,
)
from signing.primitives import require_public_key
from signing.roots import ANYTHING, RootRule, RootUse, read_rules

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_T = TypeVar("_T")

DEPTH_MAX: Final = 6
"""Certificates between signer and root; public hierarchies have one or two."""


class Purpose(StrEnum):
    SEAL = "seal"
    """Signing consignments, evidence, records: anything that is read later."""
    TLS_CLIENT = "tls-client"
    TLS_SERVER = "tls-server"
    TIME_STAMPING = "time-stamping"
    """Time-stamps, and nothing else: a key for them signs no letter, and no other key signs them (RFC 3161, 2.3)."""


_SIGNING_USES: Final = frozenset(
    {
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # id-kp-documentSigning, RFC 9336
        ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # Microsoft document signing
        ObjectIdentifier("1.2.840.113583.1.1.5"),  # Adobe authentic documents
    }
)
_EXTENDED_USES: Final = {
    Purpose.SEAL: _SIGNING_USES,
    Purpose.TLS_CLIENT: frozenset({ExtendedKeyUsageOID.CLIENT_AUTH}),
    Purpose.TLS_SERVER: frozenset({ExtendedKeyUsageOID.SERVER_AUTH}),
    Purpose.TIME_STAMPING: frozenset({ExtendedKeyUsageOID.TIME_STAMPING}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustAnchors:
    """Root certificates that somebody decided to trust; never empty."""

    certificates: tuple[x509.Certificate, ...]
    rules: Mapping[str, RootRule] = field(default_factory=dict)
    """What a root is trusted for, by its fingerprint; one that is not named is trusted for every use."""

    def __post_init__(self) -> None:
        if not self.certificates:
            raise NoTrustAnchors(path="-")

    @classmethod
    def from_path(cls, path: Path) -> TrustAnchors:
        """A PEM file with one or more roots, or a folder whose `*.pem` files hold them."""
        files = sorted(path.glob("*.pem")) if path.is_dir() else [path]
        named = read_rules(path) if path.is_dir() else {}
        found: dict[str, x509.Certificate] = {}
        rules: dict[str, RootRule] = {}
        for file in files:
            for certificate in _load(file):
                found[fingerprint(certificate)] = certificate
                if file.stem in named:
                    rules[fingerprint(certificate)] = named[file.stem]
        if not found:
            raise NoTrustAnchors(path=path)
        return cls(certificates=tuple(found.values()), rules=rules)

    def for_use(self, use: RootUse, at: datetime) -> TrustAnchors:
        """Those that may stand above a certificate of this use at that time.

        Raises:
            CertificateRootUse: none of them.
        """
        if not self.rules:
            return self
        chosen = tuple(one for one in self.certificates if self.rule(one).allows(use, at))
        if not chosen:
            raise CertificateRootUse(subject="-", use=use.value)
        return replace(self, certificates=chosen)

    def rule(self, certificate: x509.Certificate) -> RootRule:
        return self.rules.get(fingerprint(certificate), ANYTHING)

    @classmethod
    def from_pem(cls, data: bytes) -> TrustAnchors:
        return cls(certificates=load_certificates(data))


def _load(file: Path) -> tuple[x509.Certificate, ...]:
    try:
        return load_certificates(file.read_bytes())
    except OSError as cause:
        raise KeyMissing(path=file) from cause
    except CertificateUnreadable as cause:
        raise CertificateUnreadable(where=str(file)) from cause


def check_path(
    certificate: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: TrustAnchors,
    *,
    at: datetime,
    purpose: Purpose = Purpose.SEAL,
) -> None:
    """Return if `certificate` was issued for `purpose` below one of `anchors` and all was valid at `at` (aware UTC)."""
    if at.tzinfo is None:
        raise ValueError("the time of validation must be aware")
    check_use(certificate, at=at, purpose=purpose)
    builder = (
        PolicyBuilder()
        .store(Store(list(anchors.certificates)))
        .time(at)
        .max_chain_depth(DEPTH_MAX)
        .extension_policies(ee_policy=ExtensionPolicy.permit_all(), ca_policy=authority_policy())
    )
    try:
        builder.build_client_verifier().verify(certificate, list(intermediates))
    except (VerificationError, ValueError) as cause:
        # A better reason than "untrusted", where there is one.
        for issuer in _issuers(certificate, [*intermediates, *anchors.certificates]):
            _check_period(issuer, at)
        raise CertificateUntrusted(subject=subject_text(certificate)) from cause


def judge_for(use: RootUse, anchors: TrustAnchors, at: datetime, judge: Callable[[TrustAnchors], _T]) -> _T:
    """What `judge` returns under the roots allowed for this use.

    Raises:
        CertificateRootUse: it would hold under a root that is trusted for something else.
        whatever `judge` raises otherwise.
    """
    try:
        return judge(anchors.for_use(use, at))
    except CertificateUntrusted as refusal:
        if not anchors.rules:
            raise
        judge(anchors)
        raise CertificateRootUse(subject=refusal.facts["subject"], use=use.value) from refusal


def check_use(certificate: x509.Certificate, *, at: datetime, purpose: Purpose) -> None:
    """Return if the certificate itself is for `purpose` and valid at `at`, whoever issued it."""
    require_public_key(certificate.public_key())
    _check_period(certificate, at)
    _check_usage(certificate, purpose)


def require_use(certificate: x509.Certificate, purpose: Purpose) -> None:
    """Return if the certificate was issued for `purpose`, whenever and by whomever."""
    _check_usage(certificate, purpose)


def authority_policy() -> ExtensionPolicy:
    """What an issuer must say of itself (RFC 5280, 4.2.1.3 and 4.2.1.9)."""
    policy = ExtensionPolicy.permit_all()
    policy = policy.require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _require_authority)
    return policy.require_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_certificate_signing)


def _require_authority(_policy: Policy, _certificate: x509.Certificate, extension: x509.BasicConstraints) -> None:
    if not extension.ca:
        raise ValueError("issuer is not a certificate authority")


def _require_certificate_signing(_policy: Policy, _certificate: x509.Certificate, extension: x509.KeyUsage) -> None:
    if not extension.key_cert_sign:
        raise ValueError("issuer may not sign certificates")


def _check_period(certificate: x509.Certificate, at: datetime) -> None:
    subject = subject_text(certificate)
    if at < certificate.not_valid_before_utc:
        raise CertificateNotYetValid(subject=subject, not_before=certificate.not_valid_before_utc.isoformat())
    if at > certificate.not_valid_after_utc:
        raise CertificateExpired(subject=subject, not_after=certificate.not_valid_after_utc.isoformat())


def _check_usage(certificate: x509.Certificate, purpose: Purpose) -> None:
    problem = _usage_problem(certificate.extensions, purpose)
    if problem:
        raise CertificateUsage(subject=subject_text(certificate), problem=problem)


def _usage_problem(extensions: x509.Extensions, purpose: Purpose) -> str:
    """Empty if the certificate may be used so. A certificate without KeyUsage was issued for nothing in particular."""
    usage = _find(extensions, x509.KeyUsage)
    constraints = _find(extensions, x509.BasicConstraints)
    extended = _find(extensions, x509.ExtendedKeyUsage)
    if constraints is not None and constraints.ca:
        return "certificate authority"
    if usage is None:
        return "no keyUsage"
    committed = purpose in {Purpose.SEAL, Purpose.TIME_STAMPING} and usage.content_commitment
    if not (usage.digital_signature or committed):
        return "keyUsage"
    if extended is None:
        return "" if purpose is Purpose.SEAL else "no extendedKeyUsage"
    if purpose is Purpose.TIME_STAMPING and not _only_time_stamping(extensions, extended):
        return "extendedKeyUsage is not timeStamping alone, or not critical"
    return "" if _EXTENDED_USES[purpose].intersection(extended) else "extendedKeyUsage"


def _only_time_stamping(extensions: x509.Extensions, extended: x509.ExtendedKeyUsage) -> bool:
    """RFC 3161, 2.3: exactly this one use, and the extension critical."""
    critical = extensions.get_extension_for_class(x509.ExtendedKeyUsage).critical
    return critical and list(extended) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _find(extensions: x509.Extensions, kind: type[_Extension]) -> _Extension | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _issuers(certificate: x509.Certificate, candidates: Iterable[x509.Certificate]) -> list[x509.Certificate]:
    """The certificates by name above `certificate`, nearest first; only for telling why a path failed."""
    found: list[x509.Certificate] = []
    pool = list(candidates)
    current = certificate
    while len(found) < DEPTH_MAX:
        above = [c for c in pool if c.subject == current.issuer and c not in found and c != current]
        if not above:
            break
        current = above[0]
        found.append(current)
    return found
