"""Who may come in, kept by the administrator or the security officer; each change wants a fresh second factor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from exchange_axis.domain.accounts import CHANGE_WORDS
from exchange_axis.domain.people import ROLES, Grant, Role, User
from exchange_axis.errors import NotFound
from exchange_axis.pipeline.grants_text import DATES, GrantUnreadable, grant_text, grants_from, role_word
from exchange_axis.pipeline.people import Invited
from exchange_axis.web.people.program_tokens import number_in
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.forms import Fields, fields_of
from exchange_axis.web.shared.language import spoken
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.sessions import Door, person_of
from schemas.gate.refusal import Refusal

PEOPLE, CHANGES = "/people", "/people/changes"
SEVERAL = ";"


async def every(door: Door, request: web.Request) -> web.StreamResponse:
    return await _list(door, request)


async def add(door: Door, request: web.Request) -> web.StreamResponse:
    """A new account; its first password is shown once."""
    person, fields = person_of(request), await fields_of(request)
    door.staff.sessions.require_fresh(person)
    add_one = door.staff.people.add
    try:
        grants = grants_from(_roles(fields))
        invited = await door.workers.run(add_one, fields.text("login"), fields.text("name"), grants, actor=person.actor)
    except Refusal as refused:
        return await _list(door, request, refused=refused, fields=fields)
    return _handed(request, invited)


async def one(door: Door, request: web.Request) -> web.StreamResponse:
    return await _person_page(door, request, request.match_info["login"])


async def change(door: Door, request: web.Request) -> web.StreamResponse:
    """Roles, closing, opening, a new first password, a second factor that was lost."""
    person, fields = person_of(request), await fields_of(request)
    door.staff.sessions.require_fresh(person)
    user, people, act = await _found(door, request), door.staff.people, fields.text("act")
    if act == "password":
        return _handed(request, await door.workers.run(people.reset_password, user.login, actor=person.actor))
    if act == "roles":
        try:
            grants = grants_from(_roles(fields))
        except GrantUnreadable as refused:
            return await _person_page(door, request, user.login, refused=refused)
        await door.workers.run(people.set_grants, user.login, grants, actor=person.actor)
        return see(f"{PEOPLE}/{user.login}")
    if act == "token-revoke":
        revoke = door.staff.tokens.revoke
        await door.workers.run(revoke, user.login, number_in(fields.text("number")), actor=person.actor)
        return see(f"{PEOPLE}/{user.login}#tokens")
    simple: Mapping[str, Callable[..., User]] = {
        "disable": people.disable,
        "enable": people.enable,
        "factor": people.reset_factor,
    }
    if act not in simple:
        raise BadParameter(name="act", wanted="roles, password, disable, enable, factor, token-revoke")
    await door.workers.run(simple[act], user.login, actor=person.actor)
    return see(f"{PEOPLE}/{user.login}")


async def changes(door: Door, request: web.Request) -> web.StreamResponse:
    found = await door.workers.run(door.staff.people.changes)
    waiting = {one.seq for one in await door.workers.run(door.staff.people.unconfirmed)}
    broken = await door.workers.run(door.staff.people.record_broken_at)
    me, acts = person_of(request), CHANGE_WORDS
    return render(request, "people/changes.html", changes=found, waiting=waiting, broken=broken, me=me, acts=acts)


async def confirm(door: Door, request: web.Request) -> web.StreamResponse:
    person, number = person_of(request), (await fields_of(request)).text("number")
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise BadParameter(name="number", wanted="1, 2, 3, …")
    await door.workers.run(door.staff.people.confirm, int(number), actor=person.actor)
    return see(CHANGES)


async def _found(door: Door, request: web.Request) -> User:
    login = request.match_info["login"]
    users = await door.workers.run(door.staff.people.every)
    found = next((user for user in users if user.login == login), None)
    if found is None:
        raise NotFound(what=login)
    return found


async def _list(
    door: Door, request: web.Request, *, refused: Refusal | None = None, fields: Fields | None = None
) -> web.Response:
    language = spoken(request)
    said = None if refused is None else (refused.message(language), refused.remedy(language))
    accounts = await door.workers.run(door.staff.review.every)
    waiting = len(await door.workers.run(door.staff.people.unconfirmed))
    return render(
        request,
        "people/list.html",
        status=200 if refused is None else 422,
        said=said,
        accounts=[(one, _role_words(one.user, language)) for one in accounts],
        due=sum(one.review_due for one in accounts),
        expired=sum(one.has_expired for one in accounts),
        waiting=waiting,
        choices=_choices(door, language),
        given=fields or Fields(),
    )


async def _person_page(door: Door, request: web.Request, login: str, *, refused: Refusal | None = None) -> web.Response:
    language = spoken(request)
    account = await door.workers.run(door.staff.review.one, login)
    said = None if refused is None else (refused.message(language), refused.remedy(language))
    return render(
        request,
        "people/person.html",
        status=200 if refused is None else 422,
        said=said,
        user=account.user,
        account=account,
        history=await door.workers.run(door.staff.review.history, login),
        held=_held(account.user),
        tokens=await door.workers.run(door.staff.tokens.of, account.user.seq),
        now=door.staff.world.clock.now(),
        choices=_choices(door, language),
        acts=CHANGE_WORDS,
    )


def _handed(request: web.Request, invited: Invited) -> web.Response:
    return render(request, "people/invited.html", user=invited.user, password=invited.password)


def _roles(fields: Fields) -> tuple[str, ...]:
    """Ticked roles, each with the dates and codes beside it; several of one role with `;` between them."""
    return tuple(word for role in fields.every("role") for word in _with_limits(fields, role))


def _with_limits(fields: Fields, role: str) -> list[str]:
    """As its boxes say; or, of several scopes of one role, each as it is written in the one box for them."""
    if several := [one.strip() for one in fields.text(f"limits-{role}").split(SEVERAL) if one.strip()]:
        return [",".join([role, *(part.strip() for part in one.split(",") if part.strip())]) for one in several]
    codes = [f"code={code}" for code in fields.text(f"codes-{role}").replace(",", " ").split()]
    days = [f"{name}={day}" for name in DATES if (day := fields.text(f"{name}-{role}"))]
    return [",".join([role, *codes, *days])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A role that somebody has, as the form shows it."""

    limits: str = ""
    """Several scopes, as one text; then the boxes are empty."""
    codes: str = ""
    days: Mapping[str, str] = field(default_factory=dict)
    """By name of the box, of DATES."""


def _held(user: User) -> dict[str, Held]:
    """By role."""
    found: dict[str, list[Grant]] = {}
    for grant in user.grants:
        found.setdefault(grant.role.value, []).append(grant)
    return {role: _shown(grants) for role, grants in found.items()}


def _shown(grants: Sequence[Grant]) -> Held:
    if len(grants) > 1:
        return Held(limits=f"{SEVERAL} ".join(grant_text(one).partition(",")[2] for one in grants))
    (one,) = grants
    days = {name: getattr(one, of) for name, of in DATES.items()}
    return Held(
        codes=" ".join(one.codes), days={name: day.isoformat() for name, day in days.items() if day is not None}
    )


def _choices(door: Door, language: str) -> list[tuple[str, str]]:
    return [(role.value, role_word(role, language)) for role in ROLES[door.staff.world.house]]


def _role_words(user: User, language: str) -> str:
    return ", ".join(role_word(Role(grant.role), language) for grant in user.grants)
