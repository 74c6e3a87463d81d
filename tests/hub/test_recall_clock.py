"""A recalled letter: its own clocks end, the report that it was cancelled is owed, and only by whoever had it (R70)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.domain.letter import BusinessKind
from exchange_axis.hub.deadlines import Question
from tests.hub.life import Desk, Post
from tests.hub.stand import HandClock, Stand, enrol, open_stand

pytestmark = pytest.mark.on_postgresql(
    "test_who_had_the_letter_owes_its_cancellation",
)


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


def told(stand: Stand) -> list[tuple[str, str, str]]:
    """Clock, state, who owes it."""
    stand.hub.log.sequence()
    return [(line.clock, line.state, line.agency) for line in stand.hub.deadlines.find(Question()).lines]


def owed(stand: Stand) -> list[tuple[str, str]]:
    stand.hub.log.sequence()
    return [(line.missing, line.agency) for line in stand.hub.deadlines.overdue(Question()).lines]


def test_who_had_the_letter_owes_its_cancellation(post: Post, desk: Desk, clock: HandClock) -> None:
    letter = post.send(["H90", "H90.02"])
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H90")
    assert told(post.stand) == [("K2", "running", "H90.02"), ("K3", "running", "H90"), ("K4", "running", "H90")]
    post.recall(letter, ["H90", "H90.02"])
    assert told(post.stand) == [("K2", "running", "H90"), ("K2", "running", "H90.02")], "of the recall itself"
    (recall,) = (one for one in desk.lease() if one.consignment_id != letter)
    for recipient in ("H90", "H90.02"):
        desk.report(recall, "01", recipient)
    assert told(post.stand) == [("recall", "running", "H90")]
    clock.advance(days=4)
    assert told(post.stand) == [("recall", "missed", "H90")]
    assert owed(post.stand) == [("no-15", "H90")]
    desk.report(shipment, "15", "H90")
    assert told(post.stand) == [("recall", "late", "H90")]
    assert owed(post.stand) == []


def test_a_cancellation_in_time_leaves_nothing(post: Post, desk: Desk, clock: HandClock) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H90")
    post.recall(letter, ["H90"])
    (recall,) = (one for one in desk.lease() if one.consignment_id != letter)
    desk.report(recall, "01", "H90")
    clock.advance(hours=2)
    desk.report(shipment, "15", "H90")
    clock.advance(days=9)
    assert told(post.stand) == []


def test_what_was_missed_before_the_recall_stays_missed(post: Post, desk: Desk, clock: HandClock) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H90")
    clock.advance(days=1)
    post.recall(letter, ["H90"])
    assert ("K3", "missed", "H90") in told(post.stand)
    assert ("no-02-or-03", "H90") not in owed(post.stand)


def test_a_take_back_stops_the_clocks_until_it_is_declined(post: Post, desk: Desk, clock: HandClock) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H90")
    assert [clock for clock, _, _ in told(post.stand)] == ["K3", "K4"]
    post.take_back(letter, "H90")
    assert told(post.stand) == []
    desk.report(shipment, "16", "H90", description="Đã vào sổ, đang xử lý")
    assert [clock for clock, _, _ in told(post.stand)] == ["K3", "K4"]


def test_a_replaced_letter_is_asked_of_nobody_but_the_new_one_is(post: Post, desk: Desk, clock: HandClock) -> None:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H90")
    clock.advance(minutes=1)
    newer = post.send(["H90"], kind=BusinessKind.REPLACE, follows=letter, number="59")
    post.stand.hub.log.sequence()
    lines = post.stand.hub.deadlines.find(Question()).lines
    assert {(line.clock, line.consignment_id) for line in lines} == {("K2", newer)}
