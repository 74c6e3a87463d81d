"""Erasure of personal data without breaking one proof (T12), and what is refused; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from exchange_axis.domain import disposal
from exchange_axis.domain.disposal import Disposal, NoSuchHold
from exchange_axis.errors import ConsignmentErased, NotFound
from exchange_axis.hub import erasing
from exchange_axis.hub.erasing import Erasing
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.world import Received
from exchange_axis.store.errors import BlobErased
from exchange_axis.store.hub import desk
from tests.hub.stand import HandClock, Peer, Stand, enrol, make_letter, make_status, open_stand, reopen, take_back

pytestmark = pytest.mark.on_postgresql(
    "test_the_decision_is_an_entry_of_the_log",
    "test_one_person_is_not_enough",
    "test_a_letter_under_way_is_refused_at_each_of_its_steps",
    "test_an_erased_letter_is_not_sent_again",
    "test_salts_go_on_wish_and_the_tree_stays_whole",
    "test_a_peer_that_reads_its_feed_again_is_not_stuck",
    "test_what_is_held_is_not_erased",
)

GROUND = "Điều 14 Luật 91/2025/QH15: yêu cầu của chủ thể dữ liệu"


@dataclass
class Scene:
    stand: Stand
    sender: Peer
    receiver: Peer
    folder: Path
    clock: HandClock

    @property
    def erasing(self) -> Erasing:
        return self.stand.hub.keeping.erasing

    def sent(self, number: str, **more: object) -> Received:
        made = make_letter(self.folder, self.sender, "H90.01", ["H90"], clock=self.clock, number=number, **more)  # type: ignore[arg-type]
        self.stand.hub.intake.submit(self.sender.row, made)
        return made

    def ended(self, number: str, *, reason: str = "Không đúng thẩm quyền", **more: object) -> tuple[str, Received]:
        """A letter that was handed over and refused with words of a clerk; all feeds read. Its id and bytes."""
        made = self.sent(number, **more)
        (shipment,) = self.stand.hub.dispatch.lease("node-a", 10)
        for code, words in (("01", ""), ("02", f"LD02 {reason}")):
            said = make_status(
                self.folder, self.receiver, code, shipment, recipient="H90", clock=self.clock, description=words
            )
            self.stand.hub.intake.submit(self.receiver.row, said)
        self.read_feeds()
        return shipment.consignment_id, made

    def read_feeds(self) -> None:
        for peer in (self.sender, self.receiver):
            items = self.stand.hub.feeds.read(peer.row, after=0, limit=10_000)
            if items:
                self.stand.hub.feeds.read(peer.row, after=items[-1].number, limit=1)

    def erase(self, name: str, *, salts: bool = False) -> Disposal:
        self.erasing.propose(name, ground=GROUND, actor="Lan", salts=salts)
        return self.erasing.approve(name, actor="Minh")

    def found(self, *needles: str | bytes) -> set[str | bytes]:
        """Which of them are anywhere in the hub's folder: database, journals, blobs, staging, as they lie on disk."""
        wanted = {needle: needle.encode() if isinstance(needle, str) else needle for needle in needles}
        seen: set[str | bytes] = set()
        for path in self.stand.places.root.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                seen |= {needle for needle, value in wanted.items() if value in data}
        return seen


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def scene_on(folder: Path, clock: HandClock, database: str = "") -> Scene:
    stand = open_stand(folder, "hub-a", clock=clock, database=database)
    sender, receiver = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90", "H90.02"])
    return Scene(stand=stand, sender=sender, receiver=receiver, folder=folder, clock=clock)


@pytest.fixture
def scene(tmp_path: Path, clock: HandClock, database_url: str) -> Iterator[Scene]:
    scene = scene_on(tmp_path, clock, database_url)
    yield scene
    scene.stand.close()


def test_two_people_erase_a_letter_and_its_history_says_so(scene: Scene) -> None:
    name, made = scene.ended("57")
    hub = scene.stand.hub
    (before,) = hub.auditing.history("57/BC-UBND")
    proposed = scene.erasing.propose("57/BC-UBND", ground=GROUND, actor="Lan")
    assert (proposed.state, proposed.consignment_id, proposed.proposed_by) == ("proposed", name, "Lan")
    with hub.world.blobs.open(made.sha256) as blob:
        assert blob.size == made.size, "a proposal destroys nothing"
    done = scene.erasing.approve(name, actor="Minh")
    assert (done.state, done.decided_by, done.done_at) == ("done", "Minh", scene.clock.now())
    assert done.blobs == 1 and done.documents >= 2

    with pytest.raises(BlobErased), hub.world.blobs.open(made.sha256):
        pass
    assert hub.auditing.history("57/BC-UBND") == (), "its number names nothing any more"
    (after,) = hub.auditing.history(name)
    assert (after.title, after.findings, after.files) == (None, (), None)
    assert after.evidence == before.evidence
    assert [(one.recipient, one.state, one.business) for one in after.deliveries] == [("H90", "handed-over", "02")]
    (said,) = after.disposals
    assert (said.ground, said.proposed_by, said.approved_by, said.extent) == (GROUND, "Lan", "Minh", "all")
    assert before.disposals == ()


