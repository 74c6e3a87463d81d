"""What a recipient says before its 01: recorded, told and counted, and never taken for a handover."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.letter import BusinessKind
from exchange_axis.hub.deadlines import Question
from exchange_axis.ports import OfferedShipment
from tests.hub.life import Desk, Post, shipment_states, told
from tests.hub.stand import HandClock, Stand, enrol, make_status, open_stand
from tests.hub.test_three_hubs import Federation, feed_events
from tests.hub.timed import moment, timed_letter

pytestmark = pytest.mark.on_postgresql(
    "test_the_clock_of_arrival_runs_on_until_01_and_stops_at_its_legal_time",
)

LEASE = timedelta(minutes=2)
REASON = "LD01: Văn bản gửi cho Thanh tra huyện"


@pytest.fixture
def stand(tmp_path: Path, database_url: str) -> Iterator[Stand]:
    clock = HandClock(at=moment("2026-03-02 08:00").astimezone(UTC))
    stand = open_stand(tmp_path, "hub-a", clock=clock, database=database_url)
    yield stand
    stand.close()


@pytest.fixture
def post(stand: Stand, tmp_path: Path) -> Post:
    return Post(stand, enrol(stand, "node-a1", ["H90.01"]), "H90.01", tmp_path, stand.clock)


@pytest.fixture
def desk(stand: Stand, tmp_path: Path) -> Desk:
    return Desk(stand, enrol(stand, "node-a", ["H90", "H90.02"]), tmp_path, stand.clock)


def lent(post: Post, desk: Desk) -> tuple[str, OfferedShipment]:
    letter = post.send(["H90"])
    (shipment,) = desk.lease()
    return letter, shipment


def view(post: Post, letter: str) -> tuple[str, str | None, str]:
    (delivery,) = post.history(letter).deliveries
    return delivery.state, delivery.business, delivery.request


@pytest.mark.parametrize(
    ("code", "progress", "verdicts"),
    [
        ("02", "02", {"status.before-handover"}),
        ("03", "03", {"status.before-handover"}),
        ("04", "04", {"status.before-handover", "status.unexpected"}),
        ("05", "05", {"status.before-handover", "status.unexpected"}),
        ("06", "06", {"status.before-handover", "status.unexpected"}),
        ("15", None, {"status.before-handover", "status.unexpected", "letter.unopened"}),
        ("16", None, {"status.before-handover", "status.unexpected"}),
    ],
)
def test_it_is_recorded_and_the_letter_stays_where_it_is(
    post: Post, desk: Desk, code: str, progress: str | None, verdicts: set[str]
) -> None:
    letter, shipment = lent(post, desk)
    assert desk.report(shipment, code, "H90", description=REASON) == [f"status:{code}"]
    assert view(post, letter) == ("consigned", progress, "none")
    news = told(post.stand, "node-a1", letter)
    assert [one.event for one in news] == ["ContentConsignment", f"status:{code}"]
    assert set(news[-1].verdicts) == verdicts
    assert shipment_states(post.stand, letter) == ["leased"]

    post.clock.advance(seconds=LEASE.total_seconds())
    (again,) = desk.lease()  # lent until somebody signs for it
    assert again.id == shipment.id
    assert desk.report(again, "01", "H90") == ["ContentHandover"]
    assert view(post, letter) == ("handed-over", progress or "01", "none")
    assert [one.event for one in told(post.stand, "node-a1", letter)][2:] == ["ContentHandover"]
    assert shipment_states(post.stand, letter) == ["done"]


def test_an_update_is_answered_before_its_letter_is_handed_over(post: Post, desk: Desk) -> None:
    letter, shipment = lent(post, desk)
    post.send(["H90"], kind=BusinessKind.UPDATE, follows=letter, number="57")
    desk.report(shipment, "15", "H90")
    assert view(post, letter) == ("consigned", None, "updated")
    desk.report(shipment, "01", "H90")
    assert view(post, letter) == ("handed-over", "01", "updated")


def test_what_failed_stays_failed_until_somebody_signs_for_it(post: Post, desk: Desk) -> None:
    letter, shipment = lent(post, desk)
    desk.report(shipment, "03", "H90")
    post.clock.advance(days=8)
    assert post.stand.hub.dispatch.expire() == 1
    assert view(post, letter) == ("failed", "03", "none")
    desk.report(shipment, "04", "H90")
    assert view(post, letter) == ("failed", "04", "none")
    desk.report(shipment, "01", "H90")
    assert view(post, letter) == ("handed-over", "04", "none")


def test_a_recall_ends_the_delivery_all_the_same(post: Post, desk: Desk) -> None:
    letter, shipment = lent(post, desk)
    desk.report(shipment, "03", "H90")
    post.recall(letter, ["H90"])
    assert view(post, letter) == ("withdrawn", "03", "recall-asked")
    desk.report(shipment, "15", "H90")
    desk.report(shipment, "01", "H90")
    assert view(post, letter) == ("handed-over", "03", "withdrawn")


def test_the_clock_of_arrival_runs_on_until_01_and_stops_at_its_legal_time(post: Post, desk: Desk) -> None:
    received = timed_letter(post.folder, post.peer, "H90.01", ["H90"], clock=post.clock)
    post.stand.hub.intake.submit(post.peer.row, received)
    (shipment,) = desk.lease()

    def listed() -> list[tuple[str, str]]:
        post.stand.hub.log.sequence()
        return [(line.clock, line.state) for line in post.stand.hub.deadlines.find(Question()).lines]

    def clocks() -> dict[str, tuple[str, object]]:
        post.stand.hub.log.sequence()
        (history,) = post.stand.hub.auditing.history("57/BC-UBND")
        return {one.clock: (one.state, one.met_at) for one in history.deliveries[0].clocks}

    post.clock.advance(minutes=1)
    stored_at = post.clock.now()
    post.clock.advance(minutes=1)
    desk.report(shipment, "03", "H90")
    answered_at = post.clock.now()
    assert listed() == [("K2", "running"), ("K4", "running")]
    assert (clocks()["K2"], clocks()["K3"]) == (("running", None), ("met", answered_at))
    post.clock.advance(minutes=30)
    assert listed() == [("K2", "missed"), ("K4", "running")]  # nobody has signed for it

    late = make_status(post.folder, desk.peer, "01", shipment, recipient="H90", clock=HandClock(at=stored_at))
    post.stand.hub.intake.submit(desk.peer.row, late)
    assert listed() == [("K4", "running")]
    assert (clocks()["K2"], clocks()["K3"]) == (("met", stored_at), ("met", answered_at))


def test_hubs_on_the_way_home_record_it_too(tmp_path: Path) -> None:
    federation = Federation(tmp_path)
    post = Post(federation.a, federation.a1, "H90.01", tmp_path, federation.clock)
    desk = Desk(federation.b, federation.nb, tmp_path, federation.clock)
    letter = post.send(["H91"])
    federation.settle()
    (shipment,) = desk.lease()

    def views() -> set[tuple[str, str | None]]:
        hubs = (federation.a, federation.top, federation.b)
        found = [one for stand in hubs for history in stand.hub.auditing.history(letter) for one in history.deliveries]
        assert len(found) == 3
        return {(one.state, one.business) for one in found}

    desk.report(shipment, "02", "H91", description=REASON)
    federation.settle()
    assert views() == {("consigned", "02")}
    assert "ContentHandover" not in feed_events(federation.a, "node-a1")
    desk.report(shipment, "01", "H91")
    federation.settle()
    assert views() == {("handed-over", "02")}
    assert feed_events(federation.a, "node-a1")[-2:] == ["status:02", "ContentHandover"]
    federation.close()
