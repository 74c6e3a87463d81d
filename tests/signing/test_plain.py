"""XML of any vocabulary: what other programs signed is accepted, what wraps it is not, and SHA-1 is called old."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from signxml.algorithms import SignatureConstructionMethod
from signxml.signer import XMLSigner

from schemas.gate.refusal import Refusal
from signing.certificates import certificate_pem
from signing.errors import (
    DigestAlgorithmForbidden,
    DigestMismatch,
    KeyForbidden,
    SignatureAlgorithmForbidden,
    SignatureCount,
    SignatureInvalid,
    SignatureMissing,
    SignatureReferences,
    SignatureShape,
    TransformForbidden,
)
from signing.keys import KeyType, LocalSigner
from signing.names import DS, ds
from signing.plain import verify_plain
from signing.xades import sign_enveloped
from tests.judges import require
from tests.signing.pki import AT, TestPki

PKI = TestPki(name="plain")
ORDER = '<Order xmlns="urn:other:order" ID="o1"><Item amount="3">Giấy in</Item></Order>'
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


def private_pem(signer: LocalSigner) -> bytes:
    """For other programs, and for tests that need a key as a file."""
    return signer._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def signer_of(key_type: KeyType) -> LocalSigner:
    return PKI.signer(key_type)


def signed(text: str = ORDER, *, reference: str | None = None, key_type: KeyType = KeyType.RSA2048) -> bytes:
    """By signxml, with an ordinary XMLDSig signature."""
    signer = signer_of(key_type)
    algorithm = "rsa-sha256" if key_type is KeyType.RSA2048 else "ecdsa-sha256"
    maker = XMLSigner(
        method=SignatureConstructionMethod.enveloped, signature_algorithm=algorithm, c14n_algorithm=EXCLUSIVE
    )
    root = maker.sign(
        etree.fromstring(text),
        key=signer._key,
        cert=[certificate_pem(one).decode() for one in (signer.certificate, *signer.chain)],
        reference_uri=reference,
    )
    return etree.tostring(root)


@pytest.mark.parametrize("key_type", [KeyType.RSA2048, KeyType.P256])
@pytest.mark.parametrize("reference", [None, "#o1"])
def test_what_another_program_signed(key_type: KeyType, reference: str | None) -> None:
    verified = verify_plain(signed(reference=reference, key_type=key_type))
    assert verified.root == "{urn:other:order}Order"
    assert verified.old == ()
    assert "Giấy in".encode() in verified.content and b"Signature" not in verified.content
    assert verified.signer.certificate == signer_of(key_type).certificate


def test_our_own_documents_are_taken_too() -> None:
    xml = sign_enveloped(ORDER.replace(' ID="o1"', "").encode(), PKI.signer(KeyType.P256), at=AT)
    assert verify_plain(xml).root == "{urn:other:order}Order"


def test_an_assertion_inside_a_response() -> None:
    """SAML's form: the signature is a child of the element that it covers, somewhere below the root."""
    inner = signed(reference="#o1").decode()
    verified = verify_plain(f'<Response xmlns="urn:other">{inner}</Response>'.encode())
    assert verified.root == "{urn:other:order}Order", "only what was signed is given back"
    assert b"Response" not in verified.content


def test_the_pinned_key_decides() -> None:
    xml = signed()
    assert verify_plain(xml, pinned=signer_of(KeyType.RSA2048).certificate).old == ()
    with pytest.raises(SignatureInvalid):
        verify_plain(xml, pinned=_other_certificate())


def _other_certificate() -> x509.Certificate:
    return TestPki(name="another", root_type=KeyType.RSA2048).anchors.certificates[0]


def _edited(xml: bytes, old: bytes, new: bytes) -> bytes:
    assert xml.count(old) >= 1, old
    return xml.replace(old, new)


def _doubled(xml: bytes) -> bytes:
    root = etree.fromstring(xml)
    (signature,) = root.iter(ds("Signature"))
    root.append(etree.fromstring(etree.tostring(signature)))
    return etree.tostring(root)


