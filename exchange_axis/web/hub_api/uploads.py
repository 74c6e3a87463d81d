"""Uploads as resources: create → append at an offset → commit. One request at a time works on an upload.

The same resource speaks tus 1.0 (`tus`): what differs is how creation is said and that the last append commits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

from aiohttp import web

from exchange_axis.errors import Forbidden, NotFound
from exchange_axis.hub.uploads import Announced, OffsetMismatch, UploadIncomplete
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.hub.uploads import UploadRow
from exchange_axis.web.hub_api import tus
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.hub_api.incoming import pour
from exchange_axis.web.hub_api.parameters import offset_of, path_name
from exchange_axis.web.shared.bodies import read_json
from exchange_axis.web.shared.errors import MethodNotAllowed, UploadBusy
from exchange_axis.wire.hub_json import Fields, MalformedMessage, answer_json

OFFSET = "Upload-Offset"
LENGTH = "Upload-Length"
KINDS = ("consignment", "relay")


@tus.versioned
async def create(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    if tus.speaks(request):
        announced = tus.announced(request)
    else:
        announced = _announced(await read_json(request, context.settings.pace, limit=context.settings.documents_body))
    if announced.kind == "relay" and peer.kind == "node":
        raise Forbidden(what="relay")
    row, offset = await context.run(context.hub.uploads.create, peer, announced)
    headers = {"Location": f"/v1/uploads/{row.id}", OFFSET: str(offset)}
    return json_answer(_upload_json(row, offset), status=201, headers=headers)


@tus.versioned
async def show(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    row, offset = await context.run(context.hub.uploads.find, peer, path_name(request))
    headers = {OFFSET: str(offset), LENGTH: str(row.length)}
    if row.metadata is not None:
        headers[tus.METADATA] = row.metadata
    return json_answer(_upload_json(row, offset), headers=headers)


@tus.versioned
async def append(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """Keep what arrives, also when the line breaks: the offset tells how much that was."""
    name, at, checksum = path_name(request), offset_of(request), tus.checksum_of(request)
    async with _alone(context, name):
        row, offset = await context.run(context.hub.uploads.find, peer, name)
        tus.require_way(request, row)
        if at != offset:
            raise OffsetMismatch(offset=at, expected=offset)
        if row.finished_at is None:
            offset = await _receive(context, request, row, checksum, at=at)
        if row.metadata is not None and offset == row.length:
            answer = await tus.finish(context, request, peer, row)
            if answer.status != 200:
                return answer
    return web.Response(status=204, headers={OFFSET: str(offset)})


async def overridden(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """A method in a header, for clients whose way lets only GET and POST through (tus, X-HTTP-Method-Override)."""
    ways = {"HEAD": show, "PATCH": append, "DELETE": abandon}
    method = request.headers.get("X-HTTP-Method-Override", "POST")
    if method not in ways:
        raise MethodNotAllowed(method=method[:20], allowed=", ".join(sorted(ways)))
    return await ways[method](context, request, peer)


async def receipt(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """What the hub says to a whole upload of tus."""
    name = path_name(request)
    async with _alone(context, name):
        row, offset = await context.run(context.hub.uploads.find, peer, name)
        if row.metadata is None:
            raise NotFound(what=name)
        if offset != row.length:
            raise UploadIncomplete(offset=offset, length=row.length)
        return await tus.finish(context, request, peer, row)


async def commit(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    name = path_name(request)
    async with _alone(context, name):
        row, _ = await context.run(context.hub.uploads.find, peer, name)
        async with context.turns.turn(row.lane, peer.id):
            answer = await context.run(context.hub.uploads.commit, peer, name)
    context.watch.ring()
    return json_answer(answer_json(answer))


@tus.versioned
async def abandon(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    name = path_name(request)
    async with _alone(context, name):
        await context.run(context.hub.uploads.abandon, peer, name)
    return web.Response(status=204)


@asynccontextmanager
async def _alone(context: Context, name: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(context.settings.busy_wait):
            while name in context.busy:
                await context.busy[name].wait()
    except TimeoutError as error:
        raise UploadBusy() from error
    ended = context.busy[name] = asyncio.Event()
    try:
        yield
    finally:
        del context.busy[name]
        ended.set()


async def _receive(
    context: Context, request: web.Request, row: UploadRow, checksum: tus.Checksum | None, *, at: int
) -> int:
    """Write the body from `at` on; the offset reached.

    Without a break in the line a piece has its checksum or is not kept. With one, what came is whole as far as it goes:
    TLS lets no altered byte through.
    """
    file = await context.run(context.hub.uploads.open_at, row, at)

    def take(data: bytes) -> None:
        file.write(data)
        if checksum is not None:
            checksum.running.update(data)

    try:
        await pour(context, request, take, lane=row.lane, limit=row.length - at)
        if checksum is not None and not checksum.holds():
            await context.run(_cut, file, at)
            raise tus.ChecksumMismatch()
    finally:
        offset = await context.run(_settle, context, row, file)
    return offset


def _cut(file: BinaryIO, length: int) -> None:
    file.seek(length)
    file.truncate()


def _settle(context: Context, row: UploadRow, file: BinaryIO) -> int:
    with file:
        return context.hub.uploads.appended(row, file)


def _announced(fields: Fields) -> Announced:
    kind = fields.text("kind")
    if kind not in KINDS:
        raise MalformedMessage(where="kind", wanted=" | ".join(KINDS))
    return Announced(
        kind=kind,
        length=fields.number("length", least=1),
        sha256=fields.sha256("sha256"),
        lane=fields.lane("lane"),
        documents=fields.documents() if "documents" in fields.raw() else (),
    )


def _upload_json(row: UploadRow, offset: int) -> dict[str, object]:
    return {"id": row.id, "offset": offset, "length": row.length}
