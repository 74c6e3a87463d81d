"""Verdict reports: named by the acceptance, followed by what was judged later, and held against both in a dossier."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.domain.dossier import MANIFEST, MANIFEST_STAMP, SUMS, Dossier, Member
from exchange_axis.hub.verdicts import judged_again
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Reason, Verification
from exchange_axis.pipeline.verify_trust import Trust
from exchange_axis.store.hub import disposals, mail, verdicts
from exchange_axis.store.hub.verdicts import ReportRow
from exchange_axis.wire.dossier import write_dossier
from signing.trust import TrustAnchors
from tests.hub.stand import Stand
from tests.hub.test_files import Desk, desk, pki, signed
from tests.hub.test_signers import _list, _look_up, office
from tests.pipeline.filed import manifest_of, members_of, zipped
from tests.signing import pdfs

__all__ = ["desk", "office", "pki", "signed"]
FIRST, SECOND = "letters/0001/verdicts.json", "letters/0001/verdicts-0001.json"


def reports(stand: Stand, seq: int = 1) -> tuple[ReportRow, ...]:
    return stand.hub.world.transactions.read(lambda connection: verdicts.every(connection, seq))


def dossier(stand: Stand) -> Path:
    return stand.hub.dossiers.write("57/BC-UBND", agency=None, actor="kiem-toan").path


def verify(stand: Stand, path: Path) -> Verification:
    anchors = TrustAnchors(certificates=tuple(stand.hub.world.anchors().certificates))
    return verify_file(path, Question(trust=Trust(anchors=anchors, logs=(stand.hub.log.verifier,))))


def codes(told: Verification) -> list[str]:
    return [finding.code for finding in told.findings if finding.code != "verify.own-time"]


def again(stand: Stand, target: Path, members: dict[str, bytes]) -> Path:
    """The members under a manifest that the hub itself sealed anew."""
    old = manifest_of(members)
    kinds = {one.name: one.kind for one in old.members}
    rest = {name: data for name, data in members.items() if name not in (MANIFEST, MANIFEST_STAMP)}
    listed = tuple(
        Member(name=name, kind=kinds[name], size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in rest.items()
    )
    values = {name: getattr(old, name) for name in ("id", "issuer", "issuer_kind", "at", "query", "scope", "letters")}
    manifest = stand.hub.world.issuer.attest(write_dossier(Dossier(**values, members=listed)), old.at)
    return zipped(target, {**rest, MANIFEST: manifest})


def verdicts_again(stand: Stand) -> bool:
    world = stand.hub.world
    return world.transactions.run(lambda connection: judged_again(connection, world, 1, files={}))


@pytest.fixture
def judged(office: Desk, pki: pdfs.PdfPki, signed: bytes) -> Desk:
    """A letter that was not checked when it was accepted, and valid when the list had come."""
    office.send({"a.pdf": signed})
    office.stand.clock.advance(minutes=1)
    _look_up(office, _list(office, pki))
    assert office.stand.hub.files.complete() == 1
    return office


def test_the_acceptance_names_the_report_that_is_kept(office: Desk, signed: bytes) -> None:
    receipt = office.send({"a.pdf": signed})
    (first,) = reports(office.stand)
    assert receipt.report_sha256 == first.sha256 == hashlib.sha256(first.document.encode()).hexdigest()
    said = json.loads(first.document)
    assert (said["number"], said["previous"], said["hub"]) == (0, None, "hub-a")
    assert said["files"]["files"][0]["verdict"] == "revocation-unknown"
    again_accepted = office.send({"b.pdf": signed}, number="58")
    assert again_accepted.report_sha256 is not None
    assert json.loads(reports(office.stand, 2)[0].document)["salt"] != said["salt"], "nobody can guess it"


@pytest.mark.usefixtures("either_store")
def test_what_is_judged_again_follows_and_is_in_the_log(judged: Desk) -> None:
    first, second = reports(judged.stand)
    said: dict[str, Any] = json.loads(second.document)
    assert (said["number"], said["previous"]) == (1, first.sha256)
    assert said["files"]["files"][0]["verdict"] == "valid"
    hub = judged.stand.hub
    hub.log.sequence()
    assert hub.log.proof(second.sha256) is not None
    assert hub.log_check.run().faults == ()


def test_a_dossier_has_both_and_they_are_held_against_acceptance_and_log(judged: Desk, tmp_path: Path) -> None:
    stand = judged.stand
    path = dossier(stand)
    members = members_of(path)
    first, second = reports(stand)
    assert (members[FIRST], members[SECOND]) == (first.document.encode(), second.document.encode())
    assert (verify(stand, path).reason, codes(verify(stand, path))) == (Reason.OK, [])
    changed = members | {FIRST: first.document.replace("revocation-unknown", "valid").encode()}
    told = verify(stand, again(stand, tmp_path / "first.zip", changed))
    assert (told.reason, codes(told)) == (Reason.MEMBER, ["dossier.report-changed"] * 2), "and the second names another"
    changed = members | {SECOND: second.document.replace('"valid"', '"revocation-unknown"').encode()}
    told = verify(stand, again(stand, tmp_path / "second.zip", changed))
    assert (told.reason, codes(told)[0]) == (Reason.MEMBER, "dossier.member-rejected")
    proof = SECOND + ".tlog-proof"
    told = verify(stand, again(stand, tmp_path / "bare.zip", {k: v for k, v in changed.items() if k != proof}))
    assert (told.reason, codes(told)) == (Reason.OK, ["dossier.report-unproved"]), "it is said that nothing vouches"
    left_out = {name: data for name, data in members.items() if name not in (FIRST, SUMS)}
    told = verify(stand, again(stand, tmp_path / "none.zip", left_out))
    assert (told.reason, codes(told)) == (Reason.MEMBER, ["dossier.report-changed"]), "the second follows nothing"


def test_an_erased_report_leaves_nothing_but_digests(judged: Desk) -> None:
    hub = judged.stand.hub
    hub.log.sequence()

    def wipe(connection: Any) -> None:
        disposals.wipe(connection, disposals.family(connection, mail.consignment_by_seq(connection, 1)))

    hub.world.transactions.run(wipe)
    assert [one.document for one in reports(judged.stand)] == ["", ""]
    assert hub.log_check.run().faults == ()
    assert not verdicts_again(judged.stand), "nothing follows what was erased"
