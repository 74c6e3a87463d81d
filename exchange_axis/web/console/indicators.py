"""The board of indicators: a period, its eighteen numbers with their definitions, how they move, and what is behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from yarl import URL

from exchange_axis.domain.agency import Tier
from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.periods import Period, Unit, period_of
from exchange_axis.hub.indicators import Board, Row, Wanted
from exchange_axis.hub.searching import SearchUnusable
from exchange_axis.store.hub.trail_sums import By
from exchange_axis.web.console import plots, words
from exchange_axis.web.console.asker import WORKERS, asker_of, hub_of
from exchange_axis.web.shared.language import spoken, word
from exchange_axis.web.shared.pages import render
from exchange_axis.web.shared.words import URGENCY

BOARD, BEHIND, PLOT = "/auditor/indicators", "/auditor/indicators/behind", "/auditor/indicators/plot.svg"
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
ROWS_MOST = 100
KEPT: Final = ("unit", "day", "since", "until", "side", "agency", "tier", "lane", "doc_type")


async def board(request: web.Request) -> web.Response:
    asker, hub, wanted, unit = asker_of(request), hub_of(request), wanted_of(request), unit_of(request)
    by = _by(request.query.get("by"), wanted)

    def work() -> tuple[Board, Sequence[Row], Sequence[Row]]:
        hub.log.sequence()
        indicators = hub.inquiry.indicators
        trend = indicators.trend(wanted, FINER[unit], sees=asker.sees)
        return indicators.board(wanted, sees=asker.sees), trend, indicators.table(wanted, by, sees=asker.sees)

    found, trend, rows = await request.app[WORKERS].run(work)
    language = spoken(request)
    return render(
        request,
        "console/auditor_indicators.html",
        board=found,
        values={one.code: words.value_of(one, language) for one in found.numbers},
        trend=trend,
        rows=rows[:ROWS_MOST],
        more=max(0, len(rows) - ROWS_MOST),
        by=by.value,
        wanted=wanted,
        unit=unit.value,
        day=request.query.get("day", ""),
        kept=str(URL("").with_query({name: request.query[name] for name in KEPT if request.query.get(name)})).strip(
            "?"
        ),
        units=[(code, word(said, language)) for code, said in words.UNITS],
        tiers=[(tier.value, word(words.TIERS[tier.value], language)) for tier in Tier],
        lanes=[(code, word(said, language)) for code, said in URGENCY.items()],
        words=words,
    )


def _by(given: str | None, wanted: Wanted) -> By:
    if given is not None and given in {*By} - {By.NOTHING, By.DAY}:
        return By(given)
    # Agencies by one type of letters are counted from every row: only for who asks for it.
    return By.TIER if wanted.doc_type else By.AGENCY


async def behind(request: web.Request) -> web.Response:
    asker, hub, wanted = asker_of(request), hub_of(request), wanted_of(request)
    counted, after = request.query.get("counted", ""), request.query.get("after") or None
    page = await request.app[WORKERS].run(hub.inquiry.indicators.behind, wanted, counted, sees=asker.sees, after=after)
    return render(
        request,
        "console/auditor_behind.html",
        found=page,
        period=wanted.period,
        words=words,
        back=str(URL(BOARD).with_query({name: request.query[name] for name in KEPT if request.query.get(name)})),
        listed=str(URL(request.path_qs).with_path(BEHIND + ".csv", keep_query=True)),
        later=None if page.next is None else str(URL(request.path_qs).update_query(after=page.next)),
    )


async def plot(request: web.Request) -> web.Response:
    asker, wanted, unit, language = asker_of(request), wanted_of(request), unit_of(request), spoken(request)
    indicators = hub_of(request).inquiry.indicators

    def work() -> bytes:
        rows = indicators.trend(wanted, FINER[unit], sees=asker.sees)
        series = [
            plots.Series(name=word(said, language), values=tuple(float(row.sums[name]) for row in rows))
            for name, said in words.PLOTTED
        ]
        return plots.columns(word(words.PLOT_TITLE, language), [row.name for row in rows], series)

    body = await request.app[WORKERS].run(work)
    return web.Response(body=body, content_type="image/svg+xml", headers={hdrs.CACHE_CONTROL: "no-store"})


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


INDICATOR_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", BOARD, board),
    ("GET", BEHIND, behind),
    ("GET", PLOT, plot),
)
