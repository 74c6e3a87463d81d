"""Revocation lists: this hub's own for everybody, and the exchange of all that two peers hold."""

from __future__ import annotations

from aiohttp import web

from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.shared.bodies import read_json
from exchange_axis.wire.trust_json import authority_json, read_revocation_lists, revocation_lists_json

CRL_TYPE = "application/pkix-crl"
LARGEST = 32 * 1024 * 1024
"""Bytes of all lists that a peer brings at once."""


async def own_list(context: Context, request: web.Request) -> web.StreamResponse:
    """RFC 5280, 4.2.1.13: DER, over plain GET."""
    content = await context.run(context.hub.standing.lists.current, request.match_info.get("name"))
    return web.Response(body=content, content_type=CRL_TYPE, headers={"Cache-Control": "max-age=300"})


async def exchange(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """Take what the peer holds, if it is signed by a root of ours; give what we hold."""
    given = read_revocation_lists(await read_json(request, context.settings.pace, limit=LARGEST))
    lists = context.hub.standing.lists
    await context.run(lambda: lists.take(given, source=peer.id))
    return json_answer(revocation_lists_json(await context.run(lists.every)))


async def authority(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """Roots that followed the one of enrolment, each with the word of the one before it."""
    offered = await context.run(lambda: context.hub.succession.offer(peer.id, known=request.query.get("known", "")))
    return json_answer(authority_json([(one.root, one.link) for one in offered]))
