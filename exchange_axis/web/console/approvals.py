"""What waits for a second person, and his decision. Nobody approves what he proposed: the use cases hold that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from aiohttp import web

from exchange_axis.domain.people import Person
from exchange_axis.domain.two_people import is_proved, may_approve, proved_name
from exchange_axis.hub.service import Hub
from exchange_axis.pipeline.approvals import PAGES
from exchange_axis.store.hub.root_changes import RootChange
from exchange_axis.web.console import operator_words
from exchange_axis.web.console.answers import number_of, said_of
from exchange_axis.web.console.operator import Console
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.forms import Fields, fields_of
from exchange_axis.web.shared.language import spoken
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.readable import named
from exchange_axis.web.shared.sessions import person_of
from schemas.gate.refusal import Refusal
from signing.certificates import fingerprint, load_certificates, subject_text

APPROVALS = "/approvals"


async def show(console: Console, request: web.Request) -> web.StreamResponse:
    return await _page(console, request)


async def decide_root(console: Console, request: web.Request) -> web.StreamResponse:
    roots, number = console.hub.roots, number_of(request)
    return await _decided(
        console,
        request,
        {
            "approve": lambda actor, _: roots.approve(number, actor=actor),
            "refuse": lambda actor, _: roots.reject(number, actor=actor),
        },
    )


async def decide_list(console: Console, request: web.Request) -> web.StreamResponse:
    """A refusal wants a reason, which whoever proposed reads here."""
    lists, number = console.hub.trust_lists, number_of(request)
    return await _decided(
        console,
        request,
        {
            "approve": lambda actor, _: lists.approve(actor=actor, seen=number),
            "refuse": lambda actor, given: lists.refuse(reason=given.text("reason"), actor=actor, seen=number),
        },
    )


async def decide_erasure(console: Console, request: web.Request) -> web.StreamResponse:
    erasing, letter = console.hub.keeping.erasing, request.match_info["letter"]
    return await _decided(
        console,
        request,
        {
            "approve": lambda actor, _: erasing.approve(letter, actor=actor),
            "refuse": lambda actor, _: erasing.withdraw(letter, actor=actor),
        },
    )


async def decide_retention(console: Console, request: web.Request) -> web.StreamResponse:
    classes, number = console.hub.keeping.retention.classes, number_of(request)
    return await _decided(
        console,
        request,
        {
            "approve": lambda actor, _: classes.approve(actor=actor, seen=number),
            "refuse": lambda actor, _: classes.reject(actor=actor, seen=number),
        },
    )


Step = Callable[[str, Fields], object]


async def _decided(console: Console, request: web.Request, steps: dict[str, Step]) -> web.StreamResponse:
    person, fields = person_of(request), await fields_of(request)
    act = fields.text("act")
    if act not in steps:
        raise BadParameter(name="act", wanted=", ".join(steps))
    try:
        actor = await console.workers.run(console.hub.approvals.signed_in, person)
        await console.workers.run(steps[act], actor, fields)
    except Refusal as refused:
        if refused.code.startswith("store."):
            raise
        return await _page(console, request, refused=refused)
    return see(APPROVALS)


async def _page(console: Console, request: web.Request, *, refused: Refusal | None = None) -> web.Response:
    view = await console.workers.run(_view, console.hub)
    return render(
        request,
        "console/approvals.html",
        status=200 if refused is None else 422,
        said=said_of(request, refused),
        me=person_of(request),
        other=partial(_is_other, person_of(request)),
        is_proved=is_proved,
        names=partial(named, language=spoken(request)),
        words=operator_words,
        **view,
    )


def _is_other(person: Person, proposed_by: str) -> bool:
    """Whether a button to approve is shown; who has no fresh second factor is asked for it then."""
    return may_approve(proved_name(person.actor, PAGES), proposed_by=proposed_by)


def _view(hub: Hub) -> dict[str, Any]:
    view = hub.pending.view()
    in_force = hub.trust_lists.state() if view.trust_list is not None else {}
    kept = hub.keeping.retention.classes.in_force()
    return {
        "view": view,
        "kept": asdict(kept),
        "roots": [(one, _certificates(one)) for one in view.roots],
        "in_force": in_force,
    }


def _certificates(change: RootChange) -> list[tuple[str, str, Any]]:
    """Subject, fingerprint and end of each certificate that is proposed."""
    found = load_certificates(change.pem.encode()) if change.pem else ()
    return [(subject_text(one), fingerprint(one), one.not_valid_after_utc) for one in found]


Handler = Callable[[Console, web.Request], Awaitable[web.StreamResponse]]
APPROVALS_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/approvals", show),
    ("POST", "/approvals/roots/{number}", decide_root),
    ("POST", "/approvals/trust-list/{number}", decide_list),
    ("POST", "/approvals/erasures/{letter}", decide_erasure),
    ("POST", "/approvals/retention/{number}", decide_retention),
)
