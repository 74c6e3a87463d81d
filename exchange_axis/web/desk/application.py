"""The desk as people reach it: its pages behind the door, on a listener of its own, apart from the programs' API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial

from aiohttp import web

from exchange_axis.domain.calendar import day_of
from exchange_axis.node.lessons import Lessons
from exchange_axis.node.service import Node
from exchange_axis.web.desk.behind import Behind
from exchange_axis.web.desk.frame import Desk, Kept
from exchange_axis.web.desk.mount import mount_desk
from exchange_axis.web.desk.practice import PRACTICE_RULES, Practice, PracticeDesk, add_practice, keep_inside
from exchange_axis.web.desk.record import RECORD_RULES, add_record
from exchange_axis.web.desk.routes import DESK_RULES
from exchange_axis.web.node_api.context import NodeApiSettings
from exchange_axis.web.people.application import PEOPLE_RULES, add_people
from exchange_axis.web.people.trust import TRUST_RULES, Trusting, add_trust
from exchange_axis.web.shared.edge import dress, edge
from exchange_axis.web.shared.kit import answered
from exchange_axis.web.shared.permissions import Rules, require_rules
from exchange_axis.web.shared.sessions import Door, OpenIdGiven, WayHere, guarding, openid_way
from exchange_axis.web.shared.workers import Workers

RULES: Rules = {**DESK_RULES, **PRACTICE_RULES, **PEOPLE_RULES, **RECORD_RULES, **TRUST_RULES}


def desk_application(
    node: Node,
    *,
    wake: Callable[[], None],
    way: WayHere | None = None,
    trusting: Trusting | None = None,
    openid: OpenIdGiven | None = None,
    settings: NodeApiSettings | None = None,
    practice: Practice | None = None,
) -> web.Application:
    """Nothing runs before it is started (`web.shared.serving.start`).

    Args:
        wake: tells the agent that something is queued; called on the event loop.
        way: under which names it is found.
        trusting: the authority of its certificate, where it has one of its own.
        practice: the area of practice mode, closed with the application; None: there is none.
        openid: where people may sign in elsewhere.
    """
    settings, world = settings or NodeApiSettings(), node.world
    workers = Workers(settings.threads, name="desk")
    door = Door(
        staff=node.staff,
        workers=workers,
        house=world.settings.node_id,
        way=way or WayHere(),
        openid=openid_way(node.staff, openid),
    )
    outermost = edge(world.rng.uuid, world.clock.monotonic, answered=answered)
    app = web.Application(middlewares=[keep_inside, outermost, guarding(door, RULES)])
    app.on_response_prepare.append(dress)
    desk = Desk(
        node=node,
        wake=wake,
        settings=settings,
        workers=workers,
        forms=node.staff.sessions,
        kept=Kept(),
        behind=Behind(settings.patience),
        practice=practice is not None,
    )
    mount_desk(app, desk)
    add_practice(app, _practising(node, practice, settings, workers))
    add_people(app, door)
    add_record(app, node, workers)
    add_trust(app, trusting)
    require_rules(app, RULES)
    app.cleanup_ctx.append(partial(_ending, workers, practice))
    return app


def _practising(node: Node, practice: Practice | None, settings: NodeApiSettings, workers: Workers) -> PracticeDesk:
    lessons, today = Lessons(node.world), lambda: day_of(node.world.now())
    return PracticeDesk(practice=practice, settings=settings, workers=workers, lessons=lessons, today=today)


async def _ending(workers: Workers, practice: Practice | None, app: web.Application) -> AsyncIterator[None]:
    yield
    if practice is not None:
        await practice.close()
    workers.close()
