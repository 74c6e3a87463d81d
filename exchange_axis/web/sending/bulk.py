"""Several drafts at once: their lists of checks on one page, then sending those that are ready (R81)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from exchange_axis.node.checklist import Checklist
from exchange_axis.store.node.batches import BatchKind
from exchange_axis.store.node.drafts import DraftRow, DraftState
from exchange_axis.web.desk.behind import ask_again
from exchange_axis.web.desk.bulk import begin
from exchange_axis.web.desk.frame import Desk, page, person_of
from exchange_axis.web.sending import words

MOST = 50
"""Drafts at once; the rest is left for the next time, and the page says so."""
FRESH = 60.0
"""Seconds for which a list that nobody has seen yet is shown."""


@dataclass(slots=True)
class _Judged:
    """What is known so far of the drafts that one person chose."""

    found: dict[str, tuple[DraftRow, Checklist] | None] = field(default_factory=dict)
    """None: not open any more; who was sent meanwhile is in the list of sent letters."""
    ended: float | None = None


async def chosen(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Every chosen draft with its list: ready, or what is missing; while some are not judged yet, how far it is."""
    asked = tuple(dict.fromkeys(request.query.getall("id", [])))
    ids = asked[:MOST]
    key = f"chosen {person_of(request).actor} {' '.join(ids)}"
    judged = _judged(desk, key)

    async def steps() -> None:
        for one in ids:
            if one not in judged.found:
                judged.found[one] = await desk.run(_checked, desk, one)
        judged.ended = desk.node.world.clock.monotonic()

    await desk.work(key, steps)
    left = sum(one not in judged.found for one in ids)
    if not left:
        desk.kept.forget(key)  # whoever opens the page again has mended something
    found = [known for one in ids if (known := judged.found.get(one)) is not None]
    values: dict[str, Any] = {
        "found": found,
        "judging": left,
        "asked": ids,
        "ready": sum(checklist.may_send for _, checklist in found),
        "left": max(0, len(asked) - MOST),
        "agencies": desk.node.world.settings.agencies,
        "words": words,
    }
    shown = await page(desk, request, "sending/chosen.html", here="drafts", **values)
    return ask_again(shown) if left else shown


def _judged(desk: Desk, key: str) -> _Judged:
    """Begun before and not yet shown whole; what somebody left behind long ago says nothing of today."""
    known = desk.kept.of(key)
    now = desk.node.world.clock.monotonic()
    if isinstance(known, _Judged) and (known.ended is None or now - known.ended < FRESH):
        return known
    begun = _Judged()
    desk.kept.keep(key, begun)
    return begun


async def send_many(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await begin(desk, request, BatchKind.SEND, "draft")


def _checked(desk: Desk, asked: str) -> tuple[DraftRow, Checklist] | None:
    row = desk.node.drafts.get(asked).row
    return (row, desk.node.checking.of(row.id)) if row.state is DraftState.OPEN else None
