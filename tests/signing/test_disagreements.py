"""The table of disagreements with signxml is complete and true."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from signing.keys import KeyType, private_pem
from signing.policy import Canonicalization
from signing.second_opinion import signxml_verdict
from signing.xades import sign_enveloped, verify_enveloped
from tests.judges import xmlsec1_sign
from tests.signing.attacks import Scene, all_attacks
from tests.signing.foreign import key_files, template
from tests.signing.pki import AT, TestPki, key
from tests.signing.sealing import DOCUMENTS, Sealed

_PKI = TestPki()


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "disagreements.toml").read_text("utf-8"))


def test_signxml_agrees_on_attacks_but_for_the_table() -> None:
    scene = Scene(pki=_PKI, style="plain", signer=_PKI.signer())
    accepted = {
        attack.name for attack in all_attacks() if signxml_verdict(attack.make(scene), _PKI.anchors, at=AT).accepted
    }
    listed = [name for row in _table()["lenient"] for name in row["attacks"]]
    assert len(set(listed)) == len(listed)
    assert accepted == set(listed)


@pytest.mark.judge
def test_signxml_agrees_on_what_xmlsec1_makes_but_for_the_table(tmp_path: Path) -> None:
    signer = _PKI.signer()
    files = key_files(tmp_path, signer, private_pem(key(KeyType.P256, "agency"), None))
    refused = set()
    for method in Canonicalization:
        for style in ("prefix", "default-namespace"):
            xml = sign_enveloped(DOCUMENTS["plain"], signer, at=AT)
            empty, out = tmp_path / "template.xml", tmp_path / "signed.xml"
            empty.write_bytes(template(xml, method, default_namespace=style != "prefix"))
            xmlsec1_sign(empty, out, files)
            verify_enveloped(out.read_bytes(), _PKI.anchors, at=AT)
            if not signxml_verdict(out.read_bytes(), _PKI.anchors, at=AT).accepted:
                refused.add(f"xmlsec1 {method.name.lower()} {style}")
    assert refused == {case for row in _table()["strict"] for case in row["cases"]}


def test_every_row_names_a_clause_and_a_reason() -> None:
    for row in (*_table()["lenient"], *_table()["strict"]):
        assert row["clause"]
        assert row["why"]


def test_signxml_never_brings_an_error_out() -> None:
    opinion = signxml_verdict(b"<x/>", _PKI.anchors, at=AT)
    assert not opinion.accepted
    assert opinion.reason
    assert signxml_verdict(b"\xff", _PKI.anchors, at=AT).reason.startswith("gate.")
    empty = Sealed.document(_PKI.signer())
    empty.one(".//ds:DigestValue").text = None
    assert not signxml_verdict(empty.octets(), _PKI.anchors, at=AT).accepted
