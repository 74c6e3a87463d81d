"""Making the container's signature; written as text, so that what is signed can be seen."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from .certificates import der
from .common import canonical
from .xades import ASIC, DS, EXCLUSIVE, MORE, PROPERTIES_TYPE, SHA256_URI, XADES

NAMESPACES = f'xmlns:ds="{DS}" xmlns:xades="{XADES}"'
PROPERTIES = (
    '<xades:SignedProperties Id="S0-SignedProperties"><xades:SignedSignatureProperties>'
    "<xades:SigningTime>{time}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
    "{certificate}</xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>"
    "<xades:SignedDataObjectProperties>{formats}</xades:SignedDataObjectProperties></xades:SignedProperties>"
)
FORMAT = (
    '<xades:DataObjectFormat ObjectReference="#S0-Member{number}"><xades:MimeType>{media}</xades:MimeType>'
    "</xades:DataObjectFormat>"
)
INFO = (
    f'<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
    f'<ds:SignatureMethod Algorithm="{MORE}ecdsa-sha256"/>{{references}}'
    f'<ds:Reference Type="{PROPERTIES_TYPE}" URI="#S0-SignedProperties"><ds:Transforms>'
    f'<ds:Transform Algorithm="{EXCLUSIVE}"/></ds:Transforms>{{properties}}</ds:Reference></ds:SignedInfo>'
)
SIGNATURE = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<asic:XAdESSignatures xmlns:asic="{ASIC}">'
    f'<ds:Signature {NAMESPACES} Id="S0">{{info}}<ds:SignatureValue>{{value}}</ds:SignatureValue>'
    "<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo><ds:Object>"
    '<xades:QualifyingProperties Target="#S0">{properties}</xades:QualifyingProperties></ds:Object>'
    "</ds:Signature></asic:XAdESSignatures>"
)


@dataclass(frozen=True)
class Seal:
    """A P-256 key, and its certificate followed by intermediates."""

    key: ec.EllipticCurvePrivateKey
    chain: list[x509.Certificate]


def sign_members(members: dict[str, bytes], types: dict[str, str], by: Seal, at: datetime) -> bytes:
    """META-INF/signatures0.xml over these members, in their order."""
    properties = PROPERTIES.format(
        time=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        certificate=_digest(der(by.chain[0])),
        formats="".join(FORMAT.format(number=n, media=escape(types[name])) for n, name in enumerate(members)),
    )
    references = "".join(
        f'<ds:Reference Id="S0-Member{n}" URI={quoteattr(name)}>{_digest(data)}</ds:Reference>'
        for n, (name, data) in enumerate(members.items())
    )
    info = INFO.format(references=references, properties=_digest(_alone(properties)))
    r, s = decode_dss_signature(by.key.sign(_alone(info), ec.ECDSA(hashes.SHA256())))
    shown = (each for each in by.chain if each.subject != each.issuer)
    certificates = "".join(f"<ds:X509Certificate>{_text(der(each))}</ds:X509Certificate>" for each in shown)
    value = _text(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return SIGNATURE.format(info=info, value=value, certificates=certificates, properties=properties).encode()


def _alone(fragment: str) -> bytes:
    return canonical(etree.fromstring(f"<w {NAMESPACES}>{fragment}</w>")[0])


def _digest(data: bytes) -> str:
    value = _text(hashlib.sha256(data).digest())
    return f'<ds:DigestMethod Algorithm="{SHA256_URI}"/><ds:DigestValue>{value}</ds:DigestValue>'


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
