"""Is the hub alive, may it be given work, who is its authority? Asked without a certificate, so it says little."""

from __future__ import annotations

from aiohttp import web

from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.shared.health import readiness_json
from exchange_axis.web.shared.identity import is_local


async def live(_context: Context, _request: web.Request) -> web.StreamResponse:
    return json_answer({"status": "ok"})


async def authority(context: Context, _request: web.Request) -> web.StreamResponse:
    """For a node that has no certificate yet and compares the fingerprint it was told by another way."""
    pem = context.hub.registry.authority_pem()
    return web.Response(body=pem.encode("ascii"), content_type="application/pem-certificate-chain")


async def ready(context: Context, request: web.Request) -> web.StreamResponse:
    """It signs and writes now (`hub.readiness`); why not, only this host learns."""
    found = await context.run(context.hub.readiness.look)
    is_ready = found.ready and not context.watch.closed
    answer = {**readiness_json(found, details=is_local(request)), "ready": is_ready}
    return json_answer(answer, status=200 if is_ready else 503)
