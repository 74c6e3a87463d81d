"""Every kind of signature of ours is accepted by programs that nobody here wrote, and the altered twin by none.

signxml runs in this process; xmlsec1 with exactly the command that receipts promise; the JDK once for all files.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from signing.container import sign_members
from signing.keys import KeyType, LocalSigner
from signing.policy import SignatureAlgorithm
from signing.second_opinion import signxml_verdict
from signing.xades import sign_enveloped, verify_enveloped
from tests.judges import jdk_verify, require, xmlsec1_verify
from tests.signing.pki import AT, TestPki
from tests.signing.sealing import CONTENTS, DOCUMENTS, MEMBERS

pytestmark = pytest.mark.judge

_PKI = TestPki()
_RSA_ROOT = TestPki(name="RSA", root_type=KeyType.RSA2048)
_KINDS = [
    (key_type, chained)
    for key_type in (KeyType.P256, KeyType.P384, KeyType.RSA2048, KeyType.RSA3072)
    for chained in (False, True)
]
_IDS = [f"{key_type}{'-chained' if chained else ''}" for key_type, chained in _KINDS]


def _root(folder: Path, pki: TestPki = _PKI) -> Path:
    path = folder / "root.pem"
    path.write_bytes(pki.root_pem)
    return path


def _altered(xml: bytes) -> bytes:
    altered = xml.replace(b"H45<", b"H49<", 1)
    assert altered != xml
    return altered


@pytest.mark.parametrize("style", DOCUMENTS)
@pytest.mark.parametrize(("key_type", "chained"), _KINDS, ids=_IDS)
def test_signxml_accepts_documents(key_type: KeyType, chained: bool, style: str) -> None:
    xml = sign_enveloped(DOCUMENTS[style], _PKI.signer(key_type, chained=chained), at=AT)
    opinion = signxml_verdict(xml, _PKI.anchors, at=AT)
    assert opinion.accepted, opinion.reason
    assert opinion.signed[0] == verify_enveloped(xml, _PKI.anchors, at=AT).content
    assert not signxml_verdict(_altered(xml), _PKI.anchors, at=AT).accepted
    assert not signxml_verdict(xml, _RSA_ROOT.anchors, at=AT).accepted


@pytest.mark.parametrize("algorithm", SignatureAlgorithm)
def test_signxml_accepts_every_algorithm(algorithm: SignatureAlgorithm) -> None:
    key_type = KeyType.P384 if algorithm.key_kind.value == "ec" else KeyType.RSA2048
    xml = sign_enveloped(DOCUMENTS["plain"], _PKI.signer(key_type, algorithm=algorithm), at=AT)
    verify_enveloped(xml, _PKI.anchors, at=AT)
    opinion = signxml_verdict(xml, _PKI.anchors, at=AT)
    assert opinion.accepted, opinion.reason


@pytest.mark.parametrize(("key_type", "chained"), _KINDS, ids=_IDS)
def test_xmlsec1_accepts_documents(key_type: KeyType, chained: bool, tmp_path: Path) -> None:
    receipt, altered = tmp_path / "receipt.xml", tmp_path / "altered.xml"
    receipt.write_bytes(sign_enveloped(DOCUMENTS["prefixed"], _PKI.signer(key_type, chained=chained), at=AT))
    altered.write_bytes(_altered(receipt.read_bytes()))
    root = _root(tmp_path)
    judgement = xmlsec1_verify(receipt, root, at=AT)
    assert judgement.accepted, judgement.text
    assert "SignedInfo References (ok/all): 2/2" in judgement.text
    assert not xmlsec1_verify(altered, root, at=AT).accepted
    assert not xmlsec1_verify(receipt, _root(tmp_path, _RSA_ROOT), at=AT).accepted


def _variants(folder: Path) -> dict[Path, LocalSigner]:
    signers = [_PKI.signer(key_type, chained=chained) for key_type, chained in _KINDS]
    signers += [_PKI.signer(KeyType.RSA2048, algorithm=pss) for pss in SignatureAlgorithm if pss.name.startswith("PSS")]
    return {folder / f"{number}.xml": signer for number, signer in enumerate(signers)}


def test_jdk_accepts_documents(tmp_path: Path) -> None:
    variants = _variants(tmp_path)
    for number, (path, signer) in enumerate(variants.items()):
        path.write_bytes(sign_enveloped(list(DOCUMENTS.values())[number % len(DOCUMENTS)], signer, at=AT))
    altered = tmp_path / "altered.xml"
    altered.write_bytes(_altered(next(iter(variants)).read_bytes()))
    *judgements, refused = jdk_verify([*variants, altered], _root(tmp_path), at=AT)
    for path, judgement in zip(variants, judgements, strict=True):
        assert judgement.accepted, f"{variants[path]}: {judgement.text}"
        assert judgement.text.startswith("ok 2 "), judgement.text
    assert not refused.accepted
    (untrusted,) = jdk_verify([next(iter(variants))], _root(tmp_path, _RSA_ROOT), at=AT)
    assert not untrusted.accepted


def _unpacked(folder: Path, signer: LocalSigner) -> Path:
    """A container as it lies on disk after unzipping; returns its signature file."""
    for name, content in CONTENTS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    signatures = folder / "META-INF" / "signatures0.xml"
    signatures.parent.mkdir()
    signatures.write_bytes(sign_members(MEMBERS, signer, at=AT))
    return signatures


@pytest.mark.parametrize(("key_type", "chained"), _KINDS, ids=_IDS)
def test_xmlsec1_accepts_containers(key_type: KeyType, chained: bool, tmp_path: Path) -> None:
    folder = tmp_path / "container"
    signatures = _unpacked(folder, _PKI.signer(key_type, chained=chained))
    root = _root(tmp_path)
    judgement = xmlsec1_verify(signatures, root, at=AT, folder=folder)
    assert judgement.accepted, judgement.text
    assert "SignedInfo References (ok/all): 4/4" in judgement.text
    (folder / "letter.edxml").write_bytes(b"<l />")
    assert not xmlsec1_verify(signatures, root, at=AT, folder=folder).accepted


def test_jdk_accepts_containers(tmp_path: Path) -> None:
    files = [
        _unpacked(tmp_path / str(n), _PKI.signer(kind, chained=chained)) for n, (kind, chained) in enumerate(_KINDS)
    ]
    altered = _unpacked(tmp_path / "altered", _PKI.signer())
    (tmp_path / "altered" / "attachments" / "001.pdf").write_bytes(b"%PDX")
    *judgements, refused = jdk_verify([*files, altered], _root(tmp_path), at=AT)
    for judgement in judgements:
        assert judgement.accepted, judgement.text
        assert judgement.text.startswith("ok 4 "), judgement.text
    assert not refused.accepted


@pytest.mark.parametrize(("key_type", "chained"), _KINDS, ids=_IDS)
def test_signxml_accepts_containers(key_type: KeyType, chained: bool) -> None:
    xml = sign_members(MEMBERS, _PKI.signer(key_type, chained=chained), at=AT)
    opinion = signxml_verdict(xml, _PKI.anchors, at=AT, member=CONTENTS.__getitem__)
    assert opinion.accepted, opinion.reason
    assert opinion.signed[: len(CONTENTS)] == tuple(CONTENTS.values())
    altered = {**CONTENTS, "letter.edxml": b"<l />"}
    assert not signxml_verdict(xml, _PKI.anchors, at=AT, member=altered.__getitem__).accepted


def test_a_missing_judge_skips_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "false")
    with pytest.raises(pytest.skip.Exception, match="make test-services"):
        require("axis-no-such-judge")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="make test-services"):
        require("axis-no-such-judge")
