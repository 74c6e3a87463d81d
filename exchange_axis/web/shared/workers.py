"""Where synchronous work of requests runs: a bounded set of threads, so that a rush waits instead of piling up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    def __init__(self, size: int, *, name: str = "web") -> None:
        self._pool = ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)
        self._running: set[asyncio.Future[Any]] = set()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run in a thread. When the caller is cancelled the work still runs to its end."""
        work = asyncio.get_running_loop().run_in_executor(
            self._pool, partial(copy_context().run, partial(function, *args, **kwargs))
        )
        self._running.add(work)
        work.add_done_callback(self._running.discard)
        return await work

    def close(self) -> None:
        """Let what runs come to its end, drop what has not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def settle(self, patience: float) -> None:
        """The same, but for at most `patience` seconds: what runs longer is safe to be killed, and is let go."""
        if self._running:
            await asyncio.wait(self._running, timeout=patience)
        self._pool.shutdown(wait=False, cancel_futures=True)
