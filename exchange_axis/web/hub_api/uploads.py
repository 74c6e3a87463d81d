"""Uploads as resources: create → append at an offset → commit. One request at a time works on an upload."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

from aiohttp import web

from exchange_axis.errors import Forbidden
from exchange_axis.hub.uploads import Announced
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.hub.uploads import UploadRow
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.hub_api.incoming import pour
from exchange_axis.web.hub_api.parameters import offset_of, path_name
from exchange_axis.web.shared.bodies import read_json
from exchange_axis.web.shared.errors import UploadBusy
from exchange_axis.wire.hub_json import Fields, MalformedMessage, answer_json

OFFSET = "Upload-Offset"
LENGTH = "Upload-Length"
KINDS = ("consignment", "relay")


async def create(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    fields = await read_json(request, context.settings.pace, limit=context.settings.documents_body)
    announced = _announced(fields)
    if announced.kind == "relay" and peer.kind == "node":
        raise Forbidden(what="relay")
    row, offset = await context.run(context.hub.uploads.create, peer, announced)
    headers = {"Location": f"/v1/uploads/{row.id}", OFFSET: str(offset)}
    return json_answer(_upload_json(row, offset), status=201, headers=headers)


async def show(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    row, offset = await context.run(context.hub.uploads.find, peer, path_name(request))
    return json_answer(_upload_json(row, offset), headers={OFFSET: str(offset), LENGTH: str(row.length)})


async def append(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """Keep what arrives, also when the line breaks: the offset tells how much that was."""
    name, at = path_name(request), offset_of(request)
    async with _alone(context, name):
        row, _ = await context.run(context.hub.uploads.find, peer, name)
        file = await context.run(context.hub.uploads.open_at, row, at)
        try:
            await pour(context, request, file.write, lane=row.lane, limit=row.length - at)
        finally:
            offset = await context.run(_settle, context, row, file)
    return web.Response(status=204, headers={OFFSET: str(offset)})


async def commit(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    name = path_name(request)
    async with _alone(context, name):
        row, _ = await context.run(context.hub.uploads.find, peer, name)
        async with context.turns.turn(row.lane, peer.id):
            answer = await context.run(context.hub.uploads.commit, peer, name)
    context.watch.ring()
    return json_answer(answer_json(answer))


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
