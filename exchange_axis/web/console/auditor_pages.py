"""All pages of an auditor with their rules, and the one call that an application mounts them by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from exchange_axis.hub.service import Hub
from exchange_axis.web.console.asker import ASKER, HUB, WORKERS, Asker
from exchange_axis.web.console.auditor import AUDITOR_TABLE
from exchange_axis.web.console.indicators import INDICATOR_TABLE
from exchange_axis.web.console.reports import REPORT_TABLE
from exchange_axis.web.shared.workers import Workers

AUDITOR_PAGES: Final[tuple[tuple[str, str, Handler], ...]] = (*AUDITOR_TABLE, *INDICATOR_TABLE, *REPORT_TABLE)


def mount(app: web.Application, hub: Hub, workers: Workers, *, asker: Callable[[web.Request], Asker]) -> None:
    """Put the pages into an application. `asker` says who asks, from the session that the application has checked."""
    app[HUB], app[WORKERS], app[ASKER] = hub, workers, asker
    for method, path, handler in AUDITOR_PAGES:
        app.router.add_route(method, path, handler)
