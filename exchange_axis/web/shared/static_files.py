"""Style, scripts and pictures of the pages: addressed by what they hold, so that browsers may keep them for a year.

The address has the digest of all files together, not of each: scripts name one another by their plain names.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from aiohttp import hdrs, web

from exchange_axis.web.shared.errors import NoSuchPage
from exchange_axis.web.shared.language import AREAS

TYPES: Final[Mapping[str, str]] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "wav": "audio/wav",
}
STATIC_PATH: Final = "/static/{digest}/{name}"
YEAR: Final = "public, max-age=31536000, immutable"
_PACKED: Final = frozenset({"css", "js", "svg"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    content_type: str
    plain: bytes
    packed: bytes | None


@cache
def assets() -> Mapping[str, Asset]:
    """File name → file, of all areas; names are unique over them."""
    found: dict[str, Asset] = {}
    for area in AREAS:
        folder = files("exchange_axis.web") / area / "static"
        for file in sorted(folder.iterdir(), key=lambda each: each.name) if folder.is_dir() else ():
            kind = file.name.rpartition(".")[2]
            if kind not in TYPES:
                continue
            if file.name in found:
                raise LookupError(f"two static files are named {file.name}")
            plain = file.read_bytes()
            packed = gzip.compress(plain, mtime=0) if kind in _PACKED else None
            found[file.name] = Asset(content_type=TYPES[kind], plain=plain, packed=packed)
    return found


@cache
def digest() -> str:
    whole = hashlib.sha256()
    for name, asset in assets().items():
        whole.update(name.encode() + b"\0" + hashlib.sha256(asset.plain).digest())
    return whole.hexdigest()[:16]


def static_url(name: str) -> str:
    """The address of a file, for templates.

    Raises:
        LookupError: there is no such file; a page must not name it.
    """
    if name not in assets():
        raise LookupError(f"no static file is named {name}")
    return STATIC_PATH.format(digest=digest(), name=name)


async def serve_static(request: web.Request) -> web.StreamResponse:
    """Handler of `STATIC_PATH`. An address of an earlier release is answered with today's file, which is not kept."""
    asset = assets().get(request.match_info["name"])
    if asset is None:
        raise NoSuchPage()
    current = request.match_info["digest"] == digest()
    headers = {
        hdrs.CACHE_CONTROL: YEAR if current else "no-cache",
        hdrs.CONTENT_TYPE: asset.content_type,
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if asset.packed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        return web.Response(body=asset.packed, headers={**headers, hdrs.CONTENT_ENCODING: "gzip"})
    return web.Response(body=asset.plain, headers=headers)
