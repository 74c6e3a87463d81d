"""The listener for those who watch the hub: on loopback for everybody there, elsewhere only with the operators' token.

Rules of this file:
1. Who asks from this host needs no token; what is told is neither secret nor about a letter or a person.
2. Beyond loopback there is TLS always, and every address but `/healthz` and the bare `/readyz` wants the token.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from exchange_axis.hub.service import Hub
from exchange_axis.web.operations.board import board
from exchange_axis.web.operations.feed import feed_of
from exchange_axis.web.operations.metrics import hub_metrics
from exchange_axis.web.shared.edge import dress, edge
from exchange_axis.web.shared.errors import MonitorTokenWrong
from exchange_axis.web.shared.exposition import CONTENT_TYPE
from exchange_axis.web.shared.health import readiness_json
from exchange_axis.web.shared.identity import bears, is_local, names_loopback
from exchange_axis.web.shared.permissions import Caller, Rules, Sight, open_paths, require_rules, rule
from exchange_axis.web.shared.static_files import STATIC_PATH, serve_static
from exchange_axis.web.shared.workers import Workers
from exchange_axis.wire.hub_json import dump

BOARD: Final = "/board"
OPERATIONS_RULES: Final[Rules] = {
    ("GET", "/healthz"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/readyz"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/metrics"): rule(Sight.NOTHING, Caller.MONITOR),
    ("GET", "/v1/operations"): rule(Sight.NOTHING, Caller.MONITOR),
    ("GET", "/v1/openapi.yaml"): rule(Sight.NOTHING, Caller.MONITOR),
    ("GET", BOARD): rule(Sight.NOTHING, Caller.MONITOR),
    ("GET", STATIC_PATH): rule(Sight.NOTHING, Caller.ANYBODY),
}
OPEN: Final = open_paths(OPERATIONS_RULES)
THREADS: Final = 2
DETAILS = web.RequestKey("details", bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    hub: Hub
    workers: Workers


WatchingHandler = Callable[[Watching, web.Request], Awaitable[web.StreamResponse]]


def operations_application(hub: Hub, *, token: bytes, frames: Sequence[str] = ()) -> web.Application:
    """Nothing runs before it is started (`web.shared.serving.start`).

    Args:
        token: what those must show who do not ask from this host.
        frames: origins whose pages may show the board in a frame.
    """
    world, workers = hub.world, Workers(THREADS, name="operations")
    app = web.Application(middlewares=[edge(world.rng.uuid, world.clock.monotonic), _guard(token)])
    app.on_response_prepare.append(dress)
    watching = Watching(hub=hub, workers=workers)
    for path, handler in _TABLE:
        app.router.add_route("GET", path, _with(watching, handler))
    app.router.add_route("GET", BOARD, partial(board, hub, workers, tuple(frames)))
    app.router.add_route("GET", STATIC_PATH, serve_static)
    require_rules(app, OPERATIONS_RULES)
    app.cleanup_ctx.append(partial(_workers, workers))
    return app


async def _live(_watching: Watching, _request: web.Request) -> web.StreamResponse:
    return web.Response(body=dump({"status": "ok"}), content_type="application/json")


async def _ready(watching: Watching, request: web.Request) -> web.StreamResponse:
    found = await watching.workers.run(watching.hub.readiness.look)
    body = readiness_json(found, details=request[DETAILS])
    return web.Response(body=dump(body), status=200 if found.ready else 503, content_type="application/json")


async def _metrics(watching: Watching, _request: web.Request) -> web.StreamResponse:
    body = await watching.workers.run(hub_metrics, watching.hub)
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: CONTENT_TYPE})


async def _operations(watching: Watching, request: web.Request) -> web.StreamResponse:
    body, tag = await watching.workers.run(feed_of, watching.hub)
    headers = {hdrs.ETAG: tag, hdrs.CACHE_CONTROL: "no-cache"}
    if tag in {one.strip() for one in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")}:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type="application/json", headers=headers)


async def _openapi(watching: Watching, _request: web.Request) -> web.StreamResponse:
    return web.Response(body=await watching.workers.run(description), content_type="application/yaml")


@cache
def description() -> bytes:
    return (files("exchange_axis.web.operations") / "operations-v1.yaml").read_bytes()


_TABLE: Final[tuple[tuple[str, WatchingHandler], ...]] = (
    ("/healthz", _live),
    ("/readyz", _ready),
    ("/metrics", _metrics),
    ("/v1/operations", _operations),
    ("/v1/openapi.yaml", _openapi),
)


def _with(watching: Watching, handler: WatchingHandler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(watching, request)

    return handle


def _guard(token: bytes) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[DETAILS] = trusted = (is_local(request) and names_loopback(request)) or bears(request, token)
        resource = request.match_info.route.resource
        if not trusted and (resource is None or resource.canonical not in OPEN):
            raise MonitorTokenWrong()
        return await handler(request)

    return middleware


async def _workers(workers: Workers, app: web.Application) -> AsyncIterator[None]:
    yield
    workers.close()
