"""Signatures made by other programs are accepted: xmlsec1 and the JDK fill templates of our form, signxml its own.

Both prefix styles, all three canonicalizations: the default-namespace style with inclusive canonicalization is what
.NET and the older national axis write, and what a careless use of lxml refuses (facts in signing/canonical.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.xades.xades import XAdESSigner

from schemas.gate.refusal import Refusal
from signing import verifier
from signing.canonical import canonical_part
from signing.container import sign_members, verify_members
from signing.errors import CanonicalizationForbidden, SignatureInvalid, TransformForbidden
from signing.keys import KeyType, LocalSigner, private_pem
from signing.names import DS, XADES, ds, xades
from signing.policy import STRICT, Canonicalization, SignatureAlgorithm
from signing.xades import sign_enveloped, verify_enveloped
from tests.judges import jdk_sign, xmlsec1_sign
from tests.signing.foreign import key_files, template
from tests.signing.pki import AT, TestPki, key
from tests.signing.sealing import CONTENTS, DOCUMENTS, MEMBERS, NAMESPACES

pytestmark = pytest.mark.judge

_PKI = TestPki()
_KEYS = [KeyType.P256, KeyType.P384, KeyType.RSA2048]


@pytest.mark.parametrize("style", DOCUMENTS)
@pytest.mark.parametrize("default_namespace", [False, True], ids=["prefix", "default-namespace"])
@pytest.mark.parametrize("method", Canonicalization, ids=lambda method: method.name.lower())
@pytest.mark.parametrize("key_type", _KEYS)
def test_documents_signed_by_xmlsec1(
    key_type: KeyType, method: Canonicalization, default_namespace: bool, style: str, tmp_path: Path
) -> None:
    signer = _PKI.signer(key_type, chained=style == "deep")
    xml = sign_enveloped(DOCUMENTS[style], signer, at=AT)
    empty, out = tmp_path / "template.xml", tmp_path / "signed.xml"
    empty.write_bytes(template(xml, method, default_namespace=default_namespace))
    xmlsec1_sign(empty, out, key_files(tmp_path, signer, private_pem(key(key_type, "agency"), None)))
    verified = verify_enveloped(out.read_bytes(), _PKI.anchors, at=AT)
    assert verified.signer.certificate == signer.certificate
    assert verified.root.findtext(".//{*}To") == "000.00.00.H45" if style != "deep" else "H45"
    with pytest.raises(Refusal) as refusal:
        verify_enveloped(out.read_bytes().replace(b"H45<", b"H49<", 1), _PKI.anchors, at=AT)
    assert refusal.value.code == "signature.digest"


@pytest.mark.parametrize("method", Canonicalization, ids=lambda method: method.name.lower())
def test_containers_signed_by_xmlsec1(method: Canonicalization, tmp_path: Path) -> None:
    signer = _PKI.signer(chained=True)
    for name, content in CONTENTS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    empty, out = tmp_path / "template.xml", tmp_path / "signatures0.xml"
    empty.write_bytes(template(sign_members(MEMBERS, signer, at=AT), method, default_namespace=True))
    files = key_files(tmp_path, signer, private_pem(key(KeyType.P256, "agency"), None))
    xmlsec1_sign(empty, out, files, folder=tmp_path)
    assert verify_members(out.read_bytes(), _PKI.anchors, at=AT).members == MEMBERS


def _qualifying_properties(xml: bytes) -> bytes:
    """The properties alone, with namespaces of their own."""
    found = etree.fromstring(xml).find(".//xades:QualifyingProperties", NAMESPACES)
    alone = etree.Element(xades("QualifyingProperties"), nsmap={"xades": XADES, "ds": DS})
    assert found is not None
    alone.set("Target", found.get("Target", ""))
    alone.extend(list(found))
    return etree.tostring(alone)


def _jdk_key_store(folder: Path, signer: LocalSigner, key_type: KeyType) -> Path:
    store = folder / "key.p12"
    encryption = BestAvailableEncryption(b"matkhau")
    chain = list(signer.chain)
    store.write_bytes(
        pkcs12.serialize_key_and_certificates(b"axis", key(key_type, "agency"), signer.certificate, chain, encryption)
    )
    return store


@pytest.mark.parametrize(
    ("key_type", "algorithm", "method"),
    [
        (KeyType.P256, SignatureAlgorithm.ECDSA_SHA256, Canonicalization.EXCLUSIVE),
        (KeyType.P384, SignatureAlgorithm.ECDSA_SHA384, Canonicalization.INCLUSIVE),
        (KeyType.RSA2048, SignatureAlgorithm.RSA_SHA256, Canonicalization.INCLUSIVE_11),
        (KeyType.RSA2048, SignatureAlgorithm.RSA_SHA512, Canonicalization.INCLUSIVE),
        (KeyType.RSA2048, SignatureAlgorithm.PSS_SHA256, Canonicalization.EXCLUSIVE),
    ],
)
def test_documents_signed_by_the_jdk(
    key_type: KeyType, algorithm: SignatureAlgorithm, method: Canonicalization, tmp_path: Path
) -> None:
    signer = _PKI.signer(key_type, chained=True)
    document, properties, out = tmp_path / "document.xml", tmp_path / "properties.xml", tmp_path / "signed.xml"
    document.write_bytes(DOCUMENTS["prefixed"])
    properties.write_bytes(_qualifying_properties(sign_enveloped(DOCUMENTS["prefixed"], signer, at=AT)))
    jdk_sign(
        pkcs12=_jdk_key_store(tmp_path, signer, key_type),
        passphrase="matkhau",
        out=out,
        document=document,
        properties=properties,
        algorithm=algorithm.value,
        canonicalization=method.value,
    )
    verified = verify_enveloped(out.read_bytes(), _PKI.anchors, at=AT)
    assert verified.root.findtext("{*}To") == "000.00.00.H45"
    assert verified.signer.intermediates == signer.chain


def test_containers_signed_by_the_jdk(tmp_path: Path) -> None:
    signer = _PKI.signer(KeyType.P256, chained=True)
    for name, content in CONTENTS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    document, properties, out = tmp_path / "empty.xml", tmp_path / "properties.xml", tmp_path / "signatures0.xml"
    document.write_bytes(b'<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"/>')
    properties.write_bytes(_qualifying_properties(sign_members(MEMBERS, signer, at=AT)))
    jdk_sign(
        pkcs12=_jdk_key_store(tmp_path, signer, KeyType.P256),
        passphrase="matkhau",
        out=out,
        document=document,
        properties=properties,
        algorithm=SignatureAlgorithm.ECDSA_SHA256.value,
        canonicalization=Canonicalization.INCLUSIVE.value,
        members=[member.name for member in MEMBERS],
    )
    assert verify_members(out.read_bytes(), _PKI.anchors, at=AT).members == MEMBERS


def _signed_by_signxml(method: CanonicalizationMethod, signer: LocalSigner, key_type: KeyType) -> bytes:
    """signxml's XAdES: three references (KeyInfo too), no transforms on the two inner ones."""
    maker = XAdESSigner(c14n_algorithm=method, signature_algorithm=signer.algorithm.name.lower().replace("_", "-"))
    signed = maker.sign(
        etree.fromstring(DOCUMENTS["prefixed"]),
        key=private_pem(key(key_type, "agency"), None),
        cert=[signer.certificate, *signer.chain],
        always_add_key_value=False,
    )
    return etree.tostring(signed)


