"""An application served on loopback from a thread of its own, so that a browser driven from the test can reach it."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from aiohttp import web

from exchange_axis.web.shared.serving import start

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """Done in a thread of its own: in that of the test Playwright's loop runs, beside which no other can."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(timeout=60)


@contextmanager
def serving(make: Callable[[], web.Application], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """`make` is called on the server's own loop. Yields `http://127.0.0.1:PORT`, or https where there is `tls`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="pages", daemon=True)
    thread.start()

    async def begin() -> tuple[str, Callable[[], object]]:
        served = await start(make(), host="127.0.0.1", port=0, ssl_context=tls, shutdown_timeout=1.0)
        return f"{'https' if tls else 'http'}://127.0.0.1:{served.port}", served.close

    address, close = asyncio.run_coroutine_threadsafe(begin(), loop).result(timeout=30)
    try:
        yield address
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result(timeout=30)  # type: ignore[arg-type]
        asyncio.run_coroutine_threadsafe(_quiet(loop), loop).result(timeout=30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


async def _quiet(loop: asyncio.AbstractEventLoop) -> None:
    """TLS connections say goodbye first: until they have, the loop watches more than its own waking pipe."""
    while len(loop._selector.get_map()) > 1:  # type: ignore[attr-defined]  # noqa: ASYNC110 # it tells nobody
        await asyncio.sleep(0.01)