def test_the_decision_is_an_entry_of_the_log(scene: Scene) -> None:
    name, _ = scene.ended("57")
    scene.stand.hub.log.sequence()
    size = scene.stand.hub.log.state().size
    scene.erase(name)
    scene.stand.hub.log.sequence()
    assert scene.stand.hub.log.state().size == size + 2, "the proposal and the approval"
    assert scene.stand.hub.log_check.run().faults == ()


def test_the_same_letter_again_gets_the_same_answer_and_is_not_stored_again(scene: Scene) -> None:
    name, made = scene.ended("57")
    hub = scene.stand.hub
    first = hub.intake.submit(scene.sender.row, made)
    scene.erase(name)
    assert hub.intake.submit(scene.sender.row, made).documents == first.documents
    assert not hub.world.blobs.has(made.sha256)
    assert hub.dispatch.lease("node-a", 10) == ()
    other = make_letter(scene.folder, scene.sender, "H90.01", ["H90"], clock=scene.clock, consignment_id=name)
    with pytest.raises(SubmissionRefused) as refused:
        hub.intake.submit(scene.sender.row, other)
    assert {one.code for one in refused.value.findings} == {"consignment.conflict"}


def test_one_person_is_not_enough(scene: Scene) -> None:
    name, made = scene.ended("57")
    scene.erasing.propose(name, ground=GROUND, actor="Lan")
    for again in ("Lan", " lan ", "LAN"):
        with pytest.raises(disposal.SamePerson):
            scene.erasing.approve(name, actor=again)
    with pytest.raises(disposal.AlreadyProposed):
        scene.erasing.propose(name, ground=GROUND, actor="Minh")
    assert scene.stand.hub.world.blobs.has(made.sha256)
    scene.erasing.withdraw(name, actor="Lan")
    with pytest.raises(disposal.NotProposed):
        scene.erasing.approve(name, actor="Minh")
    assert scene.erase(name).state == "done"
    with pytest.raises(disposal.NothingLeft):
        scene.erasing.propose(name, ground=GROUND, actor="Lan")
    assert [one.state for one in scene.erasing.record()] == ["withdrawn", "done"]


@pytest.mark.parametrize(("ground", "actor"), [("", "Lan"), ("  ", "Lan"), ("x" * 1001, "Lan"), (GROUND, " ")])
def test_ground_and_actor_must_be_said(scene: Scene, ground: str, actor: str) -> None:
    name, _ = scene.ended("57")
    with pytest.raises(disposal.ErasureUnusable):
        scene.erasing.propose(name, ground=ground, actor=actor)


def test_an_unknown_or_ambiguous_letter_is_refused(scene: Scene) -> None:
    scene.ended("57")
    scene.ended("57", subject="V/v việc khác")
    with pytest.raises(disposal.SeveralLetters):
        scene.erasing.propose("57/BC-UBND", ground=GROUND, actor="Lan")
    with pytest.raises(NotFound):
        scene.erasing.propose("99/BC-UBND", ground=GROUND, actor="Lan")


def test_a_letter_under_way_is_refused_at_each_of_its_steps(scene: Scene) -> None:
    made = scene.sent("57")
    hub = scene.stand.hub
    (letter,) = hub.auditing.history("57/BC-UBND")

    def refused() -> str:
        with pytest.raises(disposal.UnderWay) as why:
            scene.erasing.propose(letter.consignment_id, ground=GROUND, actor="Lan")
        return str(why.value.facts["what"])

    assert "H90: consigned" in refused()
    (shipment,) = hub.dispatch.lease("node-a", 10)
    said = make_status(scene.folder, scene.receiver, "01", shipment, recipient="H90", clock=scene.clock)
    hub.intake.submit(scene.receiver.row, said)
    assert refused() == "node-a1: feed", "its sender has not heard of it yet"
    scene.read_feeds()
    scene.erasing.propose(letter.consignment_id, ground=GROUND, actor="Lan")
    back = take_back(
        scene.folder, scene.sender, letter.consignment_id, sender="H90.01", recipient="H90", clock=scene.clock
    )
    hub.intake.submit(scene.sender.row, back)
    with pytest.raises(disposal.UnderWay):
        scene.erasing.approve(letter.consignment_id, actor="Minh")
    assert hub.world.blobs.has(made.sha256), "what happened between proposal and approval counts"


