"""Which numbers a page of the console asks for: a period and what narrows it, as its address says."""

from __future__ import annotations

from datetime import date
from typing import Final

from aiohttp import web

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.periods import Period, Unit, period_of
from exchange_axis.hub.indicators import Wanted
from exchange_axis.hub.searching import SearchUnusable
from exchange_axis.web.console.asker import hub_of

FINER: Final = {
    Unit.DAY: Unit.DAY,
    Unit.WEEK: Unit.DAY,
    Unit.MONTH: Unit.DAY,
    Unit.MONTH_15: Unit.DAY,
    Unit.QUARTER: Unit.WEEK,
    Unit.QUARTER_15: Unit.WEEK,
    Unit.YEAR: Unit.MONTH,
}
"""How finely a period is shown in its plot."""


def unit_of(request: web.Request) -> Unit:
    given = request.query.get("unit", Unit.MONTH.value)
    if given not in {*Unit}:
        raise SearchUnusable(field="unit", value=given[:40], wanted=", ".join(Unit))
    return Unit(given)


def wanted_of(request: web.Request) -> Wanted:
    """
    Raises:
        SearchUnusable: no such unit.
    """
    q = request.query
    whole = period_of(day_of_query(q.get("day")) or day_of(hub_of(request).world.clock.now()), unit_of(request))
    since, until = day_of_query(q.get("since")), day_of_query(q.get("until"))
    first = since or whole.first
    return Wanted(
        period=Period(first=first, last=max(until or whole.last, first)),
        side=q.get("side") or "sender",
        agency=q.get("agency", "").strip(),
        tier=q.get("tier", ""),
        lane=q.get("lane", ""),
        doc_type=q.get("doc_type", ""),
    )


def day_of_query(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
