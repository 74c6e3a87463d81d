"""What is overdue of a node's letters, and the letter of apology for it from the agency that owed it (R93)."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.deadlines import DeadlineClock
from exchange_axis.hub.apologies import Recorded
from exchange_axis.hub.deadlines import Apology, OverdueLine, Question
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.answers import deadline_json, json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.hub_api.parameters import choice_of, number_of
from exchange_axis.web.shared.bodies import read_json
from exchange_axis.wire.hub_json import Fields, MalformedMessage
from exchange_axis.wire.times import to_text

DEFAULT = 100
MOST = 1_000
"""Lines in one answer."""
BODY = 16 * 1024
"""Bytes of a record."""
ACTOR_LENGTH = 100


async def overdue(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """Of the letters that this node sent or received."""
    question = Question(
        clock=choice_of(request, "clock", DeadlineClock),
        after=request.query.get("after"),
        limit=number_of(request, "max", default=DEFAULT, least=1, most=MOST),
    )
    page = await context.run(context.hub.deadlines.overdue_for, peer, question)
    return json_answer({"overdue": [_line(line) for line in page.lines], "next": page.next})


async def apologize(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """Record a letter of apology; only for what this node's agencies owe."""
    fields = await read_json(request, context.settings.pace, limit=BODY)
    done = await context.run(
        context.hub.apologies.record_for,
        peer,
        fields.name("consignment_id"),
        recipient=fields.text("recipient", limit=50),
        letter=ApologyLetter(number=fields.text("number"), day=_day(fields), link=fields.optional_text("link") or ""),
        actor=fields.text("actor", limit=ACTOR_LENGTH),
    )
    return json_answer(_recorded(done), status=201)


def _day(fields: Fields) -> date:
    try:
        return date.fromisoformat(fields.text("date", limit=10))
    except ValueError as error:
        raise MalformedMessage(where="date", wanted="YYYY-MM-DD") from error


def _line(line: OverdueLine) -> dict[str, object]:
    return {
        "missing": line.missing,
        "agency": line.agency,
        "agency_name": line.agency_name,
        "head_name": line.head_name,
        "head_title": line.head_title,
        "apology": None if line.apology is None else _apology(line.apology),
        "deadline": deadline_json(line.deadline),
    }


def _apology(apology: Apology | Recorded) -> dict[str, object]:
    return {
        "number": apology.number,
        "date": apology.date.isoformat(),
        "link": apology.link,
        "recorded_at": to_text(apology.recorded_at),
        "recorded_by": apology.recorded_by,
    }


def _recorded(done: Recorded) -> dict[str, object]:
    about = {"consignment_id": done.consignment_id, "recipient": done.recipient, "agency": done.agency}
    return {**about, **_apology(done)}
