"""Passkeys on the pages: asked for by a small script, sent by ordinary forms; without a script they stay out of sight.

Offered under the house's DNS name and over TLS only: browsers bind a passkey to a name, and give it to no other page.
"""

from __future__ import annotations

import base64
import binascii

from aiohttp import web

from exchange_axis.errors import NotFound
from exchange_axis.pipeline.passkeys import Site
from exchange_axis.pipeline.people_refusals import (
    LoginLocked,
    LoginWrong,
    PasskeyKnown,
    PasskeyLimit,
    PasskeyName,
    PasskeyWrong,
)
from exchange_axis.web.people import account, login
from exchange_axis.web.shared.forms import fields_of
from exchange_axis.web.shared.pages import see
from exchange_axis.web.shared.sessions import Door, person_of, visitor


def require_site(door: Door, request: web.Request) -> Site:
    """Raises NotFound: nobody has a passkey here."""
    site = door.passkey_site(request)
    if site is None:
        raise NotFound(what=request.path)
    return site


async def ask_in(door: Door, request: web.Request) -> web.StreamResponse:
    return _options(await door.workers.run(door.staff.passkeys.ask_in, require_site(door, request)))


async def enter(door: Door, request: web.Request) -> web.StreamResponse:
    fields, site = await fields_of(request), require_site(door, request)
    try:
        entered = await door.workers.run(door.staff.passkeys.enter, site, fields.raw("answer"), visitor(request))
    except (PasskeyWrong, LoginWrong) as refused:
        return login.login_page(door, request, refused=refused, back=fields.text("next"))
    await login.forget(door, request)
    return door.let_in(request, login.onward(entered.person, fields.text("next")), entered)


async def ask_again(door: Door, request: web.Request) -> web.StreamResponse:
    site, person = require_site(door, request), person_of(request)
    return _options(await door.workers.run(door.staff.passkeys.ask_again, site, person))


async def prove(door: Door, request: web.Request) -> web.StreamResponse:
    fields, person, site = await fields_of(request), person_of(request), require_site(door, request)
    token, answer = door.token(request), fields.raw("answer")
    try:
        entered = await door.workers.run(door.staff.passkeys.prove, site, token, answer, visitor(request))
    except (PasskeyWrong, LoginLocked) as refused:
        return await login.factor_page(door, request, person, refused=refused, back=fields.text("next"))
    return door.let_in(request, login.onward(entered.person, fields.text("next")), entered)


async def ask_new(door: Door, request: web.Request) -> web.StreamResponse:
    site, person = require_site(door, request), person_of(request)
    return _options(await door.workers.run(door.staff.passkeys.ask_new, site, person))


async def add(door: Door, request: web.Request) -> web.StreamResponse:
    fields, person, site = await fields_of(request), person_of(request), require_site(door, request)
    keep = door.staff.passkeys.add
    try:
        await door.workers.run(keep, site, person, fields.raw("answer"), fields.text("name"))
    except (PasskeyName, PasskeyLimit, PasskeyWrong, PasskeyKnown) as refused:
        return await account.account_page(door, request, refused=refused)
    return see(f"{account.ACCOUNT}#passkeys")


async def remove(door: Door, request: web.Request) -> web.StreamResponse:
    person, given = person_of(request), (await fields_of(request)).text("key")
    if not await door.workers.run(door.staff.passkeys.drop, person, _key(given)):
        raise NotFound(what=given[:100])
    return see(f"{account.ACCOUNT}#passkeys")


def _key(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""


def _options(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")
