"""Documents that carry their own signature: evidence, transfer records, returns, bindings.

Rules of this file:
1. The signature is the last child of the root and covers the whole document (`URI=""`) and its own properties.
2. Form, algorithms and references are judged before anything is computed (signing/shape.py, signing/verifier.py).
3. What comes back was parsed from the very octets whose digest was verified; nobody needs the input again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from schemas.gate.xml import XmlProfile, read
from signing.build import DataReference, add_signature
from signing.canonical import canonical_document, detach, parse
from signing.errors import AlreadySigned, SignatureLocation, SignatureReferences
from signing.keys import Signer
from signing.names import ds
from signing.policy import ENVELOPED, STANDARD, Canonicalization, SignaturePolicy
from signing.shape import Reference, find_signature, read_signature
from signing.trust import TrustAnchors
from signing.verifier import (
    SignerInfo,
    check_digest,
    check_formats,
    check_signer,
    same_document_method,
    split_references,
    verify_signature,
)

_REFERENCE_ID: Final = "S0-Document"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedXml:
    """A document whose signature verified."""

    content: bytes
    """The canonical octets that were signed, without the signature."""
    root: etree._Element
    """Parsed from `content`."""
    signer: SignerInfo
    signing_time: datetime
    """Aware UTC, as claimed by the signer."""


def sign_enveloped(xml: bytes, signer: Signer, *, at: datetime) -> bytes:
    """The document with a XAdES-B-B signature as last child of its root; UTF-8 with XML declaration."""
    root = read(xml, XmlProfile.SIGNED)
    if next(root.iter(ds("Signature")), None) is not None:
        raise AlreadySigned
    content = canonical_document(root, Canonicalization.EXCLUSIVE)
    reference = DataReference(
        id=_REFERENCE_ID,
        uri="",
        transforms=(ENVELOPED, Canonicalization.EXCLUSIVE.value),
        digest=hashlib.sha256(content).digest(),
        mime_type="application/xml",
    )
    add_signature(root, [reference], signer, at=at)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def verify_enveloped(
    xml: bytes, anchors: TrustAnchors, *, at: datetime, policy: SignaturePolicy = STANDARD
) -> VerifiedXml:
    """Verify signature and certificate path; `at` (aware UTC) is the time at which the certificates must be valid.

    Raises a gate refusal, SignatureRefusal, AlgorithmRefusal or CertificateRefusal.
    """
    verified = verify_enveloped_unanchored(xml, policy=policy)
    check_signer(verified.signer, anchors, at=at)
    return verified


def verify_enveloped_unanchored(xml: bytes, *, policy: SignaturePolicy = STANDARD) -> VerifiedXml:
    """Verify the signature only: who signed is then known by certificate, but not whether to believe it."""
    root = read(xml, XmlProfile.SIGNED)
    element = find_signature(root)
    _require_place(root, element)
    signature = read_signature(element, policy)
    references = split_references(signature)
    document, method = _document_reference(references.data, policy)
    check_formats(signature, references.data, required=False)
    signer = verify_signature(signature, references, policy)
    detach(element)
    content = canonical_document(root, method)
    check_digest(document, content)
    return VerifiedXml(
        content=content,
        root=parse(content),
        signer=signer,
        signing_time=signature.properties.signing_time,
    )


def _require_place(root: etree._Element, signature: etree._Element) -> None:
    if signature is root or signature is not root[-1]:
        raise SignatureLocation(expected="last child of the root", line=signature.sourceline)


def _document_reference(data: tuple[Reference, ...], policy: SignaturePolicy) -> tuple[Reference, Canonicalization]:
    if len(data) != 1 or data[0].uri or data[0].type is not None:
        raise SignatureReferences(problem="expected one reference to the whole document")
    return data[0], same_document_method(data[0], (ENVELOPED,), policy)
