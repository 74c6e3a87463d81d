"""Open polls: one look into the store serves them all, made when somebody rings and every so often.

A poll registers what it waits for; each look wakes those for whom something lies ready. Looking costs the same for one
poll and for a thousand, so that an idle hub with many nodes stays idle.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from exchange_axis.hub.feeds import News
from schemas.gate.refusal import Refusal

log = logging.getLogger("axis.web")

PAUSE = 0.02
"""Seconds between two looks at least: what happens meanwhile is seen by the next one."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Poll:
    ready: Callable[[News], bool]
    woken: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Watch:
    def __init__(self, look: Callable[[], Awaitable[News]], *, every: float) -> None:
        self._look = look
        self._every = every
        self._polls: set[_Poll] = set()
        self._rung = asyncio.Event()
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def waiting(self) -> int:
        """Polls that are open."""
        return len(self._polls)

    def ring(self) -> None:
        """Something may lie ready for somebody."""
        self._rung.set()

    def close(self) -> None:
        """Send every poll home with what there is; none waits any more."""
        self._closed = True
        for poll in self._polls:
            _wake(poll)
        self._rung.set()

    async def mail(self, peer: str, seconds: float) -> bool:
        """Wait until the peer has a shipment to lease; False when the time is over."""
        return await self._until(lambda news: peer in news.mail, seconds)

    async def feed(self, peer: str, after: int, seconds: float) -> bool:
        """Wait until the peer's feed goes beyond `after`; False when the time is over."""
        return await self._until(lambda news: news.heads.get(peer, 0) > after, seconds)

    async def run(self) -> None:
        """Look and wake, until closed."""
        while not self._closed:
            if self._polls:
                await self._wake_ready()
            await asyncio.sleep(PAUSE)
            await self._next_ring()

    async def _next_ring(self) -> None:
        try:
            async with asyncio.timeout(self._every if self._polls else None):
                await self._rung.wait()
        except TimeoutError:
            pass
        self._rung.clear()

    async def _until(self, ready: Callable[[News], bool], seconds: float) -> bool:
        if self._closed or seconds <= 0:
            return False
        poll = _Poll(ready=ready)
        self._polls.add(poll)
        self._rung.set()  # what came between the caller's own look and now must not wait for the next bell
        try:
            async with asyncio.timeout(seconds):
                await poll.woken
        except TimeoutError:
            return False
        finally:
            self._polls.discard(poll)
        return not self._closed

    async def _wake_ready(self) -> None:
        try:
            news = await self._look()
        except Refusal as refusal:
            log.warning("watch code=%s", refusal.code)
            return
        except Exception:  # polls still end by their own time; the next look may succeed
            log.exception("watch failed")
            return
        for poll in tuple(self._polls):
            if poll.ready(news):
                _wake(poll)


def _wake(poll: _Poll) -> None:
    if not poll.woken.done():
        poll.woken.set_result(None)
