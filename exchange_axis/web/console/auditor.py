"""The auditor's pages: search, what is overdue, hints, the access log.

What is seen and what needs a reason, the hub's use cases decide; nothing is taken out of an answer here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from yarl import URL

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.periods import Period
from exchange_axis.errors import NotFound
from exchange_axis.hub.access import Reviewed
from exchange_axis.hub.deadlines import Question
from exchange_axis.hub.searching import Query, SearchLine, SearchPage
from exchange_axis.store.hub.accesses import Accessed
from exchange_axis.web.console import looks, words
from exchange_axis.web.console.asked_words import told
from exchange_axis.web.console.asker import WORKERS, asker_of, hub_of
from exchange_axis.web.console.in_hand import FILE, PROBLEMS, SEARCH, held_of, other_than, take_file
from exchange_axis.web.shared.forms import fields_of
from exchange_axis.web.shared.language import later, spoken, word
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.words import URGENCY

FIELDS: Final = ("text", "number", "symbol", "words", "file", "agency", "side", "since", "until", "state", "lane")
HINT_DAYS = 7
LOG_PAGE: Final = 100
NUMBER_LENGTH: Final = 18
KINDS: Final[Mapping[str, str]] = {
    "content": later("Nội dung"),
    "metadata": later("Thông tin"),
    "review": later("Rà soát"),
}


async def search(request: web.Request) -> web.Response:
    asker, hub = asker_of(request), hub_of(request)
    given = {name: request.query.get(name, "").strip() for name in FIELDS}
    asked, held = any(given.values()) or "all" in request.query, held_of(request.query)
    found, other = None, None
    if asked:

        def work() -> tuple[SearchPage, tuple[SearchLine, ...] | None]:
            hub.log.sequence()
            find, sees = hub.inquiry.searching.find, asker.sees
            if not given["file"]:
                return find(query_of(given, request.query.get("after")), sees=sees), None
            # Of a file in hand both are asked: who has this very file, and who has its number on something else.
            page = find(query_of(given, request.query.get("after")), sees=sees)
            numbered, same = other_than(given, held), {one.consignment_id for one in page.lines}
            if numbered is None:
                return page, None
            return page, tuple(one for one in find(numbered, sees=sees).lines if one.consignment_id not in same)

        found, other = await request.app[WORKERS].run(work)
    return render(
        request,
        "console/auditor_search.html",
        given=given,
        asked=asked,
        query=request.query_string,
        found=found,
        other=other,
        held=held,
        problems=PROBLEMS,
        words=words,
        translated=partial(_translated, request),
        states=_translated(request, [(code, said[0]) for code, said in words.ALL_STATES.items()]),
        lane_words=_translated(request, list(URGENCY.items())),
        next_page=None
        if found is None or found.next is None
        else str(URL(request.path_qs).update_query(after=found.next)),
    )


async def overdue(request: web.Request) -> web.Response:
    hub, asker = hub_of(request), asker_of(request)
    question = Question(agency=request.query.get("agency") or None, after=request.query.get("after") or None, limit=50)

    def work() -> object:
        hub.log.sequence()
        return hub.deadlines.overdue_within(question, hub.inquiry.searching.scope(asker.sees))

    page = await request.app[WORKERS].run(work)
    return render(
        request,
        "console/auditor_overdue.html",
        page_of=page,
        words=words,
        agency=request.query.get("agency", ""),
        whole=not asker.sees.is_narrowed,
        query=request.query_string,
    )


async def overdue_list(request: web.Request) -> web.Response:
    """The list that is made public, under the hub's seal; raises NotFound: it is of the whole hub."""
    if asker_of(request).sees.is_narrowed:
        raise NotFound(what=request.path)
    signed = await request.app[WORKERS].run(hub_of(request).apologies.signed_list)
    headers = {hdrs.CONTENT_DISPOSITION: 'attachment; filename="qua-han.xml"'}
    return web.Response(body=signed.content, content_type="application/xml", headers=headers)


async def hints(request: web.Request) -> web.Response:
    hub, asker = hub_of(request), asker_of(request)
    period = hint_period(request)
    found = await request.app[WORKERS].run(hub.inquiry.hints.find, period, sees=asker.sees)
    return render(request, "console/auditor_hints.html", hints=found, period=period, query=request.query_string)


def hint_period(request: web.Request) -> Period:
    last = _day(request.query.get("until")) or day_of(hub_of(request).world.clock.now())
    first = _day(request.query.get("since")) or last - timedelta(days=HINT_DAYS - 1)
    return Period(first=min(first, last), last=last)


async def access(request: web.Request) -> web.Response:
    """Raises NotFound: the log of what people looked at is the security officer's."""
    hub, asker = hub_of(request), asker_of(request)
    if not asker.reads_access_log:
        raise NotFound(what=request.path)
    before = request.query.get("before", "")

    kind = request.query.get("kind", "")

    def work() -> tuple[Sequence[Accessed], Reviewed | None]:
        found = hub.inquiry.access.entries(
            actor=request.query.get("who") or None,
            subject=request.query.get("subject") or None,
            kind=kind if kind in KINDS else None,
            day=_day(request.query.get("day")),
            before=int(before) if before.isdecimal() else None,
        )
        return found, hub.inquiry.access.reviewed()

    entries, reviewed = await request.app[WORKERS].run(work)
    return render(
        request,
        "console/auditor_access.html",
        entries=entries,
        reviewed=reviewed,
        given={name: request.query.get(name, "") for name in ("who", "subject", "kind", "day")},
        kinds=_translated(request, list(KINDS.items())),
        words=KINDS,
        looks=looks.WORDS,
        told=partial(told, language=spoken(request)),
        later=str(URL(request.path_qs).update_query(before=entries[-1].number)) if len(entries) >= LOG_PAGE else None,
    )


async def review(request: web.Request) -> web.Response:
    """Raises NotFound, as the log itself."""
    hub, asker, fields = hub_of(request), asker_of(request), await fields_of(request)
    number = fields.raw("number")
    if not asker.reads_access_log or not number.isdecimal() or len(number) > NUMBER_LENGTH:
        raise NotFound(what=request.path)
    await request.app[WORKERS].run(hub.inquiry.access.review, asker.name, int(number))
    return see("/auditor/access")


def _translated(request: web.Request, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(code, word(said, spoken(request))) for code, said in pairs]


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def query_of(given: Mapping[str, str], after: str | None, *, limit: int = 50) -> Query:
    """A file in hand is asked for alone: its number may be wrong, and is another question (`in_hand`)."""
    numbered = not given["file"]
    return Query(
        text=given["text"] if numbered else "",
        number=given["number"] if numbered else "",
        symbol=given["symbol"] if numbered else "",
        words=given["words"],
        file=given["file"],
        agency=given["agency"],
        state=given["state"],
        lane=given["lane"],
        side=given["side"] or "any",
        since=_day(given["since"]),
        until=_day(given["until"]),
        after=after,
        limit=limit,
    )


AUDITOR_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", SEARCH, search),
    ("POST", FILE, take_file),
    ("GET", "/auditor/overdue", overdue),
    ("GET", "/auditor/overdue.xml", overdue_list),
    ("GET", "/auditor/hints", hints),
    ("GET", "/auditor/access", access),
    ("POST", "/auditor/access/reviewed", review),
)
