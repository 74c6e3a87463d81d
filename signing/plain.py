"""Any XML with one signature, by our rules of form: for documents that other programs made for each other.

Rules of this file:
1. One signature in the document, one reference to data. It covers the whole document (`URI=""`) or the element that the
   signature is a child of; nothing else can be meant by whoever reads the result.
2. Transforms are the enveloped one and at most one canonicalization; no XPath, XSLT, base64, no Manifest, no
   RetrievalMethod, nothing that is fetched. What a signature may say beside that (XAdES properties) is one Object.
3. The key is that of a certificate, enclosed or named by the caller; a bare key in the document is a hint that nobody
   follows.
4. What is too old for the standard policy (SHA-1, short RSA keys) is refused; on request it is computed, and named in
   the result, so that nobody calls it valid.
5. Form, algorithms and references are judged before anything is computed.

Source: XMLDSig 1.1 (W3C, 2013).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from schemas.gate.xml import XmlProfile, read
from signing import primitives
from signing.canonical import canonical_document, canonical_part, detach, parse
from signing.certificates import fingerprint, subject_text
from signing.errors import (
    CanonicalizationForbidden,
    CertificateUnreadable,
    DigestAlgorithmForbidden,
    DigestMismatch,
    KeyForbidden,
    SignatureAlgorithmForbidden,
    SignatureBase64,
    SignatureCount,
    SignatureInvalid,
    SignatureMissing,
    SignatureReferences,
    SignatureShape,
    TransformForbidden,
)
from signing.names import SIGNED_PROPERTIES_TYPE, ds, xades
from signing.policy import ENVELOPED, Canonicalization, DigestAlgorithm, SignatureAlgorithm
from signing.verifier import SignerInfo

SHA1: Final = "http://www.w3.org/2000/09/xmldsig#sha1"
RSA_SHA1: Final = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
OLD_RSA_BITS: Final = 1024
_NOT_MODERN: Final = 2048
_IDS: Final = ("Id", "ID", "id", "AssertionID")
_EXCLUSIVE_PARAMETERS: Final = "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPlain:
    """A document whose signature verified."""

    content: bytes
    """The canonical octets that were signed, without the signature."""
    root: str
    """Name of the signed element, `{namespace}local`."""
    signer: SignerInfo
    old: tuple[str, ...]
    """What of it nobody may rely on any more; empty when all of it is within the standard policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """The signature as it is written."""

    signature: etree._Element
    signed_info: etree._Element
    value: bytes
    algorithm: str
    method: Canonicalization
    references: Sequence[etree._Element]
    certificates: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """What one reference says, judged and not yet computed."""

    reference: etree._Element
    is_data: bool
    target: etree._Element
    method: Canonicalization
    prefixes: list[str]


def verify_plain(xml: bytes, *, pinned: x509.Certificate | None = None, old: bool = False) -> VerifiedPlain:
    """Verify form and mathematics; whom the certificate leads to is for the caller to say.

    Args:
        pinned: the certificate to verify with, whatever the document encloses.
        old: compute RSA with SHA-1 and short keys as well.

    Raises:
        Refusal: the gate's, SignatureRefusal, AlgorithmRefusal, CertificateUnreadable.
    """
    root = read(xml, XmlProfile.FOREIGN)
    form = _form(root)
    certificate = pinned or next(iter(form.certificates), None)
    if certificate is None:
        raise SignatureShape(element="ds:KeyInfo", problem="no certificate", line=form.signature.sourceline)
    weak: list[str] = []
    plan = [_planned(reference, root, form) for reference in form.references]
    if sum(one.is_data for one in plan) != 1:
        raise SignatureReferences(problem=f"{sum(one.is_data for one in plan)} references to data")
    for one in plan:
        _digest_name(one.reference, old=old, weak=weak)
    _check_value(form, certificate, old=old, weak=weak)
    octets = _covered(root, form, plan)
    return VerifiedPlain(
        content=octets,
        root=str(parse(octets).tag),
        signer=SignerInfo(
            certificate=certificate,
            intermediates=tuple(one for one in form.certificates if one != certificate),
            fingerprint=fingerprint(certificate),
            subject=subject_text(certificate),
            serial=certificate.serial_number,
        ),
        old=tuple(dict.fromkeys(weak)),
    )


