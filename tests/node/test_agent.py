"""The agent as it runs: woken by new mail, patient with a dead line, and gone when told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from exchange_axis.domain.consignment import Lane
from exchange_axis.node.agent import Agent
from exchange_axis.node.pulling import AT_HAND
from exchange_axis.node.service import Node
from exchange_axis.ports import EVERYTHING, Answer, OfferedShipment, Wanted
from tests.node.stand import RECIPIENT, Line, Stand

QUICK = {
    "idle_pause": timedelta(seconds=60),
    "line_pause": timedelta(milliseconds=10),
    "poll_wait": timedelta(milliseconds=10),
    "directory_pause": timedelta(seconds=60),
}


class PollingLine(Line):
    """Holds a question open for a moment, as a real hub does when it has nothing."""

    async def shipments(self, *, wait: float, wanted: Wanted = EVERYTHING) -> tuple[OfferedShipment, ...]:
        found = await super().shipments(wait=wait, wanted=wanted)
        if not found:
            await asyncio.sleep(wait)
        return found

    async def feed(self, *, after: int, wait: float) -> Any:
        found = await super().feed(after=after, wait=wait)
        if not found:
            await asyncio.sleep(wait)
        return found


def line(stand: Stand, node: str) -> PollingLine:
    return PollingLine(hub=stand.hub, node=node)


async def comes_true(fact: Callable[[], bool]) -> bool:
    """Whether it does in good time. What to wait for is in a database, which rings no bell."""
    try:
        async with asyncio.timeout(60):
            while not fact():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    except TimeoutError:
        return False
    return True


async def stopped(stop: asyncio.Event, *runs: asyncio.Task[None]) -> None:
    stop.set()
    async with asyncio.timeout(10):
        await asyncio.gather(*runs)


def state(node: Node) -> tuple[str, str, str]:
    (sent,) = node.views.sent()
    return sent.state, sent.recipients[0].delivery, sent.recipients[0].status


def test_two_agents_carry_a_letter_and_its_news(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open(**QUICK) as home, stand.receiver.open(**QUICK) as away:
            stop = asyncio.Event()
            here: Agent = home.agent(line(stand, stand.sender.id))
            there = away.agent(line(stand, stand.receiver.id))
            runs = [asyncio.create_task(here.run(stop)), asyncio.create_task(there.run(stop))]
            await asyncio.to_thread(home.sender.send, stand.draft(), actor="Lê Thị Hoa")
            here.wake()
            assert await comes_true(lambda: state(home) == ("accepted", "handed-over", "01"))
            await asyncio.to_thread(away.clerk.accept, "57/BC-UBND", actor="Trần Văn Bình")
            there.wake()
            assert await comes_true(lambda: state(home) == ("accepted", "handed-over", "03"))
            await stopped(stop, *runs)
            here.wake()

    asyncio.run(story())


def test_a_dead_line_is_waited_for(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open(**(QUICK | {"idle_pause": timedelta(milliseconds=20)})) as home:
            way = line(stand, stand.sender.id)
            way.down = True
            home.sender.send(stand.draft(), actor="Lê Thị Hoa")
            stop = asyncio.Event()
            run = asyncio.create_task(home.agent(way).run(stop))
            assert await comes_true(lambda: home.views.sent()[0].attempts >= 1)
            way.down = False

            def later() -> bool:
                stand.clock.advance(seconds=10)  # again and again: when the next try is due may just be written down
                return state(home)[0] == "accepted"

            assert await comes_true(later)
            await stopped(stop, run)

    asyncio.run(story())


def test_a_stop_gives_the_lease_back_and_leaves_the_download(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home:
            home.sender.send(stand.draft(), actor="Lê Thị Hoa")
            await home.agent(stand.line(stand.sender)).push_once()
        with stand.receiver.open(**QUICK) as away:
            way = StuckLine(hub=stand.hub, node=stand.receiver.id)
            stop = asyncio.Event()
            run = asyncio.create_task(away.agent(way).run(stop))
            await asyncio.wait_for(way.downloading.wait(), 10)
            await stopped(stop, run)
            (shipment,) = stand.hub.waiting[stand.receiver.id]
            assert way.released == [(shipment.id, "node.stopping")]
            assert await away.agent(stand.line(stand.receiver)).pull_once() == 1
            assert [one.agency for one in away.views.received()] == [RECIPIENT]

    asyncio.run(story())


class StuckLine(PollingLine):
    """A download that does not end."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.downloading = asyncio.Event()

    async def fetch(self, shipment: OfferedShipment, target: Any, *, upto: int | None = None) -> None:
        self.downloading.set()
        await asyncio.Event().wait()


