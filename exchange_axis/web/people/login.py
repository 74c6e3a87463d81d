"""From the password to being in: each step a page, each answer a new session."""

from __future__ import annotations

from io import BytesIO
from typing import Final
from urllib.parse import quote

import segno
from aiohttp import web

from exchange_axis.domain.openid import ProviderUnreachable
from exchange_axis.domain.people import LONG_PASSWORD, OPENID, SHORT_PASSWORD, Person, Stage
from exchange_axis.pipeline.people_refusals import (
    FactorWrong,
    LoginLocked,
    LoginWrong,
    OldPasswordWrong,
    PasswordSame,
    PasswordWeak,
)
from exchange_axis.web.shared.forms import fields_of
from exchange_axis.web.shared.language import spoken
from exchange_axis.web.shared.pages import local_path, render, see
from exchange_axis.web.shared.sessions import LOGIN, STEPS, Door, person_of, visitor
from schemas.gate.refusal import Refusal

_STATUS: Final = {LoginLocked.code: 429, ProviderUnreachable.code: 503}


async def show(door: Door, request: web.Request) -> web.StreamResponse:
    return login_page(door, request)


async def enter(door: Door, request: web.Request) -> web.StreamResponse:
    fields = await fields_of(request)
    sessions = door.staff.sessions
    try:
        entered = await door.workers.run(sessions.enter, fields.text("login"), fields.raw("password"), visitor(request))
    except (LoginWrong, LoginLocked) as refused:
        return login_page(door, request, refused=refused, login=fields.text("login"), back=fields.text("next"))
    await forget(door, request)
    return door.let_in(request, onward(entered.person, fields.text("next")), entered)


async def forget(door: Door, request: web.Request) -> None:
    """End the session that the browser had before."""
    old = door.token(request)
    if old:
        await door.workers.run(door.staff.sessions.leave, old)


async def show_factor(door: Door, request: web.Request) -> web.StreamResponse:
    person = person_of(request)
    if not person.user.has_second_factor and not _again_elsewhere(door, person):
        return see(STEPS[Stage.ENROL])
    return await factor_page(door, request, person)


async def prove(door: Door, request: web.Request) -> web.StreamResponse:
    fields, person = await fields_of(request), person_of(request)
    try:
        entered = await door.workers.run(
            door.staff.sessions.prove, door.token(request), fields.text("code"), visitor(request)
        )
    except (FactorWrong, LoginLocked) as refused:
        return await factor_page(door, request, person, refused=refused, back=fields.text("next"))
    return door.let_in(request, onward(entered.person, fields.text("next")), entered)


async def show_password(door: Door, request: web.Request) -> web.StreamResponse:
    return _password_page(door, request)


async def change_password(door: Door, request: web.Request) -> web.StreamResponse:
    fields, person = await fields_of(request), person_of(request)
    old, new = fields.raw("old"), fields.raw("new")
    if new != fields.raw("again"):
        return _password_page(door, request, differ=True)
    people, sessions = door.staff.people, door.staff.sessions
    try:
        await door.workers.run(people.change_password, person.user.seq, old, new, session=person.session.id)
    except (PasswordWeak, PasswordSame, OldPasswordWrong, LoginLocked) as refused:
        return _password_page(door, request, refused=refused)
    entered = await door.workers.run(sessions.renew, door.token(request))
    return door.let_in(request, onward(entered.person, fields.text("next") or "/account"), entered)


async def show_enrol(door: Door, request: web.Request) -> web.StreamResponse:
    return await _enrol_page(door, request)


async def picture(door: Door, request: web.Request) -> web.StreamResponse:
    """What an authenticator reads with its camera."""
    person = _may_enrol(door, request)
    offered = await door.workers.run(door.staff.enrolling.offer, person)
    file = BytesIO()
    segno.make(offered.address, error="m").save(file, kind="svg", scale=5, border=4, dark="#000", light="#fff")
    return web.Response(body=file.getvalue(), content_type="image/svg+xml")


