"""Copies of containers for long keeping before `axis verify`: their time-stamps, what they enclose, what is altered."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Answer, Reason, TimeKind, Verification, Why
from exchange_axis.pipeline.verify_trust import Trust, load_trust
from exchange_axis.wire.long_term import write_long_term_copy
from signing.certificates import Authority, CertificateUse, Issuance
from signing.long_term import add_time_stamp, add_validation_data, octets_to_stamp
from signing.names import xades
from signing.timestamp_service import TimestampService
from signing.trust import TrustAnchors
from signing.unsigned import RevocationData
from tests.commands.offline import axis
from tests.hub.stand import START
from tests.pipeline.filed import SENDER, Filed, members_of
from tests.signing.pki import TestPki
from tests.signing.revocation_data import ocsp_answer, revocation_list
from tests.signing.stamping import stamp
from tests.wire.containers import pack, unpack

STAMPED = START + timedelta(minutes=5)
LATER = STAMPED + timedelta(minutes=1)
YEAR = timedelta(days=365)
SIGNATURES = "META-INF/signatures0.xml"
TSA = TestPki(name="tsa")


def tsa(*, years: int = 20) -> TimestampService:
    issuance = Issuance(serial=77 + years, not_before=START - YEAR, not_after=START + years * YEAR)
    return TimestampService(signer=TSA.signer(use=CertificateUse.TIME_STAMPING, issuance=issuance))


@dataclass(frozen=True, slots=True)
class Letter:
    """The container as it was sent, and what its copies are judged by."""

    path: Path
    seal: Authority
    trust: Trust
    filed: Filed

    def judge(self, path: Path, at: datetime | None = None, trust: Trust | None = None) -> Verification:
        return verify_file(path, Question(trust=trust or self.trust, at=at, now=START + timedelta(days=1)))

    def stamped(self, by: TimestampService | None = None) -> bytes:
        signatures = unpack(self.path)[SIGNATURES]
        return add_time_stamp(signatures, stamp(by or tsa(), octets_to_stamp(signatures), at=STAMPED).token)

    def long_term(self, by: TimestampService | None = None, *, revoked_at: datetime | None = None) -> bytes:
        seal = self.filed.sender.seals[SENDER].certificate
        said = ocsp_answer(self.seal, seal, at=LATER, revoked_at=revoked_at)
        lists = () if revoked_at else (revocation_list(self.seal, at=LATER),)
        data = RevocationData(ocsp=(said,), crls=lists)
        return add_validation_data(self.stamped(by), (self.seal.certificate, TSA.root.certificate), data)

    def copy(self, folder: Path, signatures: bytes) -> Path:
        return write_long_term_copy(self.path, folder / "copy.asice", signatures).path


@pytest.fixture
def letter(filed: Filed, tmp_path: Path) -> Letter:
    path = tmp_path / "letter.asice"
    path.write_bytes(members_of(filed.whole)["letters/0001/letter.asice"])
    trust = load_trust(filed.trust)
    assert trust.anchors is not None
    roots = TrustAnchors(certificates=(*trust.anchors.certificates, TSA.root.certificate))
    return Letter(path, filed.hub.registry._office, replace(trust, anchors=roots), filed)


def test_a_container_under_way_is_what_it_was(letter: Letter) -> None:
    result = letter.judge(letter.path)
    assert (result.reason, result.proof_time_kind) == (Reason.OK, TimeKind.CLAIMED)
    assert (result.stamped, result.why["stamped"]) == (Answer.NOT_CHECKED, Why.NOTHING_HERE)
    assert result.document is not None and result.document["level"] == "B-B"


def test_its_time_stamp_is_the_time_of_proof(letter: Letter, tmp_path: Path) -> None:
    result = letter.judge(letter.copy(tmp_path, letter.stamped()))
    assert (result.reason, result.stamped, result.revocation) == (Reason.OK, Answer.YES, Answer.NOT_CHECKED)
    assert (result.proof_time, result.proof_time_kind) == (STAMPED, TimeKind.STAMPED)
    assert "verify.own-time" not in [one.code for one in result.findings]
    assert result.document is not None and result.document["level"] == "B-T"


def test_what_it_encloses_answers_about_revocation(letter: Letter, tmp_path: Path) -> None:
    result = letter.judge(letter.copy(tmp_path, letter.long_term()))
    assert (result.reason, result.stamped, result.revocation) == (Reason.OK, Answer.YES, Answer.YES)
    assert result.document is not None and result.document["level"] == "B-LT"
    assert [one["kind"] for one in result.evidence] == ["time-stamp", "revocation"]


@pytest.mark.parametrize(
    ("revoked_at", "reason", "answer"),
    [
        (START - timedelta(hours=1), Reason.REVOKED, Answer.NO),
        (STAMPED + timedelta(seconds=30), Reason.OK, Answer.YES),
    ],
    ids=["before", "later"],
)
def test_a_revoked_seal(letter: Letter, tmp_path: Path, revoked_at: datetime, reason: Reason, answer: Answer) -> None:
    result = letter.judge(letter.copy(tmp_path, letter.long_term(revoked_at=revoked_at)))
    assert (result.reason, result.revocation) == (reason, answer)
    assert ("verify.revoked-later" in [one.code for one in result.findings]) is (reason is Reason.OK)


def test_ten_years_later(letter: Letter, tmp_path: Path) -> None:
    """The seal ended long ago: the copy holds as long as its time-stamp does, the bare container does not."""
    copy, late = letter.copy(tmp_path, letter.long_term()), START + 10 * YEAR
    result = letter.judge(copy, late)
    assert (result.reason, result.proof_time, result.proof_time_kind) == (Reason.OK, STAMPED, TimeKind.STAMPED)
    assert letter.judge(letter.path, late).reason is Reason.CERTIFICATE_EXPIRED
    copy.unlink()
    lapsed = letter.judge(letter.copy(tmp_path, letter.long_term(tsa(years=8))), late)
    assert (lapsed.reason, lapsed.why["stamped"]) == (Reason.CERTIFICATE_EXPIRED, Why.OUT_OF_DATE), "nobody renewed it"


def test_an_unknown_service_says_nothing(letter: Letter, tmp_path: Path) -> None:
    trust = load_trust(letter.filed.trust)
    result = letter.judge(letter.copy(tmp_path, letter.stamped()), trust=trust)
    assert (result.reason, result.proof_time_kind) == (Reason.OK, TimeKind.CLAIMED)
    assert (result.stamped, result.why["stamped"]) == (Answer.NOT_CHECKED, Why.NO_KEY)


def _retoken(signatures: bytes, change: Callable[[bytes], bytes]) -> bytes:
    root = etree.fromstring(signatures)
    holder = next(root.iter(xades("EncapsulatedTimeStamp")))
    holder.text = base64.b64encode(change(base64.b64decode(holder.text or ""))).decode()
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _altered(letter: Letter, name: str) -> dict[str, bytes]:
    members = unpack(letter.copy(letter.path.parent, letter.long_term()))
    if name == "letter":
        members["letter.edxml"] = members["letter.edxml"].replace(b"57", b"58", 1)
    elif name == "token":
        members[SIGNATURES] = _retoken(members[SIGNATURES], lambda token: token[:-1] + bytes([token[-1] ^ 1]))
    elif name == "other token":
        foreign = stamp(tsa(), b"another signature", at=STAMPED).token
        members[SIGNATURES] = _retoken(members[SIGNATURES], lambda _: foreign)
    else:
        members[SIGNATURES] = members[SIGNATURES].replace(b"</xades:CRLValues>", b"</xades:CRLValues><xades:Else/>")
    return members


@pytest.mark.parametrize(
    ("name", "reason", "code"),
    [
        ("letter", Reason.ALTERED, "container.digest-mismatch"),
        ("token", Reason.TIME_STAMP, "timestamp.signature"),
        ("other token", Reason.TIME_STAMP, "timestamp.imprint"),
        ("property", Reason.SIGNATURE_FORM, "signature.shape"),
    ],
)
def test_an_altered_copy_is_refused_for_its_own_reason(letter: Letter, name: str, reason: Reason, code: str) -> None:
    path = pack(letter.path.parent / "altered.asice", _altered(letter, name).items())
    result = letter.judge(path)
    assert (result.reason, code in [one.code for one in result.findings]) == (reason, True)


def test_the_command_says_by_what_time(letter: Letter, tmp_path: Path) -> None:
    trust = tmp_path / "trust"
    trust.mkdir()
    for place, pem in enumerate(((letter.filed.trust / "root.pem").read_bytes(), TSA.root_pem)):
        (trust / f"{place}.pem").write_bytes(pem)
    copy = letter.copy(tmp_path, letter.long_term())
    answer = axis("verify", copy, "--trust", trust, "--at", "2036-01-01T00:00:00Z", "--json").json
    assert (answer["verdict"], answer["proof_time_kind"], answer["stamped"]) == ("accept", "stamped", "yes")
