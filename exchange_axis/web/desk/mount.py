"""Puts the desk's pages into the node's application, beside its API.

A page gets a desk at which there is nothing but the mail of the agencies that its reader's roles are for: what is
outside is not found, on every page and for every act, without the page having to ask (`narrowed`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache, partial

from aiohttp import web

from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.people import Person
from exchange_axis.errors import NotFound
from exchange_axis.node.reach import reach
from exchange_axis.node.service import narrowed
from exchange_axis.web.desk.frame import LAYOUT_FILE, NAV, Desk, DeskHandler, place_of
from exchange_axis.web.desk.routes import DESK_TABLE
from exchange_axis.web.desk.taking import noted
from exchange_axis.web.shared.kit import KIT_TABLE
from exchange_axis.web.shared.pages import FRAME, LAYOUT, PERSON, REACH, RULES
from exchange_axis.web.shared.permissions import Rule, roles_of


def mount_desk(app: web.Application, desk: Desk) -> None:
    app[LAYOUT] = LAYOUT_FILE
    app[FRAME] = {"nav": NAV, "place": place_of(desk), "practice": desk.practice}
    if desk.behind is not None:
        app.on_shutdown.append(desk.behind.close)
    for method, path, handler in KIT_TABLE:
        app.router.add_route(method, path, handler)
    for method, path, page in DESK_TABLE:
        app.router.add_route(method, path, _with(desk, noted((method, path), page)))


def _with(desk: Desk, handler: DeskHandler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(await _for_asker(desk, request), request)

    return handle


async def _for_asker(desk: Desk, request: web.Request) -> Desk:
    """
    Raises:
        NotFound: the address names an agency that is none of his.
    """
    rules, person, resource = request.get(RULES), request.get(PERSON), request.match_info.route.resource
    if rules is None or resource is None or not isinstance(person, Person):
        return desk  # nobody asks who he is: a desk on loopback for one person
    reaching = cache(partial(_codes, desk, person))
    request[REACH] = reaching
    method = "GET" if request.method == "HEAD" else request.method
    codes = await desk.run(reaching, rules[method, resource.canonical])
    if codes is None:
        return desk
    named = request.match_info.get("agency")
    if named is not None and canonical_code(named) not in codes:
        raise NotFound(what=named[:64])
    return replace(desk, node=narrowed(desk.node, codes))


def _codes(desk: Desk, person: Person, found: Rule) -> frozenset[str] | None:
    """By the grants of those roles by which he may ask for it."""
    at = desk.node.world.now()
    return reach(desk.node, [grant for role in roles_of(found, person) for grant in person.grants_of(role, at)])
