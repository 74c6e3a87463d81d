"""Asks others for the time, so that the clock guard has something to judge by; more often while it says no.

Sources are outside: a configured time-stamping service, the hub above. One that is away is no evidence of anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from exchange_axis.hub.timekeeping import ClockGuard
from exchange_axis.ports import Clock, HubConnection
from exchange_axis.wire.times import MalformedTime, from_text
from schemas.gate.refusal import Refusal

log = logging.getLogger("axis.time")

CALM: Final = 900.0
"""Seconds between two questions while the clock is right; a jump shows without any (`domain.timekeeping`)."""
ALARMED: Final = 10.0
PARENT: Final = "parent"
PARENT_ACCURACY: Final = timedelta(seconds=1)

Look = Callable[[], Awaitable[None]]
"""Asks one source and tells the guard. Raises Refusal where the source is away."""


class TimeWatch:
    def __init__(self, guard: ClockGuard, looks: Mapping[str, Look]) -> None:
        self._guard = guard
        self._looks = looks

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            before = self._guard.verdict().right
            await self.round()
            verdict = self._guard.verdict()
            if verdict.right is not before:
                log.warning("time.right=%s source=%s offset=%s", verdict.right, verdict.source, verdict.offset)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=CALM if verdict.right else ALARMED)

    async def round(self) -> int:
        """Ask every source once; returns how many answered."""
        answered = 0
        for name, look in self._looks.items():
            try:
                await look()
                answered += 1
            except Refusal as refusal:
                log.info("time.no-answer source=%s code=%s", name, refusal.code)
        return answered


def ask_parent(line: HubConnection, guard: ClockGuard, clock: Clock) -> Look:
    """The time that the hub above tells in its capabilities."""

    async def look() -> None:
        began = clock.monotonic()
        told = await line.capabilities()
        with contextlib.suppress(MalformedTime):
            guard.observe(PARENT, from_text(str(told.get("time"))), began=began, accuracy=PARENT_ACCURACY)

    return look
