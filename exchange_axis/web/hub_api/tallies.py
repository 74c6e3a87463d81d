"""Comparing a day with a neighbour: its sealed tally comes, the hub's own is the answer."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from exchange_axis.errors import NotFound
from exchange_axis.pipeline.tallying import DayView
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.tally_rows import TallyRow
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.shared.bodies import read_json
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.wire.hub_json import read_tally_exchange, tally_json
from exchange_axis.wire.times import to_text

BODY = 64 * 1024 * 1024
"""Bytes of a tally with its lines."""


async def exchange(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    document, lines = read_tally_exchange(await read_json(request, context.settings.pace, limit=BODY))
    row = await context.run(context.hub.tallies.exchange, peer, document, lines)
    view = await context.run(context.hub.tallies.view, row.day, peer.id)
    return json_answer({**tally_json(_document(row), row.lines), "result": view_json(view)})


async def day(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """How a day stands between this hub and the caller, with the hub's tally where it is sealed."""
    try:
        asked = date.fromisoformat(request.match_info["day"])
    except ValueError as error:
        raise BadParameter(name="day", wanted="YYYY-MM-DD") from error
    rows = await context.run(context.hub.tallies.files, asked, peer.id)
    own = next((row for row in rows if row.own), None)
    if own is None:
        raise NotFound(what=asked.isoformat())
    view = await context.run(context.hub.tallies.view, asked, peer.id)
    return json_answer({**tally_json(_document(own), own.lines), "result": view_json(view)})


def view_json(view: DayView) -> dict[str, object]:
    sides = {
        name: None
        if side is None
        else {
            "sha256": side.sha256,
            "lines_sha256": side.lines_sha256,
            "count": side.count,
            "at": to_text(side.at),
        }
        for name, side in (("own", view.own), ("theirs", view.theirs))
    }
    return {
        "day": view.day.isoformat(),
        "peer": view.peer,
        **sides,
        "agrees": view.agrees,
        "counts": [{"giver": one.giver, "event": one.event, "number": one.number} for one in view.counts],
        "difference_count": view.difference_count,
        "differences": list(view.differences),
        "compared_at": None if view.compared_at is None else to_text(view.compared_at),
    }


def _document(row: TallyRow) -> Document:
    return Document(kind=DocumentKind.TALLY, sha256=row.sha256, content=row.document)
