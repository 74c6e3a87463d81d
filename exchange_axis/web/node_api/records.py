"""Containers, evidence and proofs byte for byte, and how the node is."""

from __future__ import annotations

from datetime import date

from aiohttp import hdrs, web

from exchange_axis.domain.consignment import MIMETYPE
from exchange_axis.errors import NotFound
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.web.node_api.context import Context, agency_of, json_answer, reader_of
from exchange_axis.web.node_api.description import description
from exchange_axis.web.node_api.handing import Wanted, hand_out
from exchange_axis.web.shared.errors import BadParameter


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


async def live(context: Context, request: web.Request) -> web.StreamResponse:
    return json_answer({"status": "ok"})


async def ready(context: Context, request: web.Request) -> web.StreamResponse:
    checks = await context.run(_checks, context)
    is_ready = all(checks.values())
    return json_answer({"ready": is_ready, "checks": checks}, status=200 if is_ready else 503)


def _checks(context: Context) -> dict[str, bool]:
    """Letters may be taken in: every seal is valid and the store answers."""
    world = context.node.world
    now = world.clock.now()
    certificates = [signer.certificate for signer in (world.node_seal, *world.seals.values())]
    valid = all(one.not_valid_before_utc <= now < one.not_valid_after_utc for one in certificates)
    try:
        world.store.read(lambda unit: unit.records.feed_position())
    except StoreUnavailable:
        return {"seals": valid, "store": False}
    return {"seals": valid, "store": True}


async def _evidence(context: Context, request: web.Request) -> tuple[bytes, bytes | None]:
    name = request.match_info["id"]
    found = await context.run(context.node.views.evidence, name)
    if found is None:
        raise NotFound(what=name[:64])
    return found
