"""What a hub knows of the seals it accepts letters by: at acceptance, within the grace, and years later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.clock import SystemRng
from exchange_axis.hub.auditing import SealView
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.own_list import OwnList
from exchange_axis.hub.standing import Standing
from exchange_axis.store.hub import standing
from signing.certificates import fingerprint, load_certificates
from signing.keys import load_key
from signing.revocation import NOTHING, Evidence, NotChecked, RevocationState
from tests.hub.stand import HandClock, Peer, Stand, enrol, make_letter, open_stand
from tests.signing.pki import TestPki
from tests.signing.timeline import Entry, Party, crl

_HOUR = timedelta(hours=1)


@dataclass
class _Scene:
    folder: Path
    stand: Stand
    sender: Peer
    receiver: Peer
    worker: Standing
    """For seals of an authority that is not the hub's own: it issues no list by itself."""
    number: int = 0

    @property
    def now(self) -> datetime:
        return self.stand.clock.now()

    @property
    def seal(self) -> x509.Certificate:
        return self.sender.seals["H90"].certificate

    def send(self) -> str:
        """Hand in a letter; returns its consignment id."""
        self.number += 1
        number, letter_id = str(100 + self.number), SystemRng().uuid()
        letter = make_letter(
            self.folder, self.sender, "H90", ["H90.01"], clock=self.stand.clock, number=number, consignment_id=letter_id
        )
        self.stand.hub.intake.submit(self.sender.row, letter)
        return letter_id

    def known(self, letter: str) -> SealView:
        (history,) = self.stand.hub.auditing.history(letter)
        assert history.seal is not None
        return history.seal

    def told(self, *entries: Entry, at: datetime | None = None) -> Evidence:
        """A list by the authority that issued the seals: the hub's own, here."""
        places = self.stand.places
        key = load_key(places.key("authority"))
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        root = load_certificates(places.certificate("authority").read_bytes())[0]
        return Evidence(crls=(crl(Party(certificate=root, key=key), *entries, at=at or self.now),))

    def revoked(self, at: datetime, reason: x509.ReasonFlags | None = None) -> Entry:
        return Entry(serial=self.seal.serial_number, at=at, reason=reason)

    def look_up(self, evidence: Evidence) -> list[RevocationState]:
        """One round of the worker."""
        return [self.worker.judge(chain, evidence).state for chain in self.worker.due()]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[_Scene]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    sender, receiver = enrol(stand, "node-a", ["H90", "H90.02"]), enrol(stand, "node-a1", ["H90.01"])
    worker = Standing(stand.hub.world, OwnList(stand.hub.world, TestPki().root))
    yield _Scene(folder=tmp_path, stand=stand, sender=sender, receiver=receiver, worker=worker)
    stand.close()


@pytest.mark.usefixtures("either_store")
def test_the_first_letter_goes_on_unchecked_and_the_answer_is_written_beside(scene: _Scene) -> None:
    letter, accepted = scene.send(), scene.now
    known = scene.known(letter)
    assert [known.state, known.why, known.later_state] == ["not-checked", "not-yet-asked", None]
    assert known.grace_until == accepted + timedelta(hours=4)
    scene.stand.clock.advance(minutes=1)
    assert scene.look_up(scene.told()) == [RevocationState.GOOD]
    after = scene.known(letter)
    assert [after.state, after.why, after.at] == [known.state, known.why, accepted], "the day's word never changes"
    assert [after.later_state, after.later_at] == ["good", scene.now]
    assert scene.look_up(NOTHING) == [], "not due again yet"


def test_the_next_letter_is_known_good_at_acceptance(scene: _Scene) -> None:
    scene.send()
    scene.look_up(scene.told())
    second = scene.send()
    assert [scene.known(second).state, scene.known(second).why, scene.known(second).grace_until] == ["good", None, None]
    scene.stand.clock.advance(hours=25)
    third = scene.send()
    assert [scene.known(third).state, scene.known(third).why] == ["not-checked", "stale"]


