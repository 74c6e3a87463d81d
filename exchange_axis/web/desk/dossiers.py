"""Hồ sơ chứng cứ: the dossier of a letter as a file, the hub's where it can be had, else the node's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import hdrs, web

from exchange_axis.domain.ids import canonical_code
from exchange_axis.web.desk.frame import Desk, person_of

PIECE = 1024 * 1024


async def of_received(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _handed(desk, request, agency=canonical_code(request.match_info["agency"]))


async def of_sent(desk: Desk, request: web.Request) -> web.StreamResponse:
    board = await desk.run(desk.node.tracking.of, request.match_info["id"])
    return await _handed(desk, request, agency=board.letter.sender)


async def _handed(desk: Desk, request: web.Request, *, agency: str) -> web.StreamResponse:
    """Made on the node's disk, sent in pieces, then gone."""
    reader = person_of(request).actor
    packed = await desk.run(desk.node.dossiers.write, request.match_info["id"], agency=agency, reader=reader)
    return await handed(desk, request, packed.path, f"ho-so-{packed.id}.zip")


async def handed(desk: Desk, request: web.Request, path: Path, name: str) -> web.StreamResponse:
    """A finished archive in pieces; then it is gone from here."""
    try:
        response = web.StreamResponse(
            headers={
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
                hdrs.CACHE_CONTROL: "no-store",
                "Cross-Origin-Resource-Policy": "same-origin",
            }
        )
        size = (await desk.run(path.stat)).st_size
        response.content_type, response.content_length = "application/zip", size
        await response.prepare(request)
        await _send(desk, response, path)
    finally:
        await desk.run(path.unlink, missing_ok=True)
    return response


async def _send(desk: Desk, response: web.StreamResponse, path: Path) -> None:
    with await desk.run(path.open, "rb") as file:
        while piece := await desk.run(file.read, PIECE):
            async with asyncio.timeout(desk.settings.stall):
                await response.write(piece)
    await response.write_eof()
