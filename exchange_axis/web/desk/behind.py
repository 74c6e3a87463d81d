"""Work that takes longer than a browser or a thin line likes to wait: it goes on behind the answer, the page shows how
far it is and asks again by itself, without a script.

1. Only work whose every step is kept when it is done: whoever comes back after a break goes on with the rest.
2. One key runs once at a time; who asks again waits for the same work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

AGAIN: Final = 3
"""Seconds until a page that shows work asks again."""
_log: Final = logging.getLogger(__name__)


class Behind:
    """Lives on the event loop."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self, key: str, work: Callable[[], Awaitable[None]]) -> None:
        """Start it unless it runs, and wait for it, but not long: most is done by then, and needs no second page.

        Raises:
            Whatever the work raised while somebody waited; later it is logged.
        """
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(_awaited(work))
            task.add_done_callback(lambda _: self._tasks.pop(key, None))
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        if done:
            task.result()
        else:
            task.add_done_callback(_tell)

    def runs(self, key: str) -> bool:
        return key in self._tasks

    async def close(self, _app: web.Application | None = None) -> None:
        """The step that runs comes to its end in its thread; no other begins."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def ask_again(response: web.StreamResponse) -> web.StreamResponse:
    response.headers["Refresh"] = str(AGAIN)
    return response


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("work behind an answer has ended", exc_info=error)
