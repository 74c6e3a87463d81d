"""A node that is not there: who is seen, who is told, once an episode, over one hub and over three."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.notice import REMINDED, SILENCE, Notice
from exchange_axis.hub.notices import post_notice
from exchange_axis.hub.presence import DARK_AFTER, THROTTLE
from exchange_axis.ports import DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import peers, records
from exchange_axis.wire.notices import read_notice
from tests.hub.stand import HandClock, Peer, Stand, enrol, make_letter, make_status, open_stand, reopen
from tests.hub.test_three_hubs import Federation


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.close()


def notices(stand: Stand, node: str) -> list[Notice]:
    """Of silence; what the hub reminded of meanwhile is another test's."""

    def work(connection: Connection) -> list[Notice]:
        found = []
        for entry in records.feed_after(connection, node, 0, 1000):
            for document in records.whole_documents(connection, [digest for _, digest in entry.documents]):
                if document.kind is DocumentKind.NOTICE:
                    assert entry.kind == "notice"
                    found.append(read_notice(document.content))
        return found

    found = stand.hub.world.transactions.read(work)
    return [notice for notice in found if not notice.code.startswith(REMINDED)]


def told(stand: Stand, node: str) -> list[tuple[str, datetime]]:
    return [(notice.code, notice.since) for notice in notices(stand, node)]


def visit(stand: Stand, peer: Peer) -> datetime:
    with stand.hub.presence.here(peer.row.id):
        return stand.clock.now()


def look(stand: Stand, **later: float) -> None:
    stand.clock.advance(**(later or {"seconds": 6}))
    stand.hub.housekeeping()


def send(stand: Stand, folder: Path, peer: Peer, recipients: list[str], **values: object) -> str:
    letter = make_letter(folder, peer, next(iter(peer.seals)), recipients, clock=stand.clock, **values)  # type: ignore[arg-type]
    stand.hub.intake.submit(peer.row, letter)
    return letter.sha256


def test_seen_is_written_once_a_minute_and_never_by_a_request(stand: Stand) -> None:
    peer = enrol(stand, "node-a1", ["H90.01"])

    def stored() -> datetime | None:
        row = stand.hub.world.transactions.read(lambda connection: peers.get(connection, "node-a1"))
        assert row is not None
        return row.seen_at

    first = visit(stand, peer)
    assert stored() is None
    assert stand.hub.presence.flush() == 1
    assert stored() == first
    stand.clock.advance(seconds=30)
    second = visit(stand, peer)
    assert stand.hub.presence.flush() == 0
    (row,) = stand.hub.registry.every()
    assert (row.seen_at, stand.hub.presence.last_seen(row)) == (first, second)
    stand.clock.advance(seconds=30)
    third = visit(stand, peer)
    assert stand.hub.presence.flush() == 1
    assert stored() == third


def test_an_open_poll_is_presence(stand: Stand) -> None:
    peer = enrol(stand, "node-a1", ["H90.01"])
    with stand.hub.presence.here(peer.row.id):
        stand.clock.advance(hours=1)
        assert stand.hub.presence.dark(stand.hub.registry.every()) == ()
    stand.clock.advance(seconds=DARK_AFTER.total_seconds() + 1)
    (dark,) = stand.hub.presence.dark(stand.hub.registry.every())
    assert (dark.peer, dark.since) == ("node-a1", stand.clock.now() - DARK_AFTER - timedelta(seconds=1))


@pytest.mark.parametrize("lane", list(Lane))
def test_the_sender_is_told_after_the_time_of_its_lane(stand: Stand, tmp_path: Path, lane: Lane) -> None:
    sender, receiver = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a1", ["H90.01"])
    since = visit(stand, receiver)
    stand.hub.presence.flush()
    send(stand, tmp_path, sender, ["H90.01"], lane=lane)
    look(stand, seconds=(SILENCE[lane] + THROTTLE).total_seconds())
    assert told(stand, "node-a") == []
    look(stand)
    assert told(stand, "node-a") == [("recipient.silent", since)]
    (notice,) = notices(stand, "node-a")
    assert (notice.sender, notice.recipient) == ("H90", "H90.01")


@pytest.mark.usefixtures("either_store")
def test_one_episode_is_told_once_and_closed_when_the_node_is_back(stand: Stand, tmp_path: Path) -> None:
    sender, receiver = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a1", ["H90.01"])
    first = visit(stand, receiver)
    send(stand, tmp_path, sender, ["H90.01"])
    look(stand, hours=1)
    look(stand)
    assert told(stand, "node-a") == [("recipient.silent", first)]
    back = visit(stand, receiver)
    look(stand)
    look(stand)
    assert told(stand, "node-a")[1:] == [("recipient.back", back)]
    look(stand, hours=1)
    assert told(stand, "node-a")[2:] == [("recipient.silent", back)]


def test_a_handover_ends_the_episode_without_a_word(stand: Stand, tmp_path: Path) -> None:
    sender, receiver = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a1", ["H90.01"])
    send(stand, tmp_path, sender, ["H90.01"])
    look(stand, hours=1)
    assert [code for code, _ in told(stand, "node-a")] == ["recipient.silent"]
    visit(stand, receiver)
    (shipment,) = stand.hub.dispatch.lease("node-a1", 5)
    arrived = make_status(tmp_path, receiver, "01", shipment, recipient="H90.01", clock=stand.clock)
    stand.hub.intake.submit(receiver.row, arrived)
    look(stand)
    look(stand, hours=1)
    silence = [code for code, _ in told(stand, "node-a") if code.startswith("recipient.")]
    assert silence == ["recipient.silent"], "that what was missing has come is told as what it is"


def test_time_when_the_hub_itself_was_off_is_nobodys_silence(stand: Stand, tmp_path: Path) -> None:
    sender, receiver = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a1", ["H90.01"])
    visit(stand, receiver)
    send(stand, tmp_path, sender, ["H90.01"])
    stand.hub.housekeeping()
    stand.clock.advance(hours=5)
    again = reopen(stand)
    stand.hub = again.hub
    look(stand)
    assert told(stand, "node-a") == []
    look(stand, hours=1)
    assert [code for code, _ in told(stand, "node-a")] == ["recipient.silent"]


def test_a_notice_of_any_code_may_be_posted_to_a_node(stand: Stand) -> None:
    enrol(stand, "node-a", ["H90"])
    row = next(row for row in stand.hub.registry.every())
    notice = Notice(code="deadline.near", since=stand.clock.now(), sender="G90", consignment_id="c-1", recipient="H90")
    world = stand.hub.world
    world.transactions.run(lambda connection: post_notice(connection, world, row, notice))
    assert notices(stand, "node-a") == [notice]


def test_the_silence_of_a_far_node_comes_home_over_three_hubs(tmp_path: Path) -> None:
    federation = Federation(tmp_path)
    try:
        since = visit(federation.b, federation.nb)
        federation.b.hub.presence.flush()
        send(federation.a, tmp_path, federation.a1, ["H91"])
        federation.settle()
        look(federation.b, hours=1)
        federation.settle()
        assert told(federation.a, "node-a1") == [("recipient.silent", since)]
        visit(federation.b, federation.nb)
        look(federation.b)
        federation.settle()
        assert [code for code, _ in told(federation.a, "node-a1")] == ["recipient.silent", "recipient.back"]
        (history,) = federation.a.hub.auditing.history("57/BC-UBND")
        assert [view.state for view in history.deliveries] == ["consigned"], "a notice changes no state"
    finally:
        federation.close()
