"""The own account: second factor, recovery codes, where one is signed in."""

from __future__ import annotations

import base64

from aiohttp import web

from exchange_axis.domain.people import CONFIRMING, Role
from exchange_axis.domain.program_tokens import DAYS_MOST
from exchange_axis.pipeline.grants_text import role_word
from exchange_axis.web.shared.forms import Fields, fields_of
from exchange_axis.web.shared.language import spoken
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.permissions import KEEPERS
from exchange_axis.web.shared.sessions import Door, person_of
from schemas.gate.refusal import Refusal

ACCOUNT = "/account"


async def show(door: Door, request: web.Request) -> web.StreamResponse:
    return await account_page(door, request)


async def account_page(
    door: Door, request: web.Request, *, refused: Refusal | None = None, fields: Fields | None = None
) -> web.Response:
    person = person_of(request)
    found = await door.workers.run(door.staff.sessions.of, person.user.seq)
    left = await door.workers.run(door.staff.enrolling.codes_left, person)
    language = spoken(request)
    return render(
        request,
        "people/account.html",
        status=200 if refused is None else 422,
        said=None if refused is None else (refused.message(language), refused.remedy(language)),
        offered=door.passkey_site(request) is not None,
        fresh=person.fresh,
        passkeys=await door.workers.run(door.staff.passkeys.of, person.user.seq),
        key_text=_key_text,
        user=person.user,
        here=person.session.id,
        sessions=found,
        codes_left=left,
        expires_at=await door.workers.run(door.staff.review.warned, person.user),
        reads=Role.AUDITOR in person.roles,
        tokens=await door.workers.run(door.staff.tokens.of, person.user.seq),
        days_most=DAYS_MOST,
        given=fields or Fields(),
        now=door.staff.world.clock.now(),
        keeps=bool(person.roles & {Role(one) for one in KEEPERS}),
        confirms=bool(person.roles & CONFIRMING),
        roles=[role_word(role, language) for role in Role if role in person.roles],
    )


async def end_sessions(door: Door, request: web.Request) -> web.StreamResponse:
    """One of one's own, or all but this."""
    person, which = person_of(request), (await fields_of(request)).text("session")
    if which.isascii() and which.isdigit() and len(which) < 16:
        await door.workers.run(door.staff.sessions.end, person.user.seq, only=int(which))
    else:
        await door.workers.run(door.staff.sessions.end, person.user.seq, but=person.session.id)
    return see(ACCOUNT)


async def new_codes(door: Door, request: web.Request) -> web.StreamResponse:
    codes = await door.workers.run(door.staff.enrolling.new_codes, person_of(request))
    return render(request, "people/codes.html", codes=codes, next=ACCOUNT)


def _key_text(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode("ascii")
