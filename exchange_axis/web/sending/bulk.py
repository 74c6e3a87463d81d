"""Several drafts at once: their lists of checks on one page, then sending those that are ready (R81)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from exchange_axis.node.checklist import Checklist
from exchange_axis.store.node.batches import BatchKind
from exchange_axis.store.node.drafts import DraftRow, DraftState
from exchange_axis.web.desk.bulk import begin
from exchange_axis.web.desk.frame import Desk, page
from exchange_axis.web.sending import words

MOST = 50
"""Drafts at once; the rest is left for the next time, and the page says so."""


async def chosen(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Every chosen draft with its list: ready, or what is missing."""
    asked = tuple(dict.fromkeys(request.query.getall("id", [])))
    found = await desk.run(_checked, desk, asked[:MOST])
    values: dict[str, Any] = {
        "found": found,
        "ready": sum(checklist.may_send for _, checklist in found),
        "left": max(0, len(asked) - MOST),
        "agencies": desk.node.world.settings.agencies,
        "words": words,
    }
    return await page(desk, request, "sending/chosen.html", here="drafts", **values)


async def send_many(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await begin(desk, request, BatchKind.SEND, "draft")


def _checked(desk: Desk, asked: tuple[str, ...]) -> list[tuple[DraftRow, Checklist]]:
    """Those that are still open; who was sent meanwhile is in the list of sent letters."""
    views = [desk.node.drafts.get(one) for one in asked]
    return [(view.row, desk.node.checking.of(view.row.id)) for view in views if view.row.state is DraftState.OPEN]
