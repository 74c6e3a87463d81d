"""The operator's first page: how the hub is, who is silent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from exchange_axis.domain.people import Role
from exchange_axis.hub.service import Hub
from exchange_axis.web.console.in_hand import SEARCH
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.sessions import person_of
from exchange_axis.web.shared.workers import Workers

OPERATOR: Final = "/operator"


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


def _state(hub: Hub) -> dict[str, Any]:
    rows, log, clock = hub.registry.every(), hub.log.state(), hub.world.guard.verdict()
    return {
        "id": hub.world.settings.id,
        "agencies": len(hub.directory.current().agencies),
        "log": log,
        "sound": hub.log_guard.is_sound,
        "witnesses": len(hub.witness.witnesses()),
        "clock": clock,
        "dark": hub.presence.dark(rows),
        "peers": [(row, hub.presence.last_seen(row)) for row in rows],
        "certificates": hub.watch.warnings(),
        "tray": hub.tray.count(),
        "unconfirmed": len(hub.staff.people.unconfirmed()),
        "reviews": hub.staff.review.alarms(),
        "lanes": hub.traffic.view(),
        "pending": hub.pending.view().count,
        "room": hub.capacity.view(),
        "stamps": hub.stamps.state(),
        "asking": hub.inviting.waiting(),
    }
