"""Pages behind two numbers of the top bar: what agencies below still owe, and the node's alarms."""

from __future__ import annotations

from aiohttp import web

from exchange_axis.web.desk.frame import Desk, page
from exchange_axis.web.desk.words import missing_words
from exchange_axis.web.shared.language import spoken


async def below(desk: Desk, request: web.Request) -> web.StreamResponse:
    owed = await desk.run(desk.node.below.owed)
    lines = [(one, missing_words(spoken(request), one.missing)) for one in owed]
    now = desk.node.world.now()
    return await page(desk, request, "desk/below.html", lines=lines, now=now)


async def alarms(desk: Desk, request: web.Request) -> web.StreamResponse:
    """In full to whoever sees the whole house: an alarm may name a letter of any agency."""
    whole = desk.node.world.within_codes is None
    found = (await desk.run(desk.node.views.status)).alarms if whole else ()
    return await page(desk, request, "desk/alarms.html", alarms=found, whole=whole)
