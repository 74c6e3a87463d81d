"""The retry desk: what waits or failed, and the operator's hand on it — now, once more, or handed back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from aiohttp import web

from exchange_axis.domain.consignment import Lane
from exchange_axis.errors import NotFound
from exchange_axis.hub.handing_back import Why
from exchange_axis.hub.service import Hub
from exchange_axis.store.hub.desk import Wanted
from exchange_axis.web.console import operator_words, words
from exchange_axis.web.console.operator import Console
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.forms import Fields, fields_of
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.sessions import person_of
from schemas.gate.refusal import Refusal

DELIVERIES = "/operator/deliveries"
SHOWN: Final = 200
HANDED: Final = 200
"""Deliveries that one form names."""


class Done(Protocol):
    """What became of one delivery."""

    @property
    def consignment_id(self) -> str: ...

    @property
    def recipient(self) -> str: ...

    @property
    def refusal(self) -> Refusal | None: ...


Act = Callable[[Hub, Fields, str], Sequence[Done]]
"""(hub, form, actor) → one result a delivery. All may be sent twice: what is done is not done again."""


async def show(console: Console, request: web.Request) -> web.StreamResponse:
    return await _page(console, request)


async def act(console: Console, request: web.Request) -> web.StreamResponse:
    fields, person = await fields_of(request), person_of(request)
    chosen = fields.text("act") or "resend"
    if chosen == "retry-lane":
        count = await console.workers.run(_lane, console.hub, fields, person.actor)
        return see(f"{DELIVERIES}?did=retry&count={count}")
    if chosen not in _ACTS:
        raise BadParameter(name="act", wanted=", ".join([*_ACTS, "retry-lane"]))
    ids = fields.every("id")
    if not 0 < len(ids) <= HANDED:
        raise BadParameter(name="id", wanted=f"1–{HANDED}")
    done = await console.workers.run(_ACTS[chosen], console.hub, fields, person.actor)
    if not done:
        raise NotFound(what=", ".join(ids))
    refused = [one for one in done if one.refusal is not None]
    if not refused:
        return see(f"{DELIVERIES}?did={chosen}&count={len(done)}")
    return await _page(console, request, refused=refused)


async def _page(console: Console, request: web.Request, *, refused: Sequence[Done] = ()) -> web.Response:
    peer, count = request.query.get("peer") or "", request.query.get("count", "")
    lines = await console.workers.run(console.hub.desk.lines, Wanted(peer=peer or None, limit=SHOWN))
    waiting = {one.lane for one in lines if one.state != "failed"}
    return render(
        request,
        "console/deliveries.html",
        status=422 if refused else 200,
        lines=lines,
        lanes=[lane for lane in Lane if lane.value in waiting],
        peer=peer,
        refused=refused,
        did=operator_words.DID.get(request.query.get("did", "")),
        count=int(count) if count.isascii() and count.isdigit() and len(count) < 7 else 0,
        words=words,
        whys=operator_words.WHYS,
        stops=operator_words.STOPS,
    )


def _resend(hub: Hub, fields: Fields, actor: str) -> Sequence[Done]:
    return hub.resending.resend(Wanted(ids=fields.every("id"), limit=SHOWN), actor=actor)


def _retry(hub: Hub, fields: Fields, actor: str) -> Sequence[Done]:
    return hub.hurrying.hurry(Wanted(ids=fields.every("id")), actor=actor, note=fields.text("note"))


def _hand_back(hub: Hub, fields: Fields, actor: str) -> Sequence[Done]:
    why = fields.text("why")
    if why not in set(Why):
        raise BadParameter(name="why", wanted=", ".join(Why))
    return hub.handing_back.hand_back(Wanted(ids=fields.every("id")), Why(why), actor=actor, note=fields.text("note"))


def _lane(hub: Hub, fields: Fields, actor: str) -> int:
    lane = fields.text("lane")
    if lane not in set(Lane):
        raise BadParameter(name="lane", wanted=", ".join(Lane))
    peer = fields.text("peer") or None
    return hub.hurrying.hurry_lane(Lane(lane), peer=peer, actor=actor, note=fields.text("lane-note"))


_ACTS: Final[dict[str, Act]] = {"resend": _resend, "retry": _retry, "hand-back": _hand_back}
