"""Sending a stored container, whole or one range of it (RFC 9110 §14), without holding it in memory."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain

from aiohttp import hdrs, web

from exchange_axis.domain.consignment import MIMETYPE, Lane
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.hub_api.lending import Fetch
from exchange_axis.web.shared.edge import REQUEST_ID
from exchange_axis.web.shared.errors import RangeUnsatisfiable

log = logging.getLogger("axis.web")

ASK_AGAIN = 4
"""Pieces (1 MiB each) after which it is asked again whether the content may be handed out."""
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


async def send_blob(
    context: Context,
    request: web.Request,
    sha256: str,
    *,
    lane: Lane,
    permit: Callable[[], object],
    sent: Callable[[], object],
    fetch: Fetch,
) -> web.StreamResponse:
    """200 or 206 with the bytes; the digest is the entity tag, so a range never mixes two contents.

    Args:
        permit: raises when the content may not be handed out any more; then the line is broken off.
        sent: called in a thread once the last byte is on its way.
        fetch: what became of it.

    Raises:
        RangeUnsatisfiable, BlobError: nothing was sent yet.
    """
    stack = ExitStack()
    try:
        blob = await context.run(stack.enter_context, context.hub.world.blobs.open(sha256))
        etag = f'"{sha256}"'
        asked = range_of(request, blob.size, etag)
        part = range(blob.size) if asked is None else asked
        response = _response(blob.size, part, etag=etag, partial=asked is not None)
        pieces = blob.chunks(part.start, len(part))
        first = await context.run(next, pieces, b"")
        await response.prepare(request)
        if request.method == hdrs.METH_HEAD:
            fetch.ended = True
            return response
        is_end, every = part.stop == blob.size, chain((first,), pieces)
        await _send(context, request, response, lane=lane, pieces=every, permit=permit, fetch=fetch, is_end=is_end)
        if fetch.whole:
            await context.run(sent)
        return response
    finally:
        await context.run(stack.close)


def range_of(request: web.Request, size: int, etag: str) -> range | None:
    """The bytes asked for, where that is one range; None: all of them (several ranges may be answered so).

    Raises:
        RangeUnsatisfiable.
    """
    match = _RANGE.fullmatch(request.headers.get(hdrs.RANGE, "").strip())
    if match is None or match[0] == "bytes=-" or request.headers.get(hdrs.IF_RANGE, etag).strip() != etag:
        return None
    first, last = match[1], match[2]
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None  # not a range at all: such a header is ignored
    if start >= size or start >= stop:
        raise RangeUnsatisfiable(size=size)
    return range(start, stop)


def _response(size: int, part: range, *, etag: str, partial: bool) -> web.StreamResponse:
    headers = {hdrs.ETAG: etag, hdrs.ACCEPT_RANGES: "bytes"}
    response = web.StreamResponse(status=206 if partial else 200, headers=headers)
    if partial:
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {part.start}-{part.stop - 1}/{size}"
    response.content_type = MIMETYPE
    response.content_length = len(part)
    return response


async def _send(
    context: Context,
    request: web.Request,
    response: web.StreamResponse,
    *,
    lane: Lane,
    pieces: Iterator[bytes],
    permit: Callable[[], object],
    fetch: Fetch,
    is_end: bool,
) -> None:
    """Notes at once that the last byte has left: whoever has it may hang up before the answer ends here."""
    sent, left = 0, response.content_length or 0
    try:
        while piece := await context.run(next, pieces, b""):
            sent += 1
            if sent % ASK_AGAIN == 0:
                await context.run(permit)
            async with asyncio.timeout(context.settings.stall):
                await response.write(piece)
            left -= len(piece)
            fetch.ended, fetch.whole = not left, is_end and not left
            await context.turns.step_aside(lane)
        await response.write_eof()
    except Exception as error:  # whatever it is
        if fetch.ended:
            return
        # The status is gone: all that can be said is to break off, so that nobody takes a part for the whole.
        log.warning("download-broken id=%s error=%r", request[REQUEST_ID], error)
        if request.transport is not None:
            request.transport.abort()