@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.RSA2048])
def test_documents_signed_by_signxml(key_type: KeyType) -> None:
    signer = _PKI.signer(key_type, chained=True)
    xml = _signed_by_signxml(CanonicalizationMethod.CANONICAL_XML_1_0, signer, key_type)
    verified = verify_enveloped(xml, _PKI.anchors, at=AT)
    assert verified.root.findtext("{*}To") == "000.00.00.H45"
    with pytest.raises(CanonicalizationForbidden):
        verify_enveloped(xml, _PKI.anchors, at=AT, policy=STRICT)


def test_signxml_with_exclusive_canonicalization_is_refused_by_us_as_by_all() -> None:
    """signxml digests its own parts exclusively and says nothing of it; XMLDSig 1.1, 4.4.3.2 then means C14N 1.0."""
    signer = _PKI.signer()
    xml = _signed_by_signxml(CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0, signer, KeyType.P256)
    with pytest.raises(Refusal) as refusal:
        verify_enveloped(xml, _PKI.anchors, at=AT)
    assert refusal.value.code == "signature.digest"
    with pytest.raises(TransformForbidden):
        verify_enveloped(xml, _PKI.anchors, at=AT, policy=STRICT)


def test_careless_canonicalization_would_refuse_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why signing/canonical.py re-reads a part before canonicalising it: lxml invents xmlns="" in place."""
    signer = _PKI.signer()
    empty, out = tmp_path / "template.xml", tmp_path / "signed.xml"
    xml = sign_enveloped(DOCUMENTS["plain"], signer, at=AT)
    empty.write_bytes(template(xml, Canonicalization.INCLUSIVE, default_namespace=True))
    xmlsec1_sign(empty, out, key_files(tmp_path, signer, private_pem(key(KeyType.P256, "agency"), None)))
    root = etree.fromstring(out.read_bytes())
    signed_info = next(root.iter(ds("SignedInfo")))
    careless = etree.tostring(signed_info, method="c14n")
    assert b'xmlns=""' in careless
    assert b'xmlns=""' not in canonical_part(signed_info, Canonicalization.INCLUSIVE)
    verify_enveloped(out.read_bytes(), _PKI.anchors, at=AT)
    monkeypatch.setattr(verifier, "canonical_part", lambda part, method: etree.tostring(part, method="c14n"))
    with pytest.raises(SignatureInvalid):
        verify_enveloped(out.read_bytes(), _PKI.anchors, at=AT)
