"""Uploads as resources: create → append at an offset → commit. One request at a time works on an upload; one that
lost its line without our knowing gives way to the next.

The same resource speaks tus 1.0 (`tus`): what differs is how creation is said and that the last append commits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import BinaryIO

from aiohttp import web

from exchange_axis.errors import Forbidden, NotFound
from exchange_axis.hub.fronts import FRONT
from exchange_axis.hub.uploads import Announced, OffsetMismatch, UploadIncomplete
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.hub.uploads import UploadRow
from exchange_axis.web.hub_api import tus
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context, Work
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
    async with _alone(context, peer, name) as work:
        row, offset = await context.run(context.hub.uploads.find, peer, name)
        tus.require_way(request, row)
        if at != offset:
            raise OffsetMismatch(offset=at, expected=offset)
        if row.finished_at is None:
            with _on_the_line(work, request):
                offset = await _receive(context, request, (peer, row), checksum, at=at, work=work)
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
    async with _alone(context, peer, name):
        row, offset = await context.run(context.hub.uploads.find, peer, name)
        if row.metadata is None:
            raise NotFound(what=name)
        if offset != row.length:
            raise UploadIncomplete(offset=offset, length=row.length)
        return await tus.finish(context, request, peer, row)


async def commit(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    name = path_name(request)
    async with _alone(context, peer, name):
        row, _ = await context.run(context.hub.uploads.find, peer, name)
        async with context.turns.turn(row.lane, peer.id):
            answer = await context.run(context.hub.uploads.commit, peer, name)
    context.watch.ring()
    return json_answer(answer_json(answer))


@tus.versioned
async def abandon(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    name = path_name(request)
    async with _alone(context, peer, name):
        await context.run(context.hub.uploads.abandon, peer, name)
    return web.Response(status=204)


@asynccontextmanager
async def _alone(context: Context, peer: PeerRow, name: str) -> AsyncIterator[Work]:
    """Wait for the request that works on the upload, or take over from one whose body stands still.

    Raises:
        NotFound: also for somebody else's, which nobody disturbs.
        UploadBusy.
    """
    if name in context.busy:
        await context.run(context.hub.uploads.find, peer, name)
        await _wait(context, name)
    work = context.busy[name] = Work()
    try:
        yield work
    finally:
        del context.busy[name]
        work.ended.set()


async def _wait(context: Context, name: str) -> None:
    patience, broken_off = context.settings.busy_wait, False
    while (other := context.busy.get(name)) is not None:
        taken = other.taken
        try:
            async with asyncio.timeout(patience):
                await other.ended.wait()
        except TimeoutError as error:
            if broken_off or other.line is None or other.taken != taken:
                raise UploadBusy() from error
            other.line.abort()  # its line is dead, and nobody has told us; what came of it is kept
            broken_off = True


@contextmanager
def _on_the_line(work: Work, request: web.Request) -> Iterator[None]:
    """While the body comes, a newer request may break it off."""
    work.line = request.transport
    try:
        yield
    finally:
        work.line = None


async def _receive(
    context: Context,
    request: web.Request,
    whose: tuple[PeerRow, UploadRow],
    checksum: tus.Checksum | None,
    *,
    at: int,
    work: Work,
) -> int:
    """Write the body from `at` on; the offset reached.

    Without a break in the line a piece has its checksum or is not kept. With one, what came is whole as far as it goes:
    TLS lets no altered byte through.
    """
    peer, row = whose
    file = await context.run(context.hub.uploads.open_at, row, at)
    judged, stopped = at > FRONT, False

    def take(data: bytes) -> None:
        nonlocal judged, stopped
        if stopped:  # the last piece, on the way out
            return
        file.write(data)
        if not judged:
            file.flush()
            stopped = True
            judged = context.hub.uploads.judge_front(peer, row) or file.tell() > FRONT
            stopped = False
        if checksum is not None:
            checksum.running.update(data)

    try:
        await pour(context, request, take, lane=row.lane, limit=row.length - at, came=work.came)
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
