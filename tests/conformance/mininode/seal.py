"""XAdES-B-B signatures: making the one form that everybody takes, and judging those of others strictly.

Protocol: "Signatures". Judged are form and algorithms first, then the mathematics, then the certificate.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
ASIC = "http://uri.etsi.org/02918/v1.2.1#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = DS + "enveloped-signature"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
SIZE = 32  # octets of r and of s on P-256


class NotTrusted(Exception):
    """A signature, certificate or digest that does not hold."""


@dataclass(frozen=True, kw_only=True)
class Seal:
    """A P-256 key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True, kw_only=True)
class Covered:
    """One thing under a signature."""

    id: str
    uri: str
    mime: str
    digest: bytes
    transforms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A signature that holds: whose, and what it covers besides its own properties (URI to digest and transforms)."""

    certificate: x509.Certificate
    covered: dict[str, tuple[bytes, tuple[str, ...]]]


def parse(data: bytes) -> etree._Element:
    """Deaf to entities, DTDs and the network; a document type is refused."""
    if b"<!DOCTYPE" in data:
        raise NotTrusted("document type")
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True))


def canonical(element: etree._Element) -> bytes:
    """Exclusive C14N; an element inside a document is first written out alone (lxml errs otherwise)."""
    alone = parse(etree.tostring(element, encoding="UTF-8", with_tail=False))
    return etree.tostring(alone, method="c14n", exclusive=True, with_comments=False)


def fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def sign_members(members: Sequence[tuple[str, str, bytes]], seal: Seal, at: datetime) -> bytes:
    """META-INF/signatures0.xml over (name, media type, content) in the order of the container."""
    root = etree.Element(f"{{{ASIC}}}XAdESSignatures", nsmap={"asic": ASIC})
    covered = [
        Covered(id=f"S0-Member{number}", uri=name, mime=mime, digest=hashlib.sha256(content).digest())
        for number, (name, mime, content) in enumerate(members)
    ]
    _sign(root, covered, seal, at)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def open_members(signatures: bytes, roots: Sequence[x509.Certificate]) -> tuple[dict[str, str], x509.Certificate]:
    """SHA-256 by member name, as signed, and whose signature it is."""
    root = parse(signatures)
    if root.tag != f"{{{ASIC}}}XAdESSignatures" or len(root) != 1:
        raise NotTrusted("not one signature in asic:XAdESSignatures")
    judged = _judge(root[0], roots)
    if any(transforms for _, transforms in judged.covered.values()):
        raise NotTrusted("a member with transforms")
    return {name: digest.hex() for name, (digest, _) in judged.covered.items()}, judged.certificate


def open_document(xml: bytes, roots: Sequence[x509.Certificate]) -> tuple[etree._Element, x509.Certificate]:
    """The root of a document as it was signed, without the signature, and whose signature it is."""
    root = parse(xml)
    if not len(root) or root[-1].tag != f"{{{DS}}}Signature":
        raise NotTrusted("no signature as last child")
    signature = root[-1]
    judged = _judge(signature, roots)
    if judged.covered.keys() != {""} or judged.covered[""][1] != (ENVELOPED, EXCLUSIVE):
        raise NotTrusted("the signature does not cover the whole document in the agreed form")
    root.remove(signature)
    content = canonical(root)
    if hashlib.sha256(content).digest() != judged.covered[""][0]:
        raise NotTrusted("the document was changed")
    return parse(content), judged.certificate


def _sign(parent: etree._Element, covered: Iterable[Covered], seal: Seal, at: datetime) -> None:
    """SignedInfo, SignatureValue, KeyInfo, Object: in this order."""
    things = tuple(covered)
    signature = etree.SubElement(parent, f"{{{DS}}}Signature", Id="S0", nsmap={"ds": DS, "xades": XADES})
    info, value = _add(signature, DS, "SignedInfo"), _add(signature, DS, "SignatureValue")
    der = seal.certificate.public_bytes(Encoding.DER)
    data = _add(_add(signature, DS, "KeyInfo"), DS, "X509Data")
    _add(data, DS, "X509Certificate").text = base64.b64encode(der).decode()
    properties = _properties(_add(signature, DS, "Object"), things, der, at)
    _add(info, DS, "CanonicalizationMethod", Algorithm=EXCLUSIVE)
    _add(info, DS, "SignatureMethod", Algorithm=ECDSA)
    for thing in things:
        reference = _add(info, DS, "Reference", Id=thing.id, URI=thing.uri)
        _fill(reference, thing.transforms, thing.digest)
    reference = _add(info, DS, "Reference", Type=PROPERTIES_TYPE, URI="#S0-SignedProperties")
    _fill(reference, (EXCLUSIVE,), hashlib.sha256(canonical(properties)).digest())
    r, s = utils.decode_dss_signature(seal.key.sign(canonical(info), ec.ECDSA(hashes.SHA256())))
    value.text = base64.b64encode(r.to_bytes(SIZE, "big") + s.to_bytes(SIZE, "big")).decode()


def _properties(wrapper: etree._Element, things: Sequence[Covered], der: bytes, at: datetime) -> etree._Element:
    qualifying = _add(wrapper, XADES, "QualifyingProperties", Target="#S0")
    signed = _add(qualifying, XADES, "SignedProperties", Id="S0-SignedProperties")
    about = _add(signed, XADES, "SignedSignatureProperties")
    _add(about, XADES, "SigningTime").text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    certificate = _add(_add(about, XADES, "SigningCertificateV2"), XADES, "Cert")
    digest = _add(certificate, XADES, "CertDigest")
    _add(digest, DS, "DigestMethod", Algorithm=SHA256)
    _add(digest, DS, "DigestValue").text = base64.b64encode(hashlib.sha256(der).digest()).decode()
    formats = _add(signed, XADES, "SignedDataObjectProperties")
    for thing in things:
        described = _add(formats, XADES, "DataObjectFormat", ObjectReference=f"#{thing.id}")
        _add(described, XADES, "MimeType").text = thing.mime
    return signed


def _fill(reference: etree._Element, transforms: Iterable[str], digest: bytes) -> None:
    uris = tuple(transforms)
    if uris:
        holder = _add(reference, DS, "Transforms")
        for uri in uris:
            _add(holder, DS, "Transform", Algorithm=uri)
    _add(reference, DS, "DigestMethod", Algorithm=SHA256)
    _add(reference, DS, "DigestValue").text = base64.b64encode(digest).decode()


def _judge(signature: etree._Element, roots: Sequence[x509.Certificate]) -> Judged:
    parts = [f"{{{DS}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo", "Object")]
    if signature.tag != f"{{{DS}}}Signature" or [part.tag for part in signature] != parts:
        raise NotTrusted("a signature of another form")
    info, value, key_info, wrapper = signature
    if [each.get("Algorithm") for each in info[:2]] != [EXCLUSIVE, ECDSA]:
        raise NotTrusted("another algorithm")
    certificate = x509.load_der_x509_certificate(_octets(key_info, f"{{{DS}}}X509Data/{{{DS}}}X509Certificate"))
    _check_value(certificate, canonical(info), base64.b64decode(value.text or ""))
    signed = wrapper[0][0]
    if hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest() != _octets(signed, f".//{{{DS}}}DigestValue"):
        raise NotTrusted("the certificate is not the one that was signed along")
    covered = {reference.get("URI", "?"): _reference(reference) for reference in info[2:]}
    if len(covered) != len(info) - 2:
        raise NotTrusted("a thing referenced twice")
    own = covered.pop(f"#{signed.get('Id')}", None)
    if own != (hashlib.sha256(canonical(signed)).digest(), (EXCLUSIVE,)):
        raise NotTrusted("the signed properties were changed")
    _check_certificate(certificate, roots)
    return Judged(certificate=certificate, covered=covered)


def _reference(reference: etree._Element) -> tuple[bytes, tuple[str, ...]]:
    if reference.tag != f"{{{DS}}}Reference" or reference[-2].get("Algorithm") != SHA256:
        raise NotTrusted("another digest")
    transforms = reference.iterfind(f"{{{DS}}}Transforms/{{{DS}}}Transform")
    return base64.b64decode(reference[-1].text or ""), tuple(each.get("Algorithm", "") for each in transforms)


def _check_value(certificate: x509.Certificate, content: bytes, value: bytes) -> None:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1" or len(value) != 2 * SIZE:
        raise NotTrusted("another kind of key")
    r, s = int.from_bytes(value[:SIZE], "big"), int.from_bytes(value[SIZE:], "big")
    try:
        key.verify(utils.encode_dss_signature(r, s), content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise NotTrusted("the signature is wrong") from error


def _check_certificate(certificate: x509.Certificate, roots: Sequence[x509.Certificate]) -> None:
    """Directly below a known root, valid now, for signing; a real node builds paths by RFC 5280."""
    now, usage = datetime.now(UTC), certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    if not usage.digital_signature or not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise NotTrusted("the certificate is not for signing, or not valid now")
    for root in roots:
        if root.subject == certificate.issuer:
            try:
                certificate.verify_directly_issued_by(root)
            except (InvalidSignature, ValueError, TypeError):
                continue
            return
    raise NotTrusted("no known root issued the certificate")


def _octets(element: etree._Element, path: str) -> bytes:
    found = element.findtext(path)
    if not found:
        raise NotTrusted(f"{path} is missing")
    return base64.b64decode(found)


def _add(parent: etree._Element, namespace: str, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
