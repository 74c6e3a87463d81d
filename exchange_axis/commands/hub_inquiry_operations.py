"""Operations of an auditor: search, indicators, hints, the access log. Arguments and results are JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from exchange_axis.commands.control import Operation
from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.periods import Period, Unit, period_of
from exchange_axis.hub.indicators import Wanted
from exchange_axis.hub.searching import Query, Sees
from exchange_axis.hub.service import Hub

Arguments = Mapping[str, Any]


def _sees(arguments: Arguments) -> Sees:
    return Sees(territories=tuple(arguments.get("territories") or ()))


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None


def _search(hub: Hub, arguments: Arguments) -> Any:
    hub.log.sequence()
    texts = ("text", "number", "symbol", "words", "file", "agency", "state", "lane")
    query = Query(
        **{name: str(arguments.get(name) or "") for name in texts},
        side=str(arguments.get("side") or "any"),
        lineage=not arguments.get("exact"),
        since=_day(arguments.get("since")),
        until=_day(arguments.get("until")),
        after=arguments.get("after"),
        limit=max(1, int(arguments.get("limit") or 50)),
    )
    asked = " ".join(f"{name}={value}" for name, value in arguments.items() if value and name != "actor")
    hub.inquiry.access.look(arguments["actor"], "search", asked)
    return hub.inquiry.searching.find(query, sees=_sees(arguments))


def _indicators(hub: Hub, arguments: Arguments) -> Any:
    hub.log.sequence()
    unit = Unit(arguments.get("unit") or Unit.MONTH)
    whole = period_of(_day(arguments.get("day")) or day_of(hub.world.clock.now()), unit)
    since, until = _day(arguments.get("since")), _day(arguments.get("until"))
    period = Period(first=since or whole.first, last=max(until or whole.last, since or whole.first))
    agency, tier, lane, doc_type = (str(arguments.get(name) or "") for name in ("agency", "tier", "lane", "doc_type"))
    side = str(arguments.get("side") or "sender")
    wanted = Wanted(period=period, side=side, agency=agency, tier=tier, lane=lane, doc_type=doc_type)
    counted = arguments.get("behind")
    if counted:
        page = hub.inquiry.indicators.behind(wanted, counted, sees=_sees(arguments), after=arguments.get("after"))
        return {"lines": page.lines, "next": page.next, "agencies": page.agencies}
    return hub.inquiry.indicators.board(wanted, sees=_sees(arguments))


def _hints(hub: Hub, arguments: Arguments) -> Any:
    hub.log.sequence()
    until = _day(arguments.get("until")) or day_of(hub.world.clock.now())
    since = _day(arguments.get("since")) or period_of(until, Unit.WEEK).first
    return {"hints": hub.inquiry.hints.find(Period(first=since, last=until), sees=_sees(arguments))}


def _access(hub: Hub, arguments: Arguments) -> Any:
    found = hub.inquiry.access.entries(
        actor=arguments.get("who"),
        subject=arguments.get("subject"),
        before=arguments.get("before"),
        limit=int(arguments.get("limit") or 100),
    )
    return {"entries": found}


INQUIRY_OPERATIONS: Mapping[str, Operation] = {
    "audit.search": _search,
    "audit.indicators": _indicators,
    "audit.hints": _hints,
    "audit.access": _access,
}
