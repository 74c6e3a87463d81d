"""Recalls at one hub, in every order with the letter, its lease, its handover and its updates; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.hub.auditing import Link
from exchange_axis.hub.holding import ContentFrozen
from exchange_axis.hub.intake import SubmissionRefused
from tests.hub.life import Desk, Post, codes, new_id, shipment_states, told
from tests.hub.stand import HandClock, Stand, enrol, open_stand

pytestmark = pytest.mark.on_postgresql(
    "test_a_recall_while_leased_freezes_the_content",
    "test_a_handover_after_the_recall_is_a_fact",
    "test_an_update_lends_its_lane",
    "test_the_history_shows_what_a_letter_is_about_and_what_came_after",
)

BOTH = ("H90", "H90.02")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def stand(tmp_path: Path, clock: HandClock, database_url: str) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=clock, database=database_url)
    yield stand
    stand.close()


@pytest.fixture
def post(stand: Stand, tmp_path: Path, clock: HandClock) -> Post:
    return Post(stand, enrol(stand, "node-a1", ["H90.01"]), "H90.01", tmp_path, clock)


@pytest.fixture
def desk(stand: Stand, tmp_path: Path, clock: HandClock) -> Desk:
    return Desk(stand, enrol(stand, "node-a", ["H90", "H90.02"]), tmp_path, clock)


def test_a_recall_before_the_lease_pulls_the_letter(post: Post, desk: Desk) -> None:
    letter = post.send(BOTH)
    recall = post.recall(letter, BOTH)
    assert post.states(letter) == dict.fromkeys(BOTH, ("withdrawn", "recall-asked"))
    assert shipment_states(post.stand, letter) == ["withdrawn", "withdrawn"]
    assert [one.consignment_id for one in desk.lease()] == [recall]
    news = told(post.stand, "node-a1", letter)
    assert [one.event for one in news] == ["ContentConsignment"] * 2 + ["withdrawn"] * 2
    assert {(one.reasons, one.successor) for one in news[2:]} == {(("letter.recalled",), recall)}


def test_a_recall_while_leased_freezes_the_content(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    desk.content(shipment)
    post.recall(letter, ["H90"])
    with pytest.raises(ContentFrozen) as frozen:
        desk.content(shipment)
    assert frozen.value.code == "consignment.frozen"
    assert not desk.stand.hub.dispatch.release("node-a", shipment.id, fence=shipment.fence, error="late")
    desk.clock.advance(seconds=61)
    assert shipment.id not in {one.id for one in desk.lease()}


def test_a_handover_after_the_recall_is_a_fact(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    post.recall(letter, ["H90"])
    assert desk.report(shipment, "01", "H90") == ["ContentHandover"]
    assert post.states(letter) == {"H90": ("handed-over", "recall-asked")}
    assert shipment_states(post.stand, letter) == ["done"]
    with pytest.raises(ContentFrozen):
        desk.content(shipment)


def test_a_recall_after_handover_asks_and_freezes(post: Post, desk: Desk) -> None:
    letter = post.send(BOTH)
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H90")
    post.recall(letter, BOTH)
    assert post.states(letter) == {"H90": ("handed-over", "recall-asked"), "H90.02": ("withdrawn", "recall-asked")}
    assert shipment_states(post.stand, letter) == ["done", "done"]
    assert [one.recipient for one in told(post.stand, "node-a1", letter) if one.event == "withdrawn"] == ["H90.02"]
    with pytest.raises(ContentFrozen):
        desk.content(shipment)


def test_a_letter_after_its_recall_ends_at_once(post: Post, desk: Desk) -> None:
    letter = new_id()
    recall = new_id()
    answer = post.submit(["H90"], letter=recall, kind=BusinessKind.REVOKE, follows=letter, number="58")
    assert "amendment.letter-unknown" in {warning["code"] for warning in answer.warnings}
    post.send(["H90", "H91"], letter=letter)
    assert post.states(letter) == {"H90": ("withdrawn", "recall-asked"), "H91": ("withdrawn", "recall-asked")}
    assert shipment_states(post.stand, letter) == ["none", "none"]
    assert [(one.event, one.successor) for one in told(post.stand, "node-a1", letter)] == [("withdrawn", recall)] * 2
    assert [one.consignment_id for one in desk.lease()] == [recall]


def test_a_failed_delivery_is_withdrawn_so_that_nobody_has_it_tried_again(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    post.clock.advance(days=8)
    assert post.stand.hub.dispatch.expire() == 1
    post.recall(letter, ["H90"])
    assert post.states(letter) == {"H90": ("withdrawn", "recall-asked")}
    assert shipment_states(post.stand, letter) == ["withdrawn"]


@pytest.mark.parametrize("order", ["LUR", "LRU", "RLU", "RUL", "URL", "ULR"])
def test_updates_are_recalled_with_their_letter_in_every_order(post: Post, desk: Desk, order: str) -> None:
    letter, update, recall = new_id(), new_id(), new_id()
    steps = {
        "L": lambda: post.send(["H90"], letter=letter),
        "U": lambda: post.send(["H90"], letter=update, kind=BusinessKind.UPDATE, follows=letter),
        "R": lambda: post.send(["H90"], letter=recall, kind=BusinessKind.REVOKE, follows=letter, number="58"),
    }
    for step in order:
        steps[step]()
    assert post.states(letter) == {"H90": ("withdrawn", "recall-asked")}
    assert post.states(update) == {"H90": ("withdrawn", "recall-asked")}
    assert [one.consignment_id for one in desk.lease()] == [recall]


@pytest.mark.parametrize("order", ["213R", "R321", "3R21", "32R1", "31R2", "1R32"])
def test_updates_of_updates_too(post: Post, desk: Desk, order: str) -> None:
    names = {"1": new_id(), "2": new_id(), "3": new_id()}
    for step in order:
        match step:
            case "1":
                post.send(["H90"], letter=names["1"])
            case "R":
                post.recall(names["1"], ["H90"])
            case _:
                earlier = names[str(int(step) - 1)]
                post.send(["H90"], letter=names[step], kind=BusinessKind.UPDATE, follows=earlier, subject=f"V/v {step}")
    for name in names.values():
        assert post.states(name) == {"H90": ("withdrawn", "recall-asked")}


def test_a_replacement_is_not_recalled_with_the_old_letter(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    new = post.send(["H90"], kind=BusinessKind.REPLACE, follows=letter, number="59")
    post.recall(letter, ["H90"])
    assert post.states(letter) == {"H90": ("withdrawn", "recall-asked")}
    assert post.states(new) == {"H90": ("consigned", "none")}


def test_another_senders_letter_is_never_touched(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    stranger = Post(desk.stand, desk.peer, "H90.02", desk.folder, desk.clock)
    answer = stranger.submit(["H90"], letter=new_id(), kind=BusinessKind.REVOKE, follows=letter, number="58")
    assert "amendment.letter-unknown" in {warning["code"] for warning in answer.warnings}
    assert post.states(letter) == {"H90": ("consigned", "none")}


@pytest.mark.parametrize("kind", [BusinessKind.REVOKE, BusinessKind.UPDATE, BusinessKind.REPLACE])
def test_an_amendment_names_its_letter(post: Post, desk: Desk, kind: BusinessKind) -> None:
    with pytest.raises(SubmissionRefused) as refused:
        post.send(["H90"], kind=kind)
    assert codes(refused.value) == {"amendment.letter-missing"}
    assert {finding.stage.value for finding in refused.value.findings} == {"directory"}
    letter = post.send(["H90"])
    post.send(["H90"], kind=kind, follows=letter)


def test_a_recall_leaves_nobody_out(post: Post, desk: Desk) -> None:
    letter = post.send(BOTH)
    post.send([*BOTH, "H91"], kind=BusinessKind.UPDATE, follows=letter)
    with pytest.raises(SubmissionRefused) as refused:
        post.recall(letter, ["H90"])
    assert codes(refused.value) == {"amendment.recipients-missing"}
    (finding,) = refused.value.findings
    assert "H90.02, H91" in finding.en
    assert set(post.states(letter).values()) == {("consigned", "update-asked")}
    post.recall(letter, [*BOTH, "H91"])
    assert set(post.states(letter).values()) == {("withdrawn", "recall-asked")}


def test_a_recall_cannot_be_recalled(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    recall = post.recall(letter, ["H90"])
    with pytest.raises(SubmissionRefused) as refused:
        post.recall(recall, ["H90"])
    assert codes(refused.value) == {"amendment.not-a-letter"}
    assert post.states(recall) == {"H90": ("consigned", "none")}


def test_the_same_document_may_be_sent_again_after_a_recall(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H90")
    again = post.send(["H90"])
    assert post.states(again) == {"H90": ("duplicate", "none")}
    post.recall(letter, ["H90"])
    assert post.states(post.send(["H90"])) == {"H90": ("consigned", "none")}


def test_an_update_lends_its_lane(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    post.send(["H90"], number="70", lane=Lane.KHAN)
    update = post.send(["H90"], kind=BusinessKind.UPDATE, follows=letter, lane=Lane.HOA_TOC)
    first = desk.lease()[:2]
    assert {one.consignment_id for one in first} == {letter, update}
    assert {one.lane for one in first} == {Lane.HOA_TOC}


def test_an_update_lends_its_lane_to_a_late_letter(post: Post, desk: Desk) -> None:
    letter = new_id()
    post.send(["H90"], kind=BusinessKind.UPDATE, follows=letter, lane=Lane.HOA_TOC)
    desk.lease()
    post.send(["H90"], number="70", lane=Lane.KHAN)
    post.send(["H90"], letter=letter)
    assert desk.lease()[0].consignment_id == letter
    assert post.states(letter) == {"H90": ("consigned", "update-asked")}


def test_an_update_marks_only_those_it_goes_to(post: Post, desk: Desk) -> None:
    letter = post.send(BOTH)
    post.send(["H90"], kind=BusinessKind.UPDATE, follows=letter)
    assert post.states(letter) == {"H90": ("consigned", "update-asked"), "H90.02": ("consigned", "none")}
    post.send(["H90.02"], kind=BusinessKind.REPLACE, follows=letter, number="59")
    assert post.states(letter) == {"H90": ("consigned", "update-asked"), "H90.02": ("consigned", "replaced")}


def test_the_history_shows_what_a_letter_is_about_and_what_came_after(post: Post, desk: Desk) -> None:
    letter = post.send(BOTH)
    update = post.send(["H90"], kind=BusinessKind.UPDATE, follows=letter)
    new = post.send(["H91"], kind=BusinessKind.REPLACE, follows=letter, number="59")
    resent = post.send(["H90"], follows=letter, number="60")
    before = post.history(letter)
    assert (before.follows, before.recalled_by) == (None, None)
    assert before.superseded_by == (
        Link(consignment_id=update, kind="update"),
        Link(consignment_id=new, kind="replacement"),
    )
    recall = post.recall(letter, BOTH)
    assert [post.history(name).recalled_by for name in (letter, update, new, resent, recall)] == [
        recall, recall, None, None, None,
    ]  # fmt: skip
    assert post.history(update).follows == Link(consignment_id=letter, kind="update")
    assert post.history(resent).follows == Link(consignment_id=letter, kind="resend")
    assert post.history(recall).follows == Link(consignment_id=letter, kind="recall")
    (seen,) = desk.stand.hub.auditing.history_for(desk.peer.row, letter)
    assert [link.consignment_id for link in seen.superseded_by] == [update]  # the replacement went to others
    assert seen.recalled_by == recall
