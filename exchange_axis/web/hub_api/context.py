"""What every handler of the hub's interface works with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from aiohttp import web

from exchange_axis.hub.service import Hub
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.lending import Lending
from exchange_axis.web.hub_api.turns import Turns
from exchange_axis.web.hub_api.watch import Watch
from exchange_axis.web.shared.bodies import Pace
from exchange_axis.web.shared.workers import Workers

P = ParamSpec("P")
T = TypeVar("T")

PEER = web.RequestKey("peer", PeerRow)
"""Who is calling; set before any handler that is not open to all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubApiSettings:
    pace: Pace = field(default_factory=Pace)
    max_wait: float = 60.0
    """Seconds a poll is held open at most."""
    look_every: float = 0.5
    """Seconds between two looks for open polls when nobody rings: other processes, ends of leases."""
    threads: int = 16
    verifiers: int = 2
    """Containers checked at the same time; more of them wait in their lanes."""
    small_body: int = 64 * 1024
    """Bytes of JSON without documents."""
    documents_body: int = 16 * 1024 * 1024
    """Bytes of JSON with documents; a return carries a status container of at most 1 MiB."""
    stall: float = 60.0
    """Seconds a download may stand still."""
    busy_wait: float = 2.0
    """Seconds for which a request waits for another one on the same upload: after a break, the hub sees it last. Of a
    body that stood still all that time the line is broken off, and the newer request goes on."""
    trust_every: float = 5.0
    """Seconds between two looks for newly approved certificates."""


@dataclass(slots=True, kw_only=True)
class Work:
    """One request's work on an upload."""

    ended: asyncio.Event = field(default_factory=asyncio.Event)
    line: asyncio.Transport | None = None
    """While it takes a body in: its connection, which a newer request may break off."""
    taken: int = 0
    """Pieces that have come; a body that stands still has lost its line."""

    def came(self) -> None:
        self.taken += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    hub: Hub
    settings: HubApiSettings
    workers: Workers
    watch: Watch
    turns: Turns
    lending: Lending = field(default_factory=Lending)
    busy: dict[str, Work] = field(default_factory=dict)
    """Uploads that a request is working on."""

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a use case in a thread."""
        return await self.workers.run(function, *args, **kwargs)
