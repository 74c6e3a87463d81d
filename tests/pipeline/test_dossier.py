"""Dossiers: what is in them, for whom, and that `axis verify` notices whatever is done to one."""

from __future__ import annotations

import random
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from exchange_axis.domain.dossier import MANIFEST, MANIFEST_STAMP, SUMS, Content, MemberKind
from exchange_axis.domain.evidence import Event
from exchange_axis.errors import NotFound
from exchange_axis.ledger.checkpoint import Checkpoint, read_unverified_checkpoint, sign_checkpoint
from exchange_axis.pipeline.issue import Subject
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Answer, Kind, Reason, Verdict, Verification, Why
from exchange_axis.pipeline.verify_trust import Trust, load_trust
from exchange_axis.store.hub import tables as t
from schemas.gate.limits import DOSSIER_LIMITS
from schemas.gate.zip import admit_archive
from tests.pipeline.filed import (
    FIRST,
    SECOND,
    SENDER,
    Filed,
    manifest_of,
    members_of,
    repack,
    sealed_by_sender,
    unpack,
)


def verify(filed: Filed, path: Path, trust: Trust | None = None) -> Verification:
    return verify_file(path, Question(trust=trust or load_trust(filed.trust)))


def codes(result: Verification) -> list[str]:
    return [finding.code for finding in result.findings if finding.code != "verify.own-time"]


def test_one_command_proves_the_whole(filed: Filed) -> None:
    result = verify(filed, filed.whole)
    assert (result.verdict, result.reason, codes(result)) == (Verdict.ACCEPT, Reason.OK, [])
    assert (result.signed, result.bound, result.logged) == (Answer.YES, Answer.YES, Answer.YES)
    assert result.document is not None and result.signer is not None
    assert (result.document["kind"], result.document["issuer"], result.document["scope"]) == (
        "dossier",
        "hub-a",
        "whole",
    )
    assert [letter["content"] for letter in result.document["letters"]] == ["held"]
    judged = {one["kind"]: one["verdict"] for one in result.evidence if "verdict" in one}
    assert set(judged) == {
        "letter", "long-term-copy", "status", "evidence", "transfer-record", "binding", "checkpoint",
    }  # fmt: skip
    assert set(judged.values()) == {"accept"}


def test_what_is_inside(filed: Filed) -> None:
    names = set(members_of(filed.whole))
    events = sorted(name.split("-", 1)[1] for name in names if "/evidence/" in name and name.endswith(".xml"))
    assert events == [
        "ContentConsignment.xml", "ContentConsignment.xml", "ContentHandover.xml", "SubmissionAcceptance.xml",
        "status-03.xml",
    ]  # fmt: skip
    assert {"letters/0001/letter.asice", "letters/0001/history.html", "letters/0001/verdicts.json"} <= names
    assert len([name for name in names if name.startswith("letters/0001/statuses/")]) == 2
    proofs = {name for name in names if name.endswith(".tlog-proof")}
    assert {name.removesuffix(".tlog-proof") for name in proofs} == {
        name for name in names if re.search(r"(/(evidence|transfers)/|^trust/).*\.xml$", name)
    }


def test_other_tools_read_the_archive(filed: Filed, tmp_path: Path) -> None:
    assert subprocess.run(["unzip", "-tqq", filed.whole], check=False).returncode == 0
    with zipfile.ZipFile(filed.whole) as archive:
        assert archive.testzip() is None
    folder = unpack(filed.whole, tmp_path)
    checked = subprocess.run(["sha256sum", "--quiet", "-c", SUMS], cwd=folder, check=False)
    assert checked.returncode == 0
    with filed.whole.open("rb") as file:
        assert [one.name for one in admit_archive(file, limits=DOSSIER_LIMITS)[-2:]] == [MANIFEST, MANIFEST_STAMP]


def test_unpacked_it_proves_the_same(filed: Filed, tmp_path: Path) -> None:
    folder = unpack(filed.whole, tmp_path)
    for path in (folder, folder / MANIFEST):
        assert (verify(filed, path).reason, verify(filed, path).logged) == (Reason.OK, Answer.YES)
    own = load_trust(folder / "trust")
    assert verify(filed, folder / "letters/0001/letter.asice", own).bound is Answer.YES
    assert verify(filed, folder / "letters/0001/evidence/0001-SubmissionAcceptance.xml", own).logged is Answer.YES


def test_a_root_alone_proves_signatures_only(filed: Filed) -> None:
    result = verify(filed, filed.whole, load_trust(filed.trust / "root.pem"))
    assert (result.reason, result.logged, result.why["logged"]) == (Reason.OK, Answer.NOT_CHECKED, Why.NO_KEY)
    assert result.bound is Answer.YES, "the bindings enclosed are sealed by a hub under that root"