def _form(root: etree._Element) -> _Form:
    found = list(root.iter(ds("Signature")))
    if not found:
        raise SignatureMissing
    if len(found) != 1:
        raise SignatureCount(element="ds:Signature", count=len(found))
    (signature,) = found
    children = [child for child in signature if isinstance(child.tag, str)]
    names = [str(child.tag) for child in children]
    expected = [ds("SignedInfo"), ds("SignatureValue"), ds("KeyInfo"), ds("Object")]
    if names not in (expected[:2], expected[:3], expected, [*expected[:2], expected[3]]):
        raise SignatureShape(element="ds:Signature", problem="unexpected children", line=signature.sourceline)
    _check_object(children[-1])
    signed_info, value = children[0], children[1]
    method, algorithm, *references = [child for child in signed_info if isinstance(child.tag, str)]
    if (method.tag, algorithm.tag) != (ds("CanonicalizationMethod"), ds("SignatureMethod")) or len(algorithm):
        raise SignatureShape(element="ds:SignedInfo", problem="unexpected children", line=signed_info.sourceline)
    return _Form(
        signature=signature,
        signed_info=signed_info,
        value=_base64(value),
        algorithm=algorithm.get("Algorithm", ""),
        method=_canonicalization(method),
        references=references,
        certificates=_certificates(children[2]) if ds("KeyInfo") in names else (),
    )


def _check_object(element: etree._Element) -> None:
    if element.tag == ds("Object") and [child.tag for child in element] != [xades("QualifyingProperties")]:
        raise SignatureShape(element="ds:Object", problem="not XAdES properties", line=element.sourceline)


def _certificates(key_info: etree._Element) -> tuple[x509.Certificate, ...]:
    """Of the only X509Data; other ways to name a key are not followed."""
    found = []
    for element in key_info.iterfind(f"{ds('X509Data')}/{ds('X509Certificate')}"):
        try:
            certificate = x509.load_der_x509_certificate(_base64(element))
            certificate.public_key()
        except Exception as cause:
            # Certificates from outside make that library raise errors of several families.
            raise CertificateUnreadable(where="ds:X509Certificate", line=element.sourceline) from cause
        found.append(certificate)
    # The signer is the one that issued none of the others (order is not said by XMLDSig 1.1, 4.5.4).
    issuers = {one.issuer for one in found if one.issuer != one.subject}
    return tuple(sorted(found, key=lambda one: one.subject in issuers))


def _check_value(form: _Form, certificate: x509.Certificate, *, old: bool, weak: list[str]) -> None:
    octets = canonical_part(form.signed_info, form.method)
    key: object = certificate.public_key()
    if old and isinstance(key, rsa.RSAPublicKey) and OLD_RSA_BITS <= key.key_size < _NOT_MODERN:
        weak.append(f"RSA-{key.key_size}")
    if old and form.algorithm == RSA_SHA1:
        weak.append("rsa-sha1")
        _verify_rsa(key, octets, form.value, hashes.SHA1())  # noqa: S303 - named in the result, never called valid
        return
    algorithm = next((one for one in SignatureAlgorithm if one.value == form.algorithm), None)
    if algorithm is None:
        raise SignatureAlgorithmForbidden(uri=form.algorithm[:200])
    if weak:
        _verify_rsa(key, octets, form.value, {"SHA256": hashes.SHA256()}.get(algorithm.digest.name))
        return
    primitives.verify(primitives.require_public_key(key), algorithm, octets, form.value)


def _verify_rsa(key: object, octets: bytes, value: bytes, digest: hashes.HashAlgorithm | None) -> None:
    """RSASSA-PKCS1-v1_5 with what the standard policy forbids."""
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < OLD_RSA_BITS or digest is None:
        raise KeyForbidden(key=primitives.describe_key(key))
    try:
        key.verify(value, octets, padding.PKCS1v15(), digest)
    except InvalidSignature as cause:
        raise SignatureInvalid from cause


def _planned(reference: etree._Element, root: etree._Element, form: _Form) -> _Planned:
    if reference.tag != ds("Reference"):
        raise SignatureShape(element="ds:SignedInfo", problem="unexpected children", line=reference.sourceline)
    if reference.get("Type") != SIGNED_PROPERTIES_TYPE:
        method, prefixes = _transforms(reference, (ENVELOPED,))
        target = _target(reference, root, form)
        return _Planned(reference=reference, is_data=True, target=target, method=method, prefixes=prefixes)
    properties = list(form.signature.iter(xades("SignedProperties")))
    if len(properties) != 1 or reference.get("URI") != f"#{properties[0].get('Id')}":
        raise SignatureReferences(problem="signed properties")
    method, prefixes = _transforms(reference, ())
    return _Planned(reference=reference, is_data=False, target=properties[0], method=method, prefixes=prefixes)


