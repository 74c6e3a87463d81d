"""What is overdue, as the operator sees it, and the letter of apology that an agency has published for it (R93)."""

from __future__ import annotations

from datetime import date
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from exchange_axis.domain.apology import ApologyLetter, ApologyUnusable
from exchange_axis.hub.deadlines import Apology, OverduePage, Question
from exchange_axis.web.console import words
from exchange_axis.web.console.answers import said_of
from exchange_axis.web.console.operator import Console, ConsoleHandler
from exchange_axis.web.shared.forms import Fields, fields_of
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.sessions import person_of
from schemas.gate.refusal import Refusal

OVERDUE: Final = "/operator/overdue"
SHOWN: Final = 50


async def show(console: Console, request: web.Request) -> web.StreamResponse:
    return await _page(console, request)


async def record(console: Console, request: web.Request) -> web.StreamResponse:
    """The same record twice is two rows that say the same; the newest counts."""
    fields, person = await fields_of(request), person_of(request)
    try:
        letter = ApologyLetter(number=fields.text("number"), day=_day(fields), link=fields.text("link"))
        done = await console.workers.run(
            lambda: console.hub.apologies.record(
                fields.text("letter"), recipient=fields.text("to"), letter=letter, actor=person.actor
            )
        )
    except Refusal as refused:
        return await _page(console, request, refused=refused, fields=fields)
    return see(f"{OVERDUE}?{urlencode({'did': done.consignment_id, 'to': done.recipient})}")


async def _page(
    console: Console, request: web.Request, *, refused: Refusal | None = None, fields: Fields | None = None
) -> web.Response:
    query, hub = request.query, console.hub
    agency, did, to = query.get("agency", "").strip(), query.get("did", ""), query.get("to", "")

    def work() -> tuple[OverduePage, Apology | None]:
        page = hub.deadlines.overdue(Question(agency=agency or None, after=query.get("after") or None, limit=SHOWN))
        return page, hub.apologies.newest(did, to) if did else None

    found, done = await console.workers.run(work)
    given = fields or Fields(tuple((name, query[name]) for name in ("letter", "to") if name in query))
    return render(
        request,
        "console/overdue.html",
        status=200 if refused is None else 422,
        page_of=found,
        agency=agency,
        done=done,
        given=given,
        said=said_of(request, refused),
        words=words,
        later=f"{OVERDUE}?{urlencode({'after': found.next, 'agency': agency})}" if found.next else None,
    )


def _day(fields: Fields) -> date:
    try:
        return date.fromisoformat(fields.text("date"))
    except ValueError:
        raise ApologyUnusable(field="date", wanted="YYYY-MM-DD") from None


OVERDUE_TABLE: Final[tuple[tuple[str, str, ConsoleHandler], ...]] = (
    ("GET", OVERDUE, show),
    ("POST", OVERDUE, record),
)