def _wrapped(xml: bytes) -> bytes:
    """XSW: the signed element moves into an extension, a forged one of another id takes its place."""
    inner = etree.fromstring(xml)
    outer = etree.fromstring('<Order xmlns="urn:other:order" ID="o2"><Item amount="300">Vàng</Item><Any/></Order>')
    (signature,) = inner.iter(ds("Signature"))
    inner.remove(signature)
    outer[1].append(inner)
    outer.append(signature)
    return etree.tostring(outer)


_METHOD = b'SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"'


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda xml: _edited(xml, b'amount="3"', b'amount="4"'), DigestMismatch),
        (lambda xml: ORDER.encode(), SignatureMissing),
        (_doubled, SignatureCount),
        (lambda xml: _edited(xml, _METHOD, b'SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"'),
         SignatureAlgorithmForbidden),
        (lambda xml: _edited(xml, b'URI="#o1"', b'URI="#o9"'), SignatureReferences),
        (lambda xml: _edited(xml, b'URI="#o1"', b'URI="http://example.com/"'), SignatureReferences),
        (lambda xml: _edited(xml, b"enveloped-signature", b"base64"), TransformForbidden),
        (lambda xml: _edited(xml, b"</ds:KeyInfo>", b"</ds:KeyInfo><ds:Object><x/></ds:Object>"), SignatureShape),
        (lambda xml: _edited(xml, b"xmlenc#sha256", b"xmldsig#md5"), DigestAlgorithmForbidden),
        (_wrapped, SignatureReferences),
    ],
)  # fmt: skip
def test_what_is_not_accepted(change: object, refusal: type[Refusal]) -> None:
    xml = signed(reference="#o1")
    assert verify_plain(xml).root == "{urn:other:order}Order"
    with pytest.raises(refusal):
        verify_plain(change(xml))  # type: ignore[operator]


@pytest.mark.judge
def test_sha1_is_refused_or_called_old(tmp_path: Path) -> None:
    """As the older axis wrote it: RSA with SHA-1, inclusive C14N, the whole document. Signed by xmlsec1."""
    xml = old_packet(tmp_path)
    with pytest.raises((SignatureAlgorithmForbidden, DigestAlgorithmForbidden)):
        verify_plain(xml)
    verified = verify_plain(xml, old=True)
    assert set(verified.old) == {"rsa-sha1", "sha1"}
    with pytest.raises(DigestMismatch):
        verify_plain(xml.replace(b"57/BC", b"58/BC"), old=True)
    with pytest.raises(KeyForbidden):
        verify_plain(xml, pinned=signer_of(KeyType.P256).certificate, old=True)


def old_packet(folder: Path) -> bytes:
    template = f"""<edXMLEnvelope xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><Header><Code>57/BC</Code>
<Signature xmlns="{DS}"><SignedInfo><CanonicalizationMethod Algorithm="{C14N}"/>
<SignatureMethod Algorithm="{DS}rsa-sha1"/><Reference URI=""><Transforms>
<Transform Algorithm="{DS}enveloped-signature"/></Transforms><DigestMethod Algorithm="{DS}sha1"/><DigestValue/>
</Reference></SignedInfo><SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature>
</Header></edXMLEnvelope>"""
    signer = signer_of(KeyType.RSA2048)
    (folder / "t.xml").write_text(template)
    (folder / "c.pem").write_bytes(certificate_pem(signer.certificate))
    (folder / "k.pem").write_bytes(private_pem(signer))
    out = folder / "signed.xml"
    subprocess.run(
        [require("xmlsec1"), "--sign", "--privkey-pem", f"{folder}/k.pem,{folder}/c.pem", "--output", out,
         folder / "t.xml"], check=True, capture_output=True,
    )  # fmt: skip
    return out.read_bytes()


def test_signer_first_whatever_the_order_of_certificates() -> None:
    signer = PKI.signer(KeyType.P256, chained=True)
    xml = sign_enveloped(ORDER.replace(' ID="o1"', "").encode(), signer, at=AT)
    root = etree.fromstring(xml)
    (data,) = root.iter(ds("X509Data"))
    data[:] = reversed(list(data))
    assert verify_plain(etree.tostring(root)).signer.certificate == signer.certificate
