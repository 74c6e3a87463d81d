"""Files of a draft on their way in: whole, as forms without scripts send them, or in pieces that go on after a reload.

A piece is a part of multipart/form-data with its offset, because forms are what the door checks. The node says how far
it is; whoever asks again goes on from there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import BodyPartReader, web

from exchange_axis.errors import NotFound
from exchange_axis.node.draft_files import FILE_MAX
from exchange_axis.store.node.drafts import DraftFileRow
from exchange_axis.web.desk.frame import Desk, form_of
from exchange_axis.web.node_api.context import json_answer
from exchange_axis.web.shared.errors import BadParameter, BodyCutOff, BodyTooLarge, WrongMediaType
from exchange_axis.web.shared.forms import FILES_TYPE, KEY_FIELD, require_key
from exchange_axis.web.shared.pages import CSRF, see

PIECE_MAX: Final = 4 * 1024 * 1024
"""Bytes of one piece; a slow line then loses little when it breaks."""
_READ: Final = 1 << 20
_FIELD_MAX: Final = 1_000


@dataclass(slots=True)
class _Taken:
    fields: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, Path]] = field(default_factory=list)
    """Name and where it lies."""


async def add(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Whole files from a form."""
    draft_id = request.match_info["id"]
    async with _taken(desk, request, limit=FILE_MAX) as taken:
        for name, path in taken.files:
            if path.stat().st_size:
                await desk.run(desk.node.drafts.files.take, draft_id, path, name=name)
    return see(f"/drafts/{draft_id}")


async def announce(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A file that comes in pieces; an unfinished one of the same name and length is gone on with."""
    form = await form_of(desk, request)
    begin = desk.node.drafts.files.begin
    row = await desk.run(
        begin, request.match_info["id"], name=form.text("name"), length=_number(form.text("length"), "length")
    )
    return await _state(desk, row)


async def state(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _state(desk, await _file(desk, request))


async def append(desk: Desk, request: web.Request) -> web.StreamResponse:
    async with _taken(desk, request, limit=PIECE_MAX) as taken:
        offset = _number(taken.fields.get("offset", ""), "offset")
        piece = b"".join([path.read_bytes() for _, path in taken.files])
    known = await _file(desk, request)
    row = await desk.run(desk.node.drafts.files.append, known.id, piece, offset=offset)
    return await _state(desk, row)


async def remove(desk: Desk, request: web.Request) -> web.StreamResponse:
    await form_of(desk, request)
    await desk.run(desk.node.drafts.files.drop, (await _file(desk, request)).id)
    return see(f"/drafts/{request.match_info['id']}")


async def _file(desk: Desk, request: web.Request) -> DraftFileRow:
    """
    Raises:
        NotFound: the draft in the address has no such file.
    """
    row = await desk.run(desk.node.drafts.files.get, request.match_info["file"])
    if row.draft_id != request.match_info["id"]:
        raise NotFound(what=request.match_info["file"][:64])
    return row


async def _state(desk: Desk, row: DraftFileRow) -> web.Response:
    offset = await desk.run(desk.node.drafts.files.offset, row)
    return json_answer({"id": row.id, "offset": offset, "length": row.length, "whole": row.sha256 is not None})


@asynccontextmanager
async def _taken(desk: Desk, request: web.Request, *, limit: int) -> AsyncIterator[_Taken]:
    """The parts of the request, files in the staging folder for as long as the block runs.

    Raises:
        WrongMediaType, BodyTooLarge, BodyCutOff, FormForged.
    """
    if request.content_type != FILES_TYPE:
        raise WrongMediaType(wanted=FILES_TYPE)
    taken = _Taken()
    try:
        reader = await request.multipart()
        async for part in reader:
            if not isinstance(part, BodyPartReader):
                raise WrongMediaType(wanted=FILES_TYPE)
            if part.filename is not None:
                _require_own(request, taken)
            await _take(desk, part, taken, limit=limit)
        _require_own(request, taken)
        yield taken
    except (OSError, web.RequestPayloadError) as error:
        raise BodyCutOff() from error
    finally:
        for _, path in taken.files:
            path.unlink(missing_ok=True)


def _require_own(request: web.Request, taken: _Taken) -> None:
    """The form is of this session; asked before the first byte of a file is kept, so its key comes first.

    Raises:
        FormForged.
    """
    if CSRF in request:
        require_key(request, taken.fields.get(KEY_FIELD, ""))


async def _take(desk: Desk, part: BodyPartReader, taken: _Taken, *, limit: int) -> None:
    if part.filename is None:
        taken.fields[part.name or ""] = (await part.text())[:_FIELD_MAX]
        return
    path = desk.node.world.settings.staging / f"page-{desk.new_token()}"
    taken.files.append((part.filename, path))
    size = 0
    with path.open("wb") as target:
        while piece := await part.read_chunk(_READ):
            size += len(piece)
            if size > limit:
                raise BodyTooLarge(limit=limit)
            await desk.run(target.write, piece)


def _number(text: str, name: str) -> int:
    """
    Raises:
        BadParameter.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadParameter(name=name, wanted=">= 0")
    return int(text)
