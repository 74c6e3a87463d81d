"""What every page of the desk works with: the node, who asks, the top bar; and forms that act once."""

from __future__ import annotations

import re
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, ParamSpec, TypeVar, cast

from aiohttp import web

from exchange_axis.node.service import Node
from exchange_axis.web.desk.behind import Behind
from exchange_axis.web.desk.people import DeskPerson, Forms
from exchange_axis.web.node_api.context import NodeApiSettings
from exchange_axis.web.shared.forms import fields_of
from exchange_axis.web.shared.language import later
from exchange_axis.web.shared.pages import PERSON, render, see
from exchange_axis.web.shared.workers import Workers

LAYOUT_FILE: Final = "desk/layout.html"
NAV: Final = (
    ("inbox", later("Văn bản đến"), "/inbox"),
    ("drafts", later("Soạn và gửi"), "/drafts"),
    ("sent", later("Văn bản đi"), "/sent"),
    ("registers", later("Sổ văn bản"), "/registers"),
    ("digest", later("Tóm tắt"), "/digest"),
)
"""Parts of the desk: key, words, address."""
_NAMED: Final = 2
"""Agencies that the top bar names."""
_TOKEN: Final = re.compile(r"[0-9a-f-]{36}")
P = ParamSpec("P")
T = TypeVar("T")


class Kept:
    """What forms brought about, by their token, for the page that tells it. In memory: it is told elsewhere too."""

    def __init__(self, most: int = 200) -> None:
        self._most = most
        self._found: dict[str, object] = {}
        self._lock = threading.Lock()

    def keep(self, token: str, value: object) -> None:
        with self._lock:
            self._found[token] = value
            if len(self._found) > self._most:
                self._found.pop(next(iter(self._found)))

    def of(self, token: str) -> object | None:
        with self._lock:
            return self._found.get(token)

    def forget(self, token: str) -> None:
        with self._lock:
            self._found.pop(token, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    node: Node
    wake: Callable[[], None]
    settings: NodeApiSettings
    workers: Workers
    forms: Forms
    kept: Kept
    behind: Behind | None = None
    """None: an answer waits for all of its work."""
    practice: bool = False
    """Whether there is a practice mode to go to."""

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a use case in a thread."""
        return await self.workers.run(function, *args, **kwargs)

    async def work(self, key: str, work: Callable[[], Awaitable[None]]) -> None:
        """Work of many steps, each of which is kept; what takes long goes on behind the answer."""
        await (work() if self.behind is None else self.behind.run(key, work))

    def works(self, key: str) -> bool:
        return self.behind is not None and self.behind.runs(key)

    def new_token(self) -> str:
        """For a form that acts."""
        return self.node.world.rng.uuid()


DeskHandler = Callable[[Desk, web.Request], Awaitable[web.StreamResponse]]


def place_of(desk: Desk) -> str:
    """Whose desk it is, for the top bar."""
    names = list(desk.node.world.settings.agencies.values())
    return " · ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def person_of(request: web.Request) -> DeskPerson:
    return cast("DeskPerson", request[PERSON])


async def page(
    desk: Desk, request: web.Request, template: str, *, here: str = "", status: int = 200, **values: object
) -> web.Response:
    """A page of the desk.

    Args:
        here: key of the part that the page belongs to (`NAV`).
    """
    given = {"here": here, "burning": await desk.run(desk.node.desk.burning), "place": place_of(desk)}
    return await desk.run(render, request, template, status=status, token=desk.new_token(), **given, **values)


async def form_of(desk: Desk, request: web.Request) -> Form:
    """The fields of a form without files.

    Raises:
        WrongMediaType, BodyTooLarge, BodyTooSlow.
    """
    return Form((await fields_of(request, desk.settings.pace)).pairs)


@dataclass(frozen=True, slots=True)
class Form:
    pairs: tuple[tuple[str, str], ...]

    def text(self, name: str) -> str:
        """The last value of a field, without blanks around it; empty if it was not sent."""
        return next((value.strip() for key, value in reversed(self.pairs) if key == name), "")

    def every(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for key, value in self.pairs if key == name))

    @property
    def values(self) -> Mapping[str, str]:
        return {key: self.text(key) for key, _ in self.pairs}


def token_of(desk: Desk, form: Form) -> str:
    """That of the form; a new one for a form nobody here made."""
    token = form.text("token")
    return token if _TOKEN.fullmatch(token) else desk.new_token()


async def once(
    desk: Desk, request: web.Request, form: Form, act: Callable[[], Awaitable[str | web.Response]]
) -> web.Response:
    """Do what a form asks for, once: whoever submits it again is led where the first submission led.

    Args:
        act: does it and gives the address of the page that shows what is confirmed now; or a page that asks again.
    """
    token = form.text("token")
    if not _TOKEN.fullmatch(token):  # a form nobody here made; its use case still does nothing twice
        led = await act()
        return see(led) if isinstance(led, str) else led
    settled = await desk.run(desk.forms.claim, token)
    if settled is not None:
        return see(settled.location or "/")
    location: str | None = None
    try:
        led = await act()
        location = led if isinstance(led, str) else None
    finally:
        await desk.run(desk.forms.settle, token, location)
    return see(led) if isinstance(led, str) else led
