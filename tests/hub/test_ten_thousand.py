"""10,000 ordinary deliveries wait for one node; what is urgent goes before them all. Order is asserted, not time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.rush import crowd
from exchange_axis.domain.consignment import Lane
from tests.hub.stand import HandClock, Peer, Stand, enrol, make_letter, open_stand

MANY = 10_000


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.close()


def send(stand: Stand, folder: Path, peer: Peer, number: int, *recipients: str, lane: Lane = Lane.THUONG) -> None:
    sender = next(iter(peer.seals))
    letter = make_letter(folder, peer, sender, recipients, clock=stand.clock, number=str(number), lane=lane)
    stand.hub.intake.submit(peer.row, letter)
    stand.clock.advance(seconds=1)


def test_what_is_urgent_overtakes_ten_thousand(stand: Stand, tmp_path: Path) -> None:
    sender, other = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a2", ["H90.02"])
    receiver = enrol(stand, "node-a1", ["H90.01"])
    send(stand, tmp_path, sender, 1, "H90.01")
    crowd(stand.hub.world, MANY - 1)
    assert sum(count for _, state, count in stand.hub.dispatch.queues() if state == "queued") == MANY
    send(stand, tmp_path, other, 2, "H90.01")
    send(stand, tmp_path, sender, 3, "H90.01", lane=Lane.KHAN)
    send(stand, tmp_path, sender, 4, "H90.01", lane=Lane.THUONG_KHAN)
    send(stand, tmp_path, sender, 5, "H90.01", lane=Lane.HOA_TOC)
    offered = stand.hub.dispatch.lease(receiver.row.id, 8)
    assert offered[0].lane is Lane.HOA_TOC, "strictly first, though it came last"
    assert {shipment.lane for shipment in offered[1:4]} == {Lane.THUONG_KHAN, Lane.KHAN, Lane.THUONG}
    assert [shipment.lane for shipment in offered[4:]] == [Lane.THUONG] * 4


def test_one_nodes_ten_thousand_stand_in_nobody_elses_way(stand: Stand, tmp_path: Path) -> None:
    sender, other = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a2", ["H90.02"])
    enrol(stand, "node-a1", ["H90.01"])
    send(stand, tmp_path, sender, 1, "H90.01")
    crowd(stand.hub.world, MANY - 1)
    send(stand, tmp_path, sender, 2, "H90.02")
    (offered,) = stand.hub.dispatch.lease(other.row.id, 8)
    assert offered.recipients == ("H90.02",)
