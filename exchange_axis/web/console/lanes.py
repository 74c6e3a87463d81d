"""The lanes: what waits, how old, how fast, whose it is, and what stands still and why."""

from __future__ import annotations

from aiohttp import web

from exchange_axis.web.console import operator_words
from exchange_axis.web.console.operator import Console
from exchange_axis.web.shared.pages import render


async def show(console: Console, request: web.Request) -> web.StreamResponse:
    lanes = await console.workers.run(console.hub.traffic.view)
    return render(request, "console/lanes.html", view=lanes, words=operator_words, name_of=console.name_of)
