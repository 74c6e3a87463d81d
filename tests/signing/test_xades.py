"""Documents that carry their signature: what comes back, and that it is what was signed."""

from __future__ import annotations

import random
from datetime import timedelta, timezone
from xml.etree import ElementTree

import pytest
from lxml import etree

from schemas.gate.refusal import Refusal
from signing.errors import (
    AlreadySigned,
    CanonicalizationForbidden,
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUntrusted,
    TransformForbidden,
)
from signing.keys import KeyType
from signing.policy import ENVELOPED, STRICT, Canonicalization, SignatureAlgorithm, SignaturePolicy
from signing.xades import sign_enveloped, verify_enveloped, verify_enveloped_unanchored
from tests.signing.pki import AT, TestPki
from tests.signing.sealing import DOCUMENTS, Sealed

_PKI = TestPki()


@pytest.mark.parametrize("style", DOCUMENTS)
@pytest.mark.parametrize("chained", [False, True], ids=["direct", "chained"])
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048, KeyType.RSA3072])
def test_what_was_signed_comes_back(key_type: KeyType, chained: bool, style: str) -> None:
    signer = _PKI.signer(key_type, chained=chained)
    verified = verify_enveloped(sign_enveloped(DOCUMENTS[style], signer, at=AT), _PKI.anchors, at=AT, policy=STRICT)
    expected = etree.tostring(etree.fromstring(DOCUMENTS[style]), method="c14n", exclusive=True)
    assert verified.content == expected
    assert etree.tostring(verified.root, method="c14n", exclusive=True) == expected
    assert verified.signer.certificate == signer.certificate
    assert verified.signer.intermediates == signer.chain
    assert verified.signing_time == AT


def test_two_parsers_read_the_same() -> None:
    """What is verified is what is used, also by a program with another parser (CVE-2025-25291, ruby-saml)."""
    verified = verify_enveloped(sign_enveloped(DOCUMENTS["deep"], _PKI.signer(), at=AT), _PKI.anchors, at=AT)
    other = ElementTree.fromstring(verified.content)  # noqa: S314  content that has passed the gate
    ours = [(element.tag, element.text, sorted(element.items())) for element in verified.root.iter()]
    assert [(element.tag, element.text, sorted(element.items())) for element in other.iter()] == ours


def test_form_is_stable() -> None:
    """The written form is a promise: exclusive C14N with its Transform spelled out, UTF-8, no white space added."""
    text = sign_enveloped(DOCUMENTS["plain"], _PKI.signer(), at=AT).decode("utf-8")
    assert text.startswith("<?xml version='1.0' encoding='UTF-8'?>\n<Evidence ")
    assert text.endswith("</ds:Object></ds:Signature></Evidence>")
    assert text.count("<ds:Reference ") == 2
    assert text.count(f'<ds:Transform Algorithm="{Canonicalization.EXCLUSIVE}"/>') == 2
    assert "<xades:SigningTime>2026-11-22T01:02:03Z</xades:SigningTime>" in text


def test_signing_time_is_written_in_utc() -> None:
    xml = sign_enveloped(DOCUMENTS["plain"], _PKI.signer(), at=AT.astimezone(timezone(timedelta(hours=7))))
    assert b"<xades:SigningTime>2026-11-22T01:02:03Z<" in xml
    assert verify_enveloped_unanchored(xml).signing_time == AT
    with pytest.raises(ValueError, match="aware"):
        sign_enveloped(DOCUMENTS["plain"], _PKI.signer(), at=AT.replace(tzinfo=None))
    with pytest.raises(ValueError, match="aware"):
        verify_enveloped(xml, _PKI.anchors, at=AT.replace(tzinfo=None))


def test_time_decides() -> None:
    signer = _PKI.signer()
    xml = sign_enveloped(DOCUMENTS["plain"], signer, at=AT)
    verify_enveloped(xml, _PKI.anchors, at=signer.certificate.not_valid_before_utc)
    verify_enveloped(xml, _PKI.anchors, at=signer.certificate.not_valid_after_utc)
    with pytest.raises(CertificateNotYetValid):
        verify_enveloped(xml, _PKI.anchors, at=signer.certificate.not_valid_before_utc - timedelta(seconds=1))
    with pytest.raises(CertificateExpired):
        verify_enveloped(xml, _PKI.anchors, at=signer.certificate.not_valid_after_utc + timedelta(seconds=1))


