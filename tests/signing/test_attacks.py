"""Every attack is refused for its own reason, on every style of document; what is harmless is accepted."""

from __future__ import annotations

import base64

import pytest

from schemas.gate.refusal import Refusal
from signing.keys import KeyType
from signing.xades import verify_enveloped
from tests.signing.attacks import Attack, Scene, all_attacks
from tests.signing.pki import AT, TestPki
from tests.signing.sealing import DOCUMENTS, Sealed

_PKI = TestPki()


def _scene(style: str, key_type: KeyType = KeyType.P256) -> Scene:
    return Scene(pki=_PKI, style=style, signer=_PKI.signer(key_type))


@pytest.mark.parametrize("style", DOCUMENTS)
@pytest.mark.parametrize("attack", all_attacks(), ids=lambda attack: attack.name)
def test_attack_is_refused_for_its_reason(attack: Attack, style: str) -> None:
    with pytest.raises(Refusal) as refusal:
        verify_enveloped(attack.make(_scene(style)), _PKI.anchors, at=AT)
    assert refusal.value.code == attack.code, str(refusal.value)


@pytest.mark.parametrize("key_type", [KeyType.P384, KeyType.RSA2048])
@pytest.mark.parametrize("attack", all_attacks(), ids=lambda attack: attack.name)
def test_attack_is_refused_with_other_keys(attack: Attack, key_type: KeyType) -> None:
    with pytest.raises(Refusal) as refusal:
        verify_enveloped(attack.make(_scene("prefixed", key_type)), _PKI.anchors, at=AT)
    assert refusal.value.code == attack.code, str(refusal.value)


@pytest.mark.parametrize("style", DOCUMENTS)
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048])
def test_unchanged_and_resealed_are_accepted(style: str, key_type: KeyType) -> None:
    """The twin of all attacks: the tool that makes them is not what gets them refused."""
    sealed = Sealed.document(_PKI.signer(key_type), style)
    verify_enveloped(sealed.octets(), _PKI.anchors, at=AT)
    verify_enveloped(sealed.seal().octets(), _PKI.anchors, at=AT)


def test_white_space_in_the_value_is_harmless() -> None:
    """Other programs break the lines of base64, some with a written carriage return."""
    sealed = Sealed.document(_PKI.signer(KeyType.RSA2048))
    value = sealed.one(".//ds:SignatureValue")
    value.text = "\n".join(base64.encodebytes(base64.b64decode(value.text or "")).decode().split("\n")) + "\r\n"
    verify_enveloped(sealed.octets(), _PKI.anchors, at=AT)


def test_character_references_are_harmless() -> None:
    """`&#x48;` and `H` are the same text to every parser, and the same canonical octets."""
    octets = Sealed.document(_PKI.signer()).octets().replace(b"H45<", b"&#x48;45<")
    assert verify_enveloped(octets, _PKI.anchors, at=AT).root[0].text == "000.00.00.H45"