async def enrol(door: Door, request: web.Request) -> web.StreamResponse:
    fields, person = await fields_of(request), _may_enrol(door, request)
    finish = door.staff.enrolling.finish
    try:
        enrolled = await door.workers.run(finish, person, door.token(request), fields.text("code"))
    except FactorWrong as refused:
        return await _enrol_page(door, request, refused=refused)
    page = render(request, "people/codes.html", status=200, codes=enrolled.codes, next=fields.text("next") or "/")
    return door.let_in(request, page, enrolled.entered)


async def leave(door: Door, request: web.Request) -> web.StreamResponse:
    person = person_of(request)
    await door.workers.run(door.staff.sessions.leave, door.token(request))
    elsewhere = door.openid is not None and person.session.way == OPENID
    return door.let_out(request, see(f"{LOGIN}?out=1" if elsewhere else LOGIN))


def _again_elsewhere(door: Door, person: Person) -> bool:
    """Whether the provider's second factor counts here, and can be asked for again."""
    return door.openid is not None and person.session.way == OPENID and bool(door.openid.use.settings.factor)


def _may_enrol(door: Door, request: web.Request) -> Person:
    """Who has a second factor already shows it first."""
    person = person_of(request)
    if person.stage is Stage.IN:
        door.staff.sessions.require_fresh(person)
    elif person.stage is not Stage.ENROL:
        raise FactorWrong()
    return person


def onward(person: Person, back: str) -> web.Response:
    wanted = local_path(back)
    if person.stage is Stage.IN:
        return see("/" if wanted.startswith("/login") else wanted)
    step = STEPS[person.stage]
    return see(f"{step}?next={quote(wanted, safe='')}" if wanted != "/" else step)


def _words(request: web.Request, refused: Refusal | None) -> tuple[str, str] | None:
    if refused is None:
        return None
    language = spoken(request)
    return refused.message(language), refused.remedy(language)


def login_page(
    door: Door, request: web.Request, *, refused: Refusal | None = None, login: str = "", back: str | None = None
) -> web.Response:
    given = request.query.get("next", "") if back is None else back
    status = 200 if refused is None else _STATUS.get(refused.code, 401)
    said = _words(request, refused)
    response = render(
        request,
        "people/login.html",
        status=status,
        said=said,
        login=login[:200],
        next=local_path(given),
        passkey=door.passkey_site(request) is not None,
        openid=None if door.openid is None else door.openid.use.settings.name,
        out=door.openid is not None and "out" in request.query,
    )
    if isinstance(refused, LoginLocked):
        response.headers["Retry-After"] = refused.facts["seconds"]
    return response


async def factor_page(
    door: Door, request: web.Request, person: Person, *, refused: Refusal | None = None, back: str | None = None
) -> web.Response:
    given = request.query.get("next", "") if back is None else back
    status = 200 if refused is None else 429 if isinstance(refused, LoginLocked) else 403
    offered = door.passkey_site(request) is not None
    keys = await door.workers.run(door.staff.passkeys.of, person.user.seq) if offered else ()
    return render(
        request,
        "people/factor.html",
        passkey=bool(keys),
        code=person.user.has_second_factor,
        elsewhere=_again_elsewhere(door, person),
        status=status,
        said=_words(request, refused),
        again=person.stage is Stage.IN,
        next=local_path(given),
    )


def _password_page(
    door: Door, request: web.Request, *, refused: Refusal | None = None, differ: bool = False
) -> web.Response:
    person = person_of(request)
    short = door.staff.world.factor_wanted or person.user.has_second_factor
    return render(
        request,
        "people/password.html",
        status=200 if refused is None and not differ else 422,
        said=_words(request, refused),
        differ=differ,
        least=SHORT_PASSWORD if short else LONG_PASSWORD,
        first=person.user.must_change,
        next=local_path(request.query.get("next", "")),
    )


async def _enrol_page(door: Door, request: web.Request, *, refused: Refusal | None = None) -> web.Response:
    offered = await door.workers.run(door.staff.enrolling.offer, _may_enrol(door, request))
    secret = " ".join(offered.secret[start : start + 4] for start in range(0, len(offered.secret), 4))
    return render(
        request,
        "people/enrol.html",
        status=200 if refused is None else 422,
        said=_words(request, refused),
        secret=secret,
        next=local_path(request.query.get("next", "")),
    )
