"""Who signed a PDF: a person or an agency, and under what name, without the personal id numbers of the certificate.

Rules of this file:
1. Kinds are told apart by what certificates say of themselves: declared types first, then the identifiers that
   Vietnamese and European authorities write, then the names. What none of them tells is "unknown", never guessed.
2. A personal id number leaves this file masked. Tax codes and agency codes are public and stay.

Sources: ETSI EN 319 412-1 (semantics identifiers), -3 (legal persons), -5 (QcType); UID prefixes as the certificates of
Vietnamese authorities carry them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier


class SignerKind(StrEnum):
    PERSON = "person"
    AGENCY = "agency"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerName:
    """The subject of a certificate, as it may be shown."""

    kind: SignerKind
    name: str
    organization: str = ""
    unit: str = ""
    position: str = ""
    agency_code: str = ""
    """organizationIdentifier, where there is one."""
    identifier: str = ""
    """UID or serial number of the subject, personal ones masked."""


_QC_STATEMENTS: Final = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_QC_TYPES: Final = {
    bytes.fromhex("060704008e46010601"): SignerKind.PERSON,  # 0.4.0.1862.1.6.1, electronic signature
    bytes.fromhex("060704008e46010602"): SignerKind.AGENCY,  # 0.4.0.1862.1.6.2, electronic seal
}

_PERSONAL: Final = re.compile(r"(?:CCCD|CMND|CMT|CCC|CC|HC|HO CHIEU|DDCN|PASSPORT|BHXH)\b|(?:PNO|IDC|PAS|TIN)VN-")
_CORPORATE: Final = re.compile(r"(?:MST|MNS|MSDN|MSDVQHNS|MQHNS|MDD|MADD|GPKD|DKKD)\b|(?:VAT|NTR)VN-")
_AGENCY_WORDS: Final = (
    "ubnd", "uy ban", "hdnd", "hoi dong", "so ", "bo ", "cuc ", "chi cuc", "tong cuc", "vu ", "van phong", "ban ",
    "thanh tra", "trung tam", "truong ", "benh vien", "cong ty", "tap doan", "tong cong ty", "ngan hang", "vien ",
    "phong ", "chinh phu", "quoc hoi", "tinh ", "huyen ", "xa ", "phuong ", "thanh pho", "thi xa", "dac khu", "quan ",
    "doan dai bieu", "toa an", "kho bac", "bao hiem", "cong an", "kiem toan", "tinh uy", "huyen uy", "mat tran", "hoi ",
)  # fmt: skip
_DIGITS: Final = re.compile(r"\d(?:[ .\-]?\d){8,}")
"""Nine digits and more: old and new identity cards have nine and twelve."""
_SHOWN: Final = 3
_TEXT_MAX: Final = 200


def signer_name(certificate: x509.Certificate) -> SignerName:
    kind = signer_kind(certificate)
    subject = certificate.subject
    identifier = _first(subject, NameOID.USER_ID) or _first(subject, NameOID.SERIAL_NUMBER)
    return SignerName(
        kind=kind,
        name=masked_digits(_first(subject, NameOID.COMMON_NAME)),
        organization=masked_digits(_first(subject, NameOID.ORGANIZATION_NAME)),
        unit=masked_digits(_first(subject, NameOID.ORGANIZATIONAL_UNIT_NAME)),
        position=masked_digits(_first(subject, NameOID.TITLE)),
        agency_code=_first(subject, NameOID.ORGANIZATION_IDENTIFIER),
        identifier=identifier if _CORPORATE.match(_fold(identifier)) else masked_digits(identifier, least=4),
    )


def signer_kind(certificate: x509.Certificate) -> SignerKind:
    """(1) declared type  (2) identifiers  (3) attributes that only one of them has  (4) the name."""
    declared = _declared(certificate)
    if declared is not None:
        return declared
    subject = certificate.subject
    for identifier in (_first(subject, NameOID.USER_ID), _first(subject, NameOID.SERIAL_NUMBER)):
        if _PERSONAL.match(_fold(identifier)):
            return SignerKind.PERSON
        if _CORPORATE.match(_fold(identifier)):
            return SignerKind.AGENCY
    if _first(subject, NameOID.ORGANIZATION_IDENTIFIER):
        return SignerKind.AGENCY
    if any(_first(subject, oid) for oid in (NameOID.GIVEN_NAME, NameOID.SURNAME, NameOID.TITLE)):
        return SignerKind.PERSON
    name = _first(subject, NameOID.COMMON_NAME).lower()
    organization = _first(subject, NameOID.ORGANIZATION_NAME).lower()
    plain = _fold(name).lower()
    if (name and name == organization) or plain.startswith(_AGENCY_WORDS):
        return SignerKind.AGENCY
    return SignerKind.UNKNOWN


def masked_digits(text: str, *, least: int = 9) -> str:
    """Runs of digits that could be an identity number, but for their last three."""
    pattern = _DIGITS if least == 9 else re.compile(rf"\d(?:[ .\-]?\d){{{least - 1},}}")
    return pattern.sub(lambda found: "*" * (len(found[0]) - _SHOWN) + found[0][-_SHOWN:], text)


def _declared(certificate: x509.Certificate) -> SignerKind | None:
    """The QcType that the authority wrote (EN 319 412-5, 4.2.3); found by its encoding, whatever is around it."""
    try:
        extension = certificate.extensions.get_extension_for_oid(_QC_STATEMENTS).value
    except (x509.ExtensionNotFound, ValueError):
        return None
    raw = extension.value if isinstance(extension, x509.UnrecognizedExtension) else b""
    return next((kind for encoded, kind in _QC_TYPES.items() if encoded in raw), None)


def _first(name: x509.Name, oid: ObjectIdentifier) -> str:
    for attribute in name.get_attributes_for_oid(oid):
        value = attribute.value
        return value[:_TEXT_MAX].strip() if isinstance(value, str) else ""
    return ""


def _fold(text: str) -> str:
    """Upper case without marks, so that `CMND:…`, `cmnd …` and `Hộ chiếu` are one."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(one for one in plain if not unicodedata.combining(one)).upper()