def test_a_seal_revoked_before_acceptance_refuses_the_letter(scene: _Scene) -> None:
    scene.send()
    scene.stand.clock.advance(hours=1)
    assert scene.look_up(scene.told(scene.revoked(scene.now - timedelta(minutes=1)))) == [RevocationState.REVOKED]
    with pytest.raises(SubmissionRefused) as refused:
        scene.send()
    (finding,) = refused.value.findings
    assert [finding.code, finding.stage, finding.where] == [
        "certificate.revoked", "signature", "META-INF/signatures0.xml",
    ]  # fmt: skip
    assert refused.value.evidence.content, "a signed rejection leaves"


def test_a_seal_on_hold_is_refused_as_such_and_accepted_after_release(scene: _Scene) -> None:
    scene.send()
    scene.stand.clock.advance(hours=1)
    scene.look_up(scene.told(scene.revoked(scene.now - _HOUR / 2, x509.ReasonFlags.certificate_hold)))
    with pytest.raises(SubmissionRefused) as refused:
        scene.send()
    assert [finding.code for finding in refused.value.findings] == ["certificate.on-hold"]
    scene.stand.clock.advance(hours=2)
    scene.look_up(scene.told())
    assert scene.known(scene.send()).state == "good"


@pytest.mark.usefixtures("either_store")
def test_a_letter_accepted_after_a_revocation_that_was_not_yet_known_is_found(scene: _Scene) -> None:
    scene.send()
    scene.look_up(scene.told())
    scene.stand.clock.advance(hours=2)
    early = scene.send()
    scene.stand.clock.advance(hours=2)
    late = scene.send()
    assert scene.known(late).state == "good", "by the list of that morning"
    scene.stand.clock.advance(hours=9)
    scene.look_up(scene.told(scene.revoked(scene.now - 10 * _HOUR)))
    assert [scene.known(late).state, scene.known(late).later_state] == ["good", "revoked"]
    assert [scene.known(early).state, scene.known(early).later_state] == ["good", None], "before the revocation"
    view = scene.stand.hub.watch.view()
    assert [one["consignment_id"] for one in _rows(view["revoked_letters"])] == [late]
    seal = next(one for one in scene.stand.hub.watch.warnings() if one.revocation == "revoked")
    assert seal.codes == ("H90",)


def test_a_revocation_after_acceptance_changes_nothing(scene: _Scene) -> None:
    letter = scene.send()
    scene.stand.clock.advance(hours=3)
    scene.look_up(scene.told(scene.revoked(scene.now - _HOUR)))
    known = scene.known(letter)
    assert [known.state, known.later_state] == ["not-checked", "good"]


@pytest.mark.usefixtures("either_store")
def test_what_cannot_be_checked_is_told_after_the_grace_and_never_called_good(scene: _Scene) -> None:
    letter = scene.send()
    unreachable = Evidence(missing=NotChecked.UNREACHABLE)
    assert scene.look_up(unreachable) == [RevocationState.NOT_CHECKED]
    assert scene.stand.hub.standing.overdue() == 0
    scene.stand.clock.advance(hours=5)
    assert scene.look_up(unreachable) == [RevocationState.NOT_CHECKED], "asked again and again"
    assert scene.stand.hub.standing.overdue() == 1
    assert [scene.known(letter).state, scene.known(letter).later_state] == ["not-checked", None]
    second = scene.send()
    assert scene.known(second).why == "unreachable"
    scene.stand.clock.advance(minutes=6)
    scene.look_up(scene.told())
    assert scene.stand.hub.standing.overdue() == 0
    assert scene.known(letter).later_state == "good"


def test_a_source_that_fails_leaves_what_is_still_in_force(scene: _Scene) -> None:
    scene.send()
    scene.look_up(scene.told())
    scene.stand.clock.advance(hours=13)
    assert scene.look_up(Evidence(missing=NotChecked.UNREACHABLE)) == [RevocationState.GOOD]
    assert scene.known(scene.send()).state == "good"


