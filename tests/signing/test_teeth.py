"""Each rule earns its place: with the rule switched off, a vector that it stops gets through.

A suite of refusals proves little if another rule, or an accident, does the refusing. Here one rule at a time is taken
away, and the attack that belongs to it must then be accepted.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from schemas.gate.refusal import Refusal
from signing import elements, primitives, shape, trust, verifier, xades
from signing.certificates import CertificateUse
from signing.keys import KeyType
from signing.names import ds
from signing.policy import STANDARD, Canonicalization
from signing.xades import verify_enveloped
from tests.signing.attacks import Scene, all_attacks
from tests.signing.attacks.scene import recode
from tests.signing.pki import AT, TestPki, key
from tests.signing.sealing import Sealed

_PKI = TestPki()
_ATTACKS = {attack.name: attack for attack in all_attacks()}

Off = Callable[[pytest.MonkeyPatch], None]


def _lax_gate(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(xades, "read", lambda data, profile: etree.fromstring(data))


def _any_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(xades, "_require_place", lambda root, signature: None)


def _any_transform(patch: pytest.MonkeyPatch) -> None:
    """What signxml does: transforms that are not known are passed over."""
    patch.setattr(verifier, "same_document_method", lambda *_: Canonicalization.EXCLUSIVE)
    patch.setattr(xades, "same_document_method", lambda *_: Canonicalization.EXCLUSIVE)


def _any_target(patch: pytest.MonkeyPatch) -> None:
    def first(wrapper: etree._Element, _: str) -> etree._Element:
        return wrapper[0][0]

    patch.setattr(shape, "_properties_element", first)


def _any_certificate(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(verifier, "_check_signing_certificates", lambda signature: None)


def _any_parameters(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shape, "_algorithm", lambda element: element.get("Algorithm", ""))


def _any_attribute(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shape, "_attributes", lambda element, allowed: None)
    patch.setattr(elements, "require_attributes", lambda element, allowed: None)


def _any_text(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(elements, "elements", list)


def _any_digest(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(verifier, "check_digest", lambda reference, data: None)
    patch.setattr(xades, "check_digest", lambda reference, data: None)


def _any_path(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(verifier, "check_path", lambda *_, **__: None)


_RULES: dict[str, tuple[Off, tuple[str, ...]]] = {
    "gate: comments": (_lax_gate, ("comment_in_content", "comment_before_root", "comment_after_root")),
    "S01 place": (_any_place, ("signature_in_child",)),
    "S02 parameters": (_any_parameters, ("transform_with_parameters", "inclusive_namespaces")),
    "S02 text between elements": (_any_text, ("text_in_signature",)),
    "S02 attributes": (_any_attribute, ("object_with_encoding", "certificate_by_url")),
    "S05 transforms": (
        _any_transform,
        (
            "transform_unknown",
            "transform_xpath",
            "transform_xslt",
            "transform_base64",
            "transform_with_comments",
            "transform_unregistered_c14n",
            "transform_enveloped_missing",
            "transform_of_properties_unknown",
        ),
    ),
    "XAdES target": (_any_target, ("target_of_another", "signature_id_changed")),
    "XAdES signing certificate": (
        _any_certificate,
        ("other_certificate_of_same_key", "certificate_digest_of_another", "issuer_serial_of_another"),
    ),
    "S08 digests": (_any_digest, ("altered_text", "properties_altered", "xsw2_original_beside_signature")),
    "S10 path": (_any_path, ("everything_of_stranger",)),
}


@pytest.mark.parametrize(
    ("rule", "name"), [(rule, name) for rule, (_, names) in _RULES.items() for name in names], ids=str
)
def test_without_the_rule_the_attack_gets_through(rule: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(pki=_PKI, style="plain", signer=_PKI.signer())
    xml = _ATTACKS[name].make(scene)
    with pytest.raises(Refusal) as refusal:
        verify_enveloped(xml, _PKI.anchors, at=AT)
    assert refusal.value.code == _ATTACKS[name].code
    _RULES[rule][0](monkeypatch)
    assert verify_enveloped(xml, _PKI.anchors, at=AT).content


def _refused_until(off: Off, xml: bytes, patch: pytest.MonkeyPatch) -> tuple[str, bool]:
    """The code with which the rule refuses it, and whether it is accepted without the rule."""
    with pytest.raises(Refusal) as refusal:
        verify_enveloped(xml, _PKI.anchors, at=AT)
    off(patch)
    return refusal.value.code, bool(verify_enveloped(xml, _PKI.anchors, at=AT).content)


def test_s01_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second Signature hidden in the content: whoever looks for "the" signature may find either."""

    def off(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(shape, "_require_once", lambda root: None)
        patch.setattr(xades, "find_signature", lambda root: root[-1])

    sealed = Sealed.document(_PKI.signer())
    sealed.root.insert(1, etree.Element(ds("Signature")))
    assert _refused_until(off, sealed.seal().octets(), monkeypatch) == ("signature.count", True)


def test_s04_identifiers(monkeypatch: pytest.MonkeyPatch) -> None:
    """An identifier of another spelling in the content; a verifier that searches by `id` would find this one."""
    sealed = Sealed.document(_PKI.signer())
    sealed.root[0].set("id", "S0-SignedProperties")
    assert _refused_until(_lax_gate, sealed.seal().octets(), monkeypatch) == ("gate.duplicate-id", True)


def test_s06_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ECDSA key with an algorithm that policy does not list; policy is data, so the rule is off by adding it."""
    xml = Sealed.document(_PKI.signer(KeyType.P384)).octets()
    strict = replace(STANDARD, curves=frozenset({"secp256r1"}))
    with pytest.raises(Refusal) as refusal:
        verify_enveloped(xml, _PKI.anchors, at=AT, policy=strict)
    assert refusal.value.code == "algorithm.key"
    monkeypatch.setattr(primitives, "require_public_key", lambda public, policy=None: public)
    assert verify_enveloped(xml, _PKI.anchors, at=AT, policy=strict).content


def test_s10_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A TLS certificate of the same authority signs a letter."""

    def off(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(trust, "_check_usage", lambda certificate, purpose: None)

    xml = Sealed.document(_PKI.signer(use=CertificateUse.TLS_CLIENT)).octets()
    assert _refused_until(off, xml, monkeypatch) == ("certificate.usage", True)


def test_base64_strictness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loose base64 lets the same signature be written in many ways: its octets would no longer identify it."""

    def off(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(shape, "_base64", lambda element, allowed=(): base64.b64decode(element.text or ""))

    xml = _ATTACKS["value_with_garbage"].make(Scene(pki=_PKI, style="plain", signer=_PKI.signer()))
    assert _refused_until(off, xml, monkeypatch) == ("signature.base64", True)


def test_ecdsa_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """r and s with a zero before each: the same numbers, another length."""
    sealed = Sealed.document(_PKI.signer())
    value = sealed.one(".//ds:SignatureValue")
    value.text = recode(value.text or "", lambda v: b"\0" + v[:32] + b"\0" + v[32:])

    def off(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(primitives, "_order_bytes", lambda curve: 33)

    assert _refused_until(off, sealed.octets(), monkeypatch) == ("signature.invalid", True)


def test_enclosed_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signer's certificate comes first: whoever reads the first one must read the signer's."""
    signer = _PKI.signer(chained=True)
    sealed = Sealed.document(signer)
    data = sealed.one(".//ds:X509Data")
    data.append(data[0])
    with pytest.raises(Refusal) as refusal:
        verify_enveloped(sealed.octets(), _PKI.anchors, at=AT)
    assert refusal.value.code == "signature.signing-certificate"
    other = _PKI.certificate(key(KeyType.P256, "agency"))
    assert other.public_bytes(Encoding.DER) != signer.certificate.public_bytes(Encoding.DER)
