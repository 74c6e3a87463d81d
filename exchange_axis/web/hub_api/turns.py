"""Checking containers in the order of their lanes: a rush of bulk mail never stands before an urgent letter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.lanes import LaneScheduler, Waiting

PATIENCE = 1.0
"""Seconds that one piece of a bulk body steps aside at most: urgent mail slows it, and never stops it."""


@dataclass(slots=True, kw_only=True)
class _Turn:
    lane: Lane
    sender: str
    order: int
    go: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Turns:
    """`slots` things at a time; who waits is called by lane, senders of a lane in fair turn."""

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._waiting: dict[int, _Turn] = {}
        self._scheduler = LaneScheduler()
        self._numbers = count()

    @asynccontextmanager
    async def turn(self, lane: Lane, sender: str) -> AsyncIterator[None]:
        await self._take(lane, sender)
        try:
            yield
        finally:
            self._free += 1
            self._call()

    async def step_aside(self, lane: Lane) -> None:
        """Let a bulk body pause while something more urgent waits for its turn."""
        urgent = [turn.go for turn in self._waiting.values() if turn.lane.rank < lane.rank]
        if urgent:
            await asyncio.wait(urgent, timeout=PATIENCE)

    async def _take(self, lane: Lane, sender: str) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        number = next(self._numbers)
        turn = self._waiting[number] = _Turn(lane=lane, sender=sender, order=number)
        try:
            await turn.go
        except asyncio.CancelledError:
            if self._waiting.pop(number, None) is None:  # called and cancelled in the same moment
                self._free += 1
                self._call()
            raise

    def _call(self) -> None:
        while self._free and self._waiting:
            waiting = [
                Waiting(key=number, lane=turn.lane, sender=turn.sender, order=turn.order)
                for number, turn in self._waiting.items()
            ]
            number = self._scheduler.pick(waiting)
            if number is None:
                return
            turn = self._waiting.pop(number)
            if not turn.go.done():
                self._free -= 1
                turn.go.set_result(None)
