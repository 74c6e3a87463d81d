"""Mail for a peer: leases by long poll, download, release, and a hub peer's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from aiohttp import web

from exchange_axis.ports import EVERYTHING, OfferedShipment, Wanted
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.hub_api.download import send_blob
from exchange_axis.web.hub_api.lending import Held
from exchange_axis.web.hub_api.parameters import number_of, path_name, wait_of, wanted_of
from exchange_axis.web.shared.bodies import read_json
from exchange_axis.wire.hub_json import shipment_json

DEFAULT = 8
MOST = 50
"""Shipments lent in one answer."""
ERROR_TEXT = 500


async def lease(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    limit, wanted = number_of(request, "max", default=DEFAULT, least=1, most=MOST), wanted_of(request)
    held = context.lending.all_of(peer.id) if wanted.anew else context.lending.orphans(peer.id)
    await _take_over(context, peer, held, anew=wanted.anew)
    loop = asyncio.get_running_loop()
    end = loop.time() + wait_of(request, context.settings.max_wait)
    offered = await _lease(context, request, peer, limit=limit, wanted=wanted)
    while not offered and await context.watch.mail(peer.id, end - loop.time()):
        offered = await _lease(context, request, peer, limit=limit, wanted=wanted)
        if not offered and replace(wanted, anew=False) != EVERYTHING:  # something waits, only not what is wanted
            await asyncio.sleep(min(context.settings.look_every, max(0.0, end - loop.time())))
    return json_answer({"shipments": [shipment_json(shipment) for shipment in offered]})


async def download(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    permit = partial(context.hub.dispatch.content, peer.id, path_name(request))
    shipment, consignment = await context.run(permit)
    sent = partial(context.hub.dispatch.sent, shipment.id)
    with context.lending.fetching(peer.id, shipment.id, request.transport) as fetch:
        return await send_blob(
            context,
            request,
            consignment.container_sha256,
            lane=shipment.lane,
            permit=permit,
            sent=sent,
            fetch=fetch,
        )


async def release(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    name = path_name(request)
    fields = await read_json(request, context.settings.pace, limit=context.settings.small_body)
    fence, error = fields.number("fence"), fields.text("error", limit=ERROR_TEXT)
    released = await context.run(context.hub.dispatch.release, peer.id, name, fence=fence, error=error)
    return json_answer({"released": released})


async def answer_relay(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    name = path_name(request)
    fields = await read_json(request, context.settings.pace, limit=context.settings.documents_body)
    fields.number("fence")
    await context.run(context.hub.dispatch.answered, peer, name, fields.documents())
    context.watch.ring()
    return json_answer({"stored": True})


async def _lease(
    context: Context, request: web.Request, peer: PeerRow, *, limit: int, wanted: Wanted
) -> tuple[OfferedShipment, ...]:
    if request.transport is None or request.transport.is_closing():
        return ()  # nobody is there to hear of a lease
    offered = await context.run(context.hub.dispatch.lease, peer.id, limit, wanted=wanted)
    context.lending.note(peer.id, offered, request.transport, now=context.hub.world.clock.now())
    return offered


async def _take_over(context: Context, peer: PeerRow, held: Sequence[Held], *, anew: bool) -> None:
    """The peer's own leases that it does not work under any more wait for it again."""
    if anew:
        await context.run(context.hub.dispatch.begin_anew, peer.id)
    for one in held:
        await context.run(context.hub.dispatch.take_over, peer.id, one.shipment, fence=one.fence)
