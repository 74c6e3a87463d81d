"""The list of an authority of our own: which of its certificates do not count any more, and since when.

Source: RFC 5280 section 5. Numbers and times are arguments, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from signing.certificates import Authority
from signing.primitives import describe_key, require_public_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    serial: int
    revoked_at: datetime


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
    earliest: dict[int, datetime] = {}
    for one in revoked:
        earliest[one.serial] = min(one.revoked_at, earliest.get(one.serial, one.revoked_at))
    for serial, since in sorted(earliest.items()):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
        builder = builder.add_revoked_certificate(entry.build())
    digest = hashes.SHA384() if describe_key(key) == "secp384r1" else hashes.SHA256()
    return builder.sign(authority.key, digest).public_bytes(Encoding.DER)
