"""Văn bản đi: what was sent, and the board of each letter, with everything that can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from aiohttp import web

from exchange_axis.domain.stages import Stage
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.node.beginnings import Mending
from exchange_axis.web.desk.frame import Desk, form_of, once, page, person_of
from exchange_axis.web.desk.words import notice_words, reason_words
from exchange_axis.web.node_api.context import number_of
from exchange_axis.web.sending import words
from exchange_axis.web.sending.wanted import query_of, wanted_of
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.language import spoken
from schemas.gate.refusal import Refusal

HERE = "sent"
PER_PAGE = 50
MOST = 4_000
"""Recipients of a letter."""
ROWS = 50
"""Recipients on one page of a board."""


async def sent(desk: Desk, request: web.Request) -> web.StreamResponse:
    wanted = wanted_of(request)
    offset = number_of(request, "from", default=0, most=10**9)
    lines = await desk.run(desk.node.sent_list.page, wanted, limit=PER_PAGE + 1, offset=offset)
    earlier, then = (str(max(0, place)) for place in (offset - PER_PAGE, offset + PER_PAGE))
    values: dict[str, Any] = {
        "wanted": wanted,
        "query": query_of(wanted),
        "lines": lines[:PER_PAGE],
        "stages": await desk.run(lambda: [desk.node.tracking.summary(line) for line in lines[:PER_PAGE]]),
        "earlier": f"/sent?{query_of(wanted, **{'from': earlier})}" if offset else None,
        "later": f"/sent?{query_of(wanted, **{'from': then})}" if len(lines) > PER_PAGE else None,
        "words": words,
    }
    return await page(desk, request, "sending/sent.html", here=HERE, **values)


async def board(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await board_page(desk, request)


async def board_page(desk: Desk, request: web.Request, *, refused: Mapping[str, Refusal] | None = None) -> web.Response:
    """Args: refused: by recipient, why what was asked for was not done."""
    found = await desk.run(desk.node.tracking.of, request.match_info["id"])
    status, stage, place = 409 if refused else 200, wanted_of(request).stage, f"/sent/{found.letter.consignment_id}"
    offset = number_of(request, "from", default=0, most=MOST)
    counts = {one: sum(row.stage is one for row in found.rows) for one in Stage}
    rows = [row for row in found.rows if stage in (None, row.stage) and (not refused or row.agency in refused)]
    part = f"{place}?stage={stage or ''}&from="
    given = {
        "board": found,
        "rows": rows[offset : offset + ROWS],
        "counts": {one: count for one, count in counts.items() if count},
        "stage": stage,
        "earlier": f"{part}{max(0, offset - ROWS)}" if offset else None,
        "later": f"{part}{offset + ROWS}" if len(rows) > offset + ROWS else None,
        "of_agency": found.letter.sender,
        "receipt_after": found.receipt_after,
        "words": words,
        "reasons_said": partial(reason_words, spoken(request)),
        "notice_said": partial(notice_words, spoken(request)),
        "refused": refused or {},
    }
    return await page(desk, request, "sending/board.html", here=HERE, status=status, **given)


async def mend(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Resend, update, replace or recall: a draft that begins from the letter."""
    form = await form_of(desk, request)
    try:
        kind = Mending(form.text("kind"))
    except ValueError as error:
        raise BadParameter(name="kind", wanted=" | ".join(Mending)) from error

    async def act() -> str:
        row = await desk.run(desk.node.beginnings.mend, request.match_info["id"], kind, owner=person_of(request).actor)
        return f"/drafts/{row.id}"

    return await once(desk, request, form, act)


async def take_back(desk: Desk, request: web.Request) -> web.StreamResponse:
    form, letter = await form_of(desk, request), request.match_info["id"]

    async def act() -> str:
        await desk.run(
            desk.node.take_backs.ask,
            letter,
            recipient=form.text("recipient"),
            reason=form.text("reason"),
            actor=person_of(request).actor,
        )
        desk.wake()
        return f"/sent/{letter}"

    return await once(desk, request, form, act)


async def retry(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Have a letter that waits for the hub tried at once."""
    form, letter = await form_of(desk, request), request.match_info["id"]

    async def act() -> str:
        await desk.run(desk.node.retrying.retry, [letter])
        desk.wake()
        return f"/sent/{letter}"

    return await once(desk, request, form, act)


async def remind(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Have recipients reminded; each has a result of its own on the board, also that it was reminded lately."""
    form, letter = await form_of(desk, request), request.match_info["id"]
    actor = person_of(request).actor

    async def act() -> str | web.Response:
        refused: dict[str, Refusal] = {}
        for recipient in form.every("recipient")[:MOST]:
            try:
                await desk.run(desk.node.reminders.ask, letter, recipient=recipient, actor=actor)
            except NotFound:
                raise
            except AxisError as refusal:
                refused[recipient] = refusal
        desk.wake()
        return await board_page(desk, request, refused=refused) if refused else f"/sent/{letter}"

    return await once(desk, request, form, act)


async def reply(desk: Desk, request: web.Request) -> web.StreamResponse:
    """An answer to a received letter; with `closes` that one is completed once the answer is sent."""
    form = await form_of(desk, request)

    async def act() -> str:
        row = await desk.run(
            desk.node.beginnings.reply,
            form.text("letter"),
            owner=person_of(request).actor,
            agency=form.text("agency") or None,
            closes=form.text("closes") == "yes",
        )
        return f"/drafts/{row.id}"

    return await once(desk, request, form, act)