def test_a_recipient_gets_its_own_delivery_only(filed: Filed) -> None:
    result = verify(filed, filed.cut)
    assert (result.reason, codes(result)) == (Reason.OK, [])
    assert result.document is not None and result.document["scope"] == SECOND
    members = members_of(filed.cut)
    evidence = [data for name, data in members.items() if "/evidence/" in name and name.endswith(".xml")]
    assert len(evidence) == 2
    assert not [data for data in evidence if b"ContentHandover" in data or b"status:03" in data]
    assert not [name for name in members if "/statuses/" in name or name.endswith("verdicts.json")]
    assert "Số đến 12".encode() not in members["letters/0001/history.html"]
    assert "Số đến 12".encode() in members_of(filed.whole)["letters/0001/history.html"]


def test_nobody_gets_other_agencies_mail(filed: Filed) -> None:
    with pytest.raises(NotFound):
        filed.hub.dossiers.write("57/BC-UBND", agency="H91", actor="x")
    made = filed.hub.dossiers.write("57/BC-UBND", agency=FIRST, actor="x")
    assert len([name for name in members_of(made.path) if "/statuses/" in name]) == 2
    sent = filed.hub.dossiers.write("57/BC-UBND", agency=SENDER, actor="x")
    assert len(members_of(sent.path)) == len(members_of(filed.whole))


def test_a_recalled_letter_goes_without_content(filed: Filed) -> None:
    result = verify(filed, filed.recalled)
    assert (result.reason, codes(result)) == (Reason.OK, [])
    assert result.document is not None
    assert [letter["content"] for letter in result.document["letters"]] == ["frozen", "held"], "the recall is enclosed"
    names = members_of(filed.recalled)
    assert "letters/0001/letter.asice" not in names and "letters/0002/letter.asice" in names
    assert "đã bị thu hồi" in names["letters/0001/history.html"].decode()


def test_history_is_readable_and_harmless(filed: Filed) -> None:
    page = members_of(filed.whole)["letters/0001/history.html"].decode()
    for words in (
        "57/BC-UBND",
        "V/v kiểm tra đường truyền",
        "Đã giao tới hệ thống của bên nhận",
        "02/03/2026 08:00:00",
    ):
        assert words in page
    assert not re.search(r"<script|https?://|src=", page)


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ("letters/0001/letter.asice", "dossier.member-changed"),
        ("letters/0001/evidence/0004-ContentHandover.xml", "dossier.member-changed"),
        ("letters/0001/history.html", "dossier.member-changed"),
        (SUMS, "dossier.member-changed"),
        (MANIFEST, "signature.digest"),
    ],
)
def test_a_changed_member_is_noticed(filed: Filed, tmp_path: Path, member: str, code: str) -> None:
    members = members_of(filed.whole)
    old, new = (b"whole", b"H90.0") if member == MANIFEST else (members[member][40:50], members[member][40:50][::-1])
    assert old in members[member] and old != new
    members[member] = members[member].replace(old, new, 1)
    result = verify(filed, repack(filed, tmp_path / "d.zip", members))
    assert (result.verdict, codes(result)) == (Verdict.REJECT, [code])


def test_a_missing_and_an_added_member_are_noticed(filed: Filed, tmp_path: Path) -> None:
    members = members_of(filed.whole)
    gone = {name: data for name, data in members.items() if "0005-status-03.xml" not in name}
    result = verify(filed, repack(filed, tmp_path / "gone.zip", gone))
    assert (result.reason, codes(result)) == (Reason.MEMBER, ["dossier.member-missing"])
    result = verify(filed, repack(filed, tmp_path / "more.zip", {"note.txt": b"x", **members}))
    assert (result.reason, codes(result)) == (Reason.MEMBER, ["dossier.member-extra"])


def test_a_lying_hub_cannot_hide_a_forged_member(filed: Filed, tmp_path: Path) -> None:
    """The manifest is sealed anew over an altered receipt: the receipt's own seal says no."""
    members = members_of(filed.whole)
    name = "letters/0001/evidence/0004-ContentHandover.xml"
    members[name] = members[name].replace(b"<Recipient>H90<", b"<Recipient>H90.02<")
    result = verify(filed, repack(filed, tmp_path / "d.zip", members, dossier=manifest_of(members)))
    assert result.reason is Reason.MEMBER
    assert codes(result)[:2] == ["dossier.member-rejected", "signature.digest"]


@pytest.mark.parametrize("event", [Event.CONTENT_HANDOVER, Event.ACCEPTED])
@pytest.mark.parametrize("same_container", [True, False])
def test_a_true_receipt_of_another_letter_is_foreign(
    filed: Filed, tmp_path: Path, event: Event, same_container: bool
) -> None:
    members = members_of(filed.whole)
    dossier = manifest_of(members)
    digest = dossier.letters[0].container_sha256 if same_container else "0" * 64
    other = filed.issuer.new_id()
    subject = Subject(sender=SENDER, recipients=(FIRST,), consignment_id=other, container_sha256=digest)
    members["letters/0001/evidence/0009-other.xml"] = filed.issuer.evidence(event, subject).document.content
    result = verify(filed, repack(filed, tmp_path / "d.zip", members, dossier=dossier))
    assert (result.reason, codes(result)) == (Reason.MEMBER, ["dossier.member-foreign"])


