"""Many letters at once: accepted here, sent in `web.sending.bulk`; the page of what became of each."""

from __future__ import annotations

from aiohttp import web

from exchange_axis.store.node.batches import BatchKind
from exchange_axis.web.desk.behind import ask_again
from exchange_axis.web.desk.frame import Desk, form_of, once, page, person_of, token_of

PLACES = {BatchKind.ACCEPT: "/inbox/results", BatchKind.SEND: "/drafts/results"}


async def accept_many(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await begin(desk, request, BatchKind.ACCEPT, "id")


async def begin(desk: Desk, request: web.Request, kind: BatchKind, field: str) -> web.StreamResponse:
    """Begin it, or go on with it where this very form was broken off."""
    form = await form_of(desk, request)
    batch, actor, named = token_of(desk, form), person_of(request).actor, form.every(field)

    async def act() -> str:
        if not named:
            return PLACES[kind].rpartition("/")[0]
        await desk.run(desk.node.batches.begin, batch, kind, named, actor=actor)
        await _go_on(desk, batch, actor)
        return f"{PLACES[kind]}/{batch}"

    return await once(desk, request, form, act)


async def go_on(desk: Desk, request: web.Request) -> web.StreamResponse:
    form, actor = await form_of(desk, request), person_of(request).actor
    found = await desk.run(desk.node.batches.of, request.match_info["token"], actor=actor)

    async def act() -> str:
        await _go_on(desk, found.row.id, actor)
        return f"{PLACES[found.row.kind]}/{found.row.id}"

    return await once(desk, request, form, act)


async def _go_on(desk: Desk, batch: str, actor: str) -> None:
    """Letter by letter, so that others get their turn in between and each leaves as soon as it is ready."""

    async def steps() -> None:
        while await desk.run(desk.node.batches.step, batch, actor=actor):
            desk.wake()

    await desk.work(batch, steps)


async def results(desk: Desk, request: web.Request) -> web.StreamResponse:
    found = await desk.run(desk.node.batches.of, request.match_info["token"], actor=person_of(request).actor)
    here = "inbox" if found.row.kind is BatchKind.ACCEPT else "drafts"
    base = f"{PLACES[found.row.kind]}/{found.row.id}"
    runs = bool(found.waiting) and desk.works(found.row.id)
    shown = await page(desk, request, "desk/results.html", here=here, batch=found, base=base, runs=runs)
    return ask_again(shown) if runs else shown
