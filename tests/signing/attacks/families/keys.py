"""Another key than the signer's: the public key as a secret, and certificates that look like his."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from signing.certificates import CertificateUse, Issuance, Subject, issue, new_root
from signing.keys import KeyType, LocalSigner
from signing.names import ds
from tests.signing.attacks.families.base import PKI, Case, honest, signed, signer
from tests.signing.pki import AT, key
from tests.signing.sealing import Sealed

_SECRETS: dict[str, Callable[[], bytes]] = {
    "certificate-pem": lambda: signer().certificate.public_bytes(Encoding.PEM),
    "certificate-der": lambda: signer().certificate.public_bytes(Encoding.DER),
    "key-pem": lambda: signer().certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "key-der": lambda: signer().certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
}
_LIKENESSES = ("same-subject", "same-subject-and-serial", "same-subject-serial-and-issuer")
_WAYS = ("instead", "first", "last", "instead-and-named")


def cases(style: str) -> Iterator[Case]:
    for secret, give in _SECRETS.items():
        for bits in (256, 384, 512):
            yield Case(
                family="hmac-with-public-key",
                place=f"{secret}-sha{bits}",
                style=style,
                code="algorithm.signature",
                make=_confused(style, give, bits),
                twin=lambda: honest(style).seal().octets(),
            )
    for likeness in _LIKENESSES:
        for way in _WAYS:
            yield Case(
                family="certificate-that-looks-alike",
                place=f"{likeness}-{way}",
                style=style,
                code=_CODES[way],
                make=_alike(style, likeness, way),
                twin=lambda: signed(style),
            )


_CODES = {
    "instead": "signature.signing-certificate",
    "first": "signature.signing-certificate",
    "last": "signature.invalid",
    "instead-and-named": "certificate.untrusted",
}
"""The signed properties name the certificate by digest. Behind the signer's own it is only an intermediate nobody
needs, and the attacker's signature does not verify; named by the attacker himself, nobody vouches for it."""


def _confused(style: str, secret: Callable[[], bytes], bits: int) -> Callable[[], bytes]:
    def make() -> bytes:
        sealed = honest(style)
        sealed.one(".//ds:SignatureMethod").set("Algorithm", f"http://www.w3.org/2001/04/xmldsig-more#hmac-sha{bits}")
        return sealed.seal(sign=lambda data: hmac.new(secret(), data, f"sha{bits}").digest()).octets()

    return make


@cache
def look_alike(likeness: str) -> LocalSigner:
    """An attacker's own authority issues a certificate that a person reads as the agency's."""
    theirs = signer().certificate
    same_issuer = likeness == _LIKENESSES[2]
    root = new_root(
        key(KeyType.P256, "attacker's root"),
        subject=Subject(common_name=f"Gốc thử nghiệm {PKI.name}" if same_issuer else "Gốc lạ"),
        issuance=replace(PKI.next_issuance(), serial=1),
    )
    serial = theirs.serial_number if likeness != _LIKENESSES[0] else 9_999
    issuance = Issuance(serial=serial, not_before=theirs.not_valid_before_utc, not_after=theirs.not_valid_after_utc)
    private = key(KeyType.P256, "attacker")
    subject = Subject(
        common_name="UBND thành phố Tuy Hòa", organization="UBND tỉnh Phú Yên", agency_code="000.01.32.H45"
    )
    made = issue(root, private.public_key(), subject=subject, use=CertificateUse.SEAL, issuance=issuance)
    assert made.subject == theirs.subject
    assert made.not_valid_after_utc > AT
    return LocalSigner(private, made)


def _alike(style: str, likeness: str, way: str) -> Callable[[], bytes]:
    def make() -> bytes:
        sealed = honest(style)
        attacker = look_alike(likeness)
        der = attacker.certificate.public_bytes(Encoding.DER)
        data = sealed.one(".//ds:X509Data")
        if way == "instead-and-named":
            sealed.use_certificate(attacker)
        elif way == "instead":
            data[0].text = base64.b64encode(der).decode()
        else:
            _enclose(sealed, der, at=0 if way == "first" else len(data))
        return sealed.seal(attacker).octets()

    return make


def _enclose(sealed: Sealed, der: bytes, *, at: int) -> None:
    certificate = etree.Element(ds("X509Certificate"))
    certificate.text = base64.b64encode(der).decode()
    sealed.one(".//ds:X509Data").insert(at, certificate)
