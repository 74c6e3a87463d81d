"""A hub of the product on loopback: its own keys, TLS 1.3 with certificates on both sides, its clock the machine's."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.clock import SystemClock, SystemRng
from config.databases import migrate_hub
from config.hub_setup import HubPlan, init_hub
from config.places import Places
from config.wiring_hub import open_hub
from exchange_axis.domain.directory_text import from_toml
from exchange_axis.hub.service import Hub
from exchange_axis.web.hub_api.routes import routes
from exchange_axis.web.shared.serving import start
from exchange_axis.web.shared.tls import server_context, trust

PAUSE = 0.05
"""Seconds between two rounds of housekeeping."""
PATIENCE = 20.0
"""Seconds in which a server comes up and goes down."""


@dataclass(frozen=True, kw_only=True)
class RunningHub:
    url: str
    hub: Hub
    tls: Any
    root_pem: str

    def enrol(self, request: dict[str, Any]) -> dict[str, Any]:
        """What the operator does: `axis hub node add` and `axis hub node approve`."""
        peer = self.hub.registry.add(request, actor="test")
        answer = self.hub.registry.approve(peer.id, codes=(), relay=(), actor="test")
        trust(self.tls, self.hub.registry.tls_certificates())
        return answer


@contextmanager
def running_hub(folder: Path, directory: str, *, hub_id: str) -> Iterator[RunningHub]:
    """Serve until the block ends."""
    places, clock, rng = Places(folder), SystemClock(), SystemRng()
    plan = HubPlan(id=hub_id, name="Trục thử", url="https://127.0.0.1:1", listen="127.0.0.1:0")
    init_hub(places, plan, clock=clock, rng=rng)
    migrate_hub(places, clock)
    with contextlib.closing(open_hub(places, clock=clock, rng=rng)) as hub:
        hub.directory.adopt(from_toml(directory), directory, actor="test")
        tls = server_context(places.certificate("tls"), places.key("tls"), hub.registry.tls_certificates())
        with _served(hub, tls) as port:
            root_pem = places.certificate("authority").read_text("ascii")
            yield RunningHub(url=f"https://127.0.0.1:{port}", hub=hub, tls=tls, root_pem=root_pem)


@contextmanager
def _served(hub: Hub, tls: Any) -> Iterator[int]:
    loop, listening = asyncio.new_event_loop(), Future[int]()
    stop = asyncio.Event()

    async def keep_house() -> None:
        while not stop.is_set():
            await asyncio.to_thread(hub.housekeeping)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PAUSE)

    async def serve() -> None:
        server = await start(routes(hub, tls=tls), host="127.0.0.1", port=0, ssl_context=tls, shutdown_timeout=1.0)
        listening.set_result(server.port)
        try:
            await keep_house()
        finally:
            await server.close()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        except BaseException as error:
            if not listening.done():
                listening.set_exception(error)
            raise
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    thread = threading.Thread(target=run, name="hub")
    thread.start()
    try:
        yield listening.result(timeout=PATIENCE)
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=PATIENCE)
