"""New certificates, asked for by a peer over its line."""

from __future__ import annotations

from aiohttp import web

from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.hub.rotations import AskedState
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.shared.bodies import read_json

BODY = 256 * 1024
"""Bytes of a request."""


async def ask(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """How the request stands; 202 while an operator has to decide."""
    fields = await read_json(request, context.settings.pace, limit=BODY)
    word = await context.run(context.hub.rotation_desk.ask, peer, fields.raw())
    found = {"state": word.state.value, "answer": word.answer, "reason": word.reason}
    return json_answer(found, status=202 if word.state is AskedState.WAITING else 200)
