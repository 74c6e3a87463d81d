"""The directory as its officer keeps it: looked up, one agency's page, changes proposed and decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Any, Final

from aiohttp import BodyPartReader, web

from exchange_axis.domain.agency import Agency
from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.people import Person
from exchange_axis.domain.two_people import may_approve, proved_name
from exchange_axis.hub.service import Hub
from exchange_axis.pipeline.approvals import PAGES
from exchange_axis.store.hub.directory_changes import DirectoryChange
from exchange_axis.web.console import directory_words
from exchange_axis.web.console.answers import number_of, said_of
from exchange_axis.web.console.operator import Console
from exchange_axis.web.shared.errors import BadParameter, BodyCutOff, BodyTooLarge, WrongMediaType
from exchange_axis.web.shared.forms import FILES_TYPE, KEY_FIELD, fields_of, require_key
from exchange_axis.web.shared.language import spoken
from exchange_axis.web.shared.pages import CSRF, render, see
from exchange_axis.web.shared.sessions import person_of
from schemas.findings import Finding
from schemas.gate.refusal import Refusal

DIRECTORY, CHANGES = "/directory", "/directory/changes"
FILE_MOST: Final = 64 * 1024 * 1024
"""Bytes: all agencies of the country with room to spare."""
FIELD_MOST: Final = 1_000
TREE: Final = 500
"""Agencies shown beneath one."""
CHANGED: Final = 500
"""Differences shown; all are counted."""


async def browse(console: Console, request: web.Request) -> web.StreamResponse:
    """A search, or one branch of the tree, as of a day."""
    query, under = request.query.get("q", "")[:200], request.query.get("under") or None
    on = _day(console, request)
    found = await console.workers.run(_branch, console.hub, query, under, on)
    return render(request, "console/directory.html", query=query, under=under, on=on, words=directory_words, **found)


async def agency(console: Console, request: web.Request) -> web.StreamResponse:
    return await _agency_page(console, request)


async def propose_head(console: Console, request: web.Request) -> web.StreamResponse:
    person, fields, code = person_of(request), await fields_of(request), request.match_info["code"]
    propose = partial(_propose_head, console.hub, person)
    names = {name: fields.text(name) for name in ("head_name", "head_title", "reason")}
    try:
        made = await console.workers.run(propose, code, **names)
    except Refusal as refused:
        if refused.code == "request.not-found":
            raise
        return await _agency_page(console, request, refused=refused)
    return see(f"{CHANGES}/{made.seq}")


async def changes(console: Console, request: web.Request) -> web.StreamResponse:
    return await _changes_page(console, request)


async def propose_import(console: Console, request: web.Request) -> web.StreamResponse:
    person = person_of(request)
    name, content, reason = await _file(request)
    propose = partial(_propose_import, console.hub, person, name=name, reason=reason)
    try:
        made = await console.workers.run(_proposed, propose, content)
    except Refusal as refused:
        return await _changes_page(console, request, refused=refused)
    return see(f"{CHANGES}/{made.seq}")


async def change(console: Console, request: web.Request) -> web.StreamResponse:
    return await _change_page(console, request)


async def decide(console: Console, request: web.Request) -> web.StreamResponse:
    person, act, number = person_of(request), (await fields_of(request)).text("act"), number_of(request)
    desk = console.hub.directory_desk
    steps: dict[str, Callable[..., DirectoryChange]] = {"approve": desk.approve, "reject": desk.reject}
    if act not in steps:
        raise BadParameter(name="act", wanted="approve, reject")
    try:
        actor = await console.workers.run(console.hub.approvals.for_directory().signed_in, person)
        await console.workers.run(steps[act], number, actor=actor)
    except Refusal as refused:
        return await _change_page(console, request, refused=refused)
    return see(f"{CHANGES}/{number}")


async def reorganisation(console: Console, request: web.Request) -> web.StreamResponse:
    """The place of what comes later, so that nobody looks for it elsewhere."""
    return render(request, "console/reorganisation.html")


def _propose_head(hub: Hub, person: Person, code: str, **names: str) -> DirectoryChange:
    actor = hub.approvals.for_directory().signed_in(person)
    return hub.directory_desk.propose_head(code, actor=actor, **names)


def _propose_import(hub: Hub, person: Person, text: str, *, name: str, reason: str) -> DirectoryChange:
    actor = hub.approvals.for_directory().signed_in(person)
    return hub.directory_desk.propose_import(text, name=name, reason=reason, actor=actor)


def _day(console: Console, request: web.Request) -> date:
    text = request.query.get("on", "")
    try:
        return date.fromisoformat(text) if text else console.hub.world.clock.now().astimezone(VIETNAM).date()
    except ValueError as error:
        raise BadParameter(name="on", wanted="YYYY-MM-DD") from error


def _branch(hub: Hub, query: str, under: str | None, on: date) -> dict[str, Any]:
    directory = hub.directory.current()
    if query:
        found = hub.directory_desk.search(query, on=on)
        trail: tuple[Agency, ...] = ()
    else:
        codes = directory.children(under)
        found = tuple(directory.agencies[code] for code in codes[:TREE])
        trail = () if under is None else _trail(hub, under, on)
    return {
        "found": [(one, len(directory.children(one.code))) for one in found],
        "more": 0 if query else max(0, len(directory.children(under)) - TREE),
        "trail": trail,
        "total": len(directory.agencies),
        "version": directory.version,
        "waiting": hub.directory_desk.waiting(),
    }


def _trail(hub: Hub, under: str, on: date) -> tuple[Agency, ...]:
    view = hub.directory_desk.show(under, on=on)
    return (*view.above, view.agency)


async def _agency_page(console: Console, request: web.Request, *, refused: Refusal | None = None) -> web.Response:
    on = _day(console, request)
    view = await console.workers.run(console.hub.directory_desk.show, request.match_info["code"], on=on)
    return render(
        request,
        "console/agency.html",
        status=200 if refused is None else 422,
        said=said_of(request, refused),
        view=view,
        on=on,
        words=directory_words,
        name_of=console.name_of,
        roles=person_of(request).roles,
    )


async def _changes_page(console: Console, request: web.Request, *, refused: Refusal | None = None) -> web.Response:
    desk, language = console.hub.directory_desk, spoken(request)
    faults: list[Finding] = list(getattr(refused, "findings", ()))[:CHANGED]
    return render(
        request,
        "console/directory_changes.html",
        status=200 if refused is None else 422,
        said=said_of(request, refused),
        faults=[(one.where, one.line, one.vi if language == "vi" else one.en) for one in faults],
        changes=await console.workers.run(desk.changes),
        words=directory_words,
        version=console.hub.directory.current().version,
    )


async def _change_page(console: Console, request: web.Request, *, refused: Refusal | None = None) -> web.Response:
    found, differs = await console.workers.run(console.hub.directory_desk.change, number_of(request))
    return render(
        request,
        "console/directory_change.html",
        status=200 if refused is None else 422,
        said=said_of(request, refused),
        change=found,
        differs=differs,
        shown=differs.changes[:CHANGED],
        words=directory_words,
        other=may_approve(
            proved_name(person_of(request).actor, PAGES),
            proposed_by=found.proposed_by,
            approvers=console.hub.world.settings.trust_approvers,
        ),
        stale=console.hub.directory.current().version != found.base,
    )


def _proposed(propose: Callable[[str], DirectoryChange], content: bytes) -> DirectoryChange:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadParameter(name="file", wanted="UTF-8") from error
    return propose(text)


async def _file(request: web.Request) -> tuple[str, bytes, str]:
    """Name and content of the one file, and the reason; the form's key comes before the file.

    Raises:
        WrongMediaType, FormForged, BodyTooLarge, BodyCutOff, BadParameter.
    """
    if request.content_type != FILES_TYPE:
        raise WrongMediaType(wanted=FILES_TYPE)
    try:
        reader, fields, found = await request.multipart(), {KEY_FIELD: "", "reason": ""}, None
        async for part in reader:
            if not isinstance(part, BodyPartReader):
                raise WrongMediaType(wanted=FILES_TYPE)
            if part.filename is None:
                if part.name in fields:
                    fields[part.name] = (await part.text())[:FIELD_MOST]
                continue
            require_key(request, fields[KEY_FIELD])
            found = (part.filename, await _content(part))
    except (OSError, web.RequestPayloadError) as error:
        raise BodyCutOff() from error
    if CSRF in request:
        require_key(request, fields[KEY_FIELD])
    if found is None or not found[0]:
        raise BadParameter(name="file", wanted="TOML, CSV")
    return *found, fields["reason"]


async def _content(part: BodyPartReader) -> bytes:
    pieces, size = [], 0
    while piece := await part.read_chunk(1 << 20):
        size += len(piece)
        if size > FILE_MOST:
            raise BodyTooLarge(limit=FILE_MOST)
        pieces.append(piece)
    return b"".join(pieces)


Handler = Callable[[Console, web.Request], Awaitable[web.StreamResponse]]
DIRECTORY_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/directory", browse),
    ("GET", "/directory/agencies/{code}", agency),
    ("POST", "/directory/agencies/{code}", propose_head),
    ("GET", "/directory/changes", changes),
    ("POST", "/directory/changes", propose_import),
    ("GET", "/directory/changes/{number}", change),
    ("POST", "/directory/changes/{number}", decide),
    ("GET", "/directory/reorganisation", reorganisation),
)
