"""A hub's authority is followed by another one: who knows the old root learns the new one by the old one's word.

The word is an ordinary certificate, the link: name and key of the new root, issued by the old one (RFC 4210, 4.4.1,
"new with old"). The new root itself is self-signed. Nothing else is asked: who holds the old root could issue anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedRoot:
    root: x509.Certificate
    link: x509.Certificate


def linked(
    known: Iterable[x509.Certificate], offered: Sequence[OfferedRoot], *, at: datetime
) -> tuple[x509.Certificate, ...]:
    """The new roots that follow, one after the other, from a known one."""
    held, found = list(known), []
    for one in offered:
        if one.root not in held and _is_root(one.root, at) and any(_follows(one, old, at) for old in held):
            held.append(one.root)
            found.append(one.root)
    return tuple(found)


def _is_root(root: x509.Certificate, at: datetime) -> bool:
    return root.subject == root.issuer and _is_authority(root) and _issued(root, root) and _is_valid(root, at)


def _follows(offered: OfferedRoot, old: x509.Certificate, at: datetime) -> bool:
    link, root = offered.link, offered.root
    same = link.subject == root.subject and _key(link) == _key(root)
    return same and _is_authority(link) and _is_valid(link, at) and _is_valid(old, at) and _issued(link, old)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _is_valid(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _key(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
