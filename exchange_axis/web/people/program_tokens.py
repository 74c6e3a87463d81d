"""Tokens for an auditor's programs on his account page: made, shown once, revoked."""

from __future__ import annotations

from aiohttp import hdrs, web

from exchange_axis.domain.reasons import ChangeReasonMissing
from exchange_axis.errors import NotFound
from exchange_axis.pipeline.program_tokens import TokenLimit, TokenUnusable
from exchange_axis.web.people import account
from exchange_axis.web.shared.forms import fields_of
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.sessions import Door, person_of

NUMBER_MOST = 15
"""Digits."""


async def make(door: Door, request: web.Request) -> web.StreamResponse:
    """Its text is shown once."""
    person, fields = person_of(request), await fields_of(request)
    name, reason, days = fields.text("name"), fields.text("reason"), number_in(fields.text("days"))
    try:
        made = await door.workers.run(door.staff.tokens.make, person, name=name, reason=reason, days=days)
    except (TokenUnusable, TokenLimit, ChangeReasonMissing) as refused:
        return await account.account_page(door, request, refused=refused, fields=fields)
    return render(request, "people/token.html", made=made, header=f"{hdrs.AUTHORIZATION}: Bearer {made.text}")


async def revoke(door: Door, request: web.Request) -> web.StreamResponse:
    person, number = person_of(request), (await fields_of(request)).text("number")
    if not number_in(number):
        raise NotFound(what=number[:100])
    await door.workers.run(door.staff.tokens.revoke, person.actor, number_in(number), actor=person.actor)
    return see(f"{account.ACCOUNT}#tokens")


def number_in(text: str) -> int:
    """Nothing usable is 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= NUMBER_MOST else 0
