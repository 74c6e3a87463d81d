"""Whose bytes move on a line: a transfer gives way, between pieces of 1 MiB, to every more urgent one under way.

Hỏa tốc stops all others. Before the other lanes a transfer waits for as many of their pieces as their weight is above
its own, so that urgent mail slows it and never starves it. The more urgent one never waits for the less urgent one,
also not for one that hangs: this is courtesy, not a lock.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.lanes import WEIGHTS

PIECE = 1 << 20


class Courtesy:
    """Belongs to one event loop and one line, both directions of it."""

    def __init__(self) -> None:
        self._moving: Counter[Lane] = Counter()
        self._pieces: Counter[Lane] = Counter()
        self._changed = asyncio.Event()

    @contextmanager
    def moving(self, lane: Lane) -> Iterator[None]:
        """A transfer in this lane is under way while the block runs."""
        self._moving[lane] += 1
        try:
            yield
        finally:
            self._moving[lane] -= 1
            self._ring()

    async def paced(self, lane: Lane, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same bytes; who has stepped aside for the first piece does so again before each further one."""
        left = PIECE
        async for piece in pieces:
            if left <= 0:
                await self.step_aside(lane)
                left = PIECE
            left -= len(piece)
            yield piece

    async def step_aside(self, lane: Lane) -> None:
        """Wait until a piece in this lane may go, and count it."""
        since = self._pieces.copy()
        while any(self._goes_before(other, lane, since) for other in Lane):
            await self._changed.wait()
        self._pieces[lane] += 1
        self._ring()

    def _goes_before(self, other: Lane, lane: Lane, since: Counter[Lane]) -> bool:
        if other.rank >= lane.rank or not self._moving[other]:
            return False
        if other not in WEIGHTS:
            return True
        return self._pieces[other] - since[other] < WEIGHTS[other] // WEIGHTS[lane]

    def _ring(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
