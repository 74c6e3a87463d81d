"""The door of everything that people use: who asks, whether he may, and whether his browser meant it.

Rules of this file:
1. The cookie holds a secret and nothing else; `__Host-` and Secure wherever there is TLS. On loopback without TLS it
   has another name, because browsers refuse the prefix there. The house is part of the name: ports share cookies.
2. Who is not allowed is refused before the handler runs, by the table of rules; what a page shows decides nothing.
3. What changes something comes from our own page: by Origin or Sec-Fetch-Site, and by the key of the session's forms.
4. A token of a program is looked at where the rule says so, and nowhere else.
5. The Host header names loopback, an address, or a name that the operator gave: a page under a rebound name gets
   nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from exchange_axis.domain.openid import OpenIdSettings
from exchange_axis.domain.people import ADMINS, Person, Stage
from exchange_axis.pipeline.openid import OpenId
from exchange_axis.pipeline.passkeys import Site
from exchange_axis.pipeline.people_refusals import FormForged, NotForRole, OnlyReviews, SessionEnded, StepUpWanted
from exchange_axis.pipeline.sessions import Entered, Visitor, form_key
from exchange_axis.pipeline.staff import Staff
from exchange_axis.ports import IdentityProvider
from exchange_axis.web.shared.bodies import refuse_encoded
from exchange_axis.web.shared.edge import CALLER
from exchange_axis.web.shared.errors import UnknownName
from exchange_axis.web.shared.forms import FILES_TYPE, KEY_FIELD, fields_of, is_checked, require_key
from exchange_axis.web.shared.identity import bearer
from exchange_axis.web.shared.pages import (
    CSRF,
    IDLE,
    PERSON,
    PRACTICE,
    PROGRAM,
    RULES,
    local_path,
    practising,
    see,
    wants_page,
)
from exchange_axis.web.shared.permissions import REVIEW_PAGE, Rule, Rules, allows
from exchange_axis.web.shared.workers import Workers

LOGIN: Final = "/login"
STEPS: Final = {Stage.FACTOR: "/login/factor", Stage.CHANGE: "/login/password", Stage.ENROL: "/login/enrol"}
BY_ITSELF: Final = "Axis-By-Itself"
"""Header of what a script asks without anybody having done anything."""
SAFE: Final = frozenset({"GET", "HEAD"})
_HOUSE: Final = re.compile(r"[^a-z0-9-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class WayHere:
    """Under which names a house is found."""

    names: Collection[str] = field(default_factory=frozenset)
    """DNS names under which the operator serves it."""
    site: str = ""
    """The one of them to which passkeys belong; empty: there are none."""
    url: str = ""
    """https://NAME[:PORT] as people type it, where that is not the name and the port of the socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdWay:
    use: OpenId
    provider: IdentityProvider


OpenIdGiven = tuple[OpenIdSettings, IdentityProvider]


def openid_way(staff: Staff, given: OpenIdGiven | None) -> OpenIdWay | None:
    if given is None:
        return None
    settings, provider = given
    return OpenIdWay(use=OpenId(staff.world, staff.sessions, settings), provider=provider)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    staff: Staff
    workers: Workers
    house: str
    """Id of the node or hub: part of the cookie's name."""
    way: WayHere = field(default_factory=WayHere)
    openid: OpenIdWay | None = None
    """Where the operator lets people sign in elsewhere."""

    def passkey_site(self, request: web.BaseRequest) -> Site | None:
        """Where passkeys are good for; None for who came by another name or without TLS."""
        site = self.way.site
        if not site or not request.secure or host_of(request) != site:
            return None
        return Site(id=site, origin=self.way.url or _origin(site, request))

    def cookie(self, *, secure: bool) -> str:
        name = "axis-" + _HOUSE.sub("-", self.house.lower())
        return f"__Host-{name}" if secure else name

    def token(self, request: web.BaseRequest) -> str:
        return request.cookies.get(self.cookie(secure=request.secure), "")

    def let_in(self, request: web.BaseRequest, response: web.Response, entered: Entered) -> web.Response:
        """Give the browser the new session."""
        strict = entered.person.stage is not Stage.IN or bool(ADMINS & entered.person.roles)
        response.set_cookie(
            self.cookie(secure=request.secure),
            entered.token,
            path="/",
            secure=request.secure,
            httponly=True,
            samesite="Strict" if strict else "Lax",
        )
        return response

    def let_out(self, request: web.BaseRequest, response: web.Response) -> web.Response:
        response.del_cookie(
            self.cookie(secure=request.secure), path="/", secure=request.secure, httponly=True, samesite="Strict"
        )
        response.headers["Clear-Site-Data"] = '"cache"'
        return response


