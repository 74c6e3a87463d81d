"""Containers, evidence and proofs byte for byte, and how the node is."""

from __future__ import annotations

from datetime import date

from aiohttp import hdrs, web

from exchange_axis.domain.consignment import MIMETYPE
from exchange_axis.errors import NotFound
from exchange_axis.web.node_api.context import Context, agency_of, json_answer, reader_of
from exchange_axis.web.node_api.description import description
from exchange_axis.web.node_api.handing import Wanted, hand_out
from exchange_axis.web.node_api.metrics import node_metrics
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.exposition import CONTENT_TYPE
from exchange_axis.web.shared.health import readiness_json


async def container(context: Context, request: web.Request) -> web.StreamResponse:
    content = await context.run(
        context.node.reading.content, request.match_info["id"], reader=reader_of(request), agency=agency_of(request)
    )
    sha256 = content.container_sha256
    return await hand_out(
        request,
        Wanted(sha256=sha256, mime_type=MIMETYPE),
        blobs=context.node.world.blobs,
        run=context.run,
        stall=context.settings.stall,
        headers={hdrs.ETAG: f'"{sha256}"'},
    )


async def evidence(context: Context, request: web.Request) -> web.StreamResponse:
    document, _ = await _evidence(context, request)
    return web.Response(body=document, content_type="application/xml")


async def proof(context: Context, request: web.Request) -> web.StreamResponse:
    _, found = await _evidence(context, request)
    if found is None:
        return web.Response(status=202, headers={"Retry-After": "5"})
    return web.Response(body=found, content_type="text/plain", charset="utf-8")


async def tally(context: Context, request: web.Request) -> web.StreamResponse:
    """How a day stands between this node and its hub, as it was compared last."""
    try:
        day = date.fromisoformat(request.match_info["day"])
    except ValueError as error:
        raise BadParameter(name="day", wanted="YYYY-MM-DD") from error
    return json_answer(await context.run(context.node.tallies.view, day, context.node.world.settings.hub_id))


async def status(context: Context, request: web.Request) -> web.StreamResponse:
    return json_answer(await context.run(context.node.views.status))


async def openapi(context: Context, request: web.Request) -> web.StreamResponse:
    return web.Response(body=await context.run(description), content_type="application/yaml")


async def metrics(context: Context, _request: web.Request) -> web.StreamResponse:
    """In the text form of Prometheus, for whoever has the node's token."""
    body = await context.run(node_metrics, context.node)
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: CONTENT_TYPE})


async def live(context: Context, request: web.Request) -> web.StreamResponse:
    return json_answer({"status": "ok"})


async def ready(context: Context, request: web.Request) -> web.StreamResponse:
    """It seals and writes now (`node.readiness`); whoever asks is on this host."""
    found = await context.run(context.node.readiness.look)
    return json_answer(readiness_json(found, details=True), status=200 if found.ready else 503)


async def _evidence(context: Context, request: web.Request) -> tuple[bytes, bytes | None]:
    name = request.match_info["id"]
    found = await context.run(context.node.views.evidence, name)
    if found is None:
        raise NotFound(what=name[:64])
    return found
