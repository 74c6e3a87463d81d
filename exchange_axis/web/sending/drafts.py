"""Soạn và gửi: drafts and their wizard. Files first, fields read from them, recipients, the checklist, then sending.

Every step is a form that works without scripts; scripts only save what is typed, resume uploads and search at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from exchange_axis.domain.groups import PREFIX
from exchange_axis.errors import CheckFailed
from exchange_axis.node.drafts import DraftView
from exchange_axis.node.recipients import Choice
from exchange_axis.store.node.drafts import DraftState
from exchange_axis.web.desk.frame import Desk, Form, form_of, once, page, person_of
from exchange_axis.web.node_api.context import json_answer
from exchange_axis.web.sending import words
from exchange_axis.web.sending.fields import addressed, form_from, shown, with_suggestions
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.pages import render, see

HERE = "drafts"
SEARCH_LENGTH = 200


async def drafts(desk: Desk, request: web.Request) -> web.StreamResponse:
    values: dict[str, Any] = {
        "drafts": await desk.run(desk.node.drafts.open),
        "agencies": desk.node.world.settings.agencies,
        "unfinished": await desk.run(desk.node.batches.unfinished, actor=person_of(request).actor),
    }
    return await page(desk, request, "sending/drafts.html", here=HERE, **values)


async def begin(desk: Desk, request: web.Request) -> web.StreamResponse:
    form = await form_of(desk, request)

    async def act() -> str:
        row = await desk.run(desk.node.drafts.begin, form.text("agency"), owner=person_of(request).actor)
        return f"/drafts/{row.id}"

    return await once(desk, request, form, act)


async def draft(desk: Desk, request: web.Request) -> web.StreamResponse:
    view = await desk.run(desk.node.drafts.get, request.match_info["id"])
    if view.row.state is DraftState.SENT:
        return see(f"/sent/{view.row.consignment_id}")
    query = " ".join(request.query.get("q", "").split())[:SEARCH_LENGTH]
    values: dict[str, Any] = {
        "draft": view.row,
        "files": view.files,
        "offsets": view.offsets,
        "fields": shown(view.row.form),
        "kind": view.row.form.get("kind", ""),
        "suggested": suggested(view),
        "query": query,
        "found": await desk.run(desk.node.recipients.search, query) if query else (),
        "below": await _below(desk, request),
        "chosen": await desk.run(_chosen, desk, view),
        "groups": await desk.run(desk.node.recipients.groups),
        "agencies": desk.node.world.settings.agencies,
        "words": words,
    }
    return await page(desk, request, "sending/draft.html", here=HERE, **values)


async def search(desk: Desk, request: web.Request) -> web.StreamResponse:
    """What the page's script puts under the field while one types."""
    query = " ".join(request.query.get("q", "").split())[:SEARCH_LENGTH]
    view = await desk.run(desk.node.drafts.get, request.match_info["id"])
    found = await desk.run(desk.node.recipients.search, query)
    values: dict[str, Any] = {
        "draft": view.row,
        "found": found,
        "query": query,
        "words": words,
        "chosen_codes": addressed(view.row.form),
    }
    return await desk.run(render, request, "sending/found.html", **values)


async def save(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The button. A page that shows an older state is told so, and nothing of the newer one is lost."""
    form, draft_id = await form_of(desk, request), request.match_info["id"]
    await _save(desk, draft_id, form)
    return see(f"/drafts/{draft_id}/check" if form.text("next") == "check" else f"/drafts/{draft_id}")


async def autosave(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The page's script, every few seconds. Raises DraftChanged: the page then says so and stops saving."""
    version = await _save(desk, request.match_info["id"], await form_of(desk, request))
    return json_answer({"version": version})


async def take_over(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The clerk takes over what was read from the files, where he has typed nothing."""
    form, draft_id = await form_of(desk, request), request.match_info["id"]
    view = await desk.run(desk.node.drafts.get, draft_id)
    read = {one["field"]: one["value"] for one in suggested(view)}
    await desk.run(desk.node.drafts.save, draft_id, with_suggestions(view.row.form, read), version=_version(form))
    return see(f"/drafts/{draft_id}")


async def recipients(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Add or remove recipients; what is typed in other fields was saved before."""
    form, draft_id = await form_of(desk, request), request.match_info["id"]
    view = await desk.run(desk.node.drafts.get, draft_id)
    given = addressed(view.row.form)
    gone = set(form.every("remove"))
    to = [one for one in dict.fromkeys([*given, *form.every("add")]) if one and one not in gone]
    changed = dict(view.row.form) | {"to": to}
    await desk.run(desk.node.drafts.save, draft_id, changed, version=_version(form))
    return see(f"/drafts/{draft_id}#recipients")


async def check(desk: Desk, request: web.Request) -> web.StreamResponse:
    view = await desk.run(desk.node.drafts.get, request.match_info["id"])
    if view.row.state is DraftState.SENT:
        return see(f"/sent/{view.row.consignment_id}")
    return await _checklist(desk, request, view)


async def send(desk: Desk, request: web.Request) -> web.StreamResponse:
    form, draft_id = await form_of(desk, request), request.match_info["id"]

    async def act() -> str | web.Response:
        try:
            receipt = await desk.run(
                desk.node.drafts.send, draft_id, version=_version(form), actor=person_of(request).actor
            )
        except CheckFailed:
            view = await desk.run(desk.node.drafts.get, draft_id)
            return await _checklist(desk, request, view, status=422)
        desk.wake()
        return f"/sent/{receipt.consignment_id}"

    return await once(desk, request, form, act)


async def drop(desk: Desk, request: web.Request) -> web.StreamResponse:
    form = await form_of(desk, request)

    async def act() -> str:
        await desk.run(desk.node.drafts.drop, request.match_info["id"])
        return "/drafts"

    return await once(desk, request, form, act)


async def _checklist(desk: Desk, request: web.Request, view: DraftView, *, status: int = 200) -> web.Response:
    checklist = await desk.run(desk.node.checking.of, view.row.id)
    named = await desk.run(lambda: [(code, desk.node.directory.name_of(code)) for code in checklist.recipients])
    values: dict[str, Any] = {
        "draft": view.row,
        "files": view.files,
        "checklist": checklist,
        "recipients": named,
        "words": words,
    }
    return await page(desk, request, "sending/check.html", here=HERE, status=status, **values)


async def _save(desk: Desk, draft_id: str, form: Form) -> int:
    view = await desk.run(desk.node.drafts.get, draft_id)
    return await desk.run(desk.node.drafts.save, draft_id, form_from(view.row.form, form), version=_version(form))


async def _below(desk: Desk, request: web.Request) -> tuple[str, tuple[Choice, ...]] | None:
    """The part of the tree that the page shows: None before the clerk opens it."""
    code = request.query.get("under")
    if code is None:
        return None
    return code, await desk.run(desk.node.recipients.below, code or None)


def _chosen(desk: Desk, view: DraftView) -> list[tuple[str, Choice | None]]:
    codes = addressed(view.row.form)
    return [(code, None if code.startswith(PREFIX) else desk.node.recipients.named(code)) for code in codes]


def suggested(view: DraftView) -> list[Mapping[str, Any]]:
    """Of the first file: the letter itself."""
    found = view.files[0].found if view.files else None
    return [] if found is None else list(found["suggestions"])


def _version(form: Form) -> int:
    """
    Raises:
        BadParameter.
    """
    text = form.text("version")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadParameter(name="version", wanted=">= 1")
    return int(text)