def _covered(root: etree._Element, form: _Form, plan: Sequence[_Planned]) -> bytes:
    """The signed octets, once every reference holds."""
    for one in plan:
        if not one.is_data:
            _check_digest(one.reference, _canonical_part(one.target, one.method, one.prefixes))
    (data,) = (one for one in plan if one.is_data)
    whole = data.target is root
    detach(form.signature)
    canonical = _canonical if whole else _canonical_part
    octets = canonical(data.target, data.method, data.prefixes)
    _check_digest(data.reference, octets)
    return octets


def _target(reference: etree._Element, root: etree._Element, form: _Form) -> etree._Element:
    uri, parent = reference.get("URI"), form.signature.getparent()
    if uri == "":
        return root
    if uri is not None and parent is not None and uri[:1] == "#":
        named = [name for name in _IDS if parent.get(name) == uri[1:]]
        if len(named) == 1 and uri[1:]:
            return parent
    raise SignatureReferences(problem="a reference to something else than the document or the signed element")


def _transforms(reference: etree._Element, before: tuple[str, ...]) -> tuple[Canonicalization, list[str]]:
    """The canonicalization after the transforms that must come before it; C14N 1.0 where none is named (4.4.3.2)."""
    found = reference.findall(f"{ds('Transforms')}/{ds('Transform')}")
    names = [one.get("Algorithm", "") for one in found]
    if names[: len(before)] == list(before) and len(names) <= len(before) + 1:
        if len(names) == len(before):
            return Canonicalization.INCLUSIVE, []
        if not len(found[0]) or not before:
            return _canonicalization(found[-1]), _prefixes(found[-1])
    raise TransformForbidden(transforms=" ".join(names)[:300], uri=reference.get("URI", "")[:100])


def _canonicalization(element: etree._Element) -> Canonicalization:
    uri = element.get("Algorithm", "")
    method = next((one for one in Canonicalization if one.value == uri), None)
    if method is None or (len(element) and method is not Canonicalization.EXCLUSIVE):
        raise CanonicalizationForbidden(uri=uri[:200])
    return method


def _prefixes(element: etree._Element) -> list[str]:
    """InclusiveNamespaces PrefixList (Exclusive C14N, 3)."""
    if not len(element):
        return []
    if len(element) != 1 or element[0].tag != _EXCLUSIVE_PARAMETERS:
        raise CanonicalizationForbidden(uri=element.get("Algorithm", "")[:200])
    return (element[0].get("PrefixList") or "").split()


def _canonical(root: etree._Element, method: Canonicalization, prefixes: list[str]) -> bytes:
    if not prefixes:
        return canonical_document(root, method)
    known = [prefix for prefix in prefixes if prefix != "#default"]
    return etree.tostring(
        root.getroottree(), method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=known
    )


def _canonical_part(part: etree._Element, method: Canonicalization, prefixes: list[str]) -> bytes:
    if not prefixes:
        return canonical_part(part, method)
    return _canonical(parse(etree.tostring(part, encoding="UTF-8", with_tail=False)), method, prefixes)


def _digest_name(reference: etree._Element, *, old: bool, weak: list[str]) -> None:
    """The algorithm is one that may be used, or an old one that was asked for."""
    method = reference.find(ds("DigestMethod"))
    uri = "" if method is None else method.get("Algorithm", "")
    if old and uri == SHA1:
        weak.append("sha1")
    elif uri not in {one.value for one in DigestAlgorithm}:
        raise DigestAlgorithmForbidden(uri=uri[:200])


def _check_digest(reference: etree._Element, octets: bytes) -> None:
    method, value = reference.find(ds("DigestMethod")), reference.find(ds("DigestValue"))
    if method is None or value is None:
        raise SignatureShape(element="ds:Reference", problem="no digest", line=reference.sourceline)
    uri = method.get("Algorithm", "")
    name = "sha1" if uri == SHA1 else DigestAlgorithm(uri).hash_name
    digest = hashlib.new(name, octets, usedforsecurity=uri != SHA1).digest()
    if not hmac.compare_digest(digest, _base64(value)):
        raise DigestMismatch(uri=reference.get("URI", "")[:100])


def _base64(element: etree._Element) -> bytes:
    if len(element):
        raise SignatureBase64(element=etree.QName(element).localname, line=element.sourceline)
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError) as cause:
        raise SignatureBase64(element=etree.QName(element).localname, line=element.sourceline) from cause
