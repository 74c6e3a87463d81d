"""Judging an XAdES-B-B signature: form, certificate, value, properties; in this order, before any data is looked at."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from .certificates import der, issuer_serial
from .common import Untrusted, canonical, need, present, sha256

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
ASIC = "http://uri.etsi.org/02918/v1.2.1#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = DS + "enveloped-signature"
PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
C14N = {  # is it the exclusive one?
    EXCLUSIVE: True,
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": False,
    "http://www.w3.org/2006/12/xml-c14n11": False,  # the same bytes here: xml:id and xml:base are forbidden
}
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
PSS = "http://www.w3.org/2007/05/xmldsig-more#"
SHA256_URI = "http://www.w3.org/2001/04/xmlenc#sha256"
DIGESTS = {
    SHA256_URI: "sha256",
    MORE + "sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
MAX_CERTIFICATES = 8
DIGEST = "DigestMethod DigestValue"
GRAMMAR = {  # element: the children it may have; its attributes
    "Signature": ("SignedInfo SignatureValue KeyInfo Object", "Id"),
    "SignedInfo": ("CanonicalizationMethod SignatureMethod Reference", "Id"),
    "CanonicalizationMethod": ("", "Algorithm"),
    "SignatureMethod": ("", "Algorithm"),
    "Reference": (f"Transforms {DIGEST}", "Id URI Type"),
    "Transforms": ("Transform", ""),
    "Transform": ("", "Algorithm"),
    "DigestMethod": ("", "Algorithm"),
    "DigestValue": ("", ""),
    "SignatureValue": ("", "Id"),
    "KeyInfo": ("X509Data", "Id"),
    "X509Data": ("X509Certificate", ""),
    "X509Certificate": ("", ""),
    "Object": ("QualifyingProperties", "Id"),
    "QualifyingProperties": ("SignedProperties", "Id Target"),
    "SignedProperties": ("SignedSignatureProperties SignedDataObjectProperties", "Id"),
    "SignedSignatureProperties": ("SigningTime SigningCertificateV2", "Id"),
    "SigningTime": ("", ""),
    "SigningCertificateV2": ("Cert", ""),
    "Cert": ("CertDigest IssuerSerialV2", ""),
    "CertDigest": (DIGEST, ""),
    "IssuerSerialV2": ("", ""),
    "SignedDataObjectProperties": ("DataObjectFormat", "Id"),
    "DataObjectFormat": ("Description MimeType", "ObjectReference"),
    "Description": ("", ""),
    "MimeType": ("", ""),
}
IN_XADES = set(list(GRAMMAR)[list(GRAMMAR).index("QualifyingProperties") :])


@dataclass(frozen=True)
class Reference:
    """What the signature says about one piece of data; comparing is the caller's."""

    uri: str
    algorithm: str
    digest: str
    transforms: list[str]


@dataclass(frozen=True)
class Judged:
    """A signature whose value and properties hold."""

    chain: list[x509.Certificate]
    signing_time: datetime
    references: list[Reference]
    media_types: dict[str, str]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the signer's certificate."""
        return sha256(der(self.chain[0]))


def judge(signature: etree._Element) -> Judged:
    """Raises Untrusted unless everything holds that can be judged without the data."""
    need(signature.tag == _d("Signature"), "no signature")
    _check_grammar(signature)
    info, value, key_info, box = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo", "Object")
    chain = _certificates(key_info)
    properties = _properties(signature, box)
    _check_named_certificates(properties, chain)
    method, algorithm, *references = info
    canonical_form = method.get("Algorithm", "")
    need(method.tag == _d("CanonicalizationMethod") and canonical_form in C14N, "another canonical form")
    need(algorithm.tag == _d("SignatureMethod") and not len(method) and not len(algorithm), "another signature method")
    signed = canonical(info, exclusive=C14N[canonical_form])
    _check_value(algorithm.get("Algorithm", ""), _base64(value), signed, chain[0].public_key())
    found, names = _references(references, properties, key_info)
    media = _media_types(properties, names)
    time = properties.findtext(f"{_x('SignedSignatureProperties')}/{_x('SigningTime')}", "")
    return Judged(chain, _signing_time(time), found, media)


def _d(name: str) -> str:
    return f"{{{DS}}}{name}"


def _x(name: str) -> str:
    return f"{{{XADES}}}{name}"


def _check_grammar(signature: etree._Element) -> None:
    """Nothing but the known elements in their places, no attribute and no text that nobody looks at."""
    for element in signature.iter():
        name = etree.QName(element).localname
        need(
            element.tag == (_x(name) if name in IN_XADES else _d(name)) and name in GRAMMAR, f"another element: {name}"
        )
        children, attributes = (set(each.split()) for each in GRAMMAR[name])
        need({etree.QName(each).localname for each in element} <= children, f"{name} has other children")
        need(set(map(str, element.attrib)) <= attributes, f"{name} has other attributes")
        need(not len(element) or not (element.text or "").strip(), "text between elements")
        need(element is signature or not (element.tail or "").strip(), "text between elements")


def _children(element: etree._Element, *names: str) -> list[etree._Element]:
    need([e.tag for e in element] == [_d(n) for n in names], f"{etree.QName(element).localname} has another form")
    return list(element)


def _certificates(key_info: etree._Element) -> list[x509.Certificate]:
    (data,) = _children(key_info, "X509Data")
    need(1 <= len(data) <= MAX_CERTIFICATES, "number of certificates")
    need(all(each.tag == _d("X509Certificate") for each in data), "KeyInfo holds something else")
    try:
        return [x509.load_der_x509_certificate(_base64(each)) for each in data]
    except ValueError as error:
        raise Untrusted("unreadable certificate") from error


