"""Blocking work beside the event loop, finished even when the step that asked for it was cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class RunInThread(Protocol):
    """Runs blocking work beside the event loop; `asyncio.to_thread` is one."""

    def __call__(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> Awaitable[T]: ...


class Threads:
    def __init__(self, run_in_thread: RunInThread) -> None:
        self._run_in_thread = run_in_thread
        self._running: set[asyncio.Future[Any]] = set()

    async def run(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        future = asyncio.ensure_future(self._run_in_thread(work, *args, **kwargs))
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return await asyncio.shield(future)

    async def settled(self) -> None:
        """Return when nothing runs any more; what was left behind by cancelled steps included."""
        while self._running:
            await asyncio.wait(set(self._running))
