"""Certificates: who they are for, and paths from a seal to a known root."""

from __future__ import annotations

import re
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from .common import Untrusted, need

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
SEALING = {
    x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # document signing
    x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # the same, of Microsoft
    x509.ObjectIdentifier("1.2.840.113583.1.1.5"),  # the same, of Adobe
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
}
UNDERSTOOD = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.CertificatePolicies,
)
LONGEST_PATH = 6
"""Certificates between seal and root, the seal's own among them."""


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def issuer_serial(certificate: x509.Certificate) -> bytes:
    """IssuerSerial of RFC 5035 in DER: SEQUENCE { SEQUENCE { [4] issuer }, INTEGER serial }."""
    serial = certificate.serial_number
    names = _tlv(0x30, _tlv(0xA4, certificate.issuer.public_bytes()))
    return _tlv(0x30, names + _tlv(0x02, serial.to_bytes(serial.bit_length() // 8 + 1, "big")))


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    size = (length.bit_length() + 7) // 8
    long = bytes([0x80 | size]) + length.to_bytes(size, "big")
    return bytes([tag]) + (bytes([length]) if length < 0x80 else long) + content


def from_pem(text: str) -> list[x509.Certificate]:
    """All of them, in their order."""
    return [x509.load_pem_x509_certificate(each.encode()) for each in PEM.findall(text)]


def attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str | None:
    """The value of a subject attribute, if there is exactly one."""
    values = certificate.subject.get_attributes_for_oid(oid)
    return str(values[0].value) if len(values) == 1 else None


def check_seal_path(chain: list[x509.Certificate], anchors: list[x509.Certificate], at: datetime) -> None:
    """May this certificate seal, and does a path lead from it to a known root?"""
    try:
        for extension in (each for certificate in chain for each in certificate.extensions):
            need(not extension.critical or isinstance(extension.value, UNDERSTOOD), "unknown critical extension")
        seal = chain[0].extensions
        purposes = {p for each in seal if isinstance(each.value, x509.ExtendedKeyUsage) for p in each.value}
        usages = [each.value for each in seal if isinstance(each.value, x509.KeyUsage)]
    except ValueError as error:
        raise Untrusted(f"unreadable certificate: {error}") from error
    need(_authority(chain[0]) is None, "an authority's certificate never seals")
    need(usages and (usages[0].digital_signature or usages[0].content_commitment), "key usage does not allow sealing")
    need(not purposes or purposes & SEALING, "a certificate for something else than sealing")
    need(_leads(chain, anchors, at, 1), "no path from the seal to a known root")


def _leads(chain: list[x509.Certificate], anchors: list[x509.Certificate], at: datetime, depth: int) -> bool:
    certificate, *others = chain
    if depth > LONGEST_PATH or not _valid(certificate, at):
        return False
    if any(_issued(certificate, root, depth) and _valid(root, at) for root in anchors):
        return True
    return any(
        _leads([issuer, *others[:index], *others[index + 1 :]], anchors, at, depth + 1)
        for index, issuer in enumerate(others)
        if _issued(certificate, issuer, depth)
    )


def _valid(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _issued(certificate: x509.Certificate, issuer: x509.Certificate, depth: int) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    constraints = _authority(issuer)
    if constraints is None:
        return False
    return constraints.path_length is None or constraints.path_length >= depth - 1


def _authority(certificate: x509.Certificate) -> x509.BasicConstraints | None:
    """Its constraints, if it may issue certificates."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return constraints if constraints.ca and usage.key_cert_sign else None
