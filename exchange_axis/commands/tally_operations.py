"""Operations about tallies of a hub and of a node. Arguments and results are JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from exchange_axis.domain.calendar import day_of
from exchange_axis.pipeline.tallying import MARGIN, DayView, TallyBook, lines_in

if TYPE_CHECKING:  # a hub does not load a node to count its letters, nor a node a hub
    from exchange_axis.hub.service import Hub
    from exchange_axis.node.service import Node


def hub_tally(hub: Hub, arguments: Mapping[str, Any]) -> Any:
    """Ours is sealed where it is not yet; the neighbour's is what it brought last."""
    day = _day(arguments, hub.world.clock.now())
    peer = arguments.get("peer")
    if peer is None:
        hub.tallies.seal_day(day)
        return _result(hub.tallies, day, hub.tallies.views(day), arguments)
    hub.tallies.own(day, peer)
    return _result(hub.tallies, day, (hub.tallies.view(day, peer),), arguments)


def node_tally(node: Node, arguments: Mapping[str, Any]) -> Any:
    day = _day(arguments, node.world.clock.now())
    hub = node.world.settings.hub_id
    node.tallies.own(day, hub)
    return _result(node.tallies, day, (node.tallies.view(day, hub),), arguments)


def _day(arguments: Mapping[str, Any], now: datetime) -> date:
    """As given; without one the last day that is over."""
    given = arguments.get("day")
    return day_of(now - MARGIN) - date.resolution if given is None else date.fromisoformat(given)


def _result(book: TallyBook, day: date, views: Iterable[DayView], arguments: Mapping[str, Any]) -> dict[str, Any]:
    found = tuple(views)
    files: dict[str, str] = {}
    if arguments.get("export"):
        for view in found:
            files |= _files(book, view)
    return {"day": day, "tallies": found, "files": files}


def _files(book: TallyBook, view: DayView) -> dict[str, str]:
    """By file name: the sealed tally and its lines, of both sides."""
    rows = book.files(view.day, view.peer)
    made: dict[str, str] = {}
    for row in rows:
        name = f"tally-{view.day:%Y%m%d}-{view.peer}-{'own' if row.own else 'theirs'}"
        made[f"{name}.xml"] = row.document.decode()
        made[f"{name}.csv"] = lines_in(row).decode()
    return made