def test_an_erased_letter_is_not_sent_again(scene: Scene) -> None:
    scene.sent("57")
    hub = scene.stand.hub
    scene.clock.advance(days=8)
    hub.dispatch.expire()
    scene.read_feeds()
    (letter,) = hub.auditing.history("57/BC-UBND")
    assert [one.state for one in letter.deliveries] == ["failed"]
    scene.erase(letter.consignment_id)
    (again,) = hub.resending.resend(desk.Wanted(ids=(letter.consignment_id,)), actor="test")
    assert again.refusal is not None and again.refusal.code == ConsignmentErased.code
    assert hub.dispatch.lease("node-a", 10) == ()


def test_salts_go_on_wish_and_the_tree_stays_whole(scene: Scene) -> None:
    name, _ = scene.ended("57")
    other, _ = scene.ended("58")
    hub = scene.stand.hub
    hub.log.sequence()
    (mine,), (theirs,) = hub.auditing.history(name), hub.auditing.history(other)
    scene.erase(name, salts=True)
    hub.log.sequence()
    with pytest.raises(NotFound):
        hub.log.proof(mine.evidence[0].sha256)
    assert hub.log.proof(theirs.evidence[0].sha256) is not None
    checked = hub.log_check.run()
    assert (checked.faults, checked.erased) == ((), len(mine.evidence))
    hub.log.verify()


def test_a_peer_that_reads_its_feed_again_is_not_stuck(scene: Scene) -> None:
    name, _ = scene.ended("57")
    hub = scene.stand.hub
    before = hub.feeds.read(scene.sender.row, after=0, limit=100)
    scene.erase(name)
    after = hub.feeds.read(scene.sender.row, after=0, limit=100)
    assert [one.number for one in after[:-1]] == [one.number for one in before]
    assert [document.kind.value for document in after[-1].documents] == ["notice"], "that it was erased"
    kinds = [[document.kind.value for document in one.documents] for one in (*before, *after)]
    assert any("status" in one for one in kinds[: len(before)])
    assert not any("status" in one for one in kinds[len(before) :])


def test_a_decided_erasure_is_finished_after_a_crash(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    name, made = scene.ended("57")
    scene.erasing.propose(name, ground=GROUND, actor="Lan")

    class Crash(Exception):
        pass

    def crash(_name: str) -> None:
        raise Crash

    monkeypatch.setattr(erasing, "failpoint", crash)
    with pytest.raises(Crash):
        scene.erasing.approve(name, actor="Minh")
    monkeypatch.undo()
    scene.stand = reopen(scene.stand)
    assert scene.stand.hub.world.blobs.has(made.sha256)
    (letter,) = scene.stand.hub.auditing.history(name)
    assert len(letter.disposals) == 1, "decided and told, whatever is still to be done"
    scene.stand.hub.housekeeping()
    assert not scene.stand.hub.world.blobs.has(made.sha256)
    assert [one.state for one in scene.erasing.record()] == ["done"]
    assert scene.erasing.finish() == 0


@pytest.mark.parametrize("by", ["letter", "sender", "recipient"])
def test_what_is_held_is_not_erased(scene: Scene, by: str) -> None:
    name, _ = scene.ended("57")
    holds = scene.stand.hub.keeping.holds
    agency = {"letter": None, "sender": "H90.01", "recipient": "000.00.00.H90"}[by]
    placed = holds.add(letter=name if by == "letter" else None, agency=agency, reason="Thanh tra 12/QĐ", actor="Hà")
    with pytest.raises(disposal.OnHold):
        scene.erasing.propose(name, ground=GROUND, actor="Lan")
    assert [one.id for one in holds.every()] == [placed.id]
    holds.release(placed.id, reason="Kết luận xong", actor="Hà")
    with pytest.raises(NoSuchHold):
        holds.release(placed.id, reason="Kết luận xong", actor="Hà")
    scene.erasing.propose(name, ground=GROUND, actor="Lan")
    holds.add(letter=name, agency=None, reason="Khiếu nại", actor="Hà")
    with pytest.raises(disposal.OnHold):
        scene.erasing.approve(name, actor="Minh")
    assert [(one.reason, one.released_by) for one in holds.every(released=True)] == [
        ("Thanh tra 12/QĐ", "Hà"),
        ("Khiếu nại", None),
    ]
