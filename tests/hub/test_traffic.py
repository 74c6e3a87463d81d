"""The lanes as an operator watches them: what waits, whose it is, and that whatever stands still says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.hours import BulkHours
from exchange_axis.hub.presence import DARK_AFTER
from exchange_axis.hub.service import Hub
from exchange_axis.hub.traffic import Cause, LaneState, Traffic
from exchange_axis.ports import HubUnreachable
from tests.hub.stand import HandClock, Peer, Stand, enrol, federate, make_letter, make_status, open_stand

NODES = {"node-a": ("H90", "H90.02"), "node-a1": ("H90.01",)}


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.close()


def send(stand: Stand, folder: Path, peer: Peer, sender: str, to: str, **values: object) -> str:
    letter = make_letter(folder, peer, sender, [to], clock=stand.clock, **values)  # type: ignore[arg-type]
    stand.hub.intake.submit(peer.row, letter)
    return letter.path.name[:36]


def lane(hub: Hub, wanted: Lane) -> LaneState:
    return next(one for one in hub.traffic.view().lanes if one.lane is wanted)


def test_a_lane_says_how_much_waits_how_long_and_whose_it_is(stand: Stand, tmp_path: Path) -> None:
    home, desk = (enrol(stand, node, codes) for node, codes in NODES.items())
    for number in ("1", "2", "3"):
        send(stand, tmp_path, home, "H90", "H90.01", number=number)
        stand.clock.advance(minutes=4)
    send(stand, tmp_path, home, "H90.02", "H90.01", number="4")
    urgent = send(stand, tmp_path, home, "H90", "H90.01", number="5", lane=Lane.HOA_TOC)
    stand.hub.housekeeping()
    with stand.hub.presence.here("node-a1"):
        ordinary = lane(stand.hub, Lane.THUONG)
    assert (ordinary.waiting, ordinary.lent, ordinary.stopped) == (4, 0, 0)
    assert ordinary.oldest == stand.clock.now() - timedelta(minutes=12)
    assert [(one.sender, one.count, one.part) for one in ordinary.senders] == [("H90", 3, 0.75), ("H90.02", 1, 0.25)]
    assert ordinary.flow.accepted == 4
    (offer,) = stand.hub.dispatch.lease("node-a1", 1)
    assert lane(stand.hub, Lane.HOA_TOC).lent == 1
    (queue,) = stand.hub.traffic.view().queues
    assert (queue.peer, queue.waiting, queue.lent) == ("node-a1", 5, 1)
    status = make_status(tmp_path, desk, "01", offer, recipient="H90.01", clock=stand.clock)
    stand.hub.intake.submit(desk.row, status)
    stand.hub.housekeeping()
    found = lane(stand.hub, Lane.HOA_TOC)
    assert (offer.consignment_id, found.waiting, found.flow.handed) == (urgent, 0, 1)


def test_a_silent_node_is_a_stop_and_one_that_comes_is_none(stand: Stand, tmp_path: Path) -> None:
    home, _ = (enrol(stand, node, codes) for node, codes in NODES.items())
    send(stand, tmp_path, home, "H90", "H90.01")
    assert stand.hub.traffic.view().stops == ()
    stand.clock.advance(seconds=(DARK_AFTER + timedelta(minutes=2)).total_seconds())
    (stop,) = stand.hub.traffic.view().stops
    assert (stop.cause, stop.peer, stop.lanes, stop.waiting) == (Cause.SILENT, "node-a1", (Lane.THUONG,), 1)
    assert lane(stand.hub, Lane.THUONG).stopped == 1
    with stand.hub.presence.here("node-a1"):
        assert stand.hub.traffic.view().stops == ()


def test_a_shipment_that_was_refused_names_the_error_and_the_next_try(stand: Stand, tmp_path: Path) -> None:
    home, _ = (enrol(stand, node, codes) for node, codes in NODES.items())
    send(stand, tmp_path, home, "H90", "H90.01")
    (offer,) = stand.hub.dispatch.lease("node-a1", 1)
    stand.hub.dispatch.release("node-a1", offer.id, error="disk.full", fence=offer.fence)
    (stop,) = stand.hub.traffic.view().stops
    assert (stop.cause, stop.error, stop.waiting) == (Cause.FAILING, "disk.full", 1)
    assert stop.next_at is not None
    assert stop.next_at > stand.clock.now()


def test_letters_for_a_peer_that_was_cut_off_stand_still(stand: Stand, tmp_path: Path) -> None:
    home, _ = (enrol(stand, node, codes) for node, codes in NODES.items())
    send(stand, tmp_path, home, "H90", "H90.01")
    stand.hub.registry.revoke("node-a1", actor="op", reason="mất máy")
    (stop,) = stand.hub.traffic.view().stops
    assert (stop.cause, stop.peer) == (Cause.CLOSED, "node-a1")


def test_a_dead_line_up_and_closed_hours_stop_what_goes_up(tmp_path: Path) -> None:
    clock = HandClock()
    top, child = open_stand(tmp_path, "hub-top", clock=clock), open_stand(tmp_path, "hub-a", clock=clock)
    child = federate(top, child, ["H90"])
    try:
        home = enrol(child, "node-a", NODES["node-a"])
        send(child, tmp_path, home, "H90", "H91", number="8")
        assert child.hub.traffic.view().stops == ()
        line = child.hub.uplink
        assert line is not None
        line.failed(HubUnreachable(reason="connection refused"))
        (stop,) = child.hub.traffic.view().stops
        assert (stop.cause, stop.peer, stop.tries) == (Cause.LINE, "hub-top", 1)
        line.answered()
        nights = BulkHours(above=10, opens=time(22), closes=time(5))
        world = replace(child.hub.world, settings=replace(child.hub.world.settings, bulk=nights))
        closed = Traffic(world, child.hub.presence, line, child.hub.log_guard).view()
        assert (closed.bulk_open, [one.cause for one in closed.stops]) == (False, [Cause.BULK])
        clock.advance(hours=14)
        assert Traffic(world, child.hub.presence, line, child.hub.log_guard).view().stops == ()
    finally:
        child.close()
        top.close()
