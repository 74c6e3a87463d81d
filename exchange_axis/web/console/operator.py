"""The operator's pages: how the hub is, who is silent, what waits or failed and whose move it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from exchange_axis.domain.people import Role
from exchange_axis.errors import NotFound
from exchange_axis.hub.service import Hub
from exchange_axis.store.hub.desk import Wanted
from exchange_axis.web.console import words
from exchange_axis.web.console.auditor import SEARCH
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.forms import fields_of
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.sessions import person_of
from exchange_axis.web.shared.workers import Workers

OPERATOR, DELIVERIES = "/operator", "/operator/deliveries"
SHOWN: Final = 200
HANDED: Final = 200
"""Deliveries that one form sends again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    hub: Hub
    workers: Workers

    def name_of(self, code: str) -> str:
        """What the directory calls an agency; empty if it is not in there."""
        agency = self.hub.directory.current().find(code)
        return "" if agency is None else agency.name


ConsoleHandler = Callable[[Console, web.Request], Awaitable[web.StreamResponse]]


async def first(_console: Console, request: web.Request) -> web.StreamResponse:
    roles = person_of(request).roles
    if Role.OPERATOR in roles:
        return see(OPERATOR)
    if Role.REGISTRY_OFFICER in roles:
        return see("/directory")
    return see(SEARCH if Role.AUDITOR in roles else "/account")


async def state(console: Console, request: web.Request) -> web.StreamResponse:
    return render(request, "console/operator.html", **await console.workers.run(_state, console.hub))


async def deliveries(console: Console, request: web.Request) -> web.StreamResponse:
    wanted = Wanted(peer=request.query.get("peer") or None, limit=SHOWN)
    lines = await console.workers.run(console.hub.desk.lines, wanted)
    return render(request, "console/deliveries.html", lines=lines, peer=wanted.peer or "", refused=(), words=words)


async def resend(console: Console, request: web.Request) -> web.StreamResponse:
    """Have failed deliveries tried again; a delivery that is not failed is refused, so twice is once."""
    ids, person = (await fields_of(request)).every("id"), person_of(request)
    if not 0 < len(ids) <= HANDED:
        raise BadParameter(name="id", wanted=f"1–{HANDED}")
    wanted = Wanted(ids=ids, limit=SHOWN)
    results = await console.workers.run(console.hub.resending.resend, wanted, actor=person.actor)
    if not results:
        raise NotFound(what=", ".join(ids))
    refused = [one for one in results if one.refusal is not None]
    if not refused:
        return see(DELIVERIES)
    lines = await console.workers.run(console.hub.desk.lines, Wanted(limit=SHOWN))
    return render(request, "console/deliveries.html", status=422, lines=lines, peer="", refused=refused, words=words)


def _state(hub: Hub) -> dict[str, Any]:
    rows, log, clock = hub.registry.every(), hub.log.state(), hub.world.guard.verdict()
    return {
        "id": hub.world.settings.id,
        "agencies": len(hub.directory.current().agencies),
        "log": log,
        "sound": hub.log_guard.is_sound,
        "witnesses": len(hub.witness.witnesses()),
        "clock_right": clock.right,
        "dark": hub.presence.dark(rows),
        "peers": [(row, hub.presence.last_seen(row)) for row in rows],
        "certificates": hub.watch.warnings(),
        "tray": hub.tray.count(),
        "unconfirmed": len(hub.staff.people.unconfirmed()),
        "lanes": hub.traffic.view(),
        "pending": hub.pending.view().count,
        "room": hub.capacity.view(),
        "stamps": hub.stamps.state(),
        "asking": hub.inviting.waiting(),
    }