def test_a_container_that_was_left_out_of_a_held_letter(filed: Filed, tmp_path: Path) -> None:
    members = members_of(filed.whole)
    del members["letters/0001/letter.asice"]
    dossier = manifest_of(members)
    result = verify(filed, repack(filed, tmp_path / "d.zip", members, dossier=dossier))
    assert (result.reason, codes(result)) == (Reason.MEMBER, ["dossier.member-missing", "dossier.member-foreign"])
    frozen = tuple(replace(letter, content=Content.FROZEN) for letter in dossier.letters)
    told = verify(filed, repack(filed, tmp_path / "c.zip", members, dossier=replace(dossier, letters=frozen)))
    assert (told.reason, codes(told)) == (Reason.MEMBER, ["dossier.member-foreign"]), "a copy of what is not there"
    del members["letters/0001/letter-long-term.asice"]
    told = verify(filed, repack(filed, tmp_path / "e.zip", members, dossier=replace(dossier, letters=frozen)))
    assert told.reason is Reason.OK


def test_a_manifest_by_somebody_else(filed: Filed, tmp_path: Path) -> None:
    members = members_of(filed.whole)
    members[MANIFEST] = sealed_by_sender(filed, manifest_of(members))
    del members[MANIFEST_STAMP]
    result = verify(filed, repack(filed, tmp_path / "d.zip", members))
    assert (result.reason, codes(result)) == (Reason.SIGNER_MISMATCH, ["verify.signer-mismatch"])


def test_a_root_enclosed_is_not_believed(filed: Filed, tmp_path: Path) -> None:
    empty = tmp_path / "trust"
    empty.mkdir()
    (empty / "hub-a.vkey").write_text((filed.trust / "hub-a.vkey").read_text())
    result = verify(filed, filed.whole, load_trust(empty))
    assert (result.verdict, result.reason) == (Verdict.INDETERMINATE, Reason.UNKNOWN_ROOT)


def test_two_histories_of_one_log(filed: Filed, tmp_path: Path) -> None:
    members = members_of(filed.whole)
    name = next(name for name in members if name.startswith("checkpoints/"))
    first = read_unverified_checkpoint(members[name])
    signer = filed.hub.log._signer
    other = sign_checkpoint(Checkpoint(origin=first.origin, size=first.size, root=bytes(32)), signer)
    members["checkpoints/other.checkpoint"] = other
    dossier = manifest_of(members)
    extra = replace(dossier.members[0], name="checkpoints/other.checkpoint", kind=MemberKind.CHECKPOINT.value)
    dossier = replace(dossier, members=(*dossier.members, extra))
    result = verify(filed, repack(filed, tmp_path / "d.zip", members, dossier=dossier))
    assert (result.reason, codes(result)) == (Reason.MEMBER, ["dossier.split-view"])


def test_a_folder_without_manifest(filed: Filed, tmp_path: Path) -> None:
    folder = unpack(filed.whole, tmp_path)
    result = verify(filed, folder / "letters" / "0001")
    assert (result.reason, result.document) == (Reason.OK, {"kind": Kind.FOLDER.value})
    broken = folder / "letters/0001/evidence/0004-ContentHandover.xml"
    broken.write_bytes(broken.read_bytes().replace(b">H90<", b">H99<"))
    assert verify(filed, folder / "letters" / "0001").reason is Reason.ALTERED
    (tmp_path / "nothing").mkdir()
    assert verify(filed, tmp_path / "nothing").reason is Reason.UNRECOGNISED


def test_reading_is_noted(filed: Filed) -> None:
    rows = filed.hub.world.transactions.read(
        lambda connection: connection.execute(t.decision.select().where(t.decision.c.action == "audit.dossier")).all()
    )
    found = {(row.actor, row.details) for row in rows}
    assert {("kiem-toan", "whole"), ("kiem-toan", SECOND)} <= found
    assert all("57/BC-UBND" not in row.subject for row in rows), "an entry of the log names letters by id"


@pytest.mark.parametrize("seed", range(60))
def test_mutants_are_never_accepted(filed: Filed, tmp_path: Path, seed: int) -> None:
    """One byte anywhere: every byte of the archive counts, so nothing passes."""
    rng = random.Random(seed)
    data = bytearray(filed.whole.read_bytes())
    place = rng.randrange(len(data))
    if seed % 3 == 0:
        data[place] ^= 1 << rng.randrange(8)
    elif seed % 3 == 1:
        del data[place : place + rng.randrange(1, 40)]
    else:
        data[place:place] = rng.randbytes(rng.randrange(1, 40))
    path = tmp_path / "m.zip"
    path.write_bytes(data)
    result = verify(filed, path)
    assert result.verdict is not Verdict.ACCEPT
    assert result.findings


def test_the_same_question_gives_the_same_members(filed: Filed) -> None:
    again = members_of(filed.hub.dossiers.write("57/BC-UBND", agency=None, actor="x").path)
    first = members_of(filed.whole)
    stable = {name for name in first if "/evidence/" in name or "/statuses/" in name or name.endswith("letter.asice")}
    stable = {name for name in stable if not name.endswith(".tlog-proof")}
    assert stable and all(first[name] == again[name] for name in stable)
