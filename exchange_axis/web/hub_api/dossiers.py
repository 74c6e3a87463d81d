"""The dossier of a consignment, as far as the caller may see it: made on the hub's disk, sent in pieces, then gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import hdrs, web

from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.hub_api.parameters import path_name

PIECE = 1024 * 1024


async def dossier(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    packed = await context.run(context.hub.dossiers.write_for, peer, path_name(request))
    try:
        response = web.StreamResponse(
            headers={
                hdrs.ETAG: f'"{packed.sha256}"',
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="dossier-{packed.id}.zip"',
            }
        )
        response.content_type, response.content_length = "application/zip", packed.size
        await response.prepare(request)
        await _send(context, response, packed.path)
    finally:
        await context.run(_remove, packed.path)
    return response


async def _send(context: Context, response: web.StreamResponse, path: Path) -> None:
    """One piece in memory; a caller who does not take it in time is left alone."""
    with await context.run(path.open, "rb") as file:
        while piece := await context.run(file.read, PIECE):
            async with asyncio.timeout(context.settings.stall):
                await response.write(piece)
    await response.write_eof()


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
