"""Request bodies: counted, timed, never inflated.

A body has a deadline as a whole, and must not dawdle: while it is awaited, each `grace` seconds bring at least
`grace * rate` bytes. Time that we spend on writing does not count against the sender.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import hdrs, web

from exchange_axis.web.shared.errors import BodyCutOff, BodyTooLarge, BodyTooSlow, EncodedBody
from exchange_axis.wire.hub_json import Fields, load


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    deadline: float = 3_600.0
    """Seconds for a whole body."""
    grace: float = 20.0
    """Seconds over which the rate is measured."""
    rate: int = 512
    """Bytes a second: a fiftieth of what the slowest commune line carries."""


def refuse_encoded(request: web.Request) -> None:
    if hdrs.CONTENT_ENCODING in request.headers:
        raise EncodedBody()


async def pieces(request: web.Request, pace: Pace, *, limit: int) -> AsyncIterator[bytes]:
    """The body as it arrives, in pieces of any size.

    Raises:
        BodyTooLarge: more than `limit` bytes were announced or came; nothing beyond them was handed out.
        BodyTooSlow, BodyCutOff: what came before was handed out.
    """
    if request.content_length is not None and request.content_length > limit:
        raise BodyTooLarge(limit=limit)
    loop = asyncio.get_running_loop()
    end, received, waited, counted = loop.time() + pace.deadline, 0, 0.0, 0
    while True:
        asked = loop.time()
        piece = await _next(request, min(end, asked + pace.grace - waited))
        if not piece:
            return
        received += len(piece)
        waited, counted = waited + loop.time() - asked, counted + len(piece)
        if counted >= pace.grace * pace.rate:
            waited, counted = 0.0, 0
        if received > limit:
            raise BodyTooLarge(limit=limit)
        yield piece


async def read_whole(request: web.Request, pace: Pace, *, limit: int) -> bytes:
    return b"".join([piece async for piece in pieces(request, pace, limit=limit)])


async def read_json(request: web.Request, pace: Pace, *, limit: int) -> Fields:
    """The body as a JSON object.

    Raises:
        MalformedMessage, and what `pieces` raises.
    """
    return load(await read_whole(request, pace, limit=limit))


async def _next(request: web.Request, until: float) -> bytes:
    try:
        async with asyncio.timeout_at(until):
            return await request.content.readany()
    except TimeoutError as error:
        raise BodyTooSlow() from error
    except (OSError, web.RequestPayloadError, asyncio.IncompleteReadError) as error:
        raise BodyCutOff() from error
