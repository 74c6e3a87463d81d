"""A letter as the agency's software hands it in: parts of multipart/form-data on their way into the staging folder.

Rules of this file:
1. Files stream to disk; only the letter itself is held in memory, and it has a limit.
2. A form names its attachments by the file names of the parts, never by a path of this host: what the node can read
   is not the caller's to send.
3. Nothing of a submission is left in the staging folder when its request ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import tomllib
import unicodedata
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote

from aiohttp import BodyPartReader, hdrs, web

from exchange_axis.errors import CheckFailed
from exchange_axis.node.compose import PACKET_LIMIT, Draft, compose, take_packet
from exchange_axis.node.form_faults import AttachmentAbsent, FormFault, FormUnreadable
from exchange_axis.node.service import Node
from exchange_axis.web.node_api.context import Context
from exchange_axis.web.shared.bodies import read_json
from exchange_axis.web.shared.errors import BodyCutOff, BodyTooLarge, BodyTooSlow
from exchange_axis.wire.container import Attachment
from exchange_axis.wire.hub_json import MalformedMessage, load
from exchange_axis.wire.manifest import media_type_of
from schemas.findings import Finding, Stage

PIECE = 1 << 20
MAX_FILES = 999
"""A container numbers its attachments with three digits."""
MAX_ACTOR = 200
FORM_LIMIT = 1 << 20
"""Bytes of a form sent as JSON."""
_NAME_MAX = 255
_PLAIN = {"", "7bit", "8bit", "binary"}


@dataclass(slots=True)
class Submission:
    letter: bytes = b""
    """TOML or JSON of a form, or a ready letter.edxml."""
    form: Mapping[str, object] | None = None
    """In place of `letter`: the values of a form."""
    actor: str = ""
    files: list[Attachment] = field(default_factory=list)

    def draft(self, node: Node) -> Draft:
        """
        Raises:
            CheckFailed: all faults of the form.
            Refusal: the packet is no edXML letter.
        """
        start = self.letter.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        if start == b"<":
            return take_packet(self.letter, self.files)
        form = self.form
        if form is None:
            form = load(self.letter).raw() if start == b"{" else _toml(self.letter)
        values = dict(form)
        values["attachments"] = self._attachments(values.get("attachments", []))
        settings = node.world.settings
        return compose(
            values,
            base=settings.staging,
            agencies=settings.agencies,
            name_of=node.directory.name_of,
            earlier=node.earlier,
            groups=node.directory.groups(),
        )

    def _attachments(self, listed: object) -> object:
        """The entries of a form with the paths of the files sent under their names; then the files it does not name."""
        if not isinstance(listed, list):
            return listed  # `compose` tells what is wrong with it
        left = list(self.files)
        placed: list[object] = []
        faults: list[FormFault] = []
        for order, entry in enumerate(listed, start=1):
            name = entry.get("path") if isinstance(entry, dict) else entry
            if not isinstance(name, str):
                placed.append(entry)  # here too
                continue
            wanted = unicodedata.normalize("NFC", name).strip()
            file = next((one for one in left if one.name == wanted), None)
            if file is None:
                faults.append(AttachmentAbsent(where=f"attachments[{order}].path", path=name[:_NAME_MAX]))
                continue
            left.remove(file)
            placed.append({"name": file.name} | (entry if isinstance(entry, dict) else {}) | {"path": str(file.path)})
        _refuse(faults)
        return [*placed, *({"path": str(file.path), "name": file.name} for file in left)]


@contextlib.asynccontextmanager
async def submitted(context: Context, request: web.Request) -> AsyncIterator[Submission]:
    """The whole submission, on disk for as long as the block runs.

    Raises:
        MalformedMessage: not of the described form.
        BodyTooLarge, BodyTooSlow, BodyCutOff.
    """
    limit = context.settings.letter_body
    if request.content_length is not None and request.content_length > limit:
        raise BodyTooLarge(limit=limit)
    if request.content_type == "application/json":
        yield await _form_alone(context, request)
        return
    if request.content_type != "multipart/form-data":
        raise MalformedMessage(where=hdrs.CONTENT_TYPE, wanted="multipart/form-data | application/json")
    taking = _Taking(context, limit)
    try:
        await taking.take(request)
        yield taking.found
    finally:
        for file in taking.found.files:
            await context.run(file.path.unlink, missing_ok=True)


async def _form_alone(context: Context, request: web.Request) -> Submission:
    """`{"letter": {…}, "actor": "…"}`: a form without files."""
    fields = await read_json(request, context.settings.pace, limit=FORM_LIMIT)
    form = fields.part("letter")
    if form is None:
        raise MalformedMessage(where="letter", wanted="an object")
    return Submission(form=form.raw(), actor=fields.optional_text("actor", limit=MAX_ACTOR) or "")


class _Taking:
    """Reads the parts of one request."""

    def __init__(self, context: Context, limit: int) -> None:
        self.found = Submission()
        self._context = context
        self._left = limit
        self._limit = limit
        self._id = context.node.world.rng.uuid()

    async def take(self, request: web.Request) -> None:
        try:
            async with asyncio.timeout(self._context.settings.pace.deadline):
                reader = await request.multipart()
                while (part := await self._timely(reader.next())) is not None:
                    await self._take_part(part)
        except TimeoutError as error:
            raise BodyTooSlow() from error
        except (OSError, web.RequestPayloadError) as error:
            raise BodyCutOff() from error
        except (ValueError, AssertionError, UnicodeError) as error:
            raise MalformedMessage(wanted="multipart/form-data") from error
        if not self.found.letter:
            raise MalformedMessage(where="letter", wanted="TOML | JSON | edXML")

    async def _take_part(self, part: object) -> None:
        if not isinstance(part, BodyPartReader) or not _is_plain(part):
            raise MalformedMessage(wanted="a part without encoding and without parts of its own")
        match part.name:
            case "letter" if not self.found.letter:
                self.found.letter = await self._whole(part, PACKET_LIMIT)
            case "actor" if not self.found.actor:
                self.found.actor = (await self._whole(part, 4 * MAX_ACTOR)).decode().strip()
            case "file" if len(self.found.files) < MAX_FILES:
                await self._file(part)
            case _:
                raise MalformedMessage(where=str(part.name)[:60], wanted="letter, actor, file")

    async def _file(self, part: BodyPartReader) -> None:
        number = len(self.found.files) + 1
        name = _file_name(part.filename or "")
        if not name or len(name) > _NAME_MAX:
            raise MalformedMessage(where=f"file[{number}]", wanted="a file name")
        path = self._context.node.world.settings.staging / f"api-{self._id}-{number:03d}"
        await self._context.run(path.touch, mode=0o600, exist_ok=False)
        self.found.files.append(Attachment(path=path, name=name, mime_type=media_type_of(name)))
        with path.open("wb") as file:
            async for piece in self._pieces(part):
                await self._write(file, piece)

    async def _write(self, file: BinaryIO, piece: bytes) -> None:
        await self._context.run(file.write, piece)

    async def _whole(self, part: BodyPartReader, limit: int) -> bytes:
        held = bytearray()
        async for piece in self._pieces(part):
            held += piece
            if len(held) > limit:
                raise BodyTooLarge(limit=limit)
        return bytes(held)

    async def _pieces(self, part: BodyPartReader) -> AsyncIterator[bytes]:
        while piece := await self._timely(part.read_chunk(PIECE)):
            self._left -= len(piece)
            if self._left < 0:
                raise BodyTooLarge(limit=self._limit)
            yield bytes(piece)

    async def _timely(self, reading: Any) -> Any:
        async with asyncio.timeout(self._context.settings.pace.grace):
            return await reading


def _file_name(told: str) -> str:
    """The name of a part's file, NFC, without folders. Some programs percent-encode it, some do not (RFC 7578 §4.2)."""
    with contextlib.suppress(UnicodeDecodeError):  # a name that has percent signs of its own
        told = unquote(told, errors="strict")
    return unicodedata.normalize("NFC", PurePosixPath(told.replace("\\", "/")).name)


def _is_plain(part: BodyPartReader) -> bool:
    encoding = part.headers.get(hdrs.CONTENT_TRANSFER_ENCODING, "").strip().lower()
    return encoding in _PLAIN and hdrs.CONTENT_ENCODING not in part.headers


def _toml(data: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else f"byte {error.start} is not UTF-8"
        fault = FormUnreadable(where="letter", path=Path("letter"), reason=reason)
        raise CheckFailed((Finding.of(fault, Stage.SCHEMA),)) from error


def _refuse(faults: list[FormFault]) -> None:
    if faults:
        raise CheckFailed(tuple(Finding.of(fault, Stage.SCHEMA) for fault in faults))
