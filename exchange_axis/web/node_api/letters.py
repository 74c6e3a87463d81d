"""Letters over HTTP: handing in, lists, details, decisions. The same use cases as `axis node …`."""

from __future__ import annotations

import re

from aiohttp import web

from exchange_axis.domain.ids import canonical_code
from exchange_axis.node.decisions import Decision
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.web.node_api.context import Context, agency_of, json_answer, number_of, reader_of
from exchange_axis.web.node_api.submission import MAX_ACTOR, Submission, submitted
from exchange_axis.web.shared.bodies import read_json
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.wire.hub_json import Fields, MalformedMessage
from exchange_axis.wire.plain import plain

MAX_OFFSET = 2**53
SORTS = ("urgency", "due")
"""Orders of the inbox, the usual one first."""
_KEY = re.compile(r"[!#-\[\]-~]{1,200}")
"""Printable ASCII without space, quotation mark and backslash."""
_NUMBER_MAX = 10**9


async def send(context: Context, request: web.Request) -> web.StreamResponse:
    key = _key(request)
    async with submitted(context, request) as submission:
        receipt, state = await context.run(_send, context, submission, key)
    context.wake()
    return json_answer(
        {**plain(receipt), "state": state}, status=201, headers={"Location": f"/v1/letters/{receipt.consignment_id}"}
    )


async def inbox(context: Context, request: web.Request) -> web.StreamResponse:
    limit, offset = _page(context, request)
    order = request.query.get("sort", SORTS[0])
    if order not in SORTS:
        raise BadParameter(name="sort", wanted=" | ".join(SORTS))
    letters = await context.run(
        context.node.views.received, agency=agency_of(request), by_due=order == "due", limit=limit, offset=offset
    )
    return json_answer({"letters": letters})


async def arriving(context: Context, request: web.Request) -> web.StreamResponse:
    return json_answer({"letters": await context.run(context.node.arriving.lines, agency=agency_of(request))})


async def deadlines(context: Context, request: web.Request) -> web.StreamResponse:
    limit, offset = _page(context, request)
    return json_answer(
        await context.run(context.node.deadlines.overview, agency=agency_of(request), limit=limit, offset=offset)
    )


async def outbox(context: Context, request: web.Request) -> web.StreamResponse:
    limit, offset = _page(context, request)
    return json_answer({"letters": await context.run(context.node.views.sent, limit=limit, offset=offset)})


async def waiting(context: Context, request: web.Request) -> web.StreamResponse:
    limit, offset = _page(context, request)
    return json_answer({"waiting": await context.run(context.node.retrying.waiting, limit=limit, offset=offset)})


async def retry(context: Context, request: web.Request) -> web.StreamResponse:
    fields = await _body(context, request)
    ids = fields.texts("ids", most=1_000) if "ids" in fields.raw() else ()
    tried = await context.run(context.node.retrying.retry, ids, everything=fields.raw().get("all") is True)
    context.wake()
    return json_answer({"waiting": tried})


async def show(context: Context, request: web.Request) -> web.StreamResponse:
    consignment_id = await context.run(
        context.node.reading.look, request.match_info["id"], reader=reader_of(request), agency=agency_of(request)
    )
    return json_answer(await context.run(context.node.views.show, consignment_id))


async def accept(context: Context, request: web.Request) -> web.StreamResponse:
    fields = await _body(context, request)
    has_number = fields.raw().get("number") is not None
    decision = await context.run(
        context.node.clerk.accept,
        request.match_info["id"],
        actor=_actor(fields),
        agency=_agency(fields),
        arrival_number=fields.number("number", least=1, most=_NUMBER_MAX) if has_number else None,
    )
    return _decided(context, decision)


async def refuse(context: Context, request: web.Request) -> web.StreamResponse:
    fields = await _body(context, request)
    decision = await context.run(
        context.node.clerk.refuse,
        request.match_info["id"],
        reason=fields.text("reason", limit=20),
        text=fields.optional_text("text") or "",
        actor=_actor(fields),
        agency=_agency(fields),
    )
    return _decided(context, decision)


async def report(context: Context, request: web.Request) -> web.StreamResponse:
    fields = await _body(context, request)
    decision = await context.run(
        context.node.clerk.report,
        request.match_info["id"],
        code=fields.text("status", limit=20),
        text=fields.optional_text("text") or "",
        actor=_actor(fields),
        agency=_agency(fields),
    )
    return _decided(context, decision)


async def take_back(context: Context, request: web.Request) -> web.StreamResponse:
    fields = await _body(context, request)
    asked = await context.run(
        context.node.take_backs.ask,
        request.match_info["id"],
        recipient=canonical_code(fields.text("recipient", limit=60)),
        reason=fields.text("reason"),
        actor=_actor(fields),
    )
    context.wake()
    return json_answer(asked)


async def consent(context: Context, request: web.Request) -> web.StreamResponse:
    fields = await _body(context, request)
    decision = await context.run(
        context.node.clerk.consent,
        request.match_info["id"],
        text=fields.optional_text("text") or "",
        actor=_actor(fields),
        agency=_agency(fields),
    )
    return _decided(context, decision)


async def decline(context: Context, request: web.Request) -> web.StreamResponse:
    fields = await _body(context, request)
    decision = await context.run(
        context.node.clerk.decline,
        request.match_info["id"],
        text=fields.text("text"),
        actor=_actor(fields),
        agency=_agency(fields),
    )
    return _decided(context, decision)


def _send(context: Context, submission: Submission, key: str | None) -> tuple[LocalReceipt, str]:
    node = context.node
    draft = submission.draft(node)
    receipt = node.sender.send(draft, actor=submission.actor or "api", idempotency_key=key)
    return receipt, node.views.answer(receipt.consignment_id)


def _key(request: web.Request) -> str | None:
    """The Idempotency-Key header, with or without the quotation marks of a structured field."""
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    text = header.strip()
    key = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not _KEY.fullmatch(key):
        raise BadParameter(name="Idempotency-Key", wanted="1–200 ASCII")
    return key


def _page(context: Context, request: web.Request) -> tuple[int, int]:
    settings = context.settings
    limit = number_of(request, "limit", default=settings.list_length, most=settings.list_limit)
    return limit, number_of(request, "offset", default=0, most=MAX_OFFSET)


async def _body(context: Context, request: web.Request) -> Fields:
    if request.content_type != "application/json":
        raise MalformedMessage(where="Content-Type", wanted="application/json")
    return await read_json(request, context.settings.pace, limit=context.settings.small_body)


def _actor(fields: Fields) -> str:
    """The clerk in whose name the software speaks; the sender reads it."""
    return fields.text("actor", limit=MAX_ACTOR)


def _agency(fields: Fields) -> str | None:
    given = fields.optional_text("agency", limit=60)
    return canonical_code(given) if given else None


def _decided(context: Context, decision: Decision) -> web.Response:
    context.wake()
    return json_answer(decision)
