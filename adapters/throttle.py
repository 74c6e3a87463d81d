"""A cap on what a line carries in one direction: a token bucket over pieces of bytes.

Small slices, so that whoever comes next waits for a quarter of a second of somebody else's bytes at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from exchange_axis.ports import Clock


class Throttle:
    """Belongs to one event loop."""

    def __init__(self, rate: int, clock: Clock, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """
        Args:
            rate: bytes a second.
        """
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._slice = max(1, rate // 4)
        self._level = float(self._slice)
        self._seen = clock.monotonic()

    async def limit(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same bytes, no faster than the cap."""
        async for piece in pieces:
            for start in range(0, len(piece), self._slice):
                part = piece[start : start + self._slice]
                await self._take(len(part))
                yield part

    async def _take(self, size: int) -> None:
        now = self._clock.monotonic()
        self._level = min(float(self._slice), self._level + (now - self._seen) * self._rate) - size
        self._seen = now
        if self._level < 0:
            await self._sleep(-self._level / self._rate)
