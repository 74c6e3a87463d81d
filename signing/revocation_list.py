"""Lists of an authority of our own, and complete lists as a peer hands them on: verified before they are kept.

Source: RFC 5280 section 5. Numbers and times are arguments, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from signing.certificate_errors import RevocationListRefused
from signing.certificates import Authority
from signing.primitives import describe_key, require_public_key
from signing.revocation import RevocationReason, RevocationState, RevocationStatus
from signing.trust import TrustAnchors


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    serial: int
    revoked_at: datetime
    reason: RevocationReason = RevocationReason.UNSPECIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedList:
    """A complete list whose signature is that of a root we trust."""

    content: bytes
    issuer: x509.Certificate
    this_update: datetime
    next_update: datetime
    crl: x509.CertificateRevocationList

    @property
    def size(self) -> int:
        return len(self.crl)

    def status(self, certificate: x509.Certificate, *, now: datetime) -> RevocationStatus | None:
        """What it says of a certificate of its authority; None when it is over or speaks of another's."""
        if certificate.issuer != self.issuer.subject:
            return None
        entry = self.crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is None and now > self.next_update:
            return None
        return RevocationStatus(
            state=RevocationState.GOOD if entry is None else RevocationState.REVOKED,
            at=now,
            revoked_at=None if entry is None else entry.revocation_date_utc,
            reason=None if entry is None else _reason(entry),
            this_update=self.this_update,
            next_update=self.next_update,
        )


def read_list(content: bytes, anchors: TrustAnchors) -> VerifiedList:
    """
    Raises:
        RevocationListRefused: no complete list in DER or PEM, or not signed by one of these roots itself.
    """
    try:
        crl = x509.load_pem_x509_crl(content) if content.startswith(b"-----") else x509.load_der_x509_crl(content)
        partial = {one.oid for one in crl.extensions if one.critical}
        next_update = crl.next_update_utc
    except ValueError as cause:
        raise RevocationListRefused(problem="unreadable") from cause
    if partial or next_update is None:
        raise RevocationListRefused(problem="delta, partial or without nextUpdate")
    for root in anchors.certificates:
        key = require_public_key(root.public_key())
        if root.subject == crl.issuer and crl.is_signature_valid(key):
            return VerifiedList(
                content=crl.public_bytes(Encoding.DER),
                issuer=root,
                this_update=crl.last_update_utc,
                next_update=next_update,
                crl=crl,
            )
    raise RevocationListRefused(problem="signed by nobody we trust")


def issue_list(authority: Authority, revoked: Iterable[Listed], *, at: datetime, until: datetime, number: int) -> bytes:
    """DER of a complete list; a serial number named twice is revoked since the earlier of its times."""
    key = require_public_key(authority.certificate.public_key())
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(at)
        .next_update(until)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key), critical=False)
    )
    earliest: dict[int, Listed] = {}
    for one in sorted(revoked, key=lambda one: one.revoked_at, reverse=True):
        before = earliest.get(one.serial)
        told = before is not None and one.reason is RevocationReason.UNSPECIFIED
        reason = before.reason if before is not None and told else one.reason
        earliest[one.serial] = Listed(serial=one.serial, revoked_at=one.revoked_at, reason=reason)
    for serial, found in sorted(earliest.items()):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(found.revoked_at)
        if found.reason is not RevocationReason.UNSPECIFIED:  # RFC 5280, 5.3.1: that one is left out
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags(found.reason.value)), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    digest = hashes.SHA384() if describe_key(key) == "secp384r1" else hashes.SHA256()
    return builder.sign(authority.key, digest).public_bytes(Encoding.DER)


def _reason(entry: x509.RevokedCertificate) -> RevocationReason:
    try:
        found = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
        return RevocationReason(found)
    except (x509.ExtensionNotFound, ValueError):
        return RevocationReason.UNSPECIFIED
