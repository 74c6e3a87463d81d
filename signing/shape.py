"""The one form of signature that is read at all: elements, order, attributes. No cryptography happens here.

Rules of this file:
1. Elements are read as signing/elements.py has it: by name and place, and nothing beside.
2. The result is a value; nobody looks into the elements again except to canonicalise them.
3. Unsigned properties are taken along only where the policy lets them in; they are read by signing/unsigned.py.

Sources: XMLDSig 1.1 section 4, ETSI EN 319 132-1 V1.3.1, 4.3, 4.4, 5.1 and 5.2.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from lxml import etree

from signing.elements import algorithm as _algorithm
from signing.elements import all_named as _all
from signing.elements import base64_value as _base64
from signing.elements import children as _children
from signing.elements import head as _head
from signing.elements import label as _label
from signing.elements import require_attributes as _attributes
from signing.elements import text_of as _text
from signing.errors import (
    CanonicalizationForbidden,
    CertificateUnreadable,
    DigestAlgorithmForbidden,
    SignatureAlgorithmForbidden,
    SignatureCount,
    SignatureMissing,
    SignatureShape,
    SignatureTarget,
    SigningTimeUnreadable,
)
from signing.names import ds, xades
from signing.policy import Canonicalization, DigestAlgorithm, SignatureAlgorithm, SignaturePolicy

CERTIFICATES_MAX: Final = 8
"""Certificates in one KeyInfo: a signer and more intermediates than any public hierarchy has."""

REFERENCES_MAX: Final = 10_000
"""References in one SignedInfo: far above the members that a container may hold."""

_ONCE: Final = (
    ds("Signature"),
    ds("SignedInfo"),
    ds("SignatureValue"),
    ds("KeyInfo"),
    ds("Object"),
    xades("QualifyingProperties"),
    xades("SignedProperties"),
)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,199}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    id: str | None
    uri: str
    type: str | None
    transforms: tuple[str, ...]
    """URIs, not yet judged."""
    digest_algorithm: DigestAlgorithm
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDigest:
    """One `xades:Cert` of SigningCertificateV2."""

    digest_algorithm: DigestAlgorithm
    digest: bytes
    issuer_serial: bytes | None
    """DER IssuerSerial (RFC 5035), if given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFormat:
    """One DataObjectFormat: which reference, and what it is."""

    reference_id: str
    mime_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedProperties:
    id: str
    signing_time: datetime
    """Aware UTC, as claimed by the signer."""
    certificates: tuple[CertificateDigest, ...]
    formats: tuple[ObjectFormat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature of the expected form; nothing of it has been verified yet."""

    id: str
    canonicalization: Canonicalization
    algorithm: SignatureAlgorithm
    references: tuple[Reference, ...]
    value: bytes
    certificates: tuple[x509.Certificate, ...]
    """Of KeyInfo; the first one claims to be the signer's."""
    properties: SignedProperties
    key_info_id: str | None
    signed_info_element: etree._Element
    key_info_element: etree._Element
    properties_element: etree._Element
    unsigned_element: etree._Element | None
    """xades:UnsignedProperties: nobody signed it, and nothing of it has been looked at."""


def find_signature(root: etree._Element) -> etree._Element:
    """The only `ds:Signature` of the document; the parts of a signature occur once in the whole document."""
    signature = next(root.iter(ds("Signature")), None)
    if signature is None:
        raise SignatureMissing
    _require_once(root)
    return signature


def _require_once(root: etree._Element) -> None:
    counts = Counter(element.tag for element in root.iter(*_ONCE))
    for name in _ONCE:
        if counts[name] != 1:
            raise SignatureCount(element=_label(name), count=counts[name])


def read_signature(element: etree._Element, policy: SignaturePolicy) -> Signature:
    signed_info, value, key_info, wrapper = _children(
        element, [ds("SignedInfo"), ds("SignatureValue"), ds("KeyInfo"), ds("Object")]
    )
    identifier = _identifier(element)
    method, algorithm, *references = _head(signed_info, [ds("CanonicalizationMethod"), ds("SignatureMethod")])
    _attributes(signed_info, {"Id"})
    _attributes(element, {"Id"})
    properties_element = _properties_element(wrapper, identifier)
    unsigned_element = _unsigned_element(properties_element, policy)
    return Signature(
        id=identifier,
        canonicalization=read_canonicalization(_algorithm(method), policy),
        algorithm=_signature_algorithm(_algorithm(algorithm), policy),
        references=tuple(_references(references, policy)),
        value=_base64(value, {"Id"}),
        certificates=_certificates(key_info),
        properties=_properties(properties_element, policy),
        key_info_id=key_info.get("Id"),
        signed_info_element=signed_info,
        key_info_element=key_info,
        properties_element=properties_element,
        unsigned_element=unsigned_element,
    )


def read_canonicalization(uri: str, policy: SignaturePolicy) -> Canonicalization:
    for method in policy.canonicalizations:
        if method.value == uri:
            return method
    raise CanonicalizationForbidden(uri=uri)


def _signature_algorithm(uri: str, policy: SignaturePolicy) -> SignatureAlgorithm:
    for algorithm in policy.signature_algorithms:
        if algorithm.value == uri:
            return algorithm
    raise SignatureAlgorithmForbidden(uri=uri)


def _digest(method: etree._Element, value: etree._Element, policy: SignaturePolicy) -> tuple[DigestAlgorithm, bytes]:
    uri = _algorithm(method)
    for algorithm in policy.digest_algorithms:
        if algorithm.value == uri:
            return algorithm, _base64(value)
    raise DigestAlgorithmForbidden(uri=uri)


def _references(elements: Sequence[etree._Element], policy: SignaturePolicy) -> Iterator[Reference]:
    if not 1 <= len(elements) <= REFERENCES_MAX:
        raise SignatureShape(element="ds:SignedInfo", problem=f"{len(elements)} references")
    for element in elements:
        if element.tag != ds("Reference"):
            raise SignatureShape(element="ds:SignedInfo", problem=f"unexpected {_label(element.tag)}")
        yield _reference(element, policy)


def _reference(element: etree._Element, policy: SignaturePolicy) -> Reference:
    _attributes(element, {"Id", "URI", "Type"})
    transforms: tuple[str, ...] = ()
    if len(element) and element[0].tag == ds("Transforms"):
        _attributes(element[0], set())
        transforms = tuple(_algorithm(child) for child in _all(element[0], ds("Transform")))
        method, value = _children(element, [ds("Transforms"), ds("DigestMethod"), ds("DigestValue")])[1:]
    else:
        method, value = _children(element, [ds("DigestMethod"), ds("DigestValue")])
    algorithm, digest = _digest(method, value, policy)
    uri = element.get("URI")
    if uri is None:
        raise SignatureShape(element="ds:Reference", problem="no URI", line=element.sourceline)
    return Reference(
        id=element.get("Id"),
        uri=uri,
        type=element.get("Type"),
        transforms=transforms,
        digest_algorithm=algorithm,
        digest=digest,
    )


def _certificates(key_info: etree._Element) -> tuple[x509.Certificate, ...]:
    _attributes(key_info, {"Id"})
    (data,) = _children(key_info, [ds("X509Data")])
    _attributes(data, set())
    found = _all(data, ds("X509Certificate"))
    if not 1 <= len(found) <= CERTIFICATES_MAX:
        raise SignatureShape(element="ds:X509Data", problem=f"{len(found)} certificates")
    return tuple(_certificate(element) for element in found)


def _certificate(element: etree._Element) -> x509.Certificate:
    data = _base64(element)
    try:
        certificate = x509.load_der_x509_certificate(data)
        _force(certificate)
    except Exception as cause:
        # ValueError, TypeError and UnsupportedAlgorithm come from there; whatever it is, it is no certificate to us.
        raise CertificateUnreadable(where="ds:X509Certificate", line=element.sourceline) from cause
    return certificate


def _force(certificate: x509.Certificate) -> tuple[object, ...]:
    """Read what cryptography would read only when asked, so that it fails here and nowhere else."""
    return certificate.public_key(), certificate.extensions, certificate.subject, certificate.issuer


def _properties_element(wrapper: etree._Element, signature_id: str) -> etree._Element:
    _attributes(wrapper, {"Id"})
    (qualifying,) = _children(wrapper, [xades("QualifyingProperties")])
    _attributes(qualifying, {"Id", "Target"})
    signed, *_ = _head(qualifying, [xades("SignedProperties")])
    if qualifying.get("Target") != f"#{signature_id}":
        raise SignatureTarget(line=qualifying.sourceline)
    return signed


def _unsigned_element(signed: etree._Element, policy: SignaturePolicy) -> etree._Element | None:
    """What stands beside the signed properties: nothing, or unsigned ones where the policy lets them in."""
    qualifying = signed.getparent()
    if qualifying is None or len(qualifying) == 1:
        return None
    if not policy.unsigned_properties:
        _children(qualifying, [xades("SignedProperties")])
    return _children(qualifying, [xades("SignedProperties"), xades("UnsignedProperties")])[1]


def _properties(element: etree._Element, policy: SignaturePolicy) -> SignedProperties:
    _attributes(element, {"Id"})
    about_signature, *about_data = _head(element, [xades("SignedSignatureProperties")])
    _attributes(about_signature, {"Id"})
    time, certificate = _children(about_signature, [xades("SigningTime"), xades("SigningCertificateV2")])
    _attributes(certificate, set())
    certificates = tuple(_certificate_digest(cert, policy) for cert in _all(certificate, xades("Cert")))
    if not 1 <= len(certificates) <= CERTIFICATES_MAX:
        raise SignatureShape(element="xades:SigningCertificateV2", problem=f"{len(certificates)} certificates")
    return SignedProperties(
        id=_identifier(element),
        signing_time=_time(time),
        certificates=certificates,
        formats=_formats(about_data),
    )


def _certificate_digest(cert: etree._Element, policy: SignaturePolicy) -> CertificateDigest:
    _attributes(cert, set())
    digest_element, *rest = _head(cert, [xades("CertDigest")])
    _attributes(digest_element, set())
    method, value = _children(digest_element, [ds("DigestMethod"), ds("DigestValue")])
    algorithm, digest = _digest(method, value, policy)
    if len(rest) > 1 or (rest and rest[0].tag != xades("IssuerSerialV2")):
        raise SignatureShape(element="xades:Cert", problem="unexpected content", line=cert.sourceline)
    issuer_serial = _base64(rest[0]) if rest else None
    return CertificateDigest(digest_algorithm=algorithm, digest=digest, issuer_serial=issuer_serial)


def _formats(elements: Sequence[etree._Element]) -> tuple[ObjectFormat, ...]:
    if not elements:
        return ()
    if len(elements) > 1 or elements[0].tag != xades("SignedDataObjectProperties"):
        raise SignatureShape(element="xades:SignedProperties", problem="unexpected content")
    _attributes(elements[0], {"Id"})
    return tuple(_format(child) for child in _all(elements[0], xades("DataObjectFormat")))


def _format(element: etree._Element) -> ObjectFormat:
    _attributes(element, {"ObjectReference"})
    described = [xades("Description")] if len(element) > 1 else []
    *_, mime = _children(element, [*described, xades("MimeType")])
    pointer = element.get("ObjectReference", "")
    if not pointer.startswith("#") or not _NAME.fullmatch(pointer[1:]):
        raise SignatureShape(element="xades:DataObjectFormat", problem="ObjectReference", line=element.sourceline)
    return ObjectFormat(reference_id=pointer[1:], mime_type=_text(mime))


def _time(element: etree._Element) -> datetime:
    text = _text(element)
    if not _TIME.fullmatch(text):
        raise SigningTimeUnreadable(line=element.sourceline)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as cause:
        raise SigningTimeUnreadable(line=element.sourceline) from cause


def _identifier(element: etree._Element) -> str:
    identifier = element.get("Id", "")
    if not _NAME.fullmatch(identifier):
        raise SignatureShape(element=_label(element.tag), problem="no usable Id", line=element.sourceline)
    return identifier
