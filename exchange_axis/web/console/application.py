"""The console as people reach it: its pages behind the door, on a listener of its own, apart from the peers' API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from aiohttp import web

from exchange_axis.hub.service import Hub
from exchange_axis.web.console import deliveries, lanes, nodes, operator, upkeep
from exchange_axis.web.console.apologizing import OVERDUE_TABLE
from exchange_axis.web.console.approvals import APPROVALS_TABLE
from exchange_axis.web.console.auditor_pages import AUDITOR_RULES
from exchange_axis.web.console.auditor_pages import mount as mount_auditor
from exchange_axis.web.console.changes import CHANGES_TABLE
from exchange_axis.web.console.directory import DIRECTORY_TABLE
from exchange_axis.web.console.operator import Console, ConsoleHandler
from exchange_axis.web.people.application import PEOPLE_RULES, TOKEN_RULES, add_people
from exchange_axis.web.people.trust import TRUST_RULES, Trusting, add_trust
from exchange_axis.web.shared.edge import dress, edge
from exchange_axis.web.shared.kit import KIT_RULES, KIT_TABLE, answered
from exchange_axis.web.shared.pages import FRAME, LAYOUT
from exchange_axis.web.shared.permissions import Caller, Rules, Sight, require_rules, rule
from exchange_axis.web.shared.sessions import Door, OpenIdGiven, WayHere, guarding, openid_way
from exchange_axis.web.shared.workers import Workers

THREADS: Final = 8
CONSOLE_TABLE: Final[tuple[tuple[str, str, ConsoleHandler], ...]] = (
    ("GET", "/", operator.first),
    ("GET", "/operator", operator.state),
    ("GET", "/operator/lanes", lanes.show),
    ("GET", "/operator/deliveries", deliveries.show),
    ("POST", "/operator/deliveries", deliveries.act),
    ("GET", "/operator/nodes", nodes.every),
    ("POST", "/operator/nodes", nodes.invite),
    ("GET", "/operator/nodes/invites/{number}", nodes.one),
    ("POST", "/operator/nodes/invites/{number}", nodes.decide),
    ("GET", "/operator/certificates", upkeep.certificates),
    ("GET", "/operator/log", upkeep.log),
    ("POST", "/operator/log/check", upkeep.check_log),
    ("GET", "/operator/capacity", upkeep.capacity),
    *OVERDUE_TABLE,
    *DIRECTORY_TABLE,
    *APPROVALS_TABLE,
    *CHANGES_TABLE,
)
_OPERATOR = rule(Sight.HOUSE, Caller.OPERATOR)
_LOOKING = rule(Sight.NOTHING, Caller.REGISTRY_OFFICER, Caller.OPERATOR)
_READING = rule(Sight.HOUSE, Caller.OPERATOR, Caller.AUDITOR, Caller.SECURITY_OFFICER)
_REGISTRY = rule(Sight.NOTHING, Caller.REGISTRY_OFFICER, fresh=True)
_SECOND = (Caller.OPERATOR, Caller.SECURITY_OFFICER)
_DANGEROUS = rule(Sight.HOUSE, Caller.OPERATOR, fresh=True)
"""It says who may come in, or what is believed."""
CONSOLE_RULES: Final[Rules] = {
    ("GET", "/"): rule(Sight.NOTHING, Caller.PERSON),
    ("GET", "/operator"): _OPERATOR,
    ("GET", "/operator/lanes"): _OPERATOR,
    ("GET", "/operator/deliveries"): _OPERATOR,
    ("POST", "/operator/deliveries"): _OPERATOR,
    ("GET", "/operator/nodes"): _OPERATOR,
    ("POST", "/operator/nodes"): _DANGEROUS,
    ("GET", "/operator/nodes/invites/{number}"): _OPERATOR,
    ("POST", "/operator/nodes/invites/{number}"): _DANGEROUS,
    ("GET", "/operator/certificates"): _OPERATOR,
    ("GET", "/operator/log"): _OPERATOR,
    ("POST", "/operator/log/check"): _OPERATOR,
    ("GET", "/operator/capacity"): _OPERATOR,
    **{(method, path): _OPERATOR for method, path, _ in OVERDUE_TABLE},
    **{(method, path): rule(Sight.HOUSE, *_SECOND, fresh=method == "POST") for method, path, _ in APPROVALS_TABLE},
    **{(method, path): _READING for method, path, _ in CHANGES_TABLE},
    **{(method, path): _REGISTRY if method == "POST" else _LOOKING for method, path, _ in DIRECTORY_TABLE},
}
RULES: Final[Rules] = {**CONSOLE_RULES, **AUDITOR_RULES, **KIT_RULES, **PEOPLE_RULES, **TOKEN_RULES, **TRUST_RULES}


def console_application(
    hub: Hub, *, way: WayHere | None = None, trusting: Trusting | None = None, openid: OpenIdGiven | None = None
) -> web.Application:
    """Nothing runs before it is started (`web.shared.serving.start`).

    Args:
        way: under which names it is found.
        trusting: the authority of its certificate, where it has one of its own.
        openid: where people may sign in elsewhere.
    """
    world, workers = hub.world, Workers(THREADS, name="console")
    door = Door(
        staff=hub.staff,
        workers=workers,
        house=world.settings.id,
        way=way or WayHere(),
        openid=openid_way(hub.staff, openid),
    )
    app = web.Application(
        middlewares=[edge(world.rng.uuid, world.clock.monotonic, answered=answered), guarding(door, RULES)]
    )
    app.on_response_prepare.append(dress)
    app[LAYOUT] = "console/layout.html"
    app[FRAME] = {"place": world.settings.name}
    console = Console(hub=hub, workers=workers)
    for method, path, page in CONSOLE_TABLE:
        app.router.add_route(method, path, partial(page, console))
    for method, path, handler in KIT_TABLE:
        app.router.add_route(method, path, handler)
    mount_auditor(app, hub, workers)
    add_people(app, door, tokens=True)
    add_trust(app, trusting)
    require_rules(app, RULES)
    app.cleanup_ctx.append(partial(_workers, workers))
    return app


async def _workers(workers: Workers, app: web.Application) -> AsyncIterator[None]:
    yield
    workers.close()
