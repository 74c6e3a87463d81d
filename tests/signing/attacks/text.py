"""Gaps between octets and text (which the gate refuses), and base64 that is not quite base64."""

from __future__ import annotations

from lxml import etree

from tests.signing.attacks.scene import (
    edit_text,
    octets,
    recode,
    unsealed,
)

octets("comment_in_content", "gate.comment", lambda b: b.replace(b"To>", b"To><!-- -->", 1))
octets("comment_in_digest", "gate.comment", lambda b: b.replace(b"<ds:DigestValue>", b"<ds:DigestValue><!---->", 1))
octets(
    "comment_in_value", "gate.comment", lambda b: b.replace(b"</ds:SignatureValue>", b"<!--x--></ds:SignatureValue>")
)
octets("comment_before_root", "gate.comment", lambda b: b.replace(b"?>", b"?><!--x-->", 1))
octets("comment_after_root", "gate.comment", lambda b: b + b"<!--x-->")
octets("instruction_in_content", "gate.processing-instruction", lambda b: b.replace(b"To>", b"To><?x y?>", 1))
octets(
    "instruction_in_digest",
    "gate.processing-instruction",
    lambda b: b.replace(b"DigestValue>", b"DigestValue><?x?>", 1),
)
octets("doctype", "gate.doctype", lambda b: b.replace(b"?>", b"?><!DOCTYPE e [<!ENTITY i 'S0'>]>", 1))
octets("cdata_in_digest", "gate.cdata", lambda b: b.replace(b"<ds:DigestValue>", b"<ds:DigestValue><![CDATA[]]>", 1))
octets(
    "id_of_another_case",
    "gate.duplicate-id",
    lambda b: b.replace(b"To>", b'To id="S0">', 1),
)
octets(
    "prefix_bound_again",
    "gate.prefix-rebound",
    lambda b: b.replace(b"<ds:KeyInfo>", b'<ds:KeyInfo xmlns:xades="urn:x">'),
)
octets("xml_base", "gate.forbidden-attribute", lambda b: b.replace(b"<ds:Object>", b'<ds:Object xml:base="http://x/">'))

_VALUE = ".//ds:SignatureValue"
_DIGEST = ".//ds:DigestValue"


unsealed("digest_without_padding", "signature.base64", edit_text(_DIGEST, lambda t: t.rstrip("=")))
unsealed("digest_with_foreign_letter", "signature.base64", edit_text(_DIGEST, lambda t: "-" + t[1:]))
unsealed("digest_with_loose_bits", "signature.base64", edit_text(_DIGEST, lambda t: t[:-2] + _next_letter(t[-2]) + "="))
unsealed("digest_empty", "signature.base64", edit_text(_DIGEST, lambda _: ""))
unsealed("digest_with_white_space", "signature.invalid", edit_text(_DIGEST, lambda t: f" {t}"))
unsealed("digest_with_full_width_space", "signature.base64", edit_text(_DIGEST, lambda t: f"\u3000{t}"))
unsealed("element_in_digest", "signature.shape", lambda s: s.one(_DIGEST).append(etree.Element("x")))
unsealed("value_empty", "signature.base64", edit_text(_VALUE, lambda _: ""))
unsealed("value_with_garbage", "signature.base64", edit_text(_VALUE, lambda t: t + "!"))
unsealed("value_cut", "signature.invalid", edit_text(_VALUE, lambda t: recode(t, lambda v: v[:-3])))
unsealed("value_with_more", "signature.invalid", edit_text(_VALUE, lambda t: recode(t, lambda v: v + b"\0")))
unsealed("value_with_leading_zero", "signature.invalid", edit_text(_VALUE, lambda t: recode(t, lambda v: b"\0" + v)))
unsealed("value_of_zeros", "signature.invalid", edit_text(_VALUE, lambda t: recode(t, lambda v: bytes(len(v)))))


def _next_letter(letter: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return alphabet[alphabet.index(letter) + 1]
