"""Lists that hubs seal, before `axis verify`: the trust list, what is overdue, what was destroyed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from exchange_axis.domain.trust_list import KnownHub, KnownLog, KnownSeal, TrustList
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Reason, Verification
from exchange_axis.pipeline.verify_trust import load_trust
from exchange_axis.wire.archive import write_manifest
from exchange_axis.wire.disposal_record import ListedDisposal, write_disposal_record
from exchange_axis.wire.form import read_form_statement, write_form_statement
from exchange_axis.wire.overdue_list import ListedApology, ListedDelay, write_overdue_list
from exchange_axis.wire.tally import Tally, write_lines, write_tally
from exchange_axis.wire.times import to_text
from signing.certificates import fingerprint
from signing.xades import sign_enveloped
from tests import judges
from tests.commands.offline import axis
from tests.hub.stand import START
from tests.pipeline.filed import SENDER, Filed

DELAY = ListedDelay(
    agency="H90",
    agency_name="Tỉnh thử A",
    head_name="Nguyễn Văn A",
    head_title="Chủ tịch",
    missing="02–06",
    due=START,
    sender=SENDER,
    title="57/BC-UBND",
    consignment_id="5b3e",
    apology=ListedApology(number="1/XL", day=date(2026, 3, 1), link=""),
)
DISPOSAL = ListedDisposal(
    sender=SENDER,
    consignment_id="5b3e",
    container_sha256="0" * 64,
    extent="content",
    ground="Hết thời hạn lưu",
    proposed_by="Lan",
    approved_by="Minh",
    decided_at=START,
    done_at=None,
)


def trust_list(filed: Filed) -> TrustList:
    seal = filed.issuer.certificate
    der = seal.public_bytes(Encoding.DER)
    known = KnownSeal(certificate=der, valid_from=seal.not_valid_before_utc, valid_to=seal.not_valid_after_utc)
    log = KnownLog(vkey=filed.hub.log.verifier.vkey, valid_from=START - timedelta(days=1))
    return TrustList(
        version=1,
        issued_at=START,
        issuer="hub-a",
        next_signer=fingerprint(seal),
        hubs=(KnownHub(id="hub-a", seals=(known,), logs=(log,)),),
    )


MADE: dict[str, Callable[[Filed], bytes]] = {
    "trust-list": lambda filed: filed.issuer.trust_list(trust_list(filed)).document.content,
    "overdue-list": lambda filed: filed.issuer.attest(write_overdue_list("hub-a", START, (DELAY,)), START),
    "archive-manifest": lambda filed: filed.issuer.attest(write_manifest("hub-a", START, ()), START),
    "disposal-record": lambda filed: filed.issuer.attest(write_disposal_record("hub-a", START, (DISPOSAL,)), START),
}
TALLY = Tally(
    keeper="hub-a",
    element="Hub",
    peer="node-a1",
    day=START.date(),
    at=START,
    count=0,
    lines_sha256=hashlib.sha256(write_lines(())).hexdigest(),
    counts={},
)
MADE["tally"] = lambda filed: filed.issuer.tally(write_tally(TALLY), START).content

FORM = write_form_statement(
    "hub-a",
    kind="quarterly",
    first=date(2026, 1, 1),
    last=date(2026, 3, 31),
    at=START,
    sha256="0" * 64,
    heads=["Kỳ", "Gửi", "Nhận"],
    rows=[["Quý I", "12", ""], ["Quý II", "", "3"]],
)
MADE["form"] = lambda filed: filed.issuer.attest(FORM, START)


def judge(filed: Filed, path: Path, data: bytes) -> Verification:
    path.write_bytes(data)
    return verify_file(path, Question(trust=load_trust(filed.trust)))


@pytest.mark.parametrize("kind", MADE)
def test_each_kind_is_known(filed: Filed, tmp_path: Path, kind: str) -> None:
    result = judge(filed, tmp_path / "list.xml", MADE[kind](filed))
    assert result.document is not None
    assert (result.reason, result.document["kind"], result.document["issuer"]) == (Reason.OK, kind, "hub-a")


@pytest.mark.parametrize("kind", MADE)
def test_one_that_was_altered(filed: Filed, tmp_path: Path, kind: str) -> None:
    data = MADE[kind](filed)
    assert b"hub-a<" in data
    assert judge(filed, tmp_path / "list.xml", data.replace(b"hub-a<", b"hub-b<")).reason is Reason.ALTERED


def test_what_the_hub_itself_hands_out(filed: Filed, tmp_path: Path) -> None:
    for content in (filed.hub.apologies.signed_list().content, filed.hub.keeping.erasing.signed_record().content):
        assert judge(filed, tmp_path / "list.xml", content).reason is Reason.OK


def test_by_the_seal_of_an_agency(filed: Filed, tmp_path: Path) -> None:
    data = sign_enveloped(write_overdue_list("hub-a", START, ()), filed.sender.seals[SENDER], at=START)
    assert judge(filed, tmp_path / "list.xml", data).reason is Reason.SIGNER_MISMATCH


def test_rows_that_the_count_does_not_tell(filed: Filed, tmp_path: Path) -> None:
    xml = write_overdue_list("hub-a", START, (DELAY,)).replace(b"<Count>1<", b"<Count>2<")
    result = judge(filed, tmp_path / "list.xml", filed.issuer.attest(xml, START))
    assert (result.reason, [one.code for one in result.findings]) == (Reason.MALFORMED, ["document.row-count"])


def test_a_trust_list_by_a_seal_that_it_does_not_name(filed: Filed, tmp_path: Path) -> None:
    """The name in the certificate is right, and the list itself says that this hub has another seal."""
    value, other = trust_list(filed), filed.hub.registry._office.certificate
    der = other.public_bytes(Encoding.DER)
    seal = KnownSeal(certificate=der, valid_from=other.not_valid_before_utc, valid_to=other.not_valid_after_utc)
    foreign = TrustList(
        version=1,
        issued_at=START,
        issuer="hub-a",
        next_signer=seal.fingerprint,
        hubs=(KnownHub(id="hub-a", seals=(seal,), logs=value.hubs[0].logs),),
    )
    result = judge(filed, tmp_path / "list.xml", filed.issuer.trust_list(foreign).document.content)
    assert (result.reason, [one.code for one in result.findings]) == (Reason.MALFORMED, ["trust-list.wrong"])


def test_a_form_says_what_it_is_of_and_an_outside_judge_takes_its_seal(filed: Filed, tmp_path: Path) -> None:
    """`xmlsec1 --verify`, as the auditor's guide has it; the file printed from the form is told by its digest."""
    data, path = MADE["form"](filed), tmp_path / "bieu-mau.xml"
    result = judge(filed, path, data)
    assert result.document == {
        "kind": "form",
        "issuer": "hub-a",
        "recorded_at": to_text(START),
        "form": "quarterly",
        "first": "2026-01-01",
        "last": "2026-03-31",
        "file_sha256": "0" * 64,
        "count": 2,
    }
    assert read_form_statement(FORM).rows == (("Quý I", "12", ""), ("Quý II", "", "3"))
    root = filed.trust / "root.pem"
    assert judges.xmlsec1_verify(path, root, at=START).accepted
    path.write_bytes(data.replace(b"<C2>12<", b"<C2>13<"))
    assert not judges.xmlsec1_verify(path, root, at=START).accepted
    wrong = FORM.replace(b"<Kind>quarterly<", b"<Kind>Quarterly!<")
    assert judge(filed, path, filed.issuer.attest(wrong, START)).reason is Reason.MALFORMED


def test_in_words(filed: Filed, tmp_path: Path) -> None:
    path = tmp_path / "qua-han.xml"
    path.write_bytes(MADE["overdue-list"](filed))
    told = axis("verify", path, "--trust", filed.trust)
    assert "danh sách quá hạn hub-a" in told.out
