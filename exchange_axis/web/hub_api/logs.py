"""The log as everybody may read it: C2SP tlog-tiles under `/log/<epoch>`, and proofs of consistency.

Reading needs no certificate: what is served is signed or can be held against what is, and says nothing of any letter
(`hub.tiling`). So auditors, witnesses and caches need no account here.
"""

from __future__ import annotations

import base64

from aiohttp import hdrs, web

from exchange_axis.errors import NotFound
from exchange_axis.ledger.epochs import epoch_of
from exchange_axis.ledger.tiles import read_tile_path
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.hub_api.parameters import number_of

FOR_EVER = {hdrs.CACHE_CONTROL: "public, max-age=31536000, immutable"}
"""A tile's name says its width, and its epoch is in the address: what is there once never changes."""
NEVER = {hdrs.CACHE_CONTROL: "no-cache"}


async def newest(context: Context, request: web.Request) -> web.StreamResponse:
    _require_epoch(context, request)
    note = await context.run(context.hub.log.checkpoint)
    if note is None:
        raise NotFound(what="checkpoint")
    return web.Response(body=note, content_type="text/plain", charset="utf-8", headers=NEVER)


async def tile(context: Context, request: web.Request) -> web.StreamResponse:
    _require_epoch(context, request)
    named = read_tile_path(request.match_info["level"], request.match_info["name"])
    data = await context.run(context.hub.tiling.tile, named)
    return web.Response(body=data, content_type="application/octet-stream", headers=FOR_EVER)


async def checkpoint(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    note = await context.run(context.hub.log.checkpoint)
    if note is None:
        raise NotFound(what="checkpoint")
    return web.Response(body=note, content_type="text/plain", charset="utf-8")


async def consistency(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """The hashes, one in a line, in base64."""
    size1, size2 = number_of(request, "from", default=0), number_of(request, "to", default=0)
    path = await context.run(context.hub.tiling.consistency, size1, size2)
    body = "".join(f"{base64.b64encode(digest).decode()}\n" for digest in path)
    return web.Response(text=body)


def _require_epoch(context: Context, request: web.Request) -> None:
    """Raises NotFound: a closed epoch is not served; its last checkpoint is in receipts and with witnesses."""
    if request.match_info["epoch"] != str(epoch_of(context.hub.world.settings.origin)):
        raise NotFound(what=request.match_info["epoch"][:20])