def test_forged_evidence_is_no_answer(scene: _Scene) -> None:
    scene.send()
    root = load_certificates(scene.stand.places.certificate("authority").read_bytes())[0]
    forged = crl(
        Party(certificate=root, key=ec.generate_private_key(ec.SECP256R1())), scene.revoked(scene.now), at=scene.now
    )
    assert scene.look_up(Evidence(crls=(forged,))) == [RevocationState.NOT_CHECKED]
    assert scene.send()


def test_the_verdict_is_reached_again_years_later_from_what_was_kept(scene: _Scene) -> None:
    letter = scene.send()
    bare = scene.stand.hub.watch.prove(letter)[0]
    assert bare.again is not None
    assert [bare.again.why, bare.pieces] == [NotChecked.NO_EVIDENCE, 0]
    scene.look_up(scene.told())
    scene.stand.clock.advance(days=3650)  # certificate and authority have ended
    (proved,) = scene.stand.hub.watch.prove(letter)
    assert proved.again is not None
    assert [proved.again.state, proved.refusal, proved.pieces] == [RevocationState.GOOD, None, 1]
    assert proved.known.why is NotChecked.NOT_YET_ASKED


def test_a_seal_that_is_not_used_any_more_is_not_asked_about(scene: _Scene) -> None:
    scene.send()
    scene.look_up(scene.told())
    scene.stand.clock.advance(days=8)
    assert scene.stand.hub.standing.due() == ()
    scene.send()
    assert len(scene.stand.hub.standing.due()) == 1


def test_ends_are_told_in_four_steps(scene: _Scene) -> None:
    def steps() -> set[int | None]:
        return {one.step for one in scene.stand.hub.watch.warnings() if one.use == "agency-seal"}

    end = scene.seal.not_valid_after_utc
    assert steps() == set()
    for days, expected in ((61, set()), (60, {60}), (31, {60}), (30, {30}), (7, {7}), (1, {1}), (0, set())):
        scene.stand.clock.at = end - timedelta(days=days)
        assert steps() == expected, days
    rows = _rows(scene.stand.hub.watch.view()["certificates"])
    assert {one.use for one in rows} >= {"hub-seal", "hub-tls", "hub-authority"}


@pytest.mark.usefixtures("either_store")
def test_what_is_kept_is_kept_once(scene: _Scene) -> None:
    for _ in range(3):
        scene.send()
    scene.look_up(scene.told())
    pieces = scene.stand.hub.world.transactions.read(
        lambda connection: standing.pieces(connection, _pieces(connection, scene))
    )
    assert [piece.kind for piece in pieces] == ["crl"]


def test_the_hubs_own_authority_tells_of_what_it_issued_by_itself(scene: _Scene) -> None:
    first, hub = scene.send(), scene.stand.hub
    (chain,) = hub.standing.due()
    assert hub.standing.judge(chain, NOTHING).state is RevocationState.GOOD
    second = scene.send()
    assert [scene.known(first).later_state, scene.known(second).state] == ["good", "good"]
    scene.stand.clock.advance(hours=1, milliseconds=250)
    cut = scene.now
    hub.registry.revoke("node-a", actor="test", reason="mất khóa")
    scene.stand.clock.advance(hours=1)
    status = hub.standing.judge(chain, NOTHING)
    assert [status.state, status.revoked_at] == [RevocationState.REVOKED, cut + timedelta(milliseconds=750)]
    assert [scene.known(first).later_state, scene.known(second).later_state] == ["good", None], "sealed before"
    (other,) = [one for one in hub.watch.view()["certificates"] if one.use == "agency-seal"]  # type: ignore[attr-defined]
    assert other.codes == ("H90.01",)


def _pieces(connection: Any, scene: _Scene) -> tuple[str, ...]:
    row = standing.standing(connection, fingerprint(scene.seal))
    assert row is not None
    return row.pieces


def _rows(found: Any) -> list[Any]:
    return list(found)
