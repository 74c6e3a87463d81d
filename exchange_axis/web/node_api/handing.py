"""Hands stored bytes out as they lie, never a part for the whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from exchange_axis.store.blobs import BlobStore
from exchange_axis.web.shared.edge import REQUEST_ID
from schemas.gate.refusal import Refusal

log = logging.getLogger("axis.web")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Bytes of a blob."""

    sha256: str
    mime_type: str
    offset: int = 0
    size: int | None = None
    """None: to the end."""


async def hand_out(
    request: web.Request,
    wanted: Wanted,
    *,
    blobs: BlobStore,
    run: Callable[..., Awaitable[Any]],
    stall: float,
    headers: Mapping[str, str],
) -> web.StreamResponse:
    """
    Args:
        run: calls a function in a thread.
        stall: seconds that a download may stand still.
    """
    stack = ExitStack()
    try:
        blob = await run(stack.enter_context, blobs.open(wanted.sha256))
        response = web.StreamResponse(headers=headers)
        response.content_type = wanted.mime_type
        response.content_length = blob.size - wanted.offset if wanted.size is None else wanted.size
        pieces = blob.chunks(wanted.offset, wanted.size)
        piece = await run(next, pieces, b"")
        await response.prepare(request)
        try:
            while piece:
                async with asyncio.timeout(stall):
                    await response.write(piece)
                piece = await run(next, pieces, b"")
            await response.write_eof()
        except (TimeoutError, OSError, Refusal) as error:
            # The status is gone: breaking off is all that keeps a part from being taken for the whole.
            log.warning("download-broken id=%s error=%r", request[REQUEST_ID], error)
            if request.transport is not None:
                request.transport.abort()
        return response
    finally:
        await run(stack.close)
