"""Nodes: who is connected, who was invited, who asks to be let in, and the decision."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from exchange_axis.domain.invite import LIFE, LONGEST, InviteState, spoken
from exchange_axis.hub.service import Hub
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.console import operator_words
from exchange_axis.web.console.answers import number_of, said_of
from exchange_axis.web.console.operator import Console
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.forms import Fields, fields_of
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.sessions import person_of
from schemas.gate.refusal import Refusal

NODES, INVITES = "/operator/nodes", "/operator/nodes/invites"


async def every(console: Console, request: web.Request) -> web.StreamResponse:
    return await _list(console, request)


async def invite(console: Console, request: web.Request) -> web.StreamResponse:
    """Its code is shown once, on the page that answers."""
    person, fields = person_of(request), await fields_of(request)
    codes = fields.text("codes").replace(",", " ").split()
    days = fields.text("days")
    try:
        made = await console.workers.run(
            console.hub.inviting.invite,
            fields.text("node"),
            fields.text("name"),
            codes,
            life=timedelta(days=int(days)) if days.isdecimal() and len(days) < 4 else timedelta(),
            actor=person.actor,
        )
    except Refusal as refused:
        return await _list(console, request, refused=refused, fields=fields)
    url = console.hub.registry.url
    command = f"axis node join --hub {url} --invite {made.code}"
    return render(request, "console/invited.html", made=made, url=url, command=command)


async def one(console: Console, request: web.Request) -> web.StreamResponse:
    return await _page(console, request)


async def decide(console: Console, request: web.Request) -> web.StreamResponse:
    """Approve, refuse or withdraw; the page that comes back shows what is true now."""
    person, fields, number = person_of(request), await fields_of(request), number_of(request)
    inviting, act = console.hub.inviting, fields.text("act")
    try:
        if act == "approve":
            compared = fields.text("request") if fields.text("compared") else ""
            await console.workers.run(inviting.approve, number, compared=compared, actor=person.actor)
        elif act == "refuse":
            await console.workers.run(inviting.refuse, number, reason=fields.text("reason"), actor=person.actor)
        elif act == "withdraw":
            await console.workers.run(inviting.withdraw, number, actor=person.actor)
        else:
            raise BadParameter(name="act", wanted="approve, refuse, withdraw")
    except BadParameter:
        raise
    except Refusal as refused:
        return await _page(console, request, refused=refused)
    return see(f"{INVITES}/{number}")


async def _list(
    console: Console, request: web.Request, *, refused: Refusal | None = None, fields: Fields | None = None
) -> web.Response:
    found = await console.workers.run(_found, console.hub)
    return render(
        request,
        "console/nodes.html",
        status=200 if refused is None else 422,
        said=said_of(request, refused),
        words=operator_words,
        given=fields or Fields((("days", str(LIFE.days)),)),
        longest=LONGEST.days,
        now=console.hub.world.clock.now(),
        wrong=console.hub.inviting.wrong,
        **found,
    )


def _found(hub: Hub) -> dict[str, object]:
    rows, invites = hub.registry.every(), hub.inviting.every()
    dark = {one.peer for one in hub.presence.dark(rows)}

    def state(row: PeerRow) -> str:
        return "dark" if row.id in dark else row.state

    return {
        "peers": [(row, state(row), hub.presence.last_seen(row)) for row in rows],
        "asking": [one for one in invites if one.state is InviteState.ASKED],
        "invites": [one for one in invites if one.state is not InviteState.ASKED],
    }


async def _page(console: Console, request: web.Request, *, refused: Refusal | None = None) -> web.Response:
    row = await console.workers.run(console.hub.inviting.get, number_of(request))
    return render(
        request,
        "console/invite.html",
        status=200 if refused is None else 422,
        said=said_of(request, refused),
        row=row,
        compare="" if row.request_sha256 is None else spoken(row.request_sha256),
        agencies=[(code, console.name_of(code)) for code in row.codes],
        words=operator_words,
        now=console.hub.world.clock.now(),
    )
