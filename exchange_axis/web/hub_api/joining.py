"""A node that was invited: what its code is for, its request, and its answer. Asked without a certificate.

Nothing is read of a body before the code holds; wrong codes are counted by the caller's address (`hub.inviting`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import hdrs, web

from exchange_axis import __version__
from exchange_axis.domain.invite import InviteCode, InviteState, InviteUnknown, read_code, spoken
from exchange_axis.domain.line_check import StepFound, read_tested
from exchange_axis.store.hub.invites import InviteRow
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.shared.bodies import Pace, read_whole
from exchange_axis.wire.hub_json import MalformedMessage
from exchange_axis.wire.times import to_text

CODE, TICKET = "Axis-Invite", "Axis-Ticket"
"""Schemes of Authorization."""
BODY: Final = 4 * 1024 * 1024
"""Bytes: a request for two thousand agencies."""
SMALL: Final = 64 * 1024
TICKET_LENGTH: Final = 43
PACE: Final = Pace(deadline=120.0)
WAIT: Final = 2
"""Seconds between two questions for an answer."""


async def look(context: Context, request: web.Request) -> web.StreamResponse:
    row = await context.run(context.hub.inviting.look, _code(request), address=_address(request))
    return json_answer({**_shown(row), "names": _names(context, row), **_ourselves(context)})


async def ask(context: Context, request: web.Request) -> web.StreamResponse:
    inviting, code, address = context.hub.inviting, _code(request), _address(request)
    await context.run(inviting.known, code, address=address)
    body = await _object(request, BODY)
    wanted, ticket = body.get("request"), body.get("ticket")
    if not isinstance(wanted, dict) or not isinstance(ticket, str) or len(ticket) != TICKET_LENGTH:
        raise MalformedMessage(wanted="request, ticket")
    tested = _tested(body)
    row = await context.run(inviting.ask, code, wanted, ticket=ticket, tested=tested, address=address)
    return json_answer(_shown(row), status=202)


async def answer(context: Context, request: web.Request) -> web.StreamResponse:
    row = await context.run(context.hub.inviting.answer, _secret(request, TICKET), address=_address(request))
    if row.state is InviteState.ASKED:
        response = json_answer(_shown(row), status=202)
        response.headers[hdrs.RETRY_AFTER] = str(WAIT)
        return response
    given = {} if row.answer is None else {"answer": json.loads(row.answer)}
    return json_answer({**_shown(row), **given})


async def report(context: Context, request: web.Request) -> web.StreamResponse:
    inviting, ticket, address = context.hub.inviting, _secret(request, TICKET), _address(request)
    await context.run(inviting.answer, ticket, address=address)
    await context.run(inviting.report, ticket, _tested(await _object(request, SMALL)), address=address)
    return json_answer({"stored": True})


def _shown(row: InviteRow) -> dict[str, Any]:
    return {
        "node": row.node,
        "name": row.name,
        "agencies": list(row.codes),
        "state": row.state.value,
        "ends_at": to_text(row.ends_at),
        "compare": None if row.request_sha256 is None else spoken(row.request_sha256),
        "reason": row.reason,
    }


def _names(context: Context, row: InviteRow) -> dict[str, str]:
    """What the directory calls the agencies that it knows."""
    directory = context.hub.directory.current()
    return {code: agency.name for code in row.codes if (agency := directory.find(code)) is not None}


def _ourselves(context: Context) -> dict[str, Any]:
    world = context.hub.world
    return {
        "hub": world.settings.id,
        "hub_name": world.settings.name,
        "api": "1",
        "version": __version__,
        "time": to_text(world.clock.now()),
    }


def _code(request: web.Request) -> InviteCode:
    """Raises InviteUnknown, InviteMalformed."""
    return read_code(_secret(request, CODE))


def _secret(request: web.Request, scheme: str) -> str:
    given, _, secret = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if given != scheme or not 0 < len(secret) <= 100 or not secret.isascii():
        raise InviteUnknown()
    return secret


def _address(request: web.Request) -> str:
    return request.remote or ""


async def _object(request: web.Request, limit: int) -> Mapping[str, Any]:
    try:
        found = json.loads(await read_whole(request, PACE, limit=limit))
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(wanted="JSON (UTF-8)") from error
    if not isinstance(found, dict):
        raise MalformedMessage(wanted="an object")
    return found


def _tested(body: Mapping[str, Any]) -> tuple[StepFound, ...]:
    given = body.get("tested", [])
    try:
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise ValueError("a list of objects")
        return read_tested(given)
    except ValueError as error:
        raise MalformedMessage(where="tested", wanted=str(error)) from error
