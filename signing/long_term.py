"""Container signatures for long keeping: XAdES-B-T and B-LT, made as a copy. The container itself never changes.

How a copy comes about (EN 319 132-1, 6.3 and annex B of EN 319 102-1):
1. `octets_to_stamp` gives what a time-stamp has to cover: the canonical SignatureValue.
2. With the token, `add_time_stamp` makes B-T: the signature existed at that time.
3. With certificates and revocation data produced after the time-stamp, `add_validation_data` makes B-LT: everything a
   verifier needs, offline. libdigidocpp wants an OCSP answer produced at most 15 minutes after the time-stamp.

Rules of this file:
1. Adding never touches what was signed; the signature is verified before and after.
2. Reading judges the signature at the time that its oldest trusted time-stamp proves, not at the time of asking.
3. Whether a certificate was revoked is said by a path validator; the data for it are handed out as they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from lxml import etree

from schemas.gate.xml import XmlProfile, read
from signing.canonical import canonical_part
from signing.container import SignedMember, verify_members_unanchored
from signing.names import ds, xades
from signing.policy import LONG_TERM, Canonicalization, SignaturePolicy
from signing.shape import find_signature, read_signature
from signing.timestamp_errors import TimestampMissing
from signing.timestamps import Timestamp, verify_timestamp_unanchored
from signing.trust import Purpose, TrustAnchors, check_path
from signing.unsigned import RevocationData, add_stamp, add_values, read_unsigned
from signing.verifier import SignerInfo


class Level(StrEnum):
    """Of EN 319 132-1, clause 6."""

    BASIC = "B-B"
    TIME = "B-T"
    LONG_TERM = "B-LT"


@dataclass(frozen=True, slots=True, kw_only=True)
class LongTermMembers:
    """What the signer said about the members, and what proves when he said it."""

    members: tuple[SignedMember, ...]
    signer: SignerInfo
    signing_time: datetime
    """Aware UTC, as claimed by the signer."""
    level: Level
    stamps: tuple[Timestamp, ...]
    """Verified, oldest first; empty at B-B."""
    certificates: tuple[x509.Certificate, ...]
    """As enclosed; nothing is known about them before a path was checked."""
    revocation: RevocationData


def octets_to_stamp(signatures_xml: bytes) -> bytes:
    """What a SignatureTimeStamp covers: ds:SignatureValue in exclusive canonical form (5.3)."""
    verify_members_unanchored(signatures_xml, policy=LONG_TERM)
    return _value_octets(read(signatures_xml, XmlProfile.SIGNED), Canonicalization.EXCLUSIVE)


def add_time_stamp(signatures_xml: bytes, token: bytes) -> bytes:
    """A copy of META-INF/signatures0.xml with this token in it.

    Raises:
        TimestampRefusal: the token is not one over this signature.
    """
    verify_timestamp_unanchored(token, octets_to_stamp(signatures_xml))
    root = read(signatures_xml, XmlProfile.SIGNED)
    add_stamp(_qualifying(root), token)
    return _written(root)


def add_validation_data(
    signatures_xml: bytes, certificates: Sequence[x509.Certificate], revocation: RevocationData
) -> bytes:
    """A copy with the certificates of all paths (signer, time-stamp, responders) and what was said of their revocation.

    Raises:
        TimestampMissing: without a time-stamp these data prove nothing about the time of signing.
    """
    verify_members_unanchored(signatures_xml, policy=LONG_TERM)
    root = read(signatures_xml, XmlProfile.SIGNED)
    if not read_unsigned(_unsigned_element(root, LONG_TERM)).stamps:
        raise TimestampMissing
    add_values(_qualifying(root), certificates, revocation)
    return _written(root)


def verify_long_term_unanchored(signatures_xml: bytes, *, policy: SignaturePolicy = LONG_TERM) -> LongTermMembers:
    """Signature and time-stamps by their mathematics: neither the signer's path nor the services' was checked."""
    verified = verify_members_unanchored(signatures_xml, policy=policy)
    root = read(signatures_xml, XmlProfile.SIGNED)
    unsigned = read_unsigned(_unsigned_element(root, policy), policy)
    stamps = [
        verify_timestamp_unanchored(
            stamp.token, _value_octets(root, stamp.canonicalization), certificates=unsigned.certificates, policy=policy
        )
        for stamp in unsigned.stamps
    ]
    return LongTermMembers(
        members=verified.members,
        signer=verified.signer,
        signing_time=verified.signing_time,
        level=_level(bool(stamps), unsigned.revocation),
        stamps=tuple(sorted(stamps, key=lambda one: one.at)),
        certificates=unsigned.certificates,
        revocation=unsigned.revocation,
    )


def verify_long_term(
    signatures_xml: bytes, anchors: TrustAnchors, *, services: TrustAnchors | None = None
) -> LongTermMembers:
    """Verify signature, time-stamps, and the signer's path at the oldest time-stamp's time. Needs no clock and no line.

    Args:
        services: roots of time-stamping services; None: the same as the signer's.

    Raises:
        TimestampMissing: the signature is B-B, so its time is only the signer's word.
        SignatureRefusal, AlgorithmRefusal, CertificateRefusal, TimestampRefusal.
    """
    found = verify_long_term_unanchored(signatures_xml)
    if not found.stamps:
        raise TimestampMissing
    for stamp in found.stamps:
        check_path(stamp.certificate, stamp.chain, services or anchors, at=stamp.at, purpose=Purpose.TIME_STAMPING)
    enclosed = (*found.signer.intermediates, *found.certificates)
    check_path(found.signer.certificate, enclosed, anchors, at=found.stamps[0].at)
    return found


def _level(stamped: bool, revocation: RevocationData) -> Level:
    if not stamped:
        return Level.BASIC
    return Level.LONG_TERM if revocation.ocsp or revocation.crls else Level.TIME


def _value_octets(root: etree._Element, method: Canonicalization) -> bytes:
    return canonical_part(next(find_signature(root).iter(ds("SignatureValue"))), method)


def _unsigned_element(root: etree._Element, policy: SignaturePolicy) -> etree._Element | None:
    return read_signature(find_signature(root), policy).unsigned_element


def _qualifying(root: etree._Element) -> etree._Element:
    return next(root.iter(xades("QualifyingProperties")))


def _written(root: etree._Element) -> bytes:
    """The copy, which is read again before anybody gets it: what we write is held to what we accept."""
    data = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    verify_long_term_unanchored(data)
    return data
