"""The desk as people reach it: its pages behind the door, on a listener of its own, apart from the programs' API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial

from aiohttp import web

from exchange_axis.node.service import Node
from exchange_axis.web.desk.frame import Desk, Kept
from exchange_axis.web.desk.mount import mount_desk
from exchange_axis.web.desk.routes import DESK_RULES
from exchange_axis.web.node_api.context import NodeApiSettings
from exchange_axis.web.people.application import PEOPLE_RULES, add_people
from exchange_axis.web.people.trust import TRUST_RULES, Trusting, add_trust
from exchange_axis.web.shared.edge import dress, edge
from exchange_axis.web.shared.kit import answered
from exchange_axis.web.shared.permissions import Rules, require_rules
from exchange_axis.web.shared.sessions import Door, WayHere, guarding
from exchange_axis.web.shared.workers import Workers

RULES: Rules = {**DESK_RULES, **PEOPLE_RULES, **TRUST_RULES}


def desk_application(
    node: Node,
    *,
    wake: Callable[[], None],
    way: WayHere | None = None,
    trusting: Trusting | None = None,
    settings: NodeApiSettings | None = None,
) -> web.Application:
    """Nothing runs before it is started (`web.shared.serving.start`).

    Args:
        wake: tells the agent that something is queued; called on the event loop.
        way: under which names it is found.
        trusting: the authority of its certificate, where it has one of its own.
    """
    settings, world = settings or NodeApiSettings(), node.world
    workers = Workers(settings.threads, name="desk")
    door = Door(staff=node.staff, workers=workers, house=world.settings.node_id, way=way or WayHere())
    outermost = edge(world.rng.uuid, world.clock.monotonic, answered=answered)
    app = web.Application(middlewares=[outermost, guarding(door, RULES)])
    app.on_response_prepare.append(dress)
    forms = node.staff.sessions
    mount_desk(app, Desk(node=node, wake=wake, settings=settings, workers=workers, forms=forms, kept=Kept()))
    add_people(app, door)
    add_trust(app, trusting)
    require_rules(app, RULES)
    app.cleanup_ctx.append(partial(_workers, workers))
    return app


async def _workers(workers: Workers, app: web.Application) -> AsyncIterator[None]:
    yield
    workers.close()
