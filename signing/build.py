"""Writing a XAdES-B-B signature: one fixed form, the same for documents and containers.

Rules of this file:
1. Exclusive C14N, with its Transform written into every same-document reference: the one form that all outside
   verifiers take, also when the document is embedded in another.
2. A DataObjectFormat for every reference but that to the signed properties (EN 319 132-1, 6.3 k).
3. Identifiers are fixed, not random: they must be unique in their document only, and there is one signature in it.

Sources: XMLDSig 1.1; ETSI EN 319 132-1 V1.3.1, 4.3, 4.4, 5.2.1 (SigningTime), 5.2.2 (SigningCertificateV2), 6.3 (B-B).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from signing.canonical import canonical_part
from signing.keys import Signer
from signing.names import DS, SIGNED_PROPERTIES_TYPE, XADES, ds, xades
from signing.policy import Canonicalization, DigestAlgorithm

SIGNATURE_ID: Final = "S0"
PROPERTIES_ID: Final = "S0-SignedProperties"

_DIGEST: Final = DigestAlgorithm.SHA256
_C14N: Final = Canonicalization.EXCLUSIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReference:
    """One thing to sign: what the reference says, and the SHA-256 that was computed by the caller."""

    id: str
    uri: str
    transforms: tuple[str, ...]
    digest: bytes
    mime_type: str


def add_signature(parent: etree._Element, references: Sequence[DataReference], signer: Signer, *, at: datetime) -> None:
    """Append a complete `ds:Signature` to `parent`.

    1. signed properties, in place; 2. SignedInfo over the references and the properties; 3. the value; 4. KeyInfo.
    """
    signature = etree.SubElement(parent, ds("Signature"), nsmap={"ds": DS, "xades": XADES})
    signature.set("Id", SIGNATURE_ID)
    signed_info = etree.SubElement(signature, ds("SignedInfo"))
    value = etree.SubElement(signature, ds("SignatureValue"))
    _add_key_info(signature, (signer.certificate, *signer.chain))
    properties = _add_properties(signature, references, signer.certificate, at)
    _fill_signed_info(signed_info, signer, references, canonical_part(properties, _C14N))
    value.text = _encode(signer.sign(canonical_part(signed_info, _C14N)))


def _fill_signed_info(
    signed_info: etree._Element, signer: Signer, references: Sequence[DataReference], properties: bytes
) -> None:
    etree.SubElement(signed_info, ds("CanonicalizationMethod"), Algorithm=_C14N.value)
    etree.SubElement(signed_info, ds("SignatureMethod"), Algorithm=signer.algorithm.value)
    for reference in references:
        element = etree.SubElement(signed_info, ds("Reference"), Id=reference.id, URI=reference.uri)
        _fill_reference(element, reference.transforms, reference.digest)
    element = etree.SubElement(signed_info, ds("Reference"), Type=SIGNED_PROPERTIES_TYPE, URI=f"#{PROPERTIES_ID}")
    _fill_reference(element, (_C14N.value,), hashlib.sha256(properties).digest())


def _fill_reference(element: etree._Element, transforms: Sequence[str], digest: bytes) -> None:
    if transforms:
        holder = etree.SubElement(element, ds("Transforms"))
        for uri in transforms:
            etree.SubElement(holder, ds("Transform"), Algorithm=uri)
    _add_digest(element, digest)


def _add_digest(parent: etree._Element, digest: bytes) -> None:
    etree.SubElement(parent, ds("DigestMethod"), Algorithm=_DIGEST.value)
    etree.SubElement(parent, ds("DigestValue")).text = _encode(digest)


def _add_key_info(signature: etree._Element, certificates: Sequence[x509.Certificate]) -> None:
    data = etree.SubElement(etree.SubElement(signature, ds("KeyInfo")), ds("X509Data"))
    for certificate in certificates:
        etree.SubElement(data, ds("X509Certificate")).text = _encode(certificate.public_bytes(Encoding.DER))


def _add_properties(
    signature: etree._Element, references: Sequence[DataReference], certificate: x509.Certificate, at: datetime
) -> etree._Element:
    wrapper = etree.SubElement(signature, ds("Object"))
    qualifying = etree.SubElement(wrapper, xades("QualifyingProperties"), Target=f"#{SIGNATURE_ID}")
    signed = etree.SubElement(qualifying, xades("SignedProperties"), Id=PROPERTIES_ID)
    about_signature = etree.SubElement(signed, xades("SignedSignatureProperties"))
    etree.SubElement(about_signature, xades("SigningTime")).text = time_text(at)
    holder = etree.SubElement(about_signature, xades("SigningCertificateV2"))
    cert_digest = etree.SubElement(etree.SubElement(holder, xades("Cert")), xades("CertDigest"))
    _add_digest(cert_digest, hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest())
    about_data = etree.SubElement(signed, xades("SignedDataObjectProperties"))
    for reference in references:
        element = etree.SubElement(about_data, xades("DataObjectFormat"), ObjectReference=f"#{reference.id}")
        etree.SubElement(element, xades("MimeType")).text = reference.mime_type
    return signed


def time_text(at: datetime) -> str:
    """`xs:dateTime` in UTC to the second: verifiers exist that refuse fractions here."""
    if at.tzinfo is None:
        raise ValueError("the signing time must be aware")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
