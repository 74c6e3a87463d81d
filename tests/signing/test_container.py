"""Container signatures: what is signed comes back, and nothing else about members can be claimed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from lxml import etree

from schemas.gate.refusal import Refusal
from signing.canonical import canonical_part
from signing.container import SignedMember, sign_members, verify_members, verify_members_unanchored
from signing.errors import CertificateExpired, CertificateUntrusted, MemberName
from signing.keys import KeyType
from signing.names import DS, ds, xades
from signing.policy import Canonicalization
from tests.signing.pki import AT, TestPki
from tests.signing.sealing import MEMBERS, Sealed

_PKI = TestPki()


def _member(name: str) -> SignedMember:
    return SignedMember(name=name, mime_type="application/pdf", sha256="00" * 32)


@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048])
def test_signed_members_come_back(key_type: KeyType) -> None:
    signer = _PKI.signer(key_type, chained=True)
    verified = verify_members(sign_members(MEMBERS, signer, at=AT), _PKI.anchors, at=AT)
    assert verified.members == MEMBERS
    assert verified.signing_time == AT
    assert verified.signer.certificate == signer.certificate


def test_a_thousand_members() -> None:
    members = [_member(f"attachments/{number:04}.pdf") for number in range(1000)]
    assert len(verify_members(sign_members(members, _PKI.signer(), at=AT), _PKI.anchors, at=AT).members) == 1000


def test_unanchored_checks_the_signature_only() -> None:
    xml = sign_members(MEMBERS, _PKI.expired_signer(), at=AT)
    assert verify_members_unanchored(xml).members == MEMBERS
    with pytest.raises(CertificateExpired):
        verify_members(xml, _PKI.anchors, at=AT)
    with pytest.raises(CertificateUntrusted):
        verify_members(sign_members(MEMBERS, _PKI.signer(), at=AT), TestPki(name="khác").anchors, at=AT)


_BAD_NAMES = (
    "",
    "../letter.edxml",
    "attachments/../letter.edxml",
    "/etc/passwd",
    "./letter.edxml",
    "attachments//001.pdf",
    "attachments/",
    "letter%2Eedxml",
    "công-văn.pdf",
    "cong\u0301.pdf",
    "a\\b",
    "C:/x",
    "file:///etc/passwd",
    "http://127.0.0.1/x",
    "cid:letter",
    "letter.edxml?x",
    "letter.edxml#x",
    "META-INF/manifest.xml",
    "meta-inf/manifest.xml",
    "mimetype",
    "a b",
    ".hidden",
    "x" * 256,
)


@pytest.mark.parametrize("name", _BAD_NAMES)
def test_member_names_that_are_refused(name: str) -> None:
    with pytest.raises(MemberName):
        sign_members([_member(name)], _PKI.signer(), at=AT)
    sealed = Sealed.container(_PKI.signer())
    sealed.one(".//ds:Reference").set("URI", name)
    sealed.root = etree.fromstring(sealed.octets())
    with pytest.raises(MemberName):
        verify_members(_seal_keeping_digests(sealed), _PKI.anchors, at=AT)


def _seal_keeping_digests(sealed: Sealed) -> bytes:
    """`Sealed.seal` would take an empty URI for the document; here only the value is made again."""
    octets = canonical_part(sealed.one(".//ds:SignedInfo"), Canonicalization.EXCLUSIVE)
    sealed.one(".//ds:SignatureValue").text = base64.b64encode(sealed.signer.sign(octets)).decode()
    return sealed.octets()


def _set(path: str, name: str, value: str) -> Callable[[Sealed], None]:
    return lambda sealed: sealed.one(path).set(name, value)


def _drop(path: str) -> Callable[[Sealed], None]:
    def change(sealed: Sealed) -> None:
        element = sealed.one(path)
        element.getparent().remove(element)  # type: ignore[union-attr]

    return change


def _member_twice(sealed: Sealed) -> None:
    sealed.one(".//ds:Reference[2]").set("URI", "consignment.xml")


def _transform(sealed: Sealed) -> None:
    holder = etree.Element(ds("Transforms"))
    etree.SubElement(holder, ds("Transform"), Algorithm=Canonicalization.EXCLUSIVE.value)
    sealed.one(".//ds:Reference").insert(0, holder)


def _sha512(sealed: Sealed) -> None:
    reference = sealed.one(".//ds:Reference")
    reference[0].set("Algorithm", "http://www.w3.org/2001/04/xmlenc#sha512")
    reference[1].text = base64.b64encode(hashlib.sha512(b"").digest()).decode()


_SHAPES: dict[str, tuple[str, Callable[[Sealed], object]]] = {
    "member_twice": ("signature.references", _member_twice),
    "member_with_transform": ("algorithm.transform", _transform),
    "member_by_sha512": ("algorithm.digest", _sha512),
    "member_with_type": ("signature.references", _set(".//ds:Reference", "Type", DS + "Manifest")),
    "member_without_id": ("signature.references", lambda s: s.one(".//ds:Reference").attrib.pop("Id")),
    "member_without_format": ("signature.references", _drop(".//xades:DataObjectFormat")),
    "format_of_nothing": ("signature.references", _set(".//xades:DataObjectFormat", "ObjectReference", "#other")),
    "format_twice": ("signature.references", _set(".//xades:DataObjectFormat[2]", "ObjectReference", "#S0-Member0")),
    "format_by_url": ("signature.shape", _set(".//xades:DataObjectFormat", "ObjectReference", "http://x")),
    "properties_not_signed": ("signature.references", _drop(".//ds:Reference[4]")),
    "root_of_another_name": ("signature.location", lambda s: setattr(s.root, "tag", "{urn:x}XAdESSignatures")),
    "root_with_attribute": ("signature.shape", lambda s: s.root.set("x", "1")),
    "root_with_text": ("signature.shape", lambda s: setattr(s.root, "text", "x")),
    "root_with_text_after": ("signature.shape", lambda s: setattr(s.root[0], "tail", "x")),
    "root_with_more": ("signature.location", lambda s: etree.SubElement(s.root, xades("UnsignedProperties"))),
}


@pytest.mark.parametrize("name", _SHAPES)
def test_shapes_that_are_refused(name: str) -> None:
    code, change = _SHAPES[name]
    sealed = Sealed.container(_PKI.signer())
    change(sealed)
    with pytest.raises(Refusal) as refusal:
        verify_members(sealed.seal().octets(), _PKI.anchors, at=AT)
    assert refusal.value.code == code


def test_resealed_is_accepted() -> None:
    assert verify_members(Sealed.container(_PKI.signer()).seal().octets(), _PKI.anchors, at=AT).members == MEMBERS


def test_two_signatures_are_refused() -> None:
    sealed = Sealed.container(_PKI.signer())
    other = Sealed.container(_PKI.signer())
    sealed.root.append(other.signature)
    with pytest.raises(Refusal) as refusal:
        verify_members(sealed.octets().replace(b'Id="S0', b'Id="S1', 2), _PKI.anchors, at=AT)
    assert refusal.value.code in {"gate.duplicate-id", "signature.count"}


def test_digest_of_one_member_for_another() -> None:
    """Nothing is verified against members here, so a swap must show in what comes back, or break the value."""
    sealed = Sealed.container(_PKI.signer())
    first, second = sealed.root.findall(".//{*}Reference")[:2]
    first[1].text, second[1].text = second[1].text, first[1].text
    with pytest.raises(Refusal) as refusal:
        verify_members(sealed.octets(), _PKI.anchors, at=AT)
    assert refusal.value.code == "signature.invalid"


def test_members_to_sign_must_differ() -> None:
    with pytest.raises(ValueError, match="each once"):
        sign_members([_member("a.pdf"), _member("a.pdf")], _PKI.signer(), at=AT)
    with pytest.raises(ValueError, match="each once"):
        sign_members([], _PKI.signer(), at=AT)
