"""What every handler of the node's interface works with."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from aiohttp import web

from exchange_axis.domain.ids import canonical_code
from exchange_axis.node.service import Node
from exchange_axis.web.shared.bodies import Pace
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.workers import Workers
from exchange_axis.wire.hub_json import dump
from exchange_axis.wire.plain import plain

READER = "api"
"""Who opened a letter that software fetched without saying for whom."""
ACTOR_LENGTH = 200
"""Characters of a person's name."""
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeApiSettings:
    pace: Pace = field(default_factory=Pace)
    threads: int = 8
    small_body: int = 64 * 1024
    """Bytes of JSON."""
    letter_body: int = 2 * 1024**3
    """Bytes of a letter with its files."""
    stall: float = 60.0
    """Seconds a download may stand still."""
    patience: float = 2.0
    """Seconds that a page of the desk waits for work on many letters; then it shows how far that is."""
    list_length: int = 200
    """Letters in one answer if the caller does not say how many."""
    list_limit: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    node: Node
    wake: Callable[[], None]
    settings: NodeApiSettings
    workers: Workers

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a use case in a thread."""
        return await self.workers.run(function, *args, **kwargs)


def json_answer(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Any value of the node as JSON: times in UTC, days as YYYY-MM-DD."""
    return web.Response(body=dump(plain(value)), status=status, content_type="application/json", headers=headers)


def agency_of(request: web.Request) -> str | None:
    """The agency here that the query names, in either generation of codes.

    Raises:
        MalformedCode.
    """
    given = request.query.get("agency")
    return canonical_code(given) if given else None


def reader_of(request: web.Request) -> str:
    """The clerk for whom a letter is opened, as the query names him; it is not logged.

    Raises:
        BadParameter.
    """
    given = request.query.get("actor")
    if given is None:
        return READER
    name = unicodedata.normalize("NFC", given).strip()
    if not name or len(name) > ACTOR_LENGTH or not name.isprintable():
        raise BadParameter(name="actor", wanted=f"1–{ACTOR_LENGTH}")
    return name


def number_of(request: web.Request, name: str, *, default: int, most: int) -> int:
    """A whole number of the query; above `most` it is cut.

    Raises:
        BadParameter.
    """
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise BadParameter(name=name, wanted=">= 0")
    return min(int(text), most)
