"""What a peer may ask of a hub: buckets of its own, bounded memory, and a clock that is handed in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.hub import limits
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.limits import DailyQuota, Kind, Limits, RateLimited
from exchange_axis.hub.uplink import Uplink
from exchange_axis.hub.uploads import Announced
from exchange_axis.hub.world import Rates
from exchange_axis.ports import Answer, HubBusy
from exchange_axis.store.hub.desk import Wanted
from tests.hub.line import DirectLine
from tests.hub.stand import HandClock, Stand, enrol, make_letter, open_stand, reopen
from tests.hub.test_three_hubs import Federation


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.close()


def limited(stand: Stand, **rates: float) -> Limits:
    settings = replace(stand.hub.world.settings, rates=Rates(**rates))
    return Limits(replace(stand.hub.world, settings=settings))


def admitted(bucket: Limits, peer: str, times: int) -> int:
    done = 0
    for _ in range(times):
        try:
            bucket.admit(peer)
            done += 1
        except RateLimited:
            pass
    return done


def test_one_peer_that_asks_too_much_slows_nobody_else(stand: Stand) -> None:
    bucket = limited(stand, submissions_a_second=2, submissions_at_once=10)
    assert admitted(bucket, "bad", 50) == 10
    assert admitted(bucket, "good", 5) == 5
    with pytest.raises(RateLimited) as caught:
        bucket.admit("bad")
    assert caught.value.facts["seconds"] == "1"
    stand.clock.advance(seconds=3)
    assert admitted(bucket, "bad", 50) == 6


def test_refused_submissions_have_a_tighter_bucket(stand: Stand) -> None:
    bucket = limited(stand, refusals_a_minute=6, refusals_at_once=3)
    for _ in range(3):
        bucket.admit("bad")
        bucket.refused("bad")
    with pytest.raises(RateLimited) as caught:
        bucket.admit("bad")
    assert caught.value.facts["seconds"] == "10"
    bucket.admit("good")
    stand.clock.advance(seconds=10)
    bucket.admit("bad")


def test_a_days_bytes_are_a_quota_only_where_one_is_set(stand: Stand) -> None:
    limited(stand).take_bytes("any", 10**12)
    bucket = limited(stand, bytes_a_day=1_000)
    bucket.take_bytes("bad", 900)
    with pytest.raises(DailyQuota):
        bucket.take_bytes("bad", 200)
    bucket.take_bytes("bad", 100)
    bucket.take_bytes("good", 1_000)
    stand.clock.advance(hours=12)
    bucket.take_bytes("bad", 500)


def test_memory_is_bounded_and_what_is_forgotten_said_nothing(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PEERS", 5)
    bucket = limited(stand, submissions_a_second=1, submissions_at_once=10)
    for number in range(20):
        bucket.admit(f"peer-{number}")
        stand.clock.advance(seconds=0.5)
    kept = bucket._buckets[Kind.SUBMISSIONS]
    assert len(kept) <= 5
    assert "peer-19" in kept


def test_a_submission_that_is_refused_is_counted(stand: Stand, tmp_path: Path) -> None:
    settings = stand.places.settings("hub")
    settings.write_text(settings.read_text(encoding="utf-8") + "refusals_a_minute = 1\nbytes_a_day = 9000\n")
    stand.hub = reopen(stand).hub
    peer = enrol(stand, "node-a1", ["H90.01"])
    for number in range(100):
        letter = make_letter(
            tmp_path, peer, "H90.01", ["H90"], clock=stand.clock, number=str(number), lane=Lane.KHAN, priority=0
        )
        stand.hub.limits.admit(peer.row.id)
        with pytest.raises(SubmissionRefused):
            stand.hub.intake.submit(peer.row, letter)
    with pytest.raises(RateLimited):
        stand.hub.limits.admit(peer.row.id)
    with pytest.raises(DailyQuota):
        for number in range(3):
            announced = Announced(kind="consignment", length=4_000, sha256=f"{number:064x}", lane=Lane.THUONG)
            stand.hub.uploads.create(peer.row, announced)


class BusyLine(DirectLine):
    """The hub above asks to wait, so many times."""

    busy = 2

    async def submit(self, container: Path, **about: Any) -> Answer:
        if self.busy:
            self.busy -= 1
            raise HubBusy(url="test", seconds=7)
        return await super().submit(container, **about)


def test_an_uplink_that_is_asked_to_wait_keeps_its_queue_in_order(tmp_path: Path) -> None:
    federation = Federation(tmp_path)
    try:
        child = next(row for row in federation.top.hub.registry.every() if row.id == "hub-a")
        hub = federation.a.hub
        line = BusyLine(federation.top.hub, child)
        uplink = Uplink(hub.world, line, dispatch=hub.dispatch, relay=hub.relay, returns=hub.returns)
        for number in range(3):
            letter = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock, number=str(number))
            hub.intake.submit(federation.a1.row, letter)
            federation.clock.advance(seconds=1)
        before = hub.desk.lines(Wanted())
        for _ in range(2):
            with pytest.raises(HubBusy):
                asyncio.run(uplink.push_once())
        assert hub.desk.lines(Wanted()) == before
        assert [line.tries for line in before] == [0, 0, 0]
        assert asyncio.run(uplink.push_once()) == 3
    finally:
        federation.close()


def test_a_peer_that_takes_and_never_answers_slows_no_other(stand: Stand, tmp_path: Path) -> None:
    """Its leases, its errors and its backlog are its own."""
    sender = enrol(stand, "node-a", ["H90"])
    bad, good = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a2", ["H90.02"])
    for number in range(30):
        letter = make_letter(tmp_path, sender, "H90", ["H90.01"], clock=stand.clock, number=str(number))
        stand.hub.intake.submit(sender.row, letter)
    letter = make_letter(tmp_path, sender, "H90", ["H90.02"], clock=stand.clock, number="99")
    for _ in range(4):  # it takes everything, gives half of it back as trouble, and the rest runs out
        for shipment in stand.hub.dispatch.lease(bad.row.id, 50)[::2]:
            stand.hub.dispatch.release(bad.row.id, shipment.id, fence=shipment.fence, error="node.trouble")
        stand.clock.advance(minutes=2)
    stand.hub.intake.submit(sender.row, letter)
    (offered,) = stand.hub.dispatch.lease(good.row.id, 50)
    assert offered.recipients == ("H90.02",)
    tries = {line.peer: line.tries for line in stand.hub.desk.lines(Wanted())}
    assert tries["node-a2"] == 1 < tries["node-a1"]
