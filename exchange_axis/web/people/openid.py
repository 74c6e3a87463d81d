"""Signing in at an OpenID provider, and out again. Links lead there, not forms: our policy lets no form lead elsewhere.

Whoever comes back from another site has no cookie of ours that is `Strict`; so the answer is a page of our own that
leads on by itself, and from it the new cookie is sent.
"""

from __future__ import annotations

from aiohttp import hdrs, web

from exchange_axis.domain.openid import OpenIdRefused, OpenIdStranger, ProviderPlaces, ProviderUnreachable
from exchange_axis.errors import NotFound
from exchange_axis.pipeline.openid import Errand, KeyUnknown
from exchange_axis.pipeline.sessions import Entered
from exchange_axis.web.people import login
from exchange_axis.web.shared.pages import local_path, render, see
from exchange_axis.web.shared.sessions import LOGIN, Door, OpenIdWay, visitor

BACK = "/login/openid/back"
LONGEST = 2_000
"""Characters of a state or a code."""


async def go(door: Door, request: web.Request) -> web.StreamResponse:
    way, wanted = _way(door, request), local_path(request.query.get("next", ""))
    try:
        places = await way.provider.places()
    except ProviderUnreachable as refused:
        return login.login_page(door, request, refused=refused, back=wanted)
    redirect, again = _own(door, request) + BACK, request.query.get("again") == "1"
    away = await door.workers.run(way.use.begin, places, redirect=redirect, back=wanted, again=again)
    response = see(away.address)
    response.set_cookie(
        _cookie(door, request), away.secret, path="/", secure=request.secure, httponly=True, samesite="Lax", max_age=600
    )
    return response


async def back(door: Door, request: web.Request) -> web.StreamResponse:
    way = _way(door, request)
    try:
        errand, entered = await _entered(door, request, way)
    except (OpenIdRefused, OpenIdStranger, ProviderUnreachable) as refused:
        return _forgetting(door, request, login.login_page(door, request, refused=refused))
    await login.forget(door, request)
    led = login.onward(entered.person, errand.back).headers[hdrs.LOCATION]
    page = render(request, "people/openid_in.html", next=led, lead=f"0;url={led}")
    return _forgetting(door, request, door.let_in(request, page, entered))


async def out(door: Door, request: web.Request) -> web.StreamResponse:
    way = _way(door, request)
    try:
        places = await way.provider.places()
    except ProviderUnreachable as refused:
        return login.login_page(door, request, refused=refused)
    return see(way.use.leaving(places, back=_own(door, request) + LOGIN) or LOGIN)


async def _entered(door: Door, request: web.Request, way: OpenIdWay) -> tuple[Errand, Entered]:
    query, use, provider = request.query, way.use, way.provider
    state, code = query.get("state", "")[:LONGEST], query.get("code", "")[:LONGEST]
    places: ProviderPlaces = await provider.places()
    secret, issuer = request.cookies.get(_cookie(door, request), ""), query.get("iss")
    errand = await door.workers.run(use.returned, places, state=state, secret=secret, issuer=issuer)
    if "error" in query or not code:
        raise OpenIdRefused()
    token = await provider.redeem(code=code, verifier=errand.verifier, redirect=errand.redirect)
    try:
        return errand, await door.workers.run(use.enter, errand, token, await provider.keys(), visitor(request))
    except KeyUnknown:
        keys = await provider.keys(anew=True)
    try:
        return errand, await door.workers.run(use.enter, errand, token, keys, visitor(request))
    except KeyUnknown as error:
        raise OpenIdRefused() from error


def _way(door: Door, request: web.Request) -> OpenIdWay:
    if door.openid is None:
        raise NotFound(what=request.path)
    return door.openid


def _own(door: Door, request: web.Request) -> str:
    """The address by which the provider knows us: it lets nobody be sent to another one."""
    return door.way.url or f"{request.scheme}://{request.headers.get(hdrs.HOST, '')}"


def _cookie(door: Door, request: web.Request) -> str:
    return door.cookie(secure=request.secure) + "-errand"


def _forgetting(door: Door, request: web.Request, response: web.Response) -> web.Response:
    response.del_cookie(_cookie(door, request), path="/", secure=request.secure, httponly=True, samesite="Lax")
    return response
