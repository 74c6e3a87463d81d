"""The daily tallies as an auditor sees them: which days agree with which neighbour, and each letter that does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from exchange_axis.errors import NotFound
from exchange_axis.hub.searching import Sees
from exchange_axis.hub.service import Hub
from exchange_axis.hub.trailing import number_of_day
from exchange_axis.pipeline.tallying import DayView, lines_in
from exchange_axis.web.console.asker import WORKERS, asker_of, hub_of
from exchange_axis.web.console.period import day_of_query
from exchange_axis.web.shared.language import later
from exchange_axis.web.shared.pages import render

DAYS: Final = 31
TALLIES, FILE = "/auditor/tallies", "/auditor/tallies/{day}/{peer}.{side}.{suffix}"
EVENTS: Final[Mapping[str, str]] = {
    "SubmissionAcceptance": later("Trục tiếp nhận"),
    "SubmissionRejection": later("Trục từ chối"),
    "RelayAcceptance": later("Trục kế tiếp nhận chuyển"),
    "RelayRejection": later("Trục kế tiếp từ chối"),
    "RelayFailure": later("Không chuyển được"),
    "ContentConsignment": later("Chờ nơi nhận lấy"),
    "ContentHandover": later("Đã giao"),
    "ContentHandoverFailure": later("Không giao được"),
    "redirect": later("Chuyển đơn vị kế thừa"),
    "duplicate": later("Trùng, không giao"),
    "withdrawn": later("Đã rút trước khi giao"),
    "status:02": later("Từ chối tiếp nhận"),
    "status:03": later("Đã tiếp nhận"),
    "status:04": later("Phân công"),
    "status:05": later("Đang xử lý"),
    "status:06": later("Hoàn thành"),
    "status:13": later("Xin lấy lại"),
    "status:15": later("Đồng ý trả lại, hủy"),
    "status:16": later("Không đồng ý trả lại"),
    "status:other": later("Trạng thái khác"),
}
KINDS: Final[Mapping[str, str]] = {
    "missing-here": later("Trục này không có"),
    "missing-there": later("Bên kia không có"),
    "other-container": later("Khác nội dung (SHA-256)"),
    "other-state": later("Khác trạng thái"),
    "other-receipts": later("Khác biên nhận"),
}


async def tallies(request: web.Request) -> web.Response:
    hub, asker = hub_of(request), asker_of(request)
    day = day_of_query(request.query.get("day"))

    def work() -> tuple[date | None, tuple[date, ...], tuple[DayView, ...]]:
        days = hub.tallies.days(DAYS)
        chosen = day or (days[0] if days else None)
        views = () if chosen is None else hub.tallies.views(chosen)
        return chosen, days, tuple(_within(hub, one, asker.sees) for one in views)

    chosen, days, views = await request.app[WORKERS].run(work)
    return render(
        request, "console/auditor_tallies.html", day=chosen, days=days, views=views, events=EVENTS, kinds=KINDS
    )


async def tally_file(request: web.Request) -> web.Response:
    """The sealed tally of either side, or its lines; only for who sees the whole hub."""
    hub, asker, asked = hub_of(request), asker_of(request), request.match_info
    day = day_of_query(asked["day"])

    def work() -> bytes:
        if day is None or asker.sees.is_narrowed:
            raise NotFound(what=request.path)
        row = hub.tallies.file(day, asked["peer"], own=asked["side"] == "own")
        return row.document if asked["suffix"] == "xml" else lines_in(row)

    body = await request.app[WORKERS].run(work)
    name = f"doi-soat-{asked['day']}-{asked['peer']}-{asked['side']}.{asked['suffix']}"
    headers = {
        hdrs.CONTENT_TYPE: "application/xml" if asked["suffix"] == "xml" else "text/csv; charset=utf-8",
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
    }
    return web.Response(body=body, headers=headers)


def _within(hub: Hub, view: DayView, sees: Sees) -> DayView:
    """What an auditor of some territories or of a time may see: the letters of these, and no sums of others.

    A tally of a day speaks of letters from before that day too.
    """
    if not sees.is_narrowed:
        return view
    shown = hub.inquiry.viewing.visible({one["consignment_id"] for one in view.differences}, sees=sees)
    codes = hub.inquiry.searching.scope(sees).codes_on(number_of_day(view.day))

    def is_mine(one: Mapping[str, Any]) -> bool:
        if one["consignment_id"] in shown:
            return one["recipient"] in shown[one["consignment_id"]]
        return codes is None or bool({one["sender"], one["recipient"]} & codes)  # only the other side has it

    mine = tuple(filter(is_mine, view.differences))
    return replace(view, counts=(), own=None, theirs=None, differences=mine, difference_count=len(mine))


TALLY_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", TALLIES, tallies),
    ("GET", FILE, tally_file),
)
