"""Query, path and header values: checked before any use case sees them."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import TypeVar

from aiohttp import web

from exchange_axis.domain.consignment import Lane
from exchange_axis.errors import NotFound
from exchange_axis.ports import Wanted
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.wire.hub_json import NAME, SHA256

E = TypeVar("E", bound=StrEnum)
_NUMBER = re.compile(r"[0-9]{1,15}")


def path_name(request: web.Request, name: str = "id") -> str:
    """Raises NotFound: what is no id names nothing."""
    return _path(request, name, NAME)


def path_sha256(request: web.Request) -> str:
    return _path(request, "sha256", SHA256)


def wait_of(request: web.Request, most: float) -> float:
    """Seconds to hold the line, cut to what the hub allows."""
    text = request.query.get("wait", "0")
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise BadParameter(name="wait", wanted="0–60")
    return min(seconds, most)


def number_of(request: web.Request, name: str, *, default: int, least: int = 0, most: int | None = None) -> int:
    """A whole number of the query; above `most` it is cut."""
    text = request.query.get(name)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text) or int(text) < least:
        raise BadParameter(name=name, wanted=f">= {least}")
    return int(text) if most is None else min(int(text), most)


def choice_of(request: web.Request, name: str, names: type[E]) -> E | None:
    """One of the names, None where the parameter is not given."""
    text = request.query.get(name)
    if text is None:
        return None
    if text not in set(names):
        raise BadParameter(name=name, wanted=" | ".join(names))
    return names(text)


def offset_of(request: web.Request) -> int:
    text = request.headers.get("Upload-Offset", "")
    if not _NUMBER.fullmatch(text):
        raise BadParameter(name="Upload-Offset", wanted=">= 0")
    return int(text)


def lane_of(request: web.Request) -> Lane:
    return _lane("Axis-Lane", request.headers.get("Axis-Lane", Lane.THUONG.value))


def wanted_of(request: web.Request) -> Wanted:
    """Which shipments are asked for."""
    least = _lane("least", request.query.get("least", Lane.THUONG.value))
    bulk_above = number_of(request, "bulk_above", default=0) if "bulk_above" in request.query else None
    return Wanted(least=least, bulk_above=bulk_above, anew=bool(number_of(request, "anew", default=0)))


def _lane(name: str, text: str) -> Lane:
    if text not in set(Lane):
        raise BadParameter(name=name, wanted=" | ".join(Lane))
    return Lane(text)


def _path(request: web.Request, name: str, pattern: re.Pattern[str]) -> str:
    text = request.match_info[name]
    if not pattern.fullmatch(text):
        raise NotFound(what=text[:64])
    return text
