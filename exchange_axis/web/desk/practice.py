"""Chế độ luyện tập: the desk's own pages once more, below an address of their own, over a node that is not real.

Rules of this file:
1. Below `/luyen-tap` every page is one of practice, errors too: the address alone decides, nothing can be forgotten.
2. No address on such a page, and no redirection from it, leads to the real desk, save the one to leave by.
3. A form of the real desk is refused here and the other way round: their keys differ (`web.shared.sessions`).
4. Files that are saved from here say so in their names.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final, Protocol

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from exchange_axis.errors import AxisError
from exchange_axis.node.lessons import Lessons
from exchange_axis.node.service import Node
from exchange_axis.web.desk.frame import Desk, DeskHandler, Kept, person_of
from exchange_axis.web.desk.lessons import lesson_of, shown
from exchange_axis.web.desk.people import FormsInMemory
from exchange_axis.web.desk.routes import DESK_TABLE, TAKING
from exchange_axis.web.node_api.context import NodeApiSettings
from exchange_axis.web.shared.pages import PRACTICE, practising, render, see
from exchange_axis.web.shared.permissions import CLERKS, READERS, Rules, Sight, rule
from exchange_axis.web.shared.workers import Workers

FILE_MARK: Final = "luyen-tap-"
_PARTS: Final = "|".join(sorted({re.escape(path.split("/")[1]) for _, path, _ in DESK_TABLE} - {""}))
_INSIDE: Final = re.compile(rf'((?:href|action|formaction|data-[a-z-]+)=")(/(?:{_PARTS})(?=["/?#])|/(?="))')
_LED: Final = re.compile(rf"/(?:(?:{_PARTS})(?=[/?#]|$)|$)")


class NoPractice(AxisError):
    code: ClassVar[str] = "practice.not-here"
    vi: ClassVar[str] = "Bàn này không có chế độ luyện tập"
    en: ClassVar[str] = "This desk has no practice mode"
    remedy_vi: ClassVar[str] = "Hỏi người quản trị nút; bàn làm việc thật không bị ảnh hưởng"
    remedy_en: ClassVar[str] = "Ask the node's operator; the real desk is not affected"


class Practice(Protocol):
    @property
    def is_made(self) -> bool: ...

    def node(self) -> AbstractAsyncContextManager[Node]:
        """The node of practice mode, after everything that is due there has happened."""
        ...

    async def begin_anew(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeDesk:
    """What its pages need beside the node."""

    practice: Practice | None
    settings: NodeApiSettings
    workers: Workers
    lessons: Lessons
    """Of the people here; what they practise on is elsewhere."""
    today: Callable[[], date]
    forms: FormsInMemory = field(default_factory=FormsInMemory)
    kept: Kept = field(default_factory=Kept)

    def area(self) -> Practice:
        """Raises NoPractice."""
        if self.practice is None:
            raise NoPractice()
        return self.practice


Entering = Callable[[PracticeDesk, web.Request], Awaitable[web.StreamResponse]]


async def welcome(desk: PracticeDesk, request: web.Request) -> web.StreamResponse:
    """What it is for, the way in, and the button that makes everything anew."""
    made = desk.area().is_made
    done = await desk.workers.run(desk.lessons.done, person_of(request).actor)
    lessons = shown(done, last_year=desk.today().year - 1)
    return render(request, "desk/practice.html", made=made, lessons=lessons, done=len(done))


async def begin(desk: PracticeDesk, request: web.Request) -> web.StreamResponse:
    async with desk.area().node():
        return see("/inbox")


async def anew(desk: PracticeDesk, request: web.Request) -> web.StreamResponse:
    await desk.area().begin_anew()
    return see("/inbox")


async def learn_anew(desk: PracticeDesk, request: web.Request) -> web.StreamResponse:
    """His own ticks go; the letters of practice stay as they are."""
    desk.area()
    await desk.workers.run(desk.lessons.begin_anew, person_of(request).actor)
    return see(f"{PRACTICE}#lessons")


ENTERING: Final[tuple[tuple[str, str, Entering], ...]] = (
    ("GET", PRACTICE, welcome),
    ("POST", f"{PRACTICE}/begin", begin),
    ("POST", f"{PRACTICE}/anew", anew),
    ("POST", f"{PRACTICE}/lessons/anew", learn_anew),
)
_READ, _ACT = rule(Sight.OWN, *READERS), rule(Sight.OWN, *CLERKS)
PRACTICE_RULES: Final[Rules] = {
    **{(method, path): _READ if method == "GET" else _ACT for method, path, _ in ENTERING},
    **{
        (method, PRACTICE + path): _READ if method == "GET" and path not in TAKING else _ACT
        for method, path, _ in DESK_TABLE
    },
}
"""As at the real desk, without the second factor: no seal is in reach."""


def add_practice(app: web.Application, desk: PracticeDesk) -> None:
    for method, path, handler in ENTERING:
        app.router.add_route(method, path, _entering(desk, handler))
    for method, path, page in DESK_TABLE:
        app.router.add_route(method, PRACTICE + path, _practising(desk, page))
    app.on_response_prepare.append(_mark_headers)


@web.middleware
async def keep_inside(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: also what refuses a request is a page of practice."""
    response = await handler(request)
    if practising(request) and isinstance(response, web.Response) and response.content_type == "text/html":
        response.text = _INSIDE.sub(rf"\g<1>{PRACTICE}\g<2>", response.text or "")
    return response


async def _mark_headers(request: web.Request, response: web.StreamResponse) -> None:
    if not practising(request):
        return
    led = response.headers.get(hdrs.LOCATION, "")
    if _LED.match(led):
        response.headers[hdrs.LOCATION] = PRACTICE + led
    saved = response.headers.get(hdrs.CONTENT_DISPOSITION, "")
    if saved:
        marked = saved.replace('filename="', f'filename="{FILE_MARK}').replace("UTF-8''", f"UTF-8''{FILE_MARK}")
        response.headers[hdrs.CONTENT_DISPOSITION] = marked


def _entering(desk: PracticeDesk, handler: Entering) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(desk, request)

    return handle


def _practising(entered: PracticeDesk, handler: DeskHandler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        async with entered.area().node() as node:
            desk = Desk(
                node=node,
                wake=_nobody,
                settings=entered.settings,
                workers=entered.workers,
                forms=entered.forms,
                kept=entered.kept,
            )
            response = await handler(desk, request)
            lesson = await entered.workers.run(lesson_of, request, response, node)
            if lesson is not None:
                await entered.workers.run(entered.lessons.tick, person_of(request).actor, lesson)
            return response

    return handle


def _nobody() -> None:
    """There is no agent to wake: the next page does what is due."""
