"""The signature of a container: META-INF/signatures0.xml over the members, by name and digest.

Rules of this file:
1. Root is asic:XAdESSignatures with exactly one ds:Signature and nothing else.
2. A member is referenced by its exact ASCII name, without transforms, and has exactly one DataObjectFormat.
3. Members are never opened here: the caller compares what he streams with what was signed. Nothing is ever fetched.

Sources: ETSI EN 319 162-1 V1.1.1, 4.4.3 (ASiC-E with XAdES), A.5 (XAdESSignatures), A.6 (references); EN 319 132-1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from schemas.gate.xml import XmlProfile, read
from signing.build import DataReference, add_signature
from signing.errors import (
    DigestAlgorithmForbidden,
    MemberName,
    SignatureLocation,
    SignatureReferences,
    SignatureShape,
    TransformForbidden,
)
from signing.keys import Signer
from signing.names import ASIC, asic
from signing.policy import STANDARD, DigestAlgorithm, SignaturePolicy
from signing.shape import Reference, Signature, find_signature, read_signature
from signing.trust import TrustAnchors
from signing.unsigned import read_unsigned
from signing.verifier import SignerInfo, check_formats, check_signer, split_references, verify_signature

_MEMBER: Final = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*", re.ASCII)
_MEMBER_MAX: Final = 255
"""Characters of a member name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMember:
    name: str
    mime_type: str
    sha256: str
    """Lower hex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedMembers:
    """What the signer said about the members; the members themselves have not been looked at."""

    members: tuple[SignedMember, ...]
    signer: SignerInfo
    signing_time: datetime
    """Aware UTC, as claimed by the signer."""


def sign_members(members: Sequence[SignedMember], signer: Signer, *, at: datetime) -> bytes:
    """The content of META-INF/signatures0.xml; UTF-8 with XML declaration."""
    names = [_require_name(member.name) for member in members]
    if not names or len(set(names)) != len(names):
        raise ValueError("members must be named, each once")
    references = [
        DataReference(
            id=f"S0-Member{position}",
            uri=member.name,
            transforms=(),
            digest=bytes.fromhex(member.sha256),
            mime_type=member.mime_type,
        )
        for position, member in enumerate(members)
    ]
    root = etree.Element(asic("XAdESSignatures"), nsmap={"asic": ASIC})
    add_signature(root, references, signer, at=at)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def verify_members(
    signatures_xml: bytes, anchors: TrustAnchors, *, at: datetime, policy: SignaturePolicy = STANDARD
) -> VerifiedMembers:
    """Verify signature and certificate path; `at` (aware UTC) is the time at which the certificates must be valid."""
    verified = verify_members_unanchored(signatures_xml, policy=policy)
    check_signer(verified.signer, anchors, at=at)
    return verified


def verify_members_unanchored(signatures_xml: bytes, *, policy: SignaturePolicy = STANDARD) -> VerifiedMembers:
    """Verify the signature only: who signed is then known by certificate, but not whether to believe it."""
    root = read(signatures_xml, XmlProfile.SIGNED)
    element = find_signature(root)
    _require_place(root, element)
    signature = read_signature(element, policy)
    read_unsigned(signature.unsigned_element, policy)  # of the known form, whatever it is worth
    references = split_references(signature)
    members = _members(signature, references.data)
    signer = verify_signature(signature, references, policy)
    return VerifiedMembers(members=members, signer=signer, signing_time=signature.properties.signing_time)


def _require_place(root: etree._Element, signature: etree._Element) -> None:
    if root.tag != asic("XAdESSignatures") or len(root) != 1 or root[0] is not signature:
        raise SignatureLocation(expected="only child of asic:XAdESSignatures", line=signature.sourceline)
    if root.attrib or (root.text or "").strip() or (signature.tail or "").strip():
        raise SignatureShape(element="asic:XAdESSignatures", problem="attributes or text")


def _members(signature: Signature, data: tuple[Reference, ...]) -> tuple[SignedMember, ...]:
    if not data:
        raise SignatureReferences(problem="no member is signed")
    if len({reference.uri for reference in data}) != len(data) or None in {reference.id for reference in data}:
        raise SignatureReferences(problem="a member twice, or a reference without Id")
    formats = check_formats(signature, data, required=True)
    return tuple(_member(reference, formats[reference.id or ""]) for reference in data)


def _member(reference: Reference, mime_type: str) -> SignedMember:
    if reference.type is not None:
        raise SignatureReferences(problem="a member reference with a type")
    if reference.transforms:
        raise TransformForbidden(transforms=" ".join(reference.transforms)[:300], uri=reference.uri[:100])
    if reference.digest_algorithm is not DigestAlgorithm.SHA256:
        # The digests of members are compared with those of the store and of evidence, which are SHA-256.
        raise DigestAlgorithmForbidden(uri=reference.digest_algorithm.value)
    return SignedMember(name=_require_name(reference.uri), mime_type=mime_type, sha256=reference.digest.hex())


def _require_name(name: str) -> str:
    folded = name.lower()
    if folded == "mimetype" or folded.startswith("meta-inf/") or not _MEMBER.fullmatch(name) or len(name) > _MEMBER_MAX:
        raise MemberName(name=name[:100])
    return name
