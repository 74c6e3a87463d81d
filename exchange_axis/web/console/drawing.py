"""The plots of the board: volume with the national figures beside it, and shares over time, of all or of one agency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from aiohttp import hdrs, web

from exchange_axis.domain.periods import Period, parts
from exchange_axis.hub.comparing import SHARES
from exchange_axis.hub.indicators import Row
from exchange_axis.web.console import plots, words
from exchange_axis.web.console.asker import WORKERS, asker_of, hub_of
from exchange_axis.web.console.period import FINER, unit_of, wanted_of
from exchange_axis.web.shared.language import later, spoken, word
from schemas.gate.refusal import Language

OVER_TIME: Final = ("k1", "same_day", "completed")


@dataclass(frozen=True, slots=True, kw_only=True)
class National:
    """A published figure of the whole country."""

    period: Period
    letters: int
    deliveries: int
    name: str


NATIONAL: Final = (
    National(
        period=Period(first=date(2019, 3, 12), last=date(2019, 8, 20)),
        letters=86_293,
        deliveries=263_259,
        name=later("Cả nước 12/3–20/8/2019"),
    ),
    National(
        period=Period(first=date(2022, 7, 1), last=date(2022, 7, 31)),
        letters=135_164,
        deliveries=485_666,
        name=later("Cả nước 7/2022"),
    ),
)
"""Sent and received through the national axis; drawn as the mean of a day times the days of each part."""


async def plot(request: web.Request) -> web.Response:
    asker, wanted, unit, language = asker_of(request), wanted_of(request), unit_of(request), spoken(request)
    indicators, shares = hub_of(request).inquiry.indicators, request.query.get("what") == "shares"

    def work() -> bytes:
        rows = indicators.trend(wanted, FINER[unit], sees=asker.sees)
        if shares:
            whole = indicators.trend(replace(wanted, agency=""), FINER[unit], sees=asker.sees) if wanted.agency else ()
            drawn = _shares(rows, whole, language)
        else:
            beside = parts(wanted.period, FINER[unit]) if "national" in request.query else ()
            drawn = _volume(rows, beside, language)
        return plots.draw(drawn, theme=request.query.get("theme", ""))

    body = await request.app[WORKERS].run(work)
    return web.Response(body=body, content_type="image/svg+xml", headers={hdrs.CACHE_CONTROL: "no-store"})


def _volume(rows: Sequence[Row], beside: Sequence[Period], language: Language) -> plots.Plot:
    own = [
        plots.Series(name=word(said, language), values=tuple(float(row.sums[name]) for row in rows))
        for name, said in words.PLOTTED
    ]
    return plots.Plot(
        title=word(words.PLOT_TITLE, language),
        across=word(words.AXIS_TIME, language),
        up=word(words.AXIS_NUMBER, language),
        labels=[row.name for row in rows],
        series=[*own, *(_reference(one, beside, language) for one in NATIONAL if beside)],
        lines=bool(beside),
    )


def _reference(one: National, beside: Sequence[Period], language: Language) -> plots.Series:
    daily = one.deliveries / one.period.days
    name = f"{word(one.name, language)}: {word(words.DAILY_MEAN, language)}"
    return plots.Series(name=name, values=tuple(daily * part.days for part in beside), is_reference=True)


def _shares(rows: Sequence[Row], whole: Sequence[Row], language: Language) -> plots.Plot:
    """Of one agency with the same of everything that the asker sees, dashed."""
    mine = [_line(rows, name, word(words.SHARES[name], language)) for name in OVER_TIME]
    all_ = [
        replace(
            _line(whole, name, f"{word(words.SHARES[name], language)}, {word(words.OF_ALL, language)}"),
            is_reference=True,
        )
        for name in OVER_TIME
        if whole
    ]
    return plots.Plot(
        title=word(words.SHARES_TITLE, language),
        across=word(words.AXIS_TIME, language),
        up=word(words.AXIS_SHARE, language),
        labels=[row.name for row in rows],
        series=[*mine, *all_],
        lines=True,
        is_share=True,
    )


def _line(rows: Sequence[Row], name: str, said: str) -> plots.Series:
    share = SHARES[name]
    return plots.Series(
        name=said,
        values=tuple(
            100 * row.sums[share.over] / row.sums[share.under] if row.sums[share.under] else None for row in rows
        ),
    )


def national(language: Language) -> Mapping[str, tuple[int, int]]:
    """Name of a period → documents sent and deliveries received by the whole country."""
    return {word(one.name, language): (one.letters, one.deliveries) for one in NATIONAL}
