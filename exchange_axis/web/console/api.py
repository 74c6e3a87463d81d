"""The auditor's questions as JSON (R88): the same use cases, the same door, the same access log as the pages.

Rules of this file:
1. It only reads, and it only turns answers into JSON: what somebody may see was cut out by the use case already.
2. A figure never leaves without its definition in both languages, and an answer says what was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from exchange_axis.domain.periods import Unit
from exchange_axis.hub.deadlines import Question
from exchange_axis.hub.indicators import Board, Row
from exchange_axis.hub.searching import SearchPage
from exchange_axis.web.console import words
from exchange_axis.web.console.asker import WORKERS, asker_of, hub_of
from exchange_axis.web.console.auditor import FIELDS, query_of
from exchange_axis.web.console.period import FINER, unit_of, wanted_of
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.language import word
from exchange_axis.wire.hub_json import dump
from exchange_axis.wire.plain import plain

API: Final = "/auditor/v1"
PAGE, PAGE_MOST = 50, 500
COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "due": ("Hạn phải trả lời, theo quy định và lịch làm việc của trục.", "When it was due, by rule and calendar."),
    "missing": ("Trạng thái chưa có: no-01, no-02-or-03, no-04, no-06, no-15.", "The status that has not come."),
    "head_name": ("Người đứng đầu cơ quan còn nợ, theo danh mục.", "Head of the agency that owes, by the directory."),
    "apology": (
        "Văn bản xin lỗi được ghi sau cùng; null nếu chưa có.",
        "The apology recorded last, or null.",
    ),
}
"""What is meant by the members of an overdue line."""


async def search(request: web.Request) -> web.Response:
    hub, asker = hub_of(request), asker_of(request)
    given = {name: request.query.get(name, "").strip() for name in FIELDS}
    query = query_of(given, request.query.get("after"), limit=_limit(request))

    def work() -> SearchPage:
        hub.log.sequence()
        return hub.inquiry.searching.find(query, sees=asker.sees)

    found = await request.app[WORKERS].run(work)
    return _answer({"asked": {name: value for name, value in given.items() if value}, **_lines(found)})


async def letter(request: web.Request) -> web.Response:
    """One, or several where senders used the same id. Content is not in it: for that a reason is asked on the page."""
    hub, asker, name = hub_of(request), asker_of(request), request.match_info["id"]
    seen = await request.app[WORKERS].run(lambda: hub.inquiry.viewing.letter(name, sees=asker.sees))
    return _answer({"letters": plain(seen)})


async def indicators(request: web.Request) -> web.Response:
    hub, asker, wanted = hub_of(request), asker_of(request), wanted_of(request)
    unit = FINER[unit_of(request)]

    def work() -> tuple[Board, tuple[Row, ...]]:
        hub.log.sequence()
        found = hub.inquiry.indicators
        return found.board(wanted, sees=asker.sees), found.trend(wanted, unit, sees=asker.sees)

    board, trend = await request.app[WORKERS].run(work)
    return _answer({"asked": plain(wanted), **plain(board), "trend": _trend(unit, trend)})


async def behind(request: web.Request) -> web.Response:
    """The deliveries that a number counts; `counted` is the member of that name beside the number."""
    hub, asker, wanted = hub_of(request), asker_of(request), wanted_of(request)
    counted, after, limit = request.query.get("counted", ""), request.query.get("after") or None, _limit(request)
    find = hub.inquiry.indicators.behind
    found = await request.app[WORKERS].run(lambda: find(wanted, counted, sees=asker.sees, after=after, limit=limit))
    return _answer({"asked": {**plain(wanted), "counted": counted}, **_lines(found)})


async def overdue(request: web.Request) -> web.Response:
    hub, asker, agency = hub_of(request), asker_of(request), request.query.get("agency") or None
    question = Question(agency=agency, after=request.query.get("after") or None, limit=_limit(request))

    def work() -> object:
        hub.log.sequence()
        return hub.deadlines.overdue_within(question, hub.inquiry.searching.scope(asker.sees))

    found = plain(await request.app[WORKERS].run(work))
    said = {name: {"vi": vi, "en": en} for name, (vi, en) in COLUMNS.items()}
    return _answer({"asked": {"agency": agency}, "definitions": said, **found})


async def openapi(request: web.Request) -> web.Response:
    return web.Response(body=await request.app[WORKERS].run(description), content_type="application/yaml")


@cache
def description() -> bytes:
    return (files("exchange_axis.web.console") / "auditor-v1.yaml").read_bytes()


def _lines(found: SearchPage) -> dict[str, Any]:
    """Codes with what they say, as far as they occur."""
    codes = {code for one in found.lines for code in (one.state, one.business, one.request) if code}
    known = {code: words.ALL_STATES[code][0] for code in sorted(codes) if code in words.ALL_STATES}
    said = {code: {"vi": word(text, "vi"), "en": word(text, "en")} for code, text in known.items()}
    return {**plain(found), "definitions": said}


def _trend(unit: Unit, rows: tuple[Row, ...]) -> dict[str, Any]:
    return {"unit": unit.value, "parts": [{"first": row.key, "sums": dict(row.sums)} for row in rows]}


def _limit(request: web.Request) -> int:
    text = request.query.get("max", str(PAGE))
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= PAGE_MOST):
        raise BadParameter(name="max", wanted=f"1–{PAGE_MOST}")
    return int(text)


def _answer(value: object) -> web.Response:
    return web.Response(body=dump(value), content_type="application/json", headers={"Cache-Control": "no-store"})


API_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", f"{API}/search", search),
    ("GET", f"{API}/letters/{{id}}", letter),
    ("GET", f"{API}/indicators", indicators),
    ("GET", f"{API}/indicators/behind", behind),
    ("GET", f"{API}/overdue", overdue),
    ("GET", f"{API}/openapi.yaml", openapi),
)
