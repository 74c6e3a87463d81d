"""The board of indicators: a period, its eighteen numbers with their definitions, how they move, and what is behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from exchange_axis.domain.agency import Tier
from exchange_axis.hub.comparing import VOLUME, Asked, Comparison, Group
from exchange_axis.hub.indicator_words import DEFINITIONS
from exchange_axis.hub.indicators import Board, Row
from exchange_axis.hub.searching import SearchUnusable
from exchange_axis.web.console import plots, words
from exchange_axis.web.console.asker import WORKERS, asker_of, hub_of
from exchange_axis.web.console.drawing import national, plot
from exchange_axis.web.console.period import FINER, unit_of, wanted_of
from exchange_axis.web.shared.language import spoken, word
from exchange_axis.web.shared.pages import render
from exchange_axis.web.shared.words import URGENCY

BOARD, BEHIND, PLOT = "/auditor/indicators", "/auditor/indicators/behind", "/auditor/indicators/plot.svg"
OFFLINE: Final = "/auditor/indicators/offline"
GAPS_SHOWN: Final = 20
"""Of one node."""
KEPT: Final = ("unit", "day", "since", "until", "side", "agency", "tier", "lane", "doc_type")


async def board(request: web.Request) -> web.Response:
    asker, hub, wanted, unit = asker_of(request), hub_of(request), wanted_of(request), unit_of(request)
    asked, language = asked_of(request), spoken(request)

    def work() -> tuple[Board, Sequence[Row], Comparison]:
        hub.log.sequence()
        indicators = hub.inquiry.indicators
        trend = indicators.trend(wanted, FINER[unit], sees=asker.sees)
        compared = hub.inquiry.comparing.find(wanted, asked, sees=asker.sees)
        return indicators.board(wanted, sees=asker.sees), trend, compared

    found, trend, compared = await request.app[WORKERS].run(work)
    return render(
        request,
        "console/auditor_indicators.html",
        board=found,
        values={one.code: words.spelt(one, language) for one in found.numbers},
        trend=trend,
        compared=compared,
        query=request.query_string,
        asked=asked,
        groups=[(one.value, word(words.GROUPS[one], language)) for one in Group],
        sorts=[(name, word(said, language)) for name, said in words.SORTS.items()],
        national=national(language),
        spark=plots.spark,
        passed=[(name, request.query[name]) for name in KEPT if request.query.get(name)],
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


def asked_of(request: web.Request) -> Asked:
    """
    Raises:
        SearchUnusable: no such group.
    """
    by, least, start = (request.query.get(name, "") for name in ("by", "least", "from"))
    if by and by not in {*Group}:
        raise SearchUnusable(field="by", value=by[:40], wanted=", ".join(Group))
    # Agencies by one type of letters are counted from every row: only for who asks for it.
    usual = Group.TIER if request.query.get("doc_type", "").strip() else Group.AGENCY
    return Asked(
        by=Group(by or usual),
        sort=request.query.get("sort") or VOLUME,
        least=int(least) if least.isdecimal() and len(least) < 8 else 0,
        start=int(start) if start.isdecimal() and len(start) < 8 else 0,
        unit=FINER[unit_of(request)],
    )


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


async def offline(request: web.Request) -> web.Response:
    """What is behind I13d: nodes, intervals, and the parts of the period."""
    asker, hub, wanted = asker_of(request), hub_of(request), wanted_of(request)
    find, unit = hub.inquiry.indicators.away, FINER[unit_of(request)]
    found = await request.app[WORKERS].run(lambda: find(wanted, unit, sees=asker.sees))
    (said,) = (one for one in DEFINITIONS if one.code == "I13d")
    most = max((seconds for _, seconds in found.trend), default=0.0)
    return render(
        request,
        "console/auditor_offline.html",
        away=found,
        period=wanted.period,
        means=said.means_en if spoken(request) == "en" else said.means_vi,
        relative=[seconds / most if most else 0.0 for _, seconds in found.trend],
        spark=plots.spark,
        shown=GAPS_SHOWN,
        back=str(URL(BOARD).with_query({name: request.query[name] for name in KEPT if request.query.get(name)})),
    )


INDICATOR_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", BOARD, board),
    ("GET", BEHIND, behind),
    ("GET", PLOT, plot),
    ("GET", OFFLINE, offline),
)
