"""The least work with which each part of a letter's way can be done, on the same libraries as the product.

These functions know their papers beforehand, check no path, admit no second form and refuse nothing politely. They are
a yardstick, not an implementation; `proved` holds them to the product, so that they do not do too little.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from lxml import etree

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_DS: Final = "{http://www.w3.org/2000/09/xmldsig#}"
_XADES: Final = "{http://uri.etsi.org/01903/v1.3.2#}"
_EC: Final = ec.ECDSA(hashes.SHA256())
_RSA: Final = (padding.PKCS1v15(), hashes.SHA256())
_HALF: Final = 32
"""Bytes of r and of s on P-256."""


class Wrong(Exception):
    """Something does not verify."""


def verify_container(signatures: bytes, members: Mapping[str, memoryview], key: PublicKey) -> None:
    """The signature over the members, and every member's digest."""
    _verify(etree.fromstring(signatures)[0], key, members)


def verify_receipt(receipt: bytes, key: PublicKey) -> None:
    """An enveloped signature that is the last child of the root."""
    root = etree.fromstring(receipt)
    signature = root[-1]
    # Canonical form is taken in place, so the properties come before the signature is taken out.
    _verify(signature, key, {})
    stated = signature.findtext(f"{_DS}SignedInfo/{_DS}Reference/{_DS}DigestValue")
    root.remove(signature)
    if _digest(_canonical(root)) != stated:
        raise Wrong("document")


def sign_receipt(evidence: bytes, skeleton: bytes, key: PrivateKey) -> bytes:
    """Evidence with an enveloped signature.

    Args:
        skeleton: an earlier `ds:Signature` by the same key, whose digests and value are put anew.
    """
    root = etree.fromstring(evidence)
    signature = etree.fromstring(skeleton)
    digest = _digest(_canonical(root))
    root.append(signature)
    properties = _one(signature, f".//{_XADES}SignedProperties")
    signed_info = signature[0]
    document, own = signed_info.iterfind(f"{_DS}Reference/{_DS}DigestValue")
    document.text, own.text = digest, _digest(_canonical(properties))
    signature[1].text = base64.b64encode(_sign(key, _canonical(signed_info))).decode()
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def skeleton_of(receipt: bytes) -> bytes:
    signature = etree.fromstring(receipt)[-1]
    signature.tail = None
    return etree.tostring(signature)


def _verify(signature: etree._Element, key: PublicKey, members: Mapping[str, memoryview]) -> None:
    signed_info, value = signature[0], signature[1]
    for reference in signed_info.iterfind(f"{_DS}Reference"):
        uri, stated = reference.get("URI", ""), reference.findtext(f"{_DS}DigestValue")
        if uri.startswith("#"):
            found = _digest(_canonical(_one(signature, f".//{_XADES}SignedProperties")))
        elif uri:
            found = _digest(members[uri])
        else:
            continue
        if found != stated:
            raise Wrong(uri)
    _verify_value(key, _canonical(signed_info), base64.b64decode(value.text or ""))


def _sign(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, *_RSA)
    first, second = decode_dss_signature(key.sign(data, _EC))
    return first.to_bytes(_HALF, "big") + second.to_bytes(_HALF, "big")


def _verify_value(key: PublicKey, data: bytes, value: bytes) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(value, data, *_RSA)
        return
    first, second = int.from_bytes(value[:_HALF], "big"), int.from_bytes(value[_HALF:], "big")
    key.verify(encode_dss_signature(first, second), data, _EC)


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True)


def _digest(data: bytes | memoryview) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _one(parent: etree._Element, path: str) -> etree._Element:
    found = parent.find(path)
    if found is None:
        raise Wrong(path)
    return found
