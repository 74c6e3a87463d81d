"""Time-stamps over checkpoints, and the hub's own time-stamping service (RFC 3161, 3.4)."""

from __future__ import annotations

import base64
import re
from typing import Final

from aiohttp import web

from exchange_axis.errors import NotFound
from exchange_axis.hub.stamping import StampedCheckpoint
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.shared.bodies import read_whole
from exchange_axis.web.shared.errors import WrongMediaType

QUERY: Final = "application/timestamp-query"
REPLY: Final = "application/timestamp-reply"
REQUEST_BYTES_MAX: Final = 4096
"""A request holds a digest, a nonce and an OID: about 100 bytes."""
PENDING_SECONDS: Final = 60
_SIZE: Final = re.compile(r"[1-9][0-9]{0,18}")


async def covering(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """The stamped checkpoint that covers so many entries; 202 while no time-stamp does."""
    text = request.match_info["size"]
    if not _SIZE.fullmatch(text):
        raise NotFound(what=text[:40])
    found = await context.run(context.hub.stamps.covering, int(text))
    if found is None:
        return web.Response(status=202, headers={"Retry-After": str(PENDING_SECONDS)})
    return json_answer(_json(found))


async def stamp(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    if request.content_type != QUERY:
        raise WrongMediaType(wanted=QUERY)
    body = await read_whole(request, context.settings.pace, limit=REQUEST_BYTES_MAX)
    answer = await context.run(context.hub.time_stamping.stamp, body)
    return web.Response(body=answer, content_type=REPLY)


def _json(found: StampedCheckpoint) -> dict[str, object]:
    return {
        "size": found.size,
        "checkpoint": found.note.decode(),
        "tokens": [_text(token) for token in found.tokens],
        "consistency": [_text(node) for node in found.consistency],
        "renewed": [
            {"proof": one.proof.decode(), "tokens": [_text(token) for token in one.tokens]} for one in found.renewed
        ],
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
