"""From a signature of the expected form to one whose mathematics hold, and to the person behind it.

Steps, each with its own refusals, in this order:
1. the certificate in KeyInfo is the one that was signed along;
2. its key is allowed and fits the algorithm, and the value over SignedInfo verifies;
3. the digests of the signed properties, and of KeyInfo where it is signed along, verify.
What the references say about data is compared by the caller, who has the data.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing import primitives
from signing.canonical import canonical_part
from signing.certificates import fingerprint, subject_text
from signing.der import issuer_serial
from signing.errors import DigestMismatch, SignatureReferences, SigningCertificateMismatch, TransformForbidden
from signing.names import SIGNED_PROPERTIES_TYPE
from signing.policy import Canonicalization, SignaturePolicy
from signing.shape import CertificateDigest, Reference, Signature
from signing.trust import TrustAnchors, check_path


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """Who signed. Whether that is somebody we trust is said by the function that returned it."""

    certificate: x509.Certificate
    intermediates: tuple[x509.Certificate, ...]
    """As enclosed by the signer; nothing is known about them before a path was checked."""
    fingerprint: str
    """SHA-256 of the DER certificate, lower hex."""
    subject: str
    """RFC 4514 text."""
    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The references of a signature by what they cover."""

    data: tuple[Reference, ...]
    properties: Reference
    key_info: Reference | None
    """Some programs sign KeyInfo along; it adds nothing to SigningCertificateV2, and is verified if there."""


def split_references(signature: Signature) -> References:
    """Exactly one reference is to the signed properties, at most one to KeyInfo; the others are the caller's data."""
    properties = _only(signature, f"#{signature.properties.id}", SIGNED_PROPERTIES_TYPE)
    if properties is None:
        raise SignatureReferences(problem="no reference to the signed properties")
    key_info = _only(signature, f"#{signature.key_info_id}", None) if signature.key_info_id else None
    data = tuple(r for r in signature.references if r is not properties and r is not key_info)
    if any(r.type == SIGNED_PROPERTIES_TYPE or r.uri.startswith("#") for r in data):
        raise SignatureReferences(problem="a reference into the document that is not expected")
    return References(data=data, properties=properties, key_info=key_info)


def _only(signature: Signature, uri: str, kind: str | None) -> Reference | None:
    found = [reference for reference in signature.references if reference.uri == uri]
    if len(found) > 1 or any(reference.type != kind for reference in found):
        raise SignatureReferences(problem="a part of the signature referenced twice, or with another type")
    return found[0] if found else None


def same_document_method(reference: Reference, before: tuple[str, ...], policy: SignaturePolicy) -> Canonicalization:
    """The canonicalization at the end of a same-document reference, whose other transforms are exactly `before`."""
    implied = Canonicalization.INCLUSIVE
    if reference.transforms == before and policy.implied_canonicalization and implied in policy.canonicalizations:
        return implied
    for method in policy.canonicalizations:
        if reference.transforms == (*before, method.value):
            return method
    raise TransformForbidden(transforms=" ".join(reference.transforms)[:300], uri=reference.uri[:100])


def check_formats(signature: Signature, data: Sequence[Reference], *, required: bool) -> dict[str, str]:
    """MIME type by reference id: at most one each, only of `data`; all of them where required."""
    formats = {entry.reference_id: entry.mime_type for entry in signature.properties.formats}
    known = {reference.id for reference in data}
    if len(formats) != len(signature.properties.formats) or not formats.keys() <= known:
        raise SignatureReferences(problem="DataObjectFormat does not match the references")
    if required and formats.keys() != known:
        raise SignatureReferences(problem="a reference without DataObjectFormat")
    return formats


def verify_signature(signature: Signature, references: References, policy: SignaturePolicy) -> SignerInfo:
    """Steps 1 to 3 above; the caller has judged the references to data before."""
    own_parts = [(references.properties, signature.properties_element)]
    if references.key_info is not None:
        own_parts.append((references.key_info, signature.key_info_element))
    methods = [same_document_method(reference, (), policy) for reference, _ in own_parts]
    certificate, *intermediates = signature.certificates
    _check_signing_certificates(signature)
    key = primitives.require_public_key(certificate.public_key(), policy)
    primitives.require_match(key, signature.algorithm)
    signed_info = canonical_part(signature.signed_info_element, signature.canonicalization)
    primitives.verify(key, signature.algorithm, signed_info, signature.value)
    for (reference, element), method in zip(own_parts, methods, strict=True):
        check_digest(reference, canonical_part(element, method))
    return SignerInfo(
        certificate=certificate,
        intermediates=tuple(intermediates),
        fingerprint=fingerprint(certificate),
        subject=subject_text(certificate),
        serial=certificate.serial_number,
    )


def check_signer(signer: SignerInfo, anchors: TrustAnchors, *, at: datetime) -> None:
    """The path of a verified signature's certificate, for sealing."""
    check_path(signer.certificate, signer.intermediates, anchors, at=at)


def check_digest(reference: Reference, data: bytes) -> None:
    digest = hashlib.new(reference.digest_algorithm.hash_name, data).digest()
    if not hmac.compare_digest(digest, reference.digest):
        raise DigestMismatch(uri=reference.uri[:100])


def _check_signing_certificates(signature: Signature) -> None:
    """The first certificate digest is the signer's (EN 319 132-1, 5.2.2); others, if any, must be of enclosed ones."""
    first, *others = signature.properties.certificates
    signer, *enclosed = signature.certificates
    if not _matches(first, signer):
        raise SigningCertificateMismatch
    for entry in others:
        if not any(_matches(entry, certificate) for certificate in enclosed):
            raise SigningCertificateMismatch


def _matches(entry: CertificateDigest, certificate: x509.Certificate) -> bool:
    digest = hashlib.new(entry.digest_algorithm.hash_name, certificate.public_bytes(Encoding.DER)).digest()
    if not hmac.compare_digest(digest, entry.digest):
        return False
    return entry.issuer_serial is None or entry.issuer_serial == issuer_serial(certificate)
