"""Puts the desk's pages into the node's application, beside its API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from exchange_axis.web.desk.frame import LAYOUT_FILE, NAV, Desk, DeskHandler
from exchange_axis.web.desk.routes import DESK_TABLE
from exchange_axis.web.shared.kit import KIT_TABLE
from exchange_axis.web.shared.pages import FRAME, LAYOUT

_SHOWN: Final = 2
"""Agencies that the top bar names."""


def mount_desk(app: web.Application, desk: Desk) -> None:
    app[LAYOUT] = LAYOUT_FILE
    app[FRAME] = {"nav": NAV, "place": _place(desk), "practice": desk.practice}
    for method, path, handler in KIT_TABLE:
        app.router.add_route(method, path, handler)
    for method, path, page in DESK_TABLE:
        app.router.add_route(method, path, _with(desk, page))


def _place(desk: Desk) -> str:
    names = list(desk.node.world.settings.agencies.values())
    return " · ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def _with(desk: Desk, handler: DeskHandler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(desk, request)

    return handle
