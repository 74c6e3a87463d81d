"""Unsigned properties of XAdES: time-stamps, certificates and revocation data that stand beside what was signed.

Rules of this file:
1. Nobody signed these elements. What is read here is a set of claims, each of which proves itself or is worth nothing.
2. Three kinds are known (SignatureTimeStamp, CertificateValues, RevocationValues); any other is refused, not skipped.
3. Writing only adds: what was signed, and what stood there before, keeps its octets.

Source: ETSI EN 319 132-1 V1.3.1, 5.3 (SignatureTimeStamp), 5.4.2 (CertificateValues), 5.4.4 (RevocationValues).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from signing.elements import algorithm, all_named, base64_value, children, elements, label, require_attributes
from signing.errors import CertificateUnreadable, SignatureShape
from signing.names import ds, xades
from signing.policy import STANDARD, Canonicalization, SignaturePolicy
from signing.shape import read_canonicalization

VALUES_MAX: Final = 64
"""Values of one kind: more certificates, answers and lists than any path of ours has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationData:
    """Answers and lists as they came (DER); nothing is known about them before a path validator looked at them."""

    ocsp: tuple[bytes, ...] = ()
    """OCSPResponse each."""
    crls: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureStamp:
    """One SignatureTimeStamp: a token over the canonical SignatureValue."""

    canonicalization: Canonicalization
    token: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedProperties:
    stamps: tuple[SignatureStamp, ...] = ()
    certificates: tuple[x509.Certificate, ...] = ()
    revocation: RevocationData = RevocationData()


def read_unsigned(element: etree._Element | None, policy: SignaturePolicy = STANDARD) -> UnsignedProperties:
    """What stands in `xades:UnsignedProperties`; nothing at all, if there is none."""
    if element is None:
        return UnsignedProperties()
    require_attributes(element, {"Id"})
    (holder,) = children(element, [xades("UnsignedSignatureProperties")])
    require_attributes(holder, {"Id"})
    stamps: list[SignatureStamp] = []
    certificates: list[x509.Certificate] = []
    ocsp: list[bytes] = []
    crls: list[bytes] = []
    for child in elements(holder):
        if child.tag == xades("SignatureTimeStamp"):
            stamps.append(_stamp(child, policy))
        elif child.tag == xades("CertificateValues"):
            certificates += [_certificate(one) for one in _values(child, "EncapsulatedX509Certificate")]
        elif child.tag == xades("RevocationValues"):
            _read_revocation(child, ocsp, crls)
        else:
            problem = f"unexpected {label(child.tag)}"
            raise SignatureShape(element="xades:UnsignedSignatureProperties", problem=problem)
    return UnsignedProperties(
        stamps=tuple(stamps),
        certificates=tuple(certificates),
        revocation=RevocationData(ocsp=tuple(ocsp), crls=tuple(crls)),
    )


def add_stamp(qualifying: etree._Element, token: bytes) -> None:
    """A SignatureTimeStamp over the exclusive canonical form, which the token must have been made for."""
    holder = _holder(qualifying)
    number = len(holder.findall(xades("SignatureTimeStamp")))
    element = etree.SubElement(holder, xades("SignatureTimeStamp"), Id=f"S0-TimeStamp{number}")
    etree.SubElement(element, ds("CanonicalizationMethod"), Algorithm=Canonicalization.EXCLUSIVE.value)
    etree.SubElement(element, xades("EncapsulatedTimeStamp")).text = _encode(token)


def add_values(
    qualifying: etree._Element, certificates: Sequence[x509.Certificate], revocation: RevocationData
) -> None:
    """CertificateValues and RevocationValues, each if there is anything to say."""
    holder = _holder(qualifying)
    if certificates:
        values = etree.SubElement(holder, xades("CertificateValues"))
        for certificate in certificates:
            text = _encode(certificate.public_bytes(Encoding.DER))
            etree.SubElement(values, xades("EncapsulatedX509Certificate")).text = text
    if revocation.crls or revocation.ocsp:
        values = etree.SubElement(holder, xades("RevocationValues"))
        _add_list(values, ("CRLValues", "EncapsulatedCRLValue"), revocation.crls)
        _add_list(values, ("OCSPValues", "EncapsulatedOCSPValue"), revocation.ocsp)


def _holder(qualifying: etree._Element) -> etree._Element:
    unsigned = qualifying.find(xades("UnsignedProperties"))
    if unsigned is None:
        unsigned = etree.SubElement(qualifying, xades("UnsignedProperties"))
    holder = unsigned.find(xades("UnsignedSignatureProperties"))
    if holder is None:
        holder = etree.SubElement(unsigned, xades("UnsignedSignatureProperties"))
    return holder


def _add_list(parent: etree._Element, names: tuple[str, str], values: Sequence[bytes]) -> None:
    if values:
        holder = etree.SubElement(parent, xades(names[0]))
        for value in values:
            etree.SubElement(holder, xades(names[1])).text = _encode(value)


def _stamp(element: etree._Element, policy: SignaturePolicy) -> SignatureStamp:
    """Exactly one token, over the signature value alone: no Include, no other reference (5.3, implicit mechanism)."""
    require_attributes(element, {"Id"})
    method, token = children(element, [ds("CanonicalizationMethod"), xades("EncapsulatedTimeStamp")])
    return SignatureStamp(
        canonicalization=read_canonicalization(algorithm(method), policy),
        token=base64_value(token, {"Id", "Encoding"}),
    )


def _values(element: etree._Element, name: str) -> list[bytes]:
    require_attributes(element, {"Id"})
    found = all_named(element, xades(name))
    if not 1 <= len(found) <= VALUES_MAX:
        raise SignatureShape(element=label(element.tag), problem=f"{len(found)} values")
    return [base64_value(one, {"Id", "Encoding"}) for one in found]


def _read_revocation(element: etree._Element, ocsp: list[bytes], crls: list[bytes]) -> None:
    require_attributes(element, {"Id"})
    for child in elements(element):
        if child.tag == xades("CRLValues"):
            crls += _values(child, "EncapsulatedCRLValue")
        elif child.tag == xades("OCSPValues"):
            ocsp += _values(child, "EncapsulatedOCSPValue")
        else:
            raise SignatureShape(element="xades:RevocationValues", problem=f"unexpected {label(child.tag)}")


def _certificate(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except Exception as cause:
        # Whatever cryptography raises, it is no certificate to us.
        raise CertificateUnreadable(where="xades:CertificateValues") from cause


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
