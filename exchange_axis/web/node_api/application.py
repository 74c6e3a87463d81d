"""The table of addresses, and the application around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from exchange_axis.node.service import Node
from exchange_axis.web.desk.behind import Behind
from exchange_axis.web.desk.frame import Desk, Kept
from exchange_axis.web.desk.mount import mount_desk
from exchange_axis.web.desk.people import Admitting, Forms, FormsInMemory, lone_person
from exchange_axis.web.node_api import letters, records
from exchange_axis.web.node_api.context import Context, NodeApiSettings
from exchange_axis.web.node_api.guard import challenge, guard
from exchange_axis.web.node_api.permissions import ALL_RULES, RULES
from exchange_axis.web.node_api.token import TOKEN_FILE, token_from
from exchange_axis.web.shared.edge import dress, edge
from exchange_axis.web.shared.kit import answered
from exchange_axis.web.shared.permissions import require_rules
from exchange_axis.web.shared.workers import Workers

NodeHandler = Callable[[Context, web.Request], Awaitable[web.StreamResponse]]
TABLE: tuple[tuple[str, str, NodeHandler], ...] = (
    ("GET", "/healthz", records.live),
    ("GET", "/readyz", records.ready),
    ("GET", "/metrics", records.metrics),
    ("GET", "/v1/openapi.yaml", records.openapi),
    ("GET", "/v1/status", records.status),
    ("POST", "/v1/letters", letters.send),
    ("GET", "/v1/outbox", letters.outbox),
    ("GET", "/v1/outbox/waiting", letters.waiting),
    ("POST", "/v1/outbox/retry", letters.retry),
    ("GET", "/v1/inbox", letters.inbox),
    ("GET", "/v1/inbox/arriving", letters.arriving),
    ("GET", "/v1/deadlines", letters.deadlines),
    ("GET", "/v1/letters/{id}", letters.show),
    ("GET", "/v1/letters/{id}/container", records.container),
    ("POST", "/v1/letters/{id}/accept", letters.accept),
    ("POST", "/v1/letters/{id}/refuse", letters.refuse),
    ("POST", "/v1/letters/{id}/report", letters.report),
    ("POST", "/v1/letters/{id}/take-back", letters.take_back),
    ("POST", "/v1/letters/{id}/consent", letters.consent),
    ("POST", "/v1/letters/{id}/decline", letters.decline),
    ("GET", "/v1/tallies/{day}", records.tally),
    ("GET", "/v1/evidence/{id}", records.evidence),
    ("GET", "/v1/evidence/{id}/proof", records.proof),
)


def application(
    node: Node,
    *,
    wake: Callable[[], None],
    token_file: Path | None = None,
    settings: NodeApiSettings | None = None,
    admit: Admitting | None = None,
    forms: Forms | None = None,
) -> web.Application:
    """The application; nothing runs before it is started (`web.shared.serving.start`), on loopback.

    Args:
        wake: tells the agent that something is queued; called on the event loop.
        admit: says who sits at the desk; None: the desk is not here, it has a door of its own.
        forms: remembers which forms were submitted; by default in memory.
        token_file: by default `api-token` in the data folder, beside the staging folder; made if it is missing.

    Raises:
        KeyPermissions: others may read the token.
    """
    settings = settings or NodeApiSettings()
    world = node.world
    token = token_from(token_file or world.settings.staging.parent / TOKEN_FILE, world.rng)
    context = Context(node=node, wake=wake, settings=settings, workers=Workers(settings.threads))
    outermost = edge(world.rng.uuid, world.clock.monotonic, answered=answered)
    app = web.Application(middlewares=[outermost, guard(token, admit or lone_person)])
    app.on_response_prepare.append(dress)
    app.on_response_prepare.append(challenge)
    for method, path, handler in TABLE:
        app.router.add_route(method, path, _with(context, handler))
    desk = Desk(
        node=node,
        wake=wake,
        settings=settings,
        workers=context.workers,
        forms=forms or FormsInMemory(),
        kept=Kept(),
        behind=Behind(settings.patience),
    )
    if admit is not None:
        mount_desk(app, desk)
    require_rules(app, RULES if admit is None else ALL_RULES)
    app.cleanup_ctx.append(partial(_workers, context))
    return app


def _with(context: Context, handler: NodeHandler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(context, request)

    return handle


async def _workers(context: Context, app: web.Application) -> AsyncIterator[None]:
    yield
    context.workers.close()