def test_unanchored_checks_the_signature_only() -> None:
    xml = sign_enveloped(DOCUMENTS["plain"], _PKI.signer(), at=AT)
    verify_enveloped_unanchored(xml)
    with pytest.raises(CertificateUntrusted):
        verify_enveloped(xml, TestPki(name="khác").anchors, at=AT)


def test_a_signed_document_is_not_signed_again() -> None:
    signer = _PKI.signer()
    with pytest.raises(AlreadySigned):
        sign_enveloped(sign_enveloped(DOCUMENTS["plain"], signer, at=AT), signer, at=AT)


@pytest.mark.parametrize("method", [Canonicalization.INCLUSIVE, Canonicalization.INCLUSIVE_11])
def test_inclusive_form_is_read_where_policy_lists_it(method: Canonicalization) -> None:
    sealed = Sealed.document(_PKI.signer(), "prefixed")
    for element in sealed.root.iter("{*}Transform", "{*}CanonicalizationMethod"):
        if element.get("Algorithm") == Canonicalization.EXCLUSIVE:
            element.set("Algorithm", method.value)
    xml = sealed.seal(method=method).octets()
    verify_enveloped(xml, _PKI.anchors, at=AT)
    with pytest.raises(CanonicalizationForbidden):
        verify_enveloped(xml, _PKI.anchors, at=AT, policy=STRICT)


def test_policy_is_data() -> None:
    xml = sign_enveloped(DOCUMENTS["plain"], _PKI.signer(KeyType.RSA2048), at=AT)
    refusing = {
        "algorithm.signature": SignaturePolicy(signature_algorithms=frozenset({SignatureAlgorithm.ECDSA_SHA256})),
        "algorithm.digest": SignaturePolicy(digest_algorithms=frozenset()),
        "algorithm.canonicalization": SignaturePolicy(canonicalizations=frozenset()),
        "algorithm.key": SignaturePolicy(rsa_bits_min=3072),
    }
    for code, policy in refusing.items():
        with pytest.raises(Refusal) as refusal:
            verify_enveloped(xml, _PKI.anchors, at=AT, policy=policy)
        assert refusal.value.code == code


def test_a_document_without_canonicalization_is_read_only_where_implied() -> None:
    sealed = Sealed.document(_PKI.signer(), "plain")
    sealed.transforms(ENVELOPED)
    xml = sealed.seal().octets()
    verify_enveloped(xml, _PKI.anchors, at=AT)
    with pytest.raises(TransformForbidden):
        verify_enveloped(xml, _PKI.anchors, at=AT, policy=SignaturePolicy(implied_canonicalization=False))


def _mutant(octets: bytes, rng: random.Random) -> bytes:
    """A few octets replaced, removed, doubled or moved."""
    data = bytearray(octets)
    for _ in range(rng.randint(1, 3)):
        start, size = rng.randrange(len(data)), rng.randint(1, 12)
        piece = data[start : start + size]
        match rng.randrange(5):
            case 0:
                data[start] = rng.randrange(256)
            case 1:
                del data[start : start + size]
            case 2:
                data[start:start] = piece
            case 3:
                data[rng.randrange(len(data)) :][:0] = piece
            case _:
                data[start] ^= 1 << rng.randrange(8)
    return bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_no_mutant_is_accepted_with_other_content(seed: int) -> None:
    """Each mutant is refused with a refusal of ours, or says what the original says; no other exception comes out."""
    rng = random.Random(seed)
    original = sign_enveloped(DOCUMENTS["prefixed"], _PKI.signer(), at=AT)
    content = verify_enveloped(original, _PKI.anchors, at=AT).content
    refused = 0
    for _ in range(400):
        try:
            verified = verify_enveloped(_mutant(original, rng), _PKI.anchors, at=AT)
        except Refusal:
            refused += 1
        else:
            assert verified.content == content
    assert refused > 300
