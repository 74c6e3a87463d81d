"""Every form of a good signature: prefix style, canonicalization, how it is named, shape of the document."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from signing.canonical import canonical_document, canonical_part, detach, parse
from signing.keys import KeyType, LocalSigner
from signing.names import ds
from signing.policy import ENVELOPED, Canonicalization, SignatureAlgorithm
from signing.xades import sign_enveloped
from tests.signing.foreign import template
from tests.signing.pki import AT, TestPki
from tests.signing.sealing import DOCUMENTS, NAMESPACES

ALGORITHMS = {
    SignatureAlgorithm.RSA_SHA256: KeyType.RSA2048,
    SignatureAlgorithm.PSS_SHA256: KeyType.RSA2048,
    SignatureAlgorithm.ECDSA_SHA256: KeyType.P256,
    SignatureAlgorithm.ECDSA_SHA384: KeyType.P384,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    default_namespace: bool
    method: Canonicalization
    implied: bool
    """References name no canonicalization, which then is C14N 1.0 (XMLDSig 1.1, 4.4.3.2)."""
    shape: str

    def __str__(self) -> str:
        style = "default" if self.default_namespace else "prefix"
        return f"{style}-{self.method.name.lower()}-{'implied' if self.implied else 'named'}-{self.shape}"


def cells() -> Iterator[Cell]:
    for default_namespace in (False, True):
        for method in Canonicalization:
            for implied in (False, True):
                for shape in DOCUMENTS:
                    yield Cell(default_namespace=default_namespace, method=method, implied=implied, shape=shape)


def empty(cell: Cell, signer: LocalSigner) -> bytes:
    """The signed document of the cell with its digests and its value left out."""
    return empty_of(sign_enveloped(DOCUMENTS[cell.shape], signer, at=AT), cell)


def empty_of(xml: bytes, cell: Cell) -> bytes:
    """Any signed document in the form of the cell, whatever its shape."""
    root = etree.fromstring(template(xml, cell.method, default_namespace=cell.default_namespace))
    if cell.implied:
        for holder in list(root.iter(ds("Transforms"))):
            _drop_method(holder)
    return etree.tostring(root)


def fill(octets: bytes, signer: LocalSigner) -> bytes:
    """Digests and value by our own canonicalization and keys: a form that our signer would not write."""
    root = parse(octets)
    for reference in root.iter(ds("Reference")):
        data = _referenced(root, reference)
        value = reference.find("ds:DigestValue", NAMESPACES)
        assert value is not None
        value.text = base64.b64encode(hashlib.sha256(data).digest()).decode()
    (info,) = root.iter(ds("SignedInfo"))
    (method,) = root.iter(ds("CanonicalizationMethod"))
    (value,) = root.iter(ds("SignatureValue"))
    signed = canonical_part(info, Canonicalization(method.get("Algorithm", "")))
    value.text = base64.b64encode(signer.sign(signed)).decode()
    return etree.tostring(root)


def signers(pki: TestPki) -> dict[SignatureAlgorithm, LocalSigner]:
    return {algorithm: pki.signer(key_type, algorithm=algorithm) for algorithm, key_type in ALGORITHMS.items()}


def _drop_method(holder: etree._Element) -> None:
    for transform in list(holder):
        if transform.get("Algorithm") != ENVELOPED:
            holder.remove(transform)
    parent = holder.getparent()
    if not len(holder) and parent is not None:
        parent.remove(holder)


def _referenced(root: etree._Element, reference: etree._Element) -> bytes:
    uris = [transform.get("Algorithm", "") for transform in reference.iter(ds("Transform"))]
    named = uris and uris[-1] != ENVELOPED
    method = Canonicalization(uris[-1]) if named else Canonicalization.INCLUSIVE
    uri = reference.get("URI", "")
    if uri:
        part = next(each for each in root.iter() if uri == f"#{each.get('Id')}")
        return canonical_part(part, method)
    copy = parse(etree.tostring(root))
    detach(next(copy.iter(ds("Signature"))))
    return canonical_document(copy, method)
