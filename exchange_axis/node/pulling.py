"""Taking what waits at the hub: leases, downloads side by side, and giving back what cannot be taken.

Rules of this file:
1. Of large letters the fronts come first, before the body of any as urgent or less: who writes about what is seen
   before the annexes are here.
2. A large download never keeps a more urgent letter waiting: each lane has places of its own, and while those of one
   are taken the hub is asked for what is more urgent.
3. What was offered together starts by lane; hỏa tốc starts before everything else that waits. What is offered later
   does not otherwise push in: nothing starves.
4. A download that the line broke off is continued under its lease; a lease that ran out is simply offered again.
5. What is not what it says is declined with an alarm and stored nowhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from exchange_axis.domain.consignment import Lane
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node.arriving import FRONT, Arriving
from exchange_axis.node.inbox import Receiver
from exchange_axis.node.pushing import as_refusal, raise_alarm
from exchange_axis.node.threads import Threads
from exchange_axis.node.world import NodeWorld
from exchange_axis.ports import HubConnection, HubRefused, HubUnreachable, OfferedShipment
from exchange_axis.store.errors import StoreUnavailable
from schemas.gate.refusal import Refusal

FETCHED = declare("node.pull.fetched", "a container is in the staging folder, not yet judged")

PLACES = 2
"""Downloads at once in each lane."""
AT_HAND = 4
"""Shipments of a lane taken from the hub at most, those under way included: further ones wait there."""
WITHDRAWN = "consignment.frozen"
"""Problem code of a hub for content that was recalled or taken back while it was lent to us."""
RELEASE_WAIT = 2.0
"""Seconds in which a lease is given back when the agent stops."""

_log = logging.getLogger(__name__)


class Puller:
    def __init__(
        self,
        world: NodeWorld,
        hub: HubConnection,
        threads: Threads,
        *,
        arriving: Arriving,
        on_stored: Callable[[], None],
    ) -> None:
        self._world = world
        self._hub = hub
        self._threads = threads
        self._on_stored = on_stored
        self._arriving = arriving
        self._receiver = Receiver(world)
        self._leases: dict[str, OfferedShipment] = {}
        self._running: dict[str, asyncio.Task[int]] = {}
        self._places = {lane: asyncio.Semaphore(PLACES) for lane in Lane}
        self._waiting: dict[str, tuple[int, Lane]] = {}
        """Round of asking, and lane, of what has not started."""
        self._fronts: set[str] = set()
        """What has not started and is large, as long as its front is not here."""
        self._rounds = 0
        self._started = asyncio.Event()

    async def poll(self, wait: float, least: Lane = Lane.THUONG) -> int:
        """Ask for shipments and start taking them; the number of downloads started.

        Args:
            least: ask for nothing less urgent; the question then comes back soon, because a place may become free.

        Raises:
            HubUnreachable, HubRefused: nobody answered the question.
        """
        if least is not Lane.THUONG:
            wait = min(wait, self._world.settings.idle_pause.total_seconds())
        if self._idle_leases():
            wait = 0
        offered = await self._hub.shipments(wait=wait, wanted=self._world.wanted(least))
        self._forget_expired()
        for shipment in offered:
            self._leases[shipment.id] = shipment
        started = sorted(self._idle_leases(), key=lambda shipment: shipment.lane.rank)
        self._rounds += 1
        for shipment in started:
            self._waiting[shipment.id] = (self._rounds, shipment.lane)
            if self._arriving.is_worth_it(shipment):
                self._fronts.add(shipment.id)
            self._running[shipment.id] = asyncio.create_task(self._take_turn(shipment))
        return len(started)

    async def finished(self, *, some: bool = False) -> int:
        """Wait for the downloads under way, or until `some` of them is done; the number of new letters.

        Raises:
            HubUnreachable: the line broke in one of them; its lease is kept.
        """
        when = asyncio.FIRST_COMPLETED if some else asyncio.ALL_COMPLETED
        if self._running:
            await asyncio.wait(set(self._running.values()), return_when=when)
        return self.reap()

    def least_free(self) -> Lane | None:
        """The least urgent lane that can take more; None when further shipments of any would only wait here."""
        at_hand = Counter(self._leases[shipment_id].lane for shipment_id in self._running)
        return next((lane for lane in reversed(Lane) if at_hand[lane] < AT_HAND), None)

    async def stop(self) -> None:
        """Break off the downloads and give the leases back."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._running.clear()
        await asyncio.gather(*(self._give_back(shipment) for shipment in self._leases.values()))
        self._leases.clear()

    def reap(self) -> int:
        """What finished since the last look; without waiting, else as `finished`."""
        taken, broken = 0, None
        for shipment_id, task in list(self._running.items()):
            if not task.done():
                continue
            del self._running[shipment_id]
            error = task.exception()
            if isinstance(error, HubUnreachable):
                broken = error
            elif error is not None:
                self._leases.pop(shipment_id, None)
                raise error
            else:
                self._leases.pop(shipment_id, None)
                taken += task.result()
        if broken is not None:
            raise broken
        return taken

    def _idle_leases(self) -> list[OfferedShipment]:
        return [shipment for shipment in self._leases.values() if shipment.id not in self._running]

    def _forget_expired(self) -> None:
        now = self._world.clock.now()
        for shipment in self._idle_leases():
            if shipment.leased_until <= now:
                del self._leases[shipment.id]
                self._arriving.forget(shipment)

    async def _take_turn(self, shipment: OfferedShipment) -> int:
        try:
            taken = await self._take(shipment)
        except HubUnreachable:
            raise
        except (Refusal, OSError) as error:
            taken = 0
            if isinstance(error, HubRefused) and error.problem.get("code") == WITHDRAWN:
                _log.info("shipment %s of %s was withdrawn", shipment.id, shipment.sender)
            else:
                await self._decline(shipment, error)
        finally:
            self._start(shipment)
        self._arriving.forget(shipment)
        return taken

    def _start(self, shipment: OfferedShipment) -> None:
        self._fronts.discard(shipment.id)
        if self._waiting.pop(shipment.id, None) is not None:
            self._ring()

    def _ring(self) -> None:
        self._started.set()
        self._started = asyncio.Event()

    def _is_behind(self, shipment: OfferedShipment) -> bool:
        """Whether something more urgent has still to start first, or a front before this body."""
        own, lane = self._waiting[shipment.id]
        for name, (asked, other) in self._waiting.items():
            if other.rank < lane.rank and (asked <= own or other is Lane.HOA_TOC):
                return True
            if name in self._fronts and other.rank <= lane.rank and self._arriving.is_worth_it(shipment):
                return True
        return False

    async def _take(self, shipment: OfferedShipment) -> int:
        if await self._threads.run(self._receiver.seen, shipment):
            self._on_stored()
            return 0
        papers = await self._threads.run(self._receiver.check, shipment)
        target = self._receiver.target(shipment)
        if self._arriving.is_worth_it(shipment):
            await self._hub.fetch(shipment, target, upto=FRONT)
            await self._threads.run(self._arriving.note, shipment, papers, target)
            self._fronts.discard(shipment.id)
            self._ring()
        async with self._places[shipment.lane]:
            while self._is_behind(shipment):
                await self._started.wait()
            self._start(shipment)
            await self._hub.fetch(shipment, target)
            failpoint(FETCHED)
            taken = await self._threads.run(self._receiver.take, shipment, papers, target)
        self._on_stored()
        return taken

    async def _decline(self, shipment: OfferedShipment, error: Refusal | OSError) -> None:
        """Alarm, and give the lease back: somebody must look at this, and it must not block the rest.

        On a full disk there is no room for the alarm either; the log and the hub are told all the same.
        """
        at, refusal = self._world.clock.now(), as_refusal(error)
        with suppress(StoreUnavailable):
            await self._threads.run(
                self._world.store.run, lambda unit: raise_alarm(unit, refusal, shipment.consignment_id, at)
            )
        _log.warning("shipment %s of %s declined: %s", shipment.id, shipment.sender, error)
        try:
            await self._hub.release(shipment, error=refusal.code)
        except HubRefused as late:
            _log.info("lease of shipment %s was not ours any more: %s", shipment.id, late)

    async def _give_back(self, shipment: OfferedShipment) -> None:
        try:
            await asyncio.wait_for(self._hub.release(shipment, error="node.stopping"), RELEASE_WAIT)
        except (HubUnreachable, HubRefused, TimeoutError) as error:
            _log.info("lease of shipment %s not given back: %s", shipment.id, error)
