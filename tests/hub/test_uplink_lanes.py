"""Between hubs too nothing urgent waits for bulk: the uplink works beside a shipment that does not end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.hub.service import Hub
from exchange_axis.hub.uplink import Uplink
from exchange_axis.ports import Answer, HubUnreachable, OfferedShipment, Wanted
from exchange_axis.store.hub.peers import PeerRow
from tests.hub.line import DirectLine
from tests.hub.stand import Stand, make_letter
from tests.hub.test_three_hubs import Federation, federation

__all__ = ["federation"]


class StuckLine(DirectLine):
    """Transfers in the ordinary lane do not end."""

    def __init__(self, hub: Hub, peer: PeerRow) -> None:
        super().__init__(hub, peer)
        self.stuck = asyncio.Event()

    async def _hang(self) -> None:
        self.stuck.set()
        await asyncio.Event().wait()

    async def submit(self, container: Path, *, lane: Lane, **values: object) -> Answer:
        if lane is Lane.THUONG:
            await self._hang()
        return await super().submit(container, lane=lane, **values)  # type: ignore[arg-type]

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        if shipment.lane is Lane.THUONG:
            await self._hang()
        await super().fetch(shipment, target, upto=upto)


async def until(fact: Callable[[], bool]) -> None:
    """What to wait for is in a database, which rings no bell."""
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(fact):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def stuck_uplink(federation: Federation) -> tuple[Uplink, asyncio.Event]:
    """The uplink of hub-a, and the event that it hangs."""
    peer = next(row for row in federation.top.hub.registry.every() if row.id == "hub-a")
    hub = federation.a.hub
    line = StuckLine(federation.top.hub, peer)
    return Uplink(hub.world, line, dispatch=hub.dispatch, relay=hub.relay, returns=hub.returns), line.stuck


def has(stand: Stand, sha256: str) -> Callable[[], bool]:
    return lambda: bool(stand.hub.auditing.history(sha256))


@pytest.mark.parametrize("lane", [Lane.KHAN, Lane.HOA_TOC])
def test_an_urgent_letter_passes_bulk_on_its_way_up(federation: Federation, tmp_path: Path, lane: Lane) -> None:
    bulk = [
        make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock, number=str(number))
        for number in range(2)
    ]
    for letter in bulk:
        federation.a.hub.intake.submit(federation.a1.row, letter)

    async def story() -> None:
        uplink, stuck = stuck_uplink(federation)
        run = asyncio.create_task(uplink.run(asyncio.Event()))
        await asyncio.wait_for(stuck.wait(), 60)
        urgent = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock, number="9", lane=lane)
        await asyncio.to_thread(federation.a.hub.intake.submit, federation.a1.row, urgent)
        await until(has(federation.top, urgent.sha256))
        assert not any(has(federation.top, letter.sha256)() for letter in bulk)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

    asyncio.run(story())


def test_an_urgent_letter_passes_bulk_on_its_way_down(federation: Federation, tmp_path: Path) -> None:
    bulk = make_letter(tmp_path, federation.g, "G90", ["H90.01"], clock=federation.clock)
    federation.top.hub.intake.submit(federation.g.row, bulk)

    async def story() -> None:
        uplink, stuck = stuck_uplink(federation)
        run = asyncio.create_task(uplink.run(asyncio.Event()))
        await asyncio.wait_for(stuck.wait(), 60)
        urgent = make_letter(
            tmp_path, federation.g, "G90", ["H90.01"], clock=federation.clock, number="9", lane=Lane.KHAN
        )
        await asyncio.to_thread(federation.top.hub.intake.submit, federation.g.row, urgent)
        await until(has(federation.a, urgent.sha256))
        assert not has(federation.a, bulk.sha256)()
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

    asyncio.run(story())


class BrokenLine(DirectLine):
    """The first fetches break off; all of them are counted."""

    def __init__(self, hub: Hub, peer: PeerRow, *, breaks: int) -> None:
        super().__init__(hub, peer)
        self.breaks, self.fetched = breaks, list[str]()

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        self.fetched.append(shipment.id)
        if self.breaks:
            self.breaks -= 1
            raise HubUnreachable(url="test", reason="broken")
        await super().fetch(shipment, target, upto=upto)


def uplink_over(federation: Federation, line: DirectLine) -> Uplink:
    hub = federation.a.hub
    return Uplink(hub.world, line, dispatch=hub.dispatch, relay=hub.relay, returns=hub.returns)


def parent_row(federation: Federation) -> PeerRow:
    return next(row for row in federation.top.hub.registry.every() if row.id == "hub-a")


def test_what_a_broken_line_left_is_fetched_as_soon_as_it_is_back(federation: Federation, tmp_path: Path) -> None:
    """Without waiting for the end of a lease: also of what was offered together."""
    letters = [
        make_letter(tmp_path, federation.g, "G90", ["H90.01"], clock=federation.clock, number=str(number))
        for number in range(3)
    ]
    for letter in letters:
        federation.top.hub.intake.submit(federation.g.row, letter)

    async def story() -> None:
        line = BrokenLine(federation.top.hub, parent_row(federation), breaks=1)
        uplink = uplink_over(federation, line)
        with pytest.raises(HubUnreachable):
            await uplink.pull_once(0)
        assert await uplink.pull_once(0) == 3
        assert await uplink.pull_once(0) == 0
        assert all(has(federation.a, letter.sha256)() for letter in letters)
        assert len(line.fetched) == 4

    asyncio.run(story())


def test_what_one_loop_fetches_no_other_begins(federation: Federation, tmp_path: Path) -> None:
    """Its lease may run out meanwhile, and the parent offer it again."""
    letter = make_letter(tmp_path, federation.g, "G90", ["H90.01"], clock=federation.clock, lane=Lane.KHAN)
    federation.top.hub.intake.submit(federation.g.row, letter)
    go_on = asyncio.Event()

    class SlowLine(BrokenLine):
        async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
            await super().fetch(shipment, target, upto=upto)
            await go_on.wait()

    async def story() -> None:
        line = SlowLine(federation.top.hub, parent_row(federation), breaks=0)
        uplink = uplink_over(federation, line)
        first = asyncio.create_task(uplink.pull_once(0))
        await until(lambda: bool(line.fetched))
        federation.clock.advance(seconds=61)
        assert await asyncio.wait_for(uplink.pull_once(0, Lane.KHAN), 30) == 1
        go_on.set()
        await first
        assert len(line.fetched) == 1
        assert has(federation.a, letter.sha256)()

    asyncio.run(story())


def test_a_peer_gets_what_it_wants_and_the_rest_stays(federation: Federation, tmp_path: Path) -> None:
    clock, hub = federation.clock, federation.a.hub
    lanes = [Lane.THUONG, Lane.KHAN, Lane.HOA_TOC]
    letters = {
        lane: make_letter(tmp_path, federation.a1, "H90.01", ["H90.01"], clock=clock, number=lane.value, lane=lane)
        for lane in lanes
    }
    for letter in letters.values():
        hub.intake.submit(federation.a1.row, letter)
    size = letters[Lane.THUONG].size

    def lent(wanted: Wanted) -> list[Lane]:
        shipments = hub.dispatch.lease("node-a1", 10, wanted=wanted)
        for shipment in shipments:
            hub.dispatch.release("node-a1", shipment.id, fence=shipment.fence, error="test")
        clock.advance(minutes=30)
        return sorted((shipment.lane for shipment in shipments), key=lambda lane: lane.rank)

    assert lent(Wanted(least=Lane.HOA_TOC)) == [Lane.HOA_TOC]
    assert lent(Wanted(least=Lane.KHAN)) == [Lane.HOA_TOC, Lane.KHAN]
    assert lent(Wanted(bulk_above=size - 1)) == [Lane.HOA_TOC, Lane.KHAN]
    assert lent(Wanted(bulk_above=size)) == [Lane.HOA_TOC, Lane.KHAN, Lane.THUONG]
    assert lent(Wanted()) == [Lane.HOA_TOC, Lane.KHAN, Lane.THUONG]
