"""Verification reports: XML that verifies, a page that says the same, signed by a hub, by a key, or by nobody."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from exchange_axis.commands.output import Exit
from exchange_axis.pipeline.report import Reported, print_report, write_report
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Profile, Reason, Verdict, Verification
from exchange_axis.pipeline.verify_trust import load_trust
from exchange_axis.wire.report import read_report
from schemas.gate.xml import XmlProfile, read
from schemas.validate import validate
from signing.certificates import certificate_pem
from signing.keys import KeyType
from tests.commands.offline import axis
from tests.hub.stand import START
from tests.judges import xmlsec1_verify
from tests.pipeline.filed import Filed, members_of, repack
from tests.pipeline.test_certificate import text_of
from tests.signing.pki import AT, TestPki
from tests.signing.test_plain import private_pem


def reported(filed: Filed, path: Path) -> Reported:
    result = verify_file(path, Question(trust=load_trust(filed.trust)))
    return Reported(id="1", issuer=None, at=START, file=path.name, profile=Profile.EDXML_2, result=result)


def test_a_report_fits_its_schema_and_says_what_was_found(filed: Filed) -> None:
    report = reported(filed, filed.whole)
    xml = write_report(report)
    assert validate(read(xml, XmlProfile.SIGNED), "report") == ()
    value = read_report(xml)
    assert (value.verdict, value.reason, value.issuer) == ("accept", "ok", None)
    assert value.sha256 == hashlib.sha256(filed.whole.read_bytes()).hexdigest()
    assert xml.count(b"<Member ") == len([one for one in report.result.evidence if "name" in one])


def test_the_page_says_the_same_in_vietnamese(filed: Filed) -> None:
    report = reported(filed, filed.whole)
    xml = write_report(report)
    text = text_of(print_report(report, xml, signed=False))
    for words in ("BÁO CÁO KIỂM TRA CHỨNG CỨ", "HỢP LỆ", "Dấu thời gian", "không có chữ ký", report.result.sha256[:40]):
        assert words in text, words
    assert hashlib.sha256(xml).hexdigest()[:16] in text
    assert print_report(report, xml, signed=False) == print_report(report, xml, signed=False)


def test_a_refusal_is_reported_with_its_findings(filed: Filed, tmp_path: Path) -> None:
    members = members_of(filed.whole)
    members["letters/0001/history.html"] += b"<!-- * _ # $ -->"
    report = reported(filed, repack(filed, tmp_path / "d.zip", members))
    assert report.result.reason is Reason.MEMBER
    text = text_of(print_report(report, write_report(report), signed=False))
    assert "KHÔNG HỢP LỆ" in text and "dossier.member-changed" in text


@pytest.mark.judge
def test_the_hub_seals_what_it_found(filed: Filed, tmp_path: Path) -> None:
    made = filed.hub.reports.make("57/BC-UBND", agency=None, actor="kiem-toan")
    assert made.result.verdict is Verdict.ACCEPT
    path = tmp_path / "report.xml"
    path.write_bytes(made.xml)
    told = _verify(filed, path)
    assert (told.reason, told.document is not None and told.document["kind"]) == (Reason.OK, "report")
    assert told.document is not None and (told.document["issuer"], told.document["verdict"]) == ("hub-a", "accept")
    assert xmlsec1_verify(path, filed.trust / "root.pem", at=START).accepted
    assert "có chữ ký số của trục hub-a" in text_of(made.pdf)
    path.write_bytes(made.xml.replace(b">accept<", b">reject<"))
    assert _verify(filed, path).reason is Reason.ALTERED
    assert not xmlsec1_verify(path, filed.trust / "root.pem", at=START).accepted


def _verify(filed: Filed, path: Path) -> Verification:
    return verify_file(path, Question(trust=load_trust(filed.trust)))


def test_the_command_writes_both(filed: Filed, tmp_path: Path) -> None:
    out = tmp_path / "bao-cao.pdf"
    argv = ("verify", filed.whole, "--trust", filed.trust, "--report", out)
    assert axis(*argv).code == Exit.OK
    assert out.read_bytes().startswith(b"%PDF-")
    value = read_report(out.with_suffix(".xml").read_bytes())
    assert (value.file, value.verdict) == (filed.whole.name, "accept")
    told = axis("verify", out.with_suffix(".xml"), "--trust", filed.trust, "--json")
    assert (told.code, told.json["reason"]) == (Exit.REJECTED, "unsigned"), "nobody signed it"


def test_with_a_key_it_is_signed(filed: Filed, tmp_path: Path) -> None:
    pki = TestPki(name="inspector")
    signer = pki.signer(KeyType.P256)
    key = tmp_path / "inspector.key"
    key.write_bytes(private_pem(signer))
    key.chmod(0o600)
    (tmp_path / "inspector.pem").write_bytes(certificate_pem(signer.certificate))
    (tmp_path / "root.pem").write_bytes(pki.root_pem)
    out = tmp_path / "bao-cao.pdf"
    argv = ("verify", filed.whole, "--trust", filed.trust, "--report", out, "--report-key", key)
    assert axis(*argv, now=AT).code == Exit.OK
    told = axis("verify", out.with_suffix(".xml"), "--trust", tmp_path / "root.pem", "--json")
    assert (told.code, told.json["document"]["kind"]) == (Exit.OK, "report")
    assert told.json["signer_fingerprint"]