def guarding(door: Door, rules: Rules) -> Middleware:
    """Passes on only what may be answered. Put it inside `edge`; addresses without a rule are not served."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        _require_host(door, request)
        refuse_encoded(request)
        request[RULES] = rules
        rule = _rule(request, rules)
        if rule is not None and rule.programs and bearer(request):
            return await _by_program(door, request, rule, handler)
        person = await _identified(door, request) or await _left_alone(door, request, rule)
        if rule is not None and not allows(rule, person):
            return _turned_away(request, person)
        if request.method in SAFE:
            return await _answered(request, handler)
        _require_own_origin(request)
        if person is not None and request.content_type != FILES_TYPE:
            require_key(request, (await fields_of(request)).raw(KEY_FIELD))
        response = await _answered(request, _fresh(door, rule, person, handler))
        if person is not None and not is_checked(request):
            raise FormForged()
        return response

    return middleware


def visitor(request: web.BaseRequest) -> Visitor:
    return Visitor(address=request.remote or "", agent=request.headers.get(hdrs.USER_AGENT, "")[:200])


def person_of(request: web.BaseRequest) -> Person:
    """Raises SessionEnded: nobody is signed in."""
    person = request.get(PERSON)
    if not isinstance(person, Person):
        raise SessionEnded()
    return person


async def _identified(door: Door, request: web.Request) -> Person | None:
    token = door.token(request)
    if not token:
        return None
    try:
        person = await door.workers.run(door.staff.sessions.person, token, at_work=BY_ITSELF not in request.headers)
    except SessionEnded:
        return None
    side = PRACTICE if practising(request) else ""  # a form of one side does nothing on the other
    request[PERSON], request[CSRF], request[CALLER] = person, form_key(token + side), person.actor
    return person


async def _by_program(door: Door, request: web.Request, rule: Rule, handler: Handler) -> web.StreamResponse:
    """A program with its owner's token, which only reads: no cookie, no form, no next step.

    Raises:
        TokenRefused, LoginLocked, TokenBusy, NotForRole.
    """
    person, token = await door.workers.run(door.staff.tokens.asker, bearer(request), visitor(request))
    request[PERSON], request[PROGRAM], request[CALLER] = person, token, person.actor
    if request.method not in SAFE or not allows(rule, person):
        raise NotForRole(what=request.path)
    return await handler(request)


async def _left_alone(door: Door, request: web.Request, rule: Rule | None) -> Person | None:
    """Whoever left a page open, where it asks for numbers only."""
    if rule is None or not rule.counts or request.method not in SAFE or BY_ITSELF not in request.headers:
        return None
    try:
        person = await door.workers.run(door.staff.sessions.left_alone, door.token(request))
    except SessionEnded:
        return None
    request[PERSON], request[IDLE] = person, True
    return person


def _rule(request: web.Request, rules: Rules) -> Rule | None:
    """None for an address that is not served: the router says so."""
    resource = request.match_info.route.resource
    if resource is None:
        return None
    method = "GET" if request.method == "HEAD" else request.method
    return rules[method, resource.canonical]


def _turned_away(request: web.Request, person: Person | None) -> web.Response:
    """To the next step, if it is a page that was asked for.

    Raises:
        SessionEnded, NotForRole, OnlyReviews.
    """
    if person is not None and person.stage is Stage.IN and person.user.only_reviews:
        if wants_page(request) and request.method in SAFE:
            return see(REVIEW_PAGE)
        raise OnlyReviews()
    if person is not None and person.stage is Stage.IN:
        raise NotForRole(what=request.path)
    if not wants_page(request):
        raise SessionEnded()
    step = LOGIN if person is None else STEPS[person.stage]
    back = request.rel_url.raw_path_qs if request.method in SAFE else _came_from(request)
    return see(f"{step}?next={quote(back, safe='')}" if back != "/" else step)


def _fresh(door: Door, rule: Rule | None, person: Person | None, handler: Handler) -> Handler:
    """The handler, behind the question for a fresh second factor where its rule wants one."""
    if rule is None or not rule.fresh or person is None:
        return handler

    async def asked(request: web.Request) -> web.StreamResponse:
        door.staff.sessions.require_fresh(person)
        return await handler(request)

    return asked


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except StepUpWanted:
        if not wants_page(request):
            raise
        back = request.rel_url.raw_path_qs if request.method in SAFE else _came_from(request)
        return see(f"{STEPS[Stage.FACTOR]}?next={quote(back, safe='')}")


def _came_from(request: web.BaseRequest) -> str:
    parts = urlsplit(request.headers.get(hdrs.REFERER, ""))
    return local_path(parts.path + (f"?{parts.query}" if parts.query else ""))


def _require_own_origin(request: web.Request) -> None:
    origin, site = request.headers.get(hdrs.ORIGIN), request.headers.get("Sec-Fetch-Site")
    own = f"{request.scheme}://{request.headers.get(hdrs.HOST, '')}"
    if origin is not None and origin.lower() != own.lower():
        raise FormForged()
    if site is not None and site != "same-origin":
        raise FormForged()
    if origin is None and site is None:
        raise FormForged()


def host_of(request: web.BaseRequest) -> str:
    """The name that was typed, lower-case, without port; empty if it is none."""
    try:
        return (urlsplit(f"//{request.headers.get(hdrs.HOST, '')}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _origin(name: str, request: web.BaseRequest) -> str:
    """By the socket's own port: a page of the same name on another port is somebody else's."""
    port = (request.get_extra_info("sockname") or ("", 443))[1]
    return f"https://{name}" if port == 443 else f"https://{name}:{port}"


def _require_host(door: Door, request: web.BaseRequest) -> None:
    name = host_of(request)
    if name != "localhost" and name not in door.way.names and not _is_address(name):
        raise UnknownName()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
