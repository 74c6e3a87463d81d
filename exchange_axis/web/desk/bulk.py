"""Accepting many letters at once: each by itself, with a result of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web

from exchange_axis.domain.ids import canonical_code
from exchange_axis.errors import NotFound
from exchange_axis.node.decisions import Decision
from exchange_axis.web.desk.frame import Desk, Form, form_of, once, page, person_of
from schemas.gate.refusal import Refusal

MOST = 200
"""Letters at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    named: str
    """Consignment id and agency."""
    decision: Decision | None
    refusal: Refusal | None


async def accept_many(desk: Desk, request: web.Request) -> web.StreamResponse:
    form = await form_of(desk, request)

    async def act() -> str:
        actor = person_of(request).actor
        results = tuple(await desk.run(lambda: tuple(_each(desk, form, actor))))
        desk.kept.keep(_name(request, form.text("token")), results)
        desk.wake()
        return f"/inbox/results/{form.text('token')}" if results else "/inbox"

    return await once(desk, request, form, act)


async def results(desk: Desk, request: web.Request) -> web.StreamResponse:
    found = desk.kept.of(_name(request, request.match_info["token"]))
    if found is None:
        raise NotFound(what=request.match_info["token"][:64])
    return await page(desk, request, "desk/results.html", here="inbox", results=found)


def _name(request: web.Request, token: str) -> str:
    """Results are told to who asked for them."""
    return f"{person_of(request).actor}/{token}"


def _each(desk: Desk, form: Form, actor: str) -> Iterator[Result]:
    for named in form.every("id")[:MOST]:
        consignment_id, _, agency = named.partition("/")
        try:
            decision = desk.node.clerk.accept(consignment_id, actor=actor, agency=canonical_code(agency))
            yield Result(named=named, decision=decision, refusal=None)
        except Refusal as refusal:
            yield Result(named=named, decision=None, refusal=refusal)
