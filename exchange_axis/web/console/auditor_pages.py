"""All pages of an auditor with their rules, and the one call that an application mounts them by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from exchange_axis.domain.people import Person, Role
from exchange_axis.hub.searching import Sees
from exchange_axis.hub.service import Hub
from exchange_axis.web.console.api import API, API_TABLE
from exchange_axis.web.console.asker import ASKER, HUB, WORKERS, Asker, sees_of
from exchange_axis.web.console.auditor import AUDITOR_TABLE
from exchange_axis.web.console.indicators import INDICATOR_TABLE
from exchange_axis.web.console.letters import LETTER_TABLE
from exchange_axis.web.console.lists import LIST_TABLE
from exchange_axis.web.console.looks import LOOKS, noted
from exchange_axis.web.console.reports import REPORT_TABLE
from exchange_axis.web.console.tallies import TALLY_TABLE
from exchange_axis.web.shared.pages import PROGRAM
from exchange_axis.web.shared.permissions import Caller, Rules, Sight, rule
from exchange_axis.web.shared.sessions import person_of
from exchange_axis.web.shared.workers import Workers

ACCESS: Final = "/auditor/access"
AUDITOR_PAGES: Final[tuple[tuple[str, str, Handler], ...]] = (
    *AUDITOR_TABLE,
    *LETTER_TABLE,
    *INDICATOR_TABLE,
    *REPORT_TABLE,
    *LIST_TABLE,
    *TALLY_TABLE,
    *API_TABLE,
)
AUDITOR_RULES: Final[Rules] = {
    (method, path): rule(
        Sight.HOUSE,
        Caller.SECURITY_OFFICER if path.startswith(ACCESS) else Caller.AUDITOR,
        programs=path.startswith(f"{API}/"),
    )
    for method, path, _ in AUDITOR_PAGES
}
NOTHING: Final = Sees(territories=("-",))
"""No agency has such a code."""


def mount(
    app: web.Application, hub: Hub, workers: Workers, *, asker: Callable[[web.Request], Asker] | None = None
) -> None:
    """Put the pages into an application whose door has checked who is signed in; each is noted when it is asked for.

    Args:
        asker: who asks; by default the person of the session.
    """
    app[HUB], app[WORKERS], app[ASKER] = hub, workers, asker or partial(_of_session, hub)
    for method, path, handler in AUDITOR_PAGES:
        app.router.add_route(method, path, noted(LOOKS[method, path], handler))


def asker_from(person: Person, at: datetime) -> Asker:
    """What the person's grants in force today make of him; without one as an auditor he sees no letter."""
    grants = person.grants_of(Role.AUDITOR, at)
    return Asker(
        name=person.actor,
        sees=sees_of(grants) if grants else NOTHING,
        reads_access_log=Role.SECURITY_OFFICER in person.roles,
    )


def _of_session(hub: Hub, request: web.Request) -> Asker:
    asker, token = asker_from(person_of(request), hub.world.clock.now()), request.get(PROGRAM)
    return asker if token is None else replace(asker, reason=f"[{token.name}] {token.reason}")
