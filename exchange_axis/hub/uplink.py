"""This hub as a client of the hub above: six loops over one connection.

push: our shipments for the parent · pull: its shipments for us · feed: its returns for us · home: our returns for it ·
tray: those of ours that it refused, slowly once more · log: checkpoints, cosignatures, copies of logs, where there is
a witness. What either side refuses for good is laid into the tray: nothing is lost and nothing waits behind it.
trust: newer trust lists.
Push and pull have a loop for each lane and those above it: while one is busy, the next more urgent one works beside it,
so that nothing waits for the bulk of a lower lane.
Each step may be killed anywhere and run again: what was answered is stored before it counts, and everything sent is
the same stored bytes. Steps never raise for a line that is down; they say how long to wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.retry import LAST_CEILING, next_try
from exchange_axis.errors import AxisError
from exchange_axis.hub.dispatch import Dispatch
from exchange_axis.hub.holding import ContentFrozen
from exchange_axis.hub.relay import Relay
from exchange_axis.hub.returns import Returns
from exchange_axis.hub.tray import Message, Tray, documents_of, is_about_the_message
from exchange_axis.hub.trusting import TrustLists
from exchange_axis.hub.uploads import digest_of
from exchange_axis.hub.world import Received, World
from exchange_axis.pipeline.lines import PeerLine
from exchange_axis.pipeline.tally_rounds import PAUSE as TALLY_PAUSE
from exchange_axis.ports import FeedItem, HubBusy, HubRefused, HubUnreachable, HubUplink, OfferedShipment, name_of
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub import peers, records
from schemas.gate.refusal import Refusal

log = logging.getLogger("axis.uplink")

WAIT = 20.0
"""Seconds a poll holds the line when there is nothing."""
BESIDE = 2.0
"""The same for what is more urgent than a shipment under way, which soon ends."""
AT_ONCE = 8
"""Shipments taken in one step."""
FEED_LIMIT = 50
LOG_PAUSE = 1.0
"""Seconds between two rounds about logs when the last one brought nothing."""
LINE_PAUSE = timedelta(seconds=30)
"""Longest wait for a line that was down: when it comes back it does so for all that waits."""
TRAY_PAUSE = 5.0
"""Seconds between two looks at what was refused."""
TRUST_PAUSE = 300.0
"""Seconds between two questions for a newer trust list."""
BUSY_PAUSE = 900.0
"""Seconds that a parent may ask us to wait, at most."""


class Uplink:
    def __init__(
        self,
        world: World,
        connection: HubUplink,
        *,
        dispatch: Dispatch,
        relay: Relay,
        returns: Returns,
        trust_lists: TrustLists | None = None,
        line: PeerLine | None = None,
        witnessing: Callable[[], Awaitable[int]] | None = None,
        tallying: Callable[[], Awaitable[int]] | None = None,
    ) -> None:
        self._world = world
        self._line = line or PeerLine(world.clock, world.rng)
        self._connection = connection
        self._witnessing = witnessing
        self._tallying = tallying
        self._dispatch = dispatch
        self._relay = relay
        self._returns = returns
        self._tray = Tray(world, returns)
        self._trust_lists = trust_lists
        parent = world.settings.parent
        if parent is None:
            raise ValueError("a hub without parent has no uplink")
        self._parent = parent
        self._pushing: set[Lane] = set()
        self._pulling: set[Lane] = set()
        """Loops that have a shipment under way."""
        self._fetching: set[str] = set()
        """Shipments of the parent that are under way."""
        self._has_lost = False
        """Something may be lent to us that we do not know of, or have let go."""

    async def run(self, stop: asyncio.Event) -> None:
        """All loops until `stop`."""
        await asyncio.gather(
            *(self._loop(stop, f"push-{lane.value}", partial(self._push_beside, lane), idle=0.2) for lane in Lane),
            *(self._pulls(stop, lane) for lane in Lane),
            self._loop(stop, "feed", lambda: self.feed_once(self._wait()), idle=0.0, calls=True),
            self._loop(stop, "home", self.home_once, idle=0.2),
            self._loop(stop, "tray", self.tray_once, idle=TRAY_PAUSE),
            *(
                []
                if self._witnessing is None
                else [self._loop(stop, "log", self._witnessing, idle=LOG_PAUSE, calls=True)]
            ),
            self._loop(stop, "tally", self.tally_once, idle=TALLY_PAUSE),
            self._loop(stop, "trust", self.trust_once, idle=TRUST_PAUSE, calls=self._trust_lists is not None),
        )

    async def push_once(self, least: Lane = Lane.THUONG) -> int:
        """Send waiting shipments up, of this lane and those above it; returns how many were answered."""
        leased = await to_thread(self._dispatch.lease, self._parent, AT_ONCE, wanted=self._world.wanted(least))
        offered = sorted(leased, key=lambda shipment: shipment.lane.rank)
        failed: Refusal | None = None
        done = 0
        for index, shipment in enumerate(offered):
            try:
                with self._moving(self._pushing, least):
                    await self._push(shipment)
                done += 1
            except HubBusy:
                for rest in offered[index:]:
                    await to_thread(self._dispatch.give_back, self._parent, rest.id, fence=rest.fence)
                raise
            except (HubUnreachable, StoreError) as error:
                # What was being sent waits a little, or one that breaks every line would keep all others from going.
                await self._give_back(shipment, error, longest=LINE_PAUSE)
                for untried in offered[index + 1 :]:
                    await to_thread(self._dispatch.give_back, self._parent, untried.id, fence=untried.fence)
                raise
            except ContentFrozen:
                done += 1  # recalled since it was lent
            except Refusal as error:  # one shipment that cannot go does not keep the others
                log.error("uplink.shipment-failed shipment=%s code=%s %s", shipment.id, error.code, error)
                await self._give_back(shipment, error)
                failed = error
        if failed is not None and not done:
            raise failed
        return done

    async def pull_once(self, wait: float, least: Lane = Lane.THUONG) -> int:
        """Fetch shipments that the parent holds for us, of this lane and those above it, and take them over."""
        wanted = replace(self._world.wanted(least), anew=self._has_lost and not self._fetching)
        try:
            offered = await self._connection.shipments(wait=wait, wanted=wanted)
            self._has_lost = self._has_lost and not wanted.anew
            for shipment in sorted(offered, key=lambda shipment: shipment.lane.rank):
                with self._moving(self._pulling, least):
                    await self._pull_once(shipment)
        except HubBusy:
            raise
        except HubUnreachable:
            self._has_lost = True  # also what was offered together, or in an answer that did not come
            raise
        return len(offered)

    async def _pull_once(self, shipment: OfferedShipment) -> None:
        """Unless another loop has it already: after a break the parent may offer what is still being fetched."""
        if shipment.id in self._fetching:
            return
        self._fetching.add(shipment.id)
        try:
            await self._pull(shipment)
        finally:
            self._fetching.discard(shipment.id)

    async def _push_beside(self, least: Lane) -> int:
        return await self.push_once(least) if _is_needed(self._pushing, least) else 0

    async def _pull_beside(self, least: Lane) -> int:
        return await self.pull_once(min(BESIDE, self._wait()), least) if _is_needed(self._pulling, least) else 0

    async def _pulls(self, stop: asyncio.Event, least: Lane) -> None:
        if least is Lane.THUONG:
            await self._loop(stop, "pull", lambda: self.pull_once(self._wait()), idle=0.0, calls=True)
        else:
            await self._loop(stop, f"pull-{least.value}", partial(self._pull_beside, least), idle=0.2)

    @contextmanager
    def _moving(self, loops: set[Lane], least: Lane) -> Iterator[None]:
        loops.add(least)
        try:
            yield
        finally:
            loops.discard(least)

    async def feed_once(self, wait: float) -> int:
        """Take in returns from the parent, in order; the next call confirms them."""
        after = await to_thread(self._cursor)
        items = await self._connection.feed(after=after, wait=wait)
        peer = await to_thread(self._peer)
        for item in items:
            try:
                await to_thread(self._returns.receive, peer, item.documents)
            except StoreError:
                raise  # our trouble: the same entry is read again
            except Refusal as refusal:
                message = _message(item)
                await to_thread(self._tray.keep_received, self._parent, item.number, message, refusal)
            else:
                await to_thread(self._set_cursor, item.number)
        return len(items)

    async def home_once(self) -> int:
        """Pass our returns for the parent up, in order."""
        entries = await to_thread(self._waiting_home)
        for number, message in entries:
            try:
                await self._connection.send_return(message.documents)
            except HubRefused as refused:
                if not is_about_the_message(refused):
                    raise
                await to_thread(self._tray.keep_sent, self._parent, number, message, refused)
            else:
                await to_thread(self._sent_home, number)
        return len(entries)

    async def tray_once(self) -> int:
        """Pass up once more what the parent refused; returns how many were tried."""
        rows = await to_thread(self._tray.to_send, self._parent)
        for row in rows:
            try:
                await self._connection.send_return(documents_of(row))
            except HubRefused as refused:
                await to_thread(self._tray.refused_again, row, refused)
            else:
                await to_thread(self._tray.taken, row)
        return len(rows)

    async def trust_once(self) -> int:
        """Take newer trust lists from the hub above; returns how many."""
        if self._trust_lists is None:
            return 0
        found = await self._connection.trust_lists(after=await to_thread(self._trust_lists.known))
        return await to_thread(self._trust_lists.take, found)

    async def tally_once(self) -> int:
        """Compare the days that are due with the parent; 0, so that one that differs is looked at again much later."""
        if self._tallying is not None:
            await self._tallying()
        return 0

    async def _push(self, shipment: OfferedShipment) -> None:
        with self._world.tracer.span("hub.forward", name_of(shipment)):
            await self._forward(shipment)

    async def _forward(self, shipment: OfferedShipment) -> None:
        peer = await to_thread(self._peer)
        await to_thread(self._dispatch.content, self._parent, shipment.id)
        path = self._world.staging / f"push-{shipment.id}.asice"
        try:
            await to_thread(self._copy_out, shipment.container_sha256, path)
            answer = await self._connection.submit(
                path,
                sha256=shipment.container_sha256,
                size=shipment.size,
                lane=shipment.lane,
                relay=shipment.documents,
            )
        finally:
            path.unlink(missing_ok=True)
        await to_thread(self._dispatch.answered, peer, shipment.id, answer.documents)

    async def _pull(self, shipment: OfferedShipment) -> None:
        peer = await to_thread(self._peer)
        path = self._world.staging / f"pull-{shipment.id}.part"
        try:
            await self._connection.fetch(shipment, path)
            received = Received(path=path, sha256=await to_thread(digest_of, path), size=path.stat().st_size)
            answer = await to_thread(self._relay.receive, peer, received, shipment.documents)
        except HubRefused as refused:
            if refused.problem.get("code") != ContentFrozen.code:
                raise
            path.unlink(missing_ok=True)  # recalled since it was lent
            return
        except HubUnreachable:
            raise  # what has arrived stays for the next try
        except AxisError as error:
            path.unlink(missing_ok=True)
            log.error("uplink.shipment-refused shipment=%s code=%s", shipment.id, error.code)
            await self._connection.release(shipment, error=error.code)
            return
        await self._connection.answer_relay(shipment, answer.documents)
        path.unlink(missing_ok=True)

    async def _give_back(self, shipment: OfferedShipment, error: Refusal, *, longest: timedelta = LAST_CEILING) -> None:
        await to_thread(
            self._dispatch.release,
            self._parent,
            shipment.id,
            fence=shipment.fence,
            error=error.code,
            longest=longest,
        )

    def _wait(self) -> float:
        return WAIT if self._line.is_sure else 0.0

    async def _loop(
        self,
        stop: asyncio.Event,
        name: str,
        step: Callable[[], Awaitable[int]],
        *,
        idle: float,
        calls: bool = False,
    ) -> None:
        """`calls`: the step never ends without having asked the parent something."""
        failures = 0
        while not stop.is_set():
            if self._line.may_call(name):
                pause, failed = await self._step(name, step, idle=idle, calls=calls)
                self._line.rested(name)
            else:
                pause, failed = self._line.pause(), False
            failures = failures + 1 if failed else 0
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=max(self._backoff(failures) if failed else pause, 0.001))

    async def _step(
        self, name: str, step: Callable[[], Awaitable[int]], *, idle: float, calls: bool
    ) -> tuple[float, bool]:
        """(seconds to rest, whether it failed by a fault that is not the line's)."""
        try:
            busy = bool(await step())
            if busy or calls:
                self._line.answered()
            return (0.0 if busy else idle), False
        except HubBusy as error:
            self._line.answered()
            return min(error.seconds, BUSY_PAUSE), False
        except HubUnreachable as error:
            log.warning("uplink.%s-failed code=%s %s", name, error.code, error.message("en"))
            self._line.failed(error)
            return 0.0, False  # the breaker says how long
        except HubRefused as error:
            log.warning("uplink.%s-failed code=%s %s", name, error.code, error.message("en"))
            self._line.answered()
        except Refusal as refusal:
            log.error("uplink.%s-refused code=%s %s", name, refusal.code, refusal)
        except Exception:  # a fault of ours in one loop must not stop the mail in the others
            log.exception("uplink.%s-fault", name)
        return idle, True

    def _backoff(self, failures: int) -> float:
        now = self._world.clock.now()
        return (next_try(failures, now, self._world.rng.uniform(), longest=LINE_PAUSE) - now).total_seconds()

    def _peer(self) -> peers.PeerRow:
        row = self._world.transactions.read(lambda connection: peers.get(connection, self._parent))
        if row is None:
            raise AssertionError("the wiring opens an uplink only to a parent that was installed")
        return row

    def _copy_out(self, sha256: str, target: Path) -> None:
        with self._world.blobs.open(sha256) as blob, target.open("wb") as file:
            for chunk in blob.chunks():
                file.write(chunk)

    def _cursor(self) -> int:
        return self._world.transactions.read(lambda connection: records.cursor(connection, self._parent))

    def _set_cursor(self, number: int) -> None:
        self._world.transactions.run(lambda connection: records.set_cursor(connection, self._parent, number))

    def _waiting_home(self) -> list[tuple[int, Message]]:
        def work(connection: Connection) -> list[tuple[int, Message]]:
            after = records.feed_read(connection, self._parent)
            return [
                (entry.number, _read(connection, entry))
                for entry in records.feed_after(connection, self._parent, after, FEED_LIMIT)
            ]

        return self._world.transactions.read(work)

    def _sent_home(self, number: int) -> None:
        self._world.transactions.run(lambda connection: records.confirm_feed(connection, self._parent, number))


def _read(connection: Connection, entry: records.FeedEntry) -> Message:
    documents = records.whole_documents(connection, [digest for _, digest in entry.documents])
    return Message(consignment_id=entry.consignment_id, recipient=entry.recipient, documents=documents)


def _message(item: FeedItem) -> Message:
    return Message(consignment_id=item.consignment_id, recipient=item.recipient, documents=item.documents)


def _is_needed(busy: set[Lane], least: Lane) -> bool:
    """The ordinary loop always works, one above it only while the loop below it has its hands full."""
    return least is Lane.THUONG or tuple(Lane)[least.rank + 1] in busy
