"""Is the hub alive, may it be given work, who is its authority? Asked without a certificate, so it says little."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from aiohttp import web

from exchange_axis.domain.timekeeping import DRIFT
from exchange_axis.hub.world import World
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.store.hub import peers
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context

FRESH = 1.0
"""Seconds for which an answer is good enough: asking often costs nothing."""


class Health:
    def __init__(self, world: World) -> None:
        self._world = world
        self._began, self._mark = world.clock.now(), world.clock.monotonic()
        self._known: tuple[float, dict[str, bool]] | None = None
        self._asking = asyncio.Lock()

    async def live(self, request: web.Request) -> web.StreamResponse:
        return json_answer({"status": "ok"})

    async def authority(self, context: Context, request: web.Request) -> web.StreamResponse:
        """For a node that has no certificate yet and compares the fingerprint it was told by another way."""
        pem = context.hub.registry.authority_pem()
        return web.Response(body=pem.encode("ascii"), content_type="application/pem-certificate-chain")

    async def ready(self, context: Context, request: web.Request) -> web.StreamResponse:
        async with self._asking:
            now = self._world.clock.monotonic()
            if self._known is None or now - self._known[0] > FRESH:
                self._known = (now, await context.run(self._look, context))
        checks = self._known[1]
        ready = all(checks.values()) and not context.watch.closed
        return json_answer({"ready": ready, "checks": checks}, status=200 if ready else 503)

    def _look(self, context: Context) -> dict[str, bool]:
        now = self._world.clock.now()
        log = context.hub.log_guard.is_sound
        return {"seal": self._can_seal(now), "store": self._can_read(), "clock": self._is_steady(now), "log": log}

    def _can_seal(self, now: datetime) -> bool:
        certificate = self._world.issuer.certificate
        return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc

    def _can_read(self) -> bool:
        try:
            self._world.transactions.read(lambda connection: peers.get(connection, ""))
        except StoreUnavailable:
            return False
        return True

    def _is_steady(self, now: datetime) -> bool:
        """No jump since the start that nobody bears out, and no word against it from outside (`domain.timekeeping`)."""
        verdict = self._world.guard.verdict()
        if verdict.source:
            return verdict.right
        expected = self._began + timedelta(seconds=self._world.clock.monotonic() - self._mark)
        return abs(now - expected) <= DRIFT