def _properties(signature: etree._Element, box: etree._Element) -> etree._Element:
    need(len(box) == 1 and box[0].tag == _x("QualifyingProperties"), "no QualifyingProperties")
    identifier = signature.get("Id")
    need(identifier and box[0].get("Target") == f"#{identifier}" and len(box[0]) == 1, "QualifyingProperties")
    need(box[0][0].tag == _x("SignedProperties"), "unsigned or missing properties")
    return box[0][0]


def _check_named_certificates(properties: etree._Element, chain: list[x509.Certificate]) -> None:
    """The first Cert names the signer, further ones enclosed certificates."""
    path = "/".join(map(_x, ("SignedSignatureProperties", "SigningCertificateV2", "Cert")))
    named = properties.findall(path)
    need(named, "no SigningCertificateV2")
    for index, element in enumerate(named):
        algorithm, digest = _digest(present(element.find(_x("CertDigest")), "no CertDigest"))
        candidates = chain[:1] if index == 0 else chain
        matching = [each for each in candidates if hashlib.new(algorithm, der(each)).hexdigest() == digest]
        need(matching, "the signature names another certificate")
        serial = element.find(_x("IssuerSerialV2"))
        need(serial is None or _base64(serial) == issuer_serial(matching[0]), "IssuerSerialV2 of another certificate")


def _references(
    references: list[etree._Element], properties: etree._Element, key_info: etree._Element
) -> tuple[list[Reference], dict[str, str]]:
    """Those of data, and their URIs by Id; those of the signature's own parts are compared here."""
    found: list[Reference] = []
    names: dict[str, str] = {}
    covered = 0
    for element in references:
        need(element.tag == _d("Reference") and element.get("URI") is not None, "a reference without URI")
        transforms = [t.get("Algorithm", "") for t in element.iterfind(f"{_d('Transforms')}/{_d('Transform')}")]
        reference = Reference(element.get("URI", ""), *_digest(element), transforms)
        if element.get("Type") == PROPERTIES_TYPE:
            _check_own(reference, properties)
            covered += 1
        elif key_info.get("Id") and reference.uri == f"#{key_info.get('Id')}":
            _check_own(reference, key_info)
        else:
            need(not reference.uri.startswith("#"), "a reference elsewhere in the document")
            need(element.get("Type") is None, "a reference of unknown type")
            found.append(reference)
            names[element.get("Id", "")] = reference.uri
    need(covered == 1, "the properties are not signed, or twice")
    return found, names


def _media_types(properties: etree._Element, names: dict[str, str]) -> dict[str, str]:
    """By URI; each DataObjectFormat speaks of one reference of data."""
    found: dict[str, str] = {}
    for element in properties.iter(_x("DataObjectFormat")):
        target = element.get("ObjectReference", "")
        need(target[:1] == "#" and target[1:] in names, "a DataObjectFormat of nothing")
        need(names[target[1:]] not in found, "a second DataObjectFormat")
        found[names[target[1:]]] = element.findtext(_x("MimeType"), "")
    return found


def _check_own(reference: Reference, element: etree._Element) -> None:
    need(element.get("Id") and reference.uri == f"#{element.get('Id')}", "a reference elsewhere in the document")
    need(len(reference.transforms) <= 1 and set(reference.transforms) <= set(C14N), "transforms are not allowed")
    exclusive = bool(reference.transforms) and C14N[reference.transforms[0]]
    form = canonical(element, exclusive=exclusive)
    need(hashlib.new(reference.algorithm, form).hexdigest() == reference.digest, "the signed properties were changed")


def _signing_time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Untrusted(f"no SigningTime: {text!r}") from error
    need(at.tzinfo, "SigningTime without zone")
    return at


def _base64(element: etree._Element) -> bytes:
    text = re.sub(r"[ \t\r\n]", "", element.text or "")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Untrusted("loose base64") from error
    need(base64.b64encode(data).decode() == text, "loose base64")
    return data


def _digest(element: etree._Element) -> tuple[str, str]:
    method = present(element.find(_d("DigestMethod")), "no DigestMethod").get("Algorithm", "")
    need(method in DIGESTS, f"digest algorithm {method}")
    return DIGESTS[method], _base64(present(element.find(_d("DigestValue")), "no DigestValue")).hex()


def _check_value(algorithm: str, value: bytes, data: bytes, key: object) -> None:
    family, _, name = algorithm.removeprefix(MORE).rpartition("-")
    if algorithm.startswith(PSS):
        name, family = algorithm.removeprefix(PSS).removesuffix("-rsa-MGF1"), "pss"
    need(name in HASHES and algorithm.startswith((MORE, PSS)), f"signature algorithm {algorithm}")
    used = HASHES[name]()
    try:
        if family == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey) and key.key_size in {256, 384}:
            size = key.key_size // 8
            need(len(value) == 2 * size, "the signature value has another length")
            pair = encode_dss_signature(int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big"))
            key.verify(pair, data, ec.ECDSA(used))
        elif family in {"rsa", "pss"} and isinstance(key, rsa.RSAPublicKey) and 2048 <= key.key_size <= 8192:
            need(len(value) == (key.key_size + 7) // 8, "the signature value has another length")
            pss = padding.PSS(padding.MGF1(used), used.digest_size)
            key.verify(value, data, pss if family == "pss" else padding.PKCS1v15(), used)
        else:
            raise Untrusted(f"{algorithm} with this key")
    except InvalidSignature as error:
        raise Untrusted("the signature does not hold") from error