def test_an_urgent_letter_passes_a_download_that_does_not_end(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open(**QUICK) as away:
            for number in (1, 2, 3):
                home.sender.send(stand.draft(number=number), actor="Lê Thị Hoa")
            agent = home.agent(stand.line(stand.sender))
            await agent.push_once()
            bulk = {shipment.id for shipment in stand.hub.waiting[stand.receiver.id]}
            way = BulkStuckLine(hub=stand.hub, node=stand.receiver.id)
            way.bulk = bulk
            stop = asyncio.Event()
            run = asyncio.create_task(away.agent(way).run(stop))
            await asyncio.wait_for(way.downloading.wait(), 10)
            home.sender.send(stand.draft(number=4, priority="hoa-toc"), actor="Lê Thị Hoa")
            await agent.push_once()
            assert await comes_true(lambda: [one.title for one in away.views.received()] == ["4/BC-UBND"])
            await stopped(stop, run)

    asyncio.run(story())


def test_an_urgent_letter_passes_any_number_of_downloads_that_do_not_end(stand: Stand) -> None:
    """More bulk than the node takes at once: it goes on asking for what is more urgent, and for nothing else."""

    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open(**QUICK) as away:
            for number in range(1, 2 * AT_HAND + 1):
                home.sender.send(stand.draft(number=number), actor="Lê Thị Hoa")
            agent = home.agent(stand.line(stand.sender))
            await agent.push_once()
            way = BulkStuckLine(hub=stand.hub, node=stand.receiver.id)
            way.bulk = {shipment.id for shipment in stand.hub.waiting[stand.receiver.id]}
            stop = asyncio.Event()
            run = asyncio.create_task(away.agent(way).run(stop))
            await asyncio.wait_for(way.downloading.wait(), 10)
            home.sender.send(stand.draft(number=99, priority="khan"), actor="Lê Thị Hoa")
            await agent.push_once()
            assert await comes_true(lambda: [one.title for one in away.views.received()] == ["99/BC-UBND"])
            await stopped(stop, run)

    asyncio.run(story())


def test_a_more_urgent_letter_passes_an_upload_that_does_not_end(stand: Stand) -> None:
    """Each lane has a way past the one below it: nothing waits for the upload of a less urgent letter."""

    async def story() -> None:
        with stand.sender.open(**QUICK) as home:
            way = UploadStuckLine(hub=stand.hub, node=stand.sender.id)
            stop, agent = asyncio.Event(), home.agent(way)
            run = asyncio.create_task(agent.run(stop))
            for number, lane in enumerate(reversed(Lane), start=1):
                way.stuck.add(lane)
                await asyncio.to_thread(
                    home.sender.send, stand.draft(number=number, priority=lane.value), actor="Lê Thị Hoa"
                )
                agent.wake()
                assert await comes_true(lambda: way.begun == list(reversed(Lane))[: len(way.stuck)])
            await stopped(stop, run)

    asyncio.run(story())


class UploadStuckLine(PollingLine):
    """Uploads in some lanes do not end."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.stuck: set[Lane] = set()
        self.begun: list[Lane] = []

    async def submit(self, container: Path, *, lane: Lane, **values: Any) -> Answer:
        self.begun.append(lane)
        if lane in self.stuck:
            await asyncio.Event().wait()
        return await super().submit(container, lane=lane, **values)


class BulkStuckLine(StuckLine):
    """Only the downloads of these shipments do not end."""

    bulk: set[str]

    async def fetch(self, shipment: OfferedShipment, target: Any, *, upto: int | None = None) -> None:
        if shipment.id in self.bulk:
            await super().fetch(shipment, target)
        else:
            await PollingLine.fetch(self, shipment, target)
