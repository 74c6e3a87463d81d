"""Take-back at one hub: one delivery, before and after its lease and handover; the rest of its shipment goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.transfer import TransferRecord
from exchange_axis.hub.holding import ContentFrozen
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.ports import DocumentKind, OfferedShipment
from exchange_axis.wire.transfer import read_transfer
from tests.hub.life import Desk, Post, codes, new_id, shipment_states, told
from tests.hub.stand import HandClock, Stand, enrol, event_of, open_stand, reopen, take_back

pytestmark = pytest.mark.on_postgresql(
    "test_the_last_of_a_shipment_closes_it",
    "test_while_leased_it_is_withdrawn_and_passed_on",
    "test_late_repeated_and_unknown_statuses_are_recorded",
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


def record_of(shipment: OfferedShipment) -> TransferRecord:
    (document,) = [one for one in shipment.documents[:1] if one.kind is DocumentKind.TRANSFER]
    return read_transfer(document.content)


def test_before_the_lease_the_delivery_ends_and_the_rest_goes_on(post: Post, desk: Desk) -> None:
    letter = post.send(BOTH)
    answer = post.take_back(letter, "H90.02")
    assert [event_of(one) for one in answer.documents] == ["status:13"]
    assert post.states(letter) == {"H90": ("consigned", "none"), "H90.02": ("withdrawn", "take-back-asked")}
    (news,) = [one for one in told(post.stand, "node-a1", letter) if one.event == "withdrawn"]
    assert (news.recipient, news.reasons) == ("H90.02", ("letter.taken-back",))
    (shipment,) = desk.lease()
    assert shipment.recipients == record_of(shipment).recipients == ("H90",)
    desk.content(shipment)
    assert told(post.stand, "node-a", letter) == []  # nobody there has heard of the letter
    assert desk.report(shipment, "01", "H90") == ["ContentHandover"]
    assert shipment_states(post.stand, letter) == ["done", "done"]


def test_the_last_of_a_shipment_closes_it(post: Post, desk: Desk) -> None:
    letter = post.send(BOTH)
    for recipient in BOTH:
        post.take_back(letter, recipient)
    assert shipment_states(post.stand, letter) == ["withdrawn", "withdrawn"]
    assert desk.lease() == ()


def test_while_leased_it_is_withdrawn_and_passed_on(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    post.take_back(letter, "H90")
    assert post.states(letter) == {"H90": ("withdrawn", "take-back-asked")}
    assert [one.event for one in told(post.stand, "node-a", letter)] == ["status:13"]
    with pytest.raises(ContentFrozen):
        desk.content(shipment)
    assert desk.report(shipment, "01", "H90") == ["ContentHandover"]  # a fact all the same
    assert post.states(letter) == {"H90": ("handed-over", "take-back-asked")}


@pytest.mark.parametrize(("answer", "end"), [("15", "withdrawn"), ("16", "none")])
def test_after_handover_the_recipient_is_asked(post: Post, desk: Desk, answer: str, end: str) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H90")
    desk.report(shipment, "03", "H90")
    post.take_back(letter, "H90")
    assert post.states(letter) == {"H90": ("handed-over", "take-back-asked")}
    assert [one.event for one in told(post.stand, "node-a", letter)] == ["status:13"]
    desk.content(shipment)  # until it consents, it may read on
    assert desk.report(shipment, answer, "H90", description="Đã vào sổ") == [f"status:{answer}"]
    assert post.states(letter) == {"H90": ("handed-over", end)}
    assert told(post.stand, "node-a1", letter)[-1].event == f"status:{answer}"
    if answer == "15":
        with pytest.raises(ContentFrozen):
            desk.content(shipment)


def test_the_same_take_back_again_gets_the_same_answer(post: Post, desk: Desk) -> None:
    letter, status = post.send(["H90"]), new_id()
    made = take_back(
        post.folder, post.peer, letter, sender="H90.01", recipient="H90", clock=post.clock, consignment_id=status
    )
    first = post.stand.hub.intake.submit(post.peer.row, made)
    assert post.stand.hub.intake.submit(post.peer.row, made) == first
    other = post.take_back(letter, "H90")
    assert other != first
    assert "status.unexpected" in {warning["code"] for warning in other.warnings}
    assert [one.event for one in told(post.stand, "node-a1", letter)].count("withdrawn") == 1


def test_response_for_may_name_either_side(post: Post, desk: Desk) -> None:
    for organ in ("H90", "H90.01"):
        letter = post.send(["H90"], number=organ[-1])
        post.take_back(letter, "H90", organ_id=organ)
        assert post.states(letter) == {"H90": ("withdrawn", "take-back-asked")}


def test_too_late_without_reason_or_about_nothing(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    for code, recipient, more in (
        ("rules.reason-missing", "H90", {"description": ""}),
        ("status.unknown-delivery", "H90.02", {}),
    ):
        with pytest.raises(SubmissionRefused) as refused:
            post.take_back(letter, recipient, **more)
        assert code in codes(refused.value)
    post.clock.advance(days=29, hours=23)
    post.take_back(letter, "H90")
    late = post.send(["H90"])
    post.clock.advance(days=30, seconds=1)
    with pytest.raises(SubmissionRefused) as refused:
        post.take_back(late, "H90")
    assert codes(refused.value) == {"take-back.too-late"}


def test_only_the_sender_takes_back(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    stranger = Post(desk.stand, desk.peer, "H90.02", desk.folder, desk.clock)
    with pytest.raises(SubmissionRefused) as refused:
        stranger.take_back(letter, "H90")
    assert codes(refused.value) == {"status.unknown-delivery"}
    assert post.states(letter) == {"H90": ("consigned", "none")}


def test_a_recall_is_not_taken_back(post: Post, desk: Desk) -> None:
    recall = post.recall(post.send(["H90"]), ["H90"])
    with pytest.raises(SubmissionRefused) as refused:
        post.take_back(recall, "H90")
    assert codes(refused.value) == {"amendment.not-a-letter"}


def test_the_document_may_be_sent_again(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H90")
    post.take_back(letter, "H90")
    again = post.send(["H90"])
    assert post.states(again) == {"H90": ("consigned", "none")}


def test_who_had_opened_the_letter_is_in_the_evidence(post: Post, desk: Desk) -> None:
    letter = post.send(BOTH)
    (shipment,) = desk.lease()
    for recipient in BOTH:
        desk.report(shipment, "01", recipient)
    post.recall(letter, BOTH)
    desk.report(shipment, "15", "H90", opened_at=desk.clock.now())
    desk.report(shipment, "15", "H90.02")
    found = {one.recipient: one.verdicts for one in told(post.stand, "node-a1", letter) if one.event == "status:15"}
    assert found == {"H90": ("letter.opened",), "H90.02": ("letter.unopened",)}
    assert set(post.states(letter).values()) == {("handed-over", "withdrawn")}


def test_answers_that_nobody_asked_for_are_recorded(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H90")
    assert desk.report(shipment, "16", "H90", description="Không đồng ý") == ["status:16"]
    assert post.states(letter) == {"H90": ("handed-over", "none")}
    assert told(post.stand, "node-a1", letter)[-1].verdicts == ("status.unexpected",)
    post.recall(letter, ["H90"])
    desk.report(shipment, "16", "H90", description="Không đồng ý")  # declining a recall is no answer
    assert post.states(letter) == {"H90": ("handed-over", "recall-asked")}


def test_late_repeated_and_unknown_statuses_are_recorded(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    assert desk.report(shipment, "01", "H90") == ["ContentHandover"]
    for code, event, progress in (
        ("06", "status:06", "06"),
        ("03", "status:03", "06"),
        ("02", "status:02", "06"),
        ("06", "status:06", "06"),
        ("07", "status:other", "06"),
    ):
        assert desk.report(shipment, code, "H90", description="LD01: gửi nhầm") == [event]
        assert post.history(letter).deliveries[0].business == progress
    news = told(post.stand, "node-a1", letter)[2:]
    assert [one.event for one in news] == ["status:06", "status:03", "status:02", "status:06", "status:other"]
    assert news[-1].reasons[0] == "07"
    assert all("status.unexpected" in one.verdicts for one in news)


def test_an_update_is_answered(post: Post, desk: Desk) -> None:
    letter = post.send(BOTH)
    (shipment,) = desk.lease()
    for recipient in BOTH:
        desk.report(shipment, "01", recipient)
    post.send(BOTH, kind=BusinessKind.UPDATE, follows=letter, subject="V/v sửa")
    desk.report(shipment, "15", "H90")
    desk.report(shipment, "16", "H90.02", description="Đã xử lý xong")
    assert post.states(letter) == {"H90": ("handed-over", "updated"), "H90.02": ("handed-over", "none")}


def test_the_limit_is_a_setting(post: Post, desk: Desk) -> None:
    letter = post.send(["H90"])
    with post.stand.places.settings("hub").open("a", encoding="utf-8") as file:
        file.write("take_back_days = 2\n")
    again = reopen(post.stand)
    post.clock.advance(days=2, seconds=1)
    with pytest.raises(SubmissionRefused) as refused:
        Post(again, post.peer, post.code, post.folder, post.clock).take_back(letter, "H90")
    assert codes(refused.value) == {"take-back.too-late"}
    again.close()
