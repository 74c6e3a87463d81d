"""Bytes on their way into the staging folder, counted, timed and durable; and the check of a whole container."""

from __future__ import annotations

import hashlib
import os
import re
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from aiohttp import web

from exchange_axis.domain.consignment import Lane
from exchange_axis.hub.world import Received
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.hub_api.parameters import lane_of
from exchange_axis.web.shared.bodies import pieces
from exchange_axis.web.shared.errors import BadParameter, DigestMismatch

PIECE = 1 << 20
"""Bytes written at once, and between two looks whether to step aside."""
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


async def pour(
    context: Context,
    request: web.Request,
    take: Callable[[bytes], object],
    *,
    lane: Lane,
    limit: int,
    came: Callable[[], object] = lambda: None,
) -> None:
    """Hand the body to `take`, in a thread, in pieces of about 1 MiB; what came before an error was handed over.

    Args:
        came: called for whatever comes, however little.

    Raises:
        BodyTooLarge, BodyTooSlow, BodyCutOff.
    """
    held: list[bytes] = []
    size = 0
    try:
        async for piece in pieces(request, context.settings.pace, limit=limit):
            came()
            held.append(piece)
            size += len(piece)
            if size >= PIECE:
                await context.run(take, b"".join(held))
                held, size = [], 0
                await context.turns.step_aside(lane)
    finally:
        if held:
            await context.run(take, b"".join(held))


@asynccontextmanager
async def received(context: Context, request: web.Request, peer: PeerRow) -> AsyncIterator[tuple[Received, Lane]]:
    """The whole body as a container in the staging folder for as long as the block runs."""
    lane, announced = lane_of(request), _announced(request)
    world = context.hub.world
    path = world.staging / f"once-{world.rng.uuid()}.part"
    try:
        with _Counted(path) as file:
            await pour(context, request, file.take, lane=lane, limit=world.settings.max_upload)
            await context.run(file.settle)
        context.hub.limits.take_bytes(peer.id, file.size)
        if announced is not None and announced != file.sha256:
            raise DigestMismatch()
        async with context.turns.turn(lane, peer.id):
            yield Received(path=path, sha256=file.sha256, size=file.size), lane
    finally:
        path.unlink(missing_ok=True)


class _Counted:
    """A new file whose digest is taken while it is written."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._digest = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def take(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def settle(self) -> None:
        self._file.flush()


def _announced(request: web.Request) -> str | None:
    """SHA-256 of the Content-Digest header (RFC 9530), if there is one."""
    header = request.headers.get("Content-Digest")
    if header is None:
        return None
    match = _DIGEST.search(header)
    if match is None:
        raise BadParameter(name="Content-Digest", wanted="sha-256=:…:")
    return b64decode(match[1]).hex()
