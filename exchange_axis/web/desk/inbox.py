"""Văn bản đến: what waits, most urgent first, in piles; and search."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from exchange_axis.store.node.desk import Pile
from exchange_axis.web.desk.frame import Desk, page, person_of
from exchange_axis.web.node_api.context import agency_of, json_answer, number_of
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.language import later
from exchange_axis.web.shared.pages import IDLE

PER_PAGE: Final = 50
MAX_OFFSET: Final = 10**9
SEARCH_LENGTH: Final = 200
PILES: Final = (
    (Pile.OPEN, later("Chưa tiếp nhận")),
    (Pile.TODAY, later("Đến hạn hôm nay")),
    (Pile.OVERDUE, later("Quá hạn")),
    (Pile.REFUSED, later("Đã từ chối")),
    (Pile.RECALLED, later("Thu hồi, lấy lại")),
    (Pile.SIGNATURE, later("Có vấn đề chữ ký")),
    (Pile.ALL, later("Tất cả")),
)


async def inbox(desk: Desk, request: web.Request) -> web.StreamResponse:
    pile, agency = _pile(request), agency_of(request)
    query = " ".join(request.query.get("q", "").split())[:SEARCH_LENGTH]
    offset = number_of(request, "from", default=0, most=MAX_OFFSET)
    if query:
        found = await desk.run(desk.node.desk.search, query, agency=agency, limit=PER_PAGE)
    else:
        found = await desk.run(desk.node.desk.inbox, pile, agency=agency, limit=PER_PAGE, offset=offset)
    arriving = await desk.run(desk.node.arriving.lines, agency=agency)
    return await page(
        desk,
        request,
        "desk/inbox.html",
        here="inbox",
        pile=pile,
        piles=[(words, _address(one, agency), not query and one is pile, found.counts[one]) for one, words in PILES],
        query=query,
        agency=agency,
        of_agency=agency,
        agencies=desk.node.world.settings.agencies,
        found=found,
        arriving=arriving,
        unfinished=await desk.run(desk.node.batches.unfinished, actor=person_of(request).actor),
        first=offset + 1,
        earlier=_address(pile, agency, max(0, offset - PER_PAGE)) if offset and not query else None,
        later=_address(pile, agency, offset + PER_PAGE) if found.more and not query else None,
    )


async def news(desk: Desk, request: web.Request) -> web.StreamResponse:
    """For the script that says that letters have come: numbers that rise, nothing of a letter. So it is answered also
    to a page whose session has ended by being left alone; hỏa tốc is heard all the same."""
    newest, urgent = await desk.run(desk.node.desk.news)
    return json_answer({"newest": newest, "urgent": urgent, "idle": request.get(IDLE, False)})


def _pile(request: web.Request) -> Pile:
    """
    Raises:
        BadParameter.
    """
    try:
        return Pile(request.query.get("pile", Pile.OPEN.value))
    except ValueError as error:
        raise BadParameter(name="pile", wanted=" | ".join(Pile)) from error


def _address(pile: Pile, agency: str | None, offset: int = 0) -> str:
    fields = {"pile": pile.value} | ({"agency": agency} if agency else {}) | ({"from": str(offset)} if offset else {})
    return f"/inbox?{urlencode(fields)}"
