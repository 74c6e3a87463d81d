"""What an operator keeps up: the log and its witnesses, certificates, room."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from exchange_axis.domain.expiry import STEPS
from exchange_axis.hub.capacity import AN_HOUR, AT_ONCE, GROWTH_DAYS
from exchange_axis.hub.service import Hub
from exchange_axis.hub.watch import Watched
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.store.hub import logrows
from exchange_axis.web.console import operator_words
from exchange_axis.web.console.operator import Console
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.pages import render, see

LOG = "/operator/log"
CHECKED_HERE: Final = 50_000
"""Entries of a log that is checked while somebody waits for the page; a longer one is checked by the command."""
ALL = "all"


async def log(console: Console, request: web.Request) -> web.StreamResponse:
    return render(request, "console/log.html", **await console.workers.run(_log, console.hub), limit=CHECKED_HERE)


async def check_log(console: Console, request: web.Request) -> web.StreamResponse:
    """Read everything again; the page shows what was found."""
    state = await console.workers.run(console.hub.log.state)
    if state.size > CHECKED_HERE:
        raise BadParameter(name="size", wanted=f"<= {CHECKED_HERE}: axis log fsck")
    await console.workers.run(console.hub.log_check.run)
    return see(LOG)


async def certificates(console: Console, request: web.Request) -> web.StreamResponse:
    wanted = request.query.get("until", "")
    if wanted not in ("", ALL, *(str(days) for days in STEPS)):
        raise BadParameter(name="until", wanted=", ".join([ALL, *(str(days) for days in STEPS)]))
    view = await console.workers.run(console.hub.watch.view)
    every: list[Watched] = list(view["certificates"])  # type: ignore[call-overload]
    counts = {days: sum(1 for one in every if _reaches(one, days)) for days in (*STEPS, 0)}
    shown = [one for one in every if _shown(one, wanted)]
    return render(
        request,
        "console/certificates.html",
        view=view,
        shown=shown,
        counts=counts,
        total=len(every),
        wanted=wanted,
        words=operator_words,
    )


async def capacity(console: Console, request: web.Request) -> web.StreamResponse:
    found = await console.workers.run(console.hub.capacity.view)
    most = max((one.load.deliveries for one in found.days), default=0) or 1
    return render(
        request, "console/capacity.html", view=found, most=most, an_hour=AN_HOUR, at_once=AT_ONCE, span=GROWTH_DAYS
    )


def _reaches(one: Watched, days: int) -> bool:
    """Ends within so many days, or has ended for 0."""
    return one.step is not None and (one.step <= days if days else one.step == 0)


def _shown(one: Watched, wanted: str) -> bool:
    if wanted == ALL:
        return True
    needs = one.revocation == "revoked" or one.step is not None
    return needs if not wanted else _reaches(one, int(wanted))


def _log(hub: Hub) -> dict[str, Any]:
    world = hub.world
    newest = world.transactions.read(logrows.checkpoint)
    waiting = hub.log.state().waiting
    return {
        "origin": world.settings.origin,
        "size": 0 if newest is None else newest[0],
        "signed_at": None if newest is None else newest[2],
        "root": "" if newest is None else read_unverified_checkpoint(newest[1].encode()).root.hex(),
        "waiting": waiting,
        "now": world.clock.now(),
        "halted": hub.log_guard.trouble,
        "troubles": hub.witness.troubles(),
        "stamps": hub.stamps.state(),
        "stamped": world.settings.timestamped,
        "stamp_every": hub.stamps.interval,
        "witnesses": hub.witness.witnesses(),
        "needed": world.settings.witnesses_needed,
        "others": hub.witness.state(),
        "checked": hub.log_check.last(),
    }
