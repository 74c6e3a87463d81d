"""Offline verification of everything a hub hands out: what is accepted, and each way in which it is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.transfer import KeyUse
from exchange_axis.ledger.errors import MalformedKey
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Answer, Kind, Reason, TimeKind, Verdict, Verification, mask, reason_of
from exchange_axis.pipeline.verify_trust import Trust, load_trust
from exchange_axis.wire.binding import read_binding, write_binding
from exchange_axis.wire.container import open_container, write_container
from exchange_axis.wire.evidence import write_evidence
from signing.certificates import CertificateUse, Subject, certificate_pem, fingerprint, new_root
from signing.container import SignedMember, sign_members
from signing.errors import CertificateUnreadable, KeyMissing, NoTrustAnchors
from signing.keys import KeyType, LocalSigner, generate_key
from signing.xades import sign_enveloped, verify_enveloped_unanchored
from tests.hub.stand import START
from tests.pipeline.exhibits import HUB, SENDER, Exhibits, bind
from tests.signing.pki import AT, TestPki, key

LATER = START + timedelta(days=36500)


def verify(
    path: Path,
    trust: Trust,
    *,
    at: datetime | None = None,
    receipt: Path | None = None,
    now: datetime | None = None,
    second_opinion: bool = False,
) -> Verification:
    return verify_file(path, Question(trust=trust, at=at, receipt=receipt, now=now, second_opinion=second_opinion))


def codes(result: Verification) -> list[str]:
    return [finding.code for finding in result.findings]


def test_receipt_with_its_proof(exhibits: Exhibits) -> None:
    result = verify(exhibits.receipt, exhibits.trusted)
    assert (result.verdict, result.reason) == (Verdict.ACCEPT, Reason.OK)
    assert (result.signed, result.bound, result.logged, result.witnessed) == (
        Answer.YES,
        Answer.NOT_CHECKED,
        Answer.YES,
        Answer.NOT_CHECKED,
    )
    assert (result.proof_time, result.proof_time_kind) == (START, TimeKind.HUB_RECORDED)
    assert codes(result) == ["verify.own-time"]
    assert result.document is not None and result.signer is not None and result.log is not None
    document = result.document
    assert (document["kind"], document["event"], document["issuer"]) == ("receipt", "SubmissionAcceptance", HUB)
    assert (document["sender"], document["recipients"]) == (SENDER, ["H90"])
    assert result.signer.common_name == HUB
    assert result.signer.fingerprint == fingerprint(exhibits.issuer.certificate)
    assert int(result.signer.serial, 16) == exhibits.issuer.certificate.serial_number
    assert result.log["origin"] == f"{HUB}/log/1"


def test_pem_file_proves_the_signature_only(exhibits: Exhibits) -> None:
    result = verify(exhibits.receipt, exhibits.anchored)
    assert (result.reason, result.signed, result.logged) == (Reason.OK, Answer.YES, Answer.NOT_CHECKED)
    assert result.log is None


@pytest.mark.parametrize(
    ("name", "kind", "time_kind"),
    [
        ("letter", Kind.LETTER, TimeKind.CLAIMED),
        ("status", Kind.STATUS, TimeKind.CLAIMED),
        ("handover", Kind.RECEIPT, TimeKind.HUB_RECORDED),
        ("transfer", Kind.TRANSFER, TimeKind.HUB_RECORDED),
        ("binding", Kind.BINDING, TimeKind.CLAIMED),
    ],
)
def test_every_kind_is_recognised_by_content(
    exhibits: Exhibits, tmp_path: Path, name: str, kind: Kind, time_kind: TimeKind
) -> None:
    nameless = Path(shutil.copyfile(getattr(exhibits, name), tmp_path / "file"))
    result = verify(nameless, exhibits.anchored)
    assert (result.verdict, result.proof_time_kind) == (Verdict.ACCEPT, time_kind)
    assert result.document is not None and result.document["kind"] == kind


def test_container_names_what_is_signed(exhibits: Exhibits) -> None:
    document = verify(exhibits.letter, exhibits.anchored).document
    assert document is not None
    assert (document["sender"], document["recipients"]) == (SENDER, ["H90"])
    assert [part["name"] for part in document["parts"]] == ["consignment.xml", "letter.edxml"]


def test_time_that_was_asked_for_wins(exhibits: Exhibits) -> None:
    at = START + timedelta(hours=1)
    result = verify(exhibits.receipt, exhibits.anchored, at=at)
    assert (result.proof_time, result.proof_time_kind, codes(result)) == (at, TimeKind.GIVEN, [])
    expired = verify(exhibits.receipt, exhibits.anchored, at=LATER)
    assert (expired.reason, expired.signed) == (Reason.CERTIFICATE_EXPIRED, Answer.NO)
    early = verify(exhibits.receipt, exhibits.anchored, at=START - timedelta(days=3650))
    assert early.reason is Reason.CERTIFICATE_NOT_YET_VALID


def test_receipt_stays_good_after_its_certificate_expired(exhibits: Exhibits) -> None:
    result = verify(exhibits.receipt, exhibits.anchored, now=LATER)
    assert result.verdict is Verdict.ACCEPT
    assert codes(result) == ["verify.own-time", "verify.expired-since"]
    before = verify(exhibits.receipt, exhibits.anchored, now=START - timedelta(hours=1))
    assert codes(before) == ["verify.own-time", "verify.future-time"]


def test_own_time_outside_the_certificate_is_refused(exhibits: Exhibits, tmp_path: Path) -> None:
    pki = TestPki()
    private = key(KeyType.P256, "old hub")
    issuance = pki.next_issuance(not_after=AT - timedelta(days=1))
    signer = LocalSigner(private, pki.certificate(private, common_name=HUB, issuance=issuance))
    root = _write(tmp_path / "root.pem", pki.root_pem)
    late = _write(tmp_path / "late.xml", sign_enveloped(write_evidence(_evidence(AT)), signer, at=AT))
    assert verify(late, load_trust(root)).reason is Reason.CERTIFICATE_EXPIRED
    good = AT - timedelta(days=2)
    in_time = _write(tmp_path / "good.xml", sign_enveloped(write_evidence(_evidence(good)), signer, at=good))
    assert verify(in_time, load_trust(root), now=AT).verdict is Verdict.ACCEPT


def test_unknown_root_is_indeterminate(exhibits: Exhibits, tmp_path: Path) -> None:
    other = load_trust(_write(tmp_path / "other.pem", TestPki().root_pem))
    for path in (exhibits.receipt, exhibits.letter):
        result = verify(path, other)
        assert (result.verdict, result.reason, result.signed) == (
            Verdict.INDETERMINATE,
            Reason.UNKNOWN_ROOT,
            Answer.NO,
        )
        assert "certificate.untrusted" in codes(result)


def test_folder_with_log_keys_only_cannot_tell_signers(exhibits: Exhibits, tmp_path: Path) -> None:
    shutil.copy(exhibits.trust / "hub-a.vkey", tmp_path)
    trust = load_trust(tmp_path)
    assert verify(exhibits.checkpoint, trust).verdict is Verdict.ACCEPT
    assert verify(exhibits.receipt, trust).reason is Reason.UNKNOWN_ROOT


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"SubmissionAcceptance", b"SubmissionRejection"), (b"<Recipient>H90<", b"<Recipient>H91<")],
)
def test_altered_receipt(exhibits: Exhibits, tmp_path: Path, old: bytes, new: bytes) -> None:
    data = exhibits.receipt.read_bytes()
    assert old in data
    result = verify(_write(tmp_path / "r.xml", data.replace(old, new)), exhibits.anchored)
    assert (result.verdict, result.reason, result.signed) == (Verdict.REJECT, Reason.ALTERED, Answer.NO)
    assert (result.document, result.content) == ({"kind": "receipt"}, None)


def test_altered_member_of_a_container(exhibits: Exhibits, tmp_path: Path) -> None:
    data = exhibits.letter.read_bytes()
    where = data.index(b"H90.01,2026/03/02")
    result = verify(
        _write(tmp_path / "c.asice", data[:where] + b"H91" + data[where + 3 :]),
        exhibits.anchored,
    )
    assert (result.verdict, result.reason) == (Verdict.REJECT, Reason.ALTERED)


def test_container_that_is_whole_but_not_what_was_signed(exhibits: Exhibits, tmp_path: Path) -> None:
    """Every checksum is right here: only the signature tells."""

    def other_digest(signed: Sequence[SignedMember]) -> Sequence[SignedMember]:
        return [replace(member, sha256="00" * 32) if member.name == "letter.edxml" else member for member in signed]

    for change, reason in (
        (lambda signed: signed, Reason.OK),
        (other_digest, Reason.ALTERED),
        (lambda signed: signed[:1], Reason.CONTAINER),
        (lambda signed: [*signed, replace(signed[0], name="attachments/001.pdf")], Reason.CONTAINER),
    ):
        path = _resealed(exhibits, tmp_path / f"{reason}.asice", change)
        assert verify(path, exhibits.anchored).reason is reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.UNRECOGNISED),
        (b"hello", Reason.UNRECOGNISED),
        (b"\xff\xfe\x00", Reason.UNRECOGNISED),
        (b"PK", Reason.GATE),
        (b"PK\x03\x04" + bytes(60), Reason.GATE),
        (b"<a/>", Reason.UNRECOGNISED),
        (b"<a", Reason.GATE),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', Reason.GATE),
        (b'<Evidence xmlns="urn:exchange-axis:evidence:1"/>', Reason.UNSIGNED),
        (b'<Consignment xmlns="urn:exchange-axis:consignment:1"/>', Reason.UNSIGNED),
        (b'<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"/>', Reason.UNSIGNED),
        (b"c2sp.org/tlog-proof@v1\n", Reason.LOG_PROOF),
    ],
)
def test_what_is_nothing_of_ours(exhibits: Exhibits, tmp_path: Path, content: bytes, reason: Reason) -> None:
    result = verify(_write(tmp_path / "file", content), exhibits.trusted)
    assert (result.verdict, result.reason) == (Verdict.REJECT, reason)
    assert result.findings


def test_key_of_an_agency_cannot_speak_as_the_hub(exhibits: Exhibits, tmp_path: Path) -> None:
    """Under the same root, so only the name in the certificate tells."""
    forged = sign_enveloped(write_evidence(_evidence(START)), exhibits.sender.seals[SENDER], at=START)
    result = verify(_write(tmp_path / "forged.xml", forged), exhibits.anchored)
    assert (result.verdict, result.reason, result.signed) == (Verdict.REJECT, Reason.SIGNER_MISMATCH, Answer.YES)


def test_tls_certificate_cannot_sign(exhibits: Exhibits, tmp_path: Path) -> None:
    pki = TestPki()
    root = load_trust(_write(tmp_path / "root.pem", pki.root_pem))
    for use, reason in ((CertificateUse.TLS_CLIENT, Reason.CERTIFICATE_USAGE), (CertificateUse.SEAL, Reason.OK)):
        private = key(KeyType.P256, use)
        signer = LocalSigner(private, pki.certificate(private, use=use, common_name=HUB))
        signed = sign_enveloped(write_evidence(_evidence(AT)), signer, at=AT)
        assert verify(_write(tmp_path / f"{use}.xml", signed), root).reason is reason


def test_bindings_of_the_trust_folder(exhibits: Exhibits, tmp_path: Path) -> None:
    trust = Path(shutil.copytree(exhibits.trust, tmp_path / "trust"))
    shutil.copy(exhibits.binding, trust / "sender.binding.xml")
    bound = verify(exhibits.letter, load_trust(trust))
    assert (bound.verdict, bound.bound) == (Verdict.ACCEPT, Answer.YES)
    # A binding that speaks of another certificate says nothing about this one.
    assert verify(exhibits.status, load_trust(trust)).bound is Answer.NOT_CHECKED
    seal = fingerprint(exhibits.issuer.certificate)
    of_hub = bind(exhibits, seal, holder=HUB, use=KeyUse.HUB_SEAL)
    _write(trust / "hub.binding.xml", of_hub.content)
    assert verify(exhibits.receipt, load_trust(trust)).bound is Answer.YES


@pytest.mark.parametrize(
    ("use", "agency"), [(KeyUse.AGENCY_SEAL, "H90.02"), (KeyUse.NODE_SEAL, SENDER), (KeyUse.HUB_SEAL, SENDER)]
)
def test_binding_for_another_agency_or_use(exhibits: Exhibits, tmp_path: Path, use: KeyUse, agency: str) -> None:
    trust = Path(shutil.copytree(exhibits.trust, tmp_path / "trust"))
    seal = fingerprint(exhibits.sender.seals[SENDER].certificate)
    binding = bind(exhibits, seal, holder="node-a1", use=use, codes=(agency,))
    _write(trust / "other.binding.xml", binding.content)
    result = verify(exhibits.letter, load_trust(trust))
    assert (result.reason, result.signed, result.bound) == (Reason.NOT_BOUND, Answer.YES, Answer.NO)


def test_altered_binding_is_not_believed(exhibits: Exhibits, tmp_path: Path) -> None:
    trust = Path(shutil.copytree(exhibits.trust, tmp_path / "trust"))
    data = exhibits.binding.read_bytes()
    _write(trust / "sender.binding.xml", data.replace(b"node-a1", b"node-b1"))
    result = verify(exhibits.letter, load_trust(trust))
    assert (result.verdict, result.bound) == (Verdict.ACCEPT, Answer.NOT_CHECKED)
    assert "signature.digest" in codes(result)


def test_binding_of_a_stranger_is_not_believed(exhibits: Exhibits, tmp_path: Path) -> None:
    trust = Path(shutil.copytree(exhibits.trust, tmp_path / "trust"))
    pki = TestPki()
    private = key(KeyType.P256, "stranger")
    stranger = LocalSigner(private, pki.certificate(private, common_name=HUB))
    said = read_binding(verify_enveloped_unanchored(exhibits.binding.read_bytes()).root)
    binding = _write(trust / "x.binding.xml", sign_enveloped(write_binding(said), stranger, at=AT))
    assert verify(exhibits.letter, load_trust(trust)).bound is Answer.NOT_CHECKED
    _write(trust / "stranger.pem", pki.root_pem)
    assert verify(exhibits.letter, load_trust(trust)).bound is Answer.YES
    by_agency = sign_enveloped(write_binding(said), exhibits.sender.seals[SENDER], at=START)
    binding.write_bytes(by_agency)
    assert verify(exhibits.letter, load_trust(trust)).bound is Answer.NOT_CHECKED


def test_proof_by_itself_finds_its_receipt(exhibits: Exhibits, tmp_path: Path) -> None:
    result = verify(exhibits.proof, exhibits.trusted)
    assert (result.verdict, result.signed, result.logged) == (Verdict.ACCEPT, Answer.YES, Answer.YES)
    assert result.document is not None
    assert (result.document["kind"], result.document["of"]["event"]) == ("log-proof", "SubmissionAcceptance")
    alone = Path(shutil.copy(exhibits.proof, tmp_path / "x.tlog-proof"))
    assert verify(alone, exhibits.trusted).reason is Reason.RECEIPT_MISSING
    assert verify(alone, exhibits.trusted, receipt=exhibits.receipt).verdict is Verdict.ACCEPT
    other = verify(alone, exhibits.trusted, receipt=exhibits.handover)
    assert (other.verdict, other.reason, other.logged) == (Verdict.REJECT, Reason.LOG_PROOF, Answer.NO)
    assert "log.not-included" in codes(other)
    assert verify(alone, exhibits.anchored, receipt=exhibits.receipt).reason is Reason.UNKNOWN_LOG
    assert verify(alone, exhibits.trusted, receipt=alone).reason is Reason.UNRECOGNISED


def test_wrong_proof_beside_a_good_receipt(exhibits: Exhibits, tmp_path: Path) -> None:
    receipt = Path(shutil.copy(exhibits.handover, tmp_path / "handover.xml"))
    shutil.copy(exhibits.proof, tmp_path / "handover.tlog-proof")
    result = verify(receipt, exhibits.trusted)
    assert (result.reason, result.signed, result.logged) == (Reason.LOG_PROOF, Answer.YES, Answer.NO)
    # Without log keys nobody looks.
    assert verify(receipt, exhibits.anchored).verdict is Verdict.ACCEPT


def test_proof_of_a_log_without_key(exhibits: Exhibits, tmp_path: Path) -> None:
    trust = Path(shutil.copytree(exhibits.trust, tmp_path / "trust"))
    (trust / "hub-a.vkey").write_text("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n")
    result = verify(exhibits.receipt, load_trust(trust))
    assert (result.verdict, result.logged) == (Verdict.ACCEPT, Answer.NOT_CHECKED)
    assert "verify.unknown-log" in codes(result)
    assert verify(exhibits.checkpoint, load_trust(trust)).reason is Reason.UNKNOWN_LOG


def test_checkpoint(exhibits: Exhibits, tmp_path: Path) -> None:
    result = verify(exhibits.checkpoint, exhibits.trusted)
    assert (result.verdict, result.signed, result.proof_time) == (Verdict.ACCEPT, Answer.YES, None)
    assert result.document is not None and result.document["origin"] == f"{HUB}/log/1"
    size = str(result.document["size"])
    data = exhibits.checkpoint.read_text().replace(f"\n{size}\n", f"\n{size}0\n")
    grown = verify(_write(tmp_path / "grown", data.encode()), exhibits.trusted)
    assert (grown.verdict, grown.reason, grown.document) == (
        Verdict.REJECT,
        Reason.LOG_PROOF,
        {"kind": "checkpoint"},
    )


def test_second_opinion_agrees(exhibits: Exhibits, tmp_path: Path) -> None:
    for path in (exhibits.receipt, exhibits.letter):
        result = verify(path, exhibits.anchored, second_opinion=True)
        assert result.second_opinion == {"implementation": "signxml", "accepted": True, "reason": ""}
        assert verify(path, exhibits.anchored).second_opinion is None
    data = exhibits.receipt.read_bytes().replace(b"<Recipient>H90<", b"<Recipient>H91<")
    altered = verify(_write(tmp_path / "r.xml", data), exhibits.anchored, at=START, second_opinion=True)
    assert altered.second_opinion is not None and not altered.second_opinion["accepted"]
    assert "verify.opinions-differ" not in codes(altered)


def test_identity_numbers_are_masked(tmp_path: Path) -> None:
    pki = TestPki()
    private = generate_key()
    certificate = pki.certificate(private, common_name="Nguyễn Văn A CCCD:012345678901")
    signer = LocalSigner(private, certificate)
    path = _write(tmp_path / "r.xml", sign_enveloped(write_evidence(_evidence(AT)), signer, at=AT))
    for trust in (TestPki().root_pem, _other_root()):
        answer = str(verify(path, load_trust(_write(tmp_path / "root.pem", trust))).as_dict())
        assert "CCCD:***" in answer
        assert "012345678901" not in answer


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("UID=CCCD:001085012345,CN=A", "UID=CCCD:***,CN=A"),
        ("cmnd 123 456 789", "cmnd ***"),
        ("MST:0102030405", "MST:0102030405"),
        ("CCCD", "CCCD"),
        ("a\x1b[31mb", "a\ufffd[31mb"),
    ],
)
def test_mask(text: str, shown: str) -> None:
    assert mask(text) == shown


def test_library_errors_become_verdicts(exhibits: Exhibits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise TypeError("planted")

    monkeypatch.setattr("exchange_axis.pipeline.verify.verify_enveloped_unanchored", broken)
    result = verify(exhibits.receipt, exhibits.anchored)
    assert (result.verdict, result.reason, codes(result)) == (
        Verdict.REJECT,
        Reason.MALFORMED,
        ["verify.unreadable"],
    )


def test_trust_that_is_none(exhibits: Exhibits, tmp_path: Path) -> None:
    with pytest.raises(NoTrustAnchors):
        load_trust(tmp_path)
    with pytest.raises(KeyMissing):
        load_trust(tmp_path / "nothing.pem")
    with pytest.raises(CertificateUnreadable):
        load_trust(_write(tmp_path / "a.pem", b"not a certificate"))
    (tmp_path / "a.pem").unlink()
    _write(tmp_path / "b.vkey", b"\xff")
    with pytest.raises(MalformedKey):
        load_trust(tmp_path)
    assert load_trust(exhibits.trust).logs


def test_every_refusal_of_the_signing_room_has_a_reason_of_its_area() -> None:
    assert reason_of("algorithm.digest") is Reason.ALGORITHM
    assert reason_of("certificate.usage") is Reason.CERTIFICATE_USAGE
    assert reason_of("certificate.unreadable") is Reason.CERTIFICATE
    assert reason_of("nobody.knows") is Reason.MALFORMED
    assert [reason for reason in Reason if reason.verdict is Verdict.ACCEPT] == [Reason.OK]


def _resealed(
    exhibits: Exhibits, path: Path, change: Callable[[Sequence[SignedMember]], Sequence[SignedMember]]
) -> Path:
    """The letter in a new container of its sender, who signs what `change` makes of the members."""
    with open_container(exhibits.letter) as container:
        consignment, letter = container.read("consignment.xml"), container.read("letter.edxml")
    write_container(
        path,
        consignment=consignment,
        document_name="letter.edxml",
        document=letter,
        attachments=(),
        sign=lambda signed: sign_members(change(signed), exhibits.sender.seals[SENDER], at=START),
    )
    return path


def _evidence(at: datetime) -> Evidence:
    return Evidence(
        id="1e1d1c1b-0000-4000-8000-00000000000a",
        event=Event.SUBMISSION_ACCEPTANCE,
        issuer=HUB,
        recorded_at=at.astimezone(UTC),
        sender=SENDER,
        recipients=("H90",),
        consignment_id="1e1d1c1b-0000-4000-8000-00000000000b",
        container_sha256="00" * 32,
    )


def _other_root() -> bytes:
    issuance = replace(TestPki().next_issuance(), serial=7)
    return certificate_pem(new_root(generate_key(), subject=Subject(common_name="x"), issuance=issuance).certificate)


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
