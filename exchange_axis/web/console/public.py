"""The public list of what is overdue, on a listener of its own: a page, the signed file, and how to check it.

Nobody signs in here, nothing can be sent, and nothing else of the hub is served.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final

from aiohttp import hdrs, web

from exchange_axis.hub.public_board import PublicBoard
from exchange_axis.hub.service import Hub
from exchange_axis.web.console import words
from exchange_axis.web.shared.edge import dress, edge
from exchange_axis.web.shared.kit import KIT_RULES, KIT_TABLE, answered
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.permissions import Caller, Rules, Sight, require_rules, rule
from exchange_axis.web.shared.workers import Workers
from signing.names import XADES

PAGE, FILE = "/overdue", "/overdue.xml"
CHECKS: Final = (
    "axis verify qua-han.xml --trust {hub}.pem",
    "xmlsec1 --verify --trusted-pem {hub}.pem --enabled-key-data x509 \\",
    f"  --id-attr:Id {XADES}:SignedProperties qua-han.xml",
)
"""What the page tells its reader to type; the last two lines are one command."""
PUBLIC_RULES: Final[Rules] = {
    ("GET", "/"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", PAGE): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", FILE): rule(Sight.NOTHING, Caller.ANYBODY),
    **KIT_RULES,
}
THREADS: Final = 2
CACHED: Final = "public, max-age=300"
PublicHandler = Callable[[Hub, PublicBoard, Workers, web.Request], Awaitable[web.StreamResponse]]


def public_application(hub: Hub) -> web.Application:
    """Nothing runs before it is started (`web.shared.serving.start`)."""
    world, workers = hub.world, Workers(THREADS, name="public")
    board = PublicBoard(world, hub.apologies)
    app = web.Application(middlewares=[edge(world.rng.uuid, world.clock.monotonic, answered=answered)])
    app.on_response_prepare.append(dress)
    table: tuple[tuple[str, PublicHandler], ...] = (("/", _first), (PAGE, _page), (FILE, _file))
    for path, handler in table:
        app.router.add_route("GET", path, partial(handler, hub, board, workers))
    for method, path, kit in KIT_TABLE:
        app.router.add_route(method, path, kit)
    require_rules(app, PUBLIC_RULES)
    app.cleanup_ctx.append(partial(_workers, workers))
    return app


async def _first(_hub: Hub, _board: PublicBoard, _workers: Workers, _request: web.Request) -> web.StreamResponse:
    return see(PAGE)


async def _page(hub: Hub, board: PublicBoard, workers: Workers, request: web.Request) -> web.StreamResponse:
    found = await workers.run(board.look)
    settings = hub.world.settings
    checks = tuple(one.format(hub=settings.id) for one in CHECKS)
    return render(
        request, "console/public_overdue.html", hub=settings, board=found, words=words, file=FILE, commands=checks
    )


async def _file(_hub: Hub, board: PublicBoard, workers: Workers, _request: web.Request) -> web.StreamResponse:
    found = await workers.run(board.look)
    headers = {
        hdrs.CONTENT_DISPOSITION: 'attachment; filename="qua-han.xml"',
        hdrs.ETAG: f'"{found.sha256}"',
        hdrs.CACHE_CONTROL: CACHED,
    }
    return web.Response(body=found.listed.content, content_type="application/xml", headers=headers)


async def _workers(workers: Workers, app: web.Application) -> AsyncIterator[None]:
    yield
    workers.close()
