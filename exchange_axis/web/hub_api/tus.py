"""The upload resource in the words of tus 1.0 (https://tus.io/protocols/resumable-upload): core, creation, checksum,
termination. A request with `Tus-Resumable` speaks tus, one without it our own protocol; an upload stays with the way in
which it was begun.

Of ours are only three things: `Upload-Metadata` says digest and lane, the append that reaches `Upload-Length` commits,
and the answer to that is then at Location + `/receipt`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ClassVar, Final

from aiohttp import hdrs, web

from exchange_axis.domain.consignment import Lane
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.hub.uploads import Announced
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.hub.uploads import UploadRow
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.problems import MEDIA_TYPE, language_of, problem_of
from exchange_axis.wire.hub_json import SHA256, answer_json, dump

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,checksum,termination"
CHUNK_TYPE: Final = "application/offset+octet-stream"
RESUMABLE: Final = "Tus-Resumable"
METADATA: Final = "Upload-Metadata"
CHECKSUM: Final = "Upload-Checksum"
CHECKSUMS: Final = ("sha1", "sha256")
"""The specification asks for sha1 at least. It guards a piece against accidents; what counts is the announced one."""
_LENGTH_DIGITS: Final = 15
_PASSING: Final = frozenset({408, 429})
"""Refusals of the moment: the same step may be made again."""

PeerHandler = Callable[[Context, web.Request, PeerRow], Awaitable[web.StreamResponse]]


class TusVersion(AxisError):
    code: ClassVar[str] = "upload.tus-version"
    vi: ClassVar[str] = "Trục nói tus phiên bản {supported}; yêu cầu ghi {given}"
    en: ClassVar[str] = "This hub speaks tus {supported}; the request says {given}"
    remedy_vi: ClassVar[str] = "Gửi lại với Tus-Resumable: {supported}"
    remedy_en: ClassVar[str] = "Send again with Tus-Resumable: {supported}"


class ChunkType(AxisError):
    code: ClassVar[str] = "upload.content-type"
    vi: ClassVar[str] = "Phần tải lên theo tus phải có Content-Type {wanted}"
    en: ClassVar[str] = "A piece of a tus upload has the Content-Type {wanted}"


class ChecksumMismatch(AxisError):
    code: ClassVar[str] = "upload.checksum-mismatch"
    vi: ClassVar[str] = "Phần tải lên khác với Upload-Checksum; phần này không được giữ"
    en: ClassVar[str] = "The piece does not have its Upload-Checksum; it was not kept"
    remedy_vi: ClassVar[str] = "Gửi lại phần này từ vị trí cũ"
    remedy_en: ClassVar[str] = "Send the piece again from the same offset"


@dataclass(slots=True)
class Checksum:
    """What a piece must hash to, taken while it arrives."""

    wanted: bytes
    running: Any = field(repr=False)

    def holds(self) -> bool:
        return bool(self.running.digest() == self.wanted)


def speaks(request: web.Request) -> bool:
    return RESUMABLE in request.headers


def versioned(handler: PeerHandler) -> PeerHandler:
    """Refuse another version before anything is done (core protocol, Tus-Resumable)."""

    @wraps(handler)
    async def handle(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
        given = request.headers.get(RESUMABLE, VERSION)
        if given != VERSION:
            raise TusVersion(supported=VERSION, given=given[:20])
        return await handler(context, request, peer)

    return handle


async def options(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    headers = {
        RESUMABLE: VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(context.hub.world.settings.max_upload),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }
    return web.Response(status=204, headers=headers)


async def dress(request: web.Request, response: web.StreamResponse) -> None:
    """Every answer in tus says its version; a signal handler of the application."""
    if speaks(request):
        response.headers[RESUMABLE] = VERSION
    if response.status == 412:
        response.headers["Tus-Version"] = VERSION


def announced(request: web.Request) -> Announced:
    """What a creation says. Raises BadParameter."""
    length = request.headers.get("Upload-Length", "")
    if not (length.isascii() and length.isdigit() and len(length) <= _LENGTH_DIGITS and int(length) > 0):
        raise BadParameter(name="Upload-Length", wanted="> 0")
    given = request.headers.get(METADATA, "")
    values = _metadata(given)
    sha256, lane = values.get("sha256", ""), values.get("lane", Lane.THUONG.value)
    if not SHA256.fullmatch(sha256):
        raise BadParameter(name=f"{METADATA}: sha256", wanted="base64(64 × 0-9a-f)")
    if lane not in set(Lane):
        raise BadParameter(name=f"{METADATA}: lane", wanted=f"base64({' | '.join(Lane)})")
    return Announced(kind="consignment", length=int(length), sha256=sha256, lane=Lane(lane), metadata=given)


def require_way(request: web.Request, row: UploadRow) -> None:
    """A piece comes in the protocol in which its upload was begun.

    Raises:
        TusVersion: an upload of tus, and no word of tus in the request.
        NotFound: tus knows of no uploads but its own.
        ChunkType.
    """
    if row.metadata is None:
        if speaks(request):
            raise NotFound(what=row.id)
        return
    if not speaks(request):
        raise TusVersion(supported=VERSION, given="-")
    if request.content_type != CHUNK_TYPE:
        raise ChunkType(wanted=CHUNK_TYPE)


def checksum_of(request: web.Request) -> Checksum | None:
    """Raises BadParameter: an algorithm that `options` does not name, or no base64."""
    header = request.headers.get(CHECKSUM)
    if header is None or not speaks(request):
        return None
    name, _, text = header.partition(" ")
    wanted = _decoded(text)
    if name not in CHECKSUMS or wanted is None:
        raise BadParameter(name=CHECKSUM, wanted=f"{' | '.join(CHECKSUMS)} BASE64")
    return Checksum(wanted, hashlib.new(name, usedforsecurity=False))


async def finish(context: Context, request: web.Request, peer: PeerRow, row: UploadRow) -> web.Response:
    """The answer to a whole upload: handed in now unless that is done; what was said once is said again.

    Raises:
        Refusal: nothing is settled, the same may be asked again.
    """
    kept = await context.run(context.hub.uploads.finished, row)
    if kept is None:
        if row.finished_at is not None:
            raise NotFound(what=row.id)
        async with context.turns.turn(row.lane, peer.id):
            kept = await context.run(_hand_in, context, request, peer, row)
        context.watch.ring()
    status, _, body = kept.partition(b"\n")
    media = "application/json" if status == b"200" else MEDIA_TYPE
    return web.Response(body=body, status=int(status), content_type=media)


def _hand_in(context: Context, request: web.Request, peer: PeerRow, row: UploadRow) -> bytes:
    """Status and body of the answer, kept before anybody is told."""
    try:
        kept = b"200\n" + dump(answer_json(context.hub.uploads.hand_in(peer, row)))
    except AxisError as refusal:
        language = language_of(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
        problem = problem_of(refusal, language=language, incident="-")
        if problem.status >= 500 or problem.status in _PASSING:
            raise
        kept = str(problem.status).encode() + b"\n" + problem.body()
    context.hub.uploads.finish(row, kept)
    return kept


def _metadata(header: str) -> dict[str, str]:
    """Key and value pairs (creation extension, Upload-Metadata); a value that is no text reads as empty."""
    values: dict[str, str] = {}
    for pair in header.split(",") if header else ():
        key, _, text = pair.strip().partition(" ")
        value = _decoded(text.strip())
        if not key or key in values or value is None:
            raise BadParameter(name=METADATA, wanted="KEY BASE64,…")
        values[key] = value.decode("utf-8", "replace")
    return values


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
