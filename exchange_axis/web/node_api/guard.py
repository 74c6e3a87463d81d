"""Who may speak with the node: programs on its own host that can read its token, and people at the desk.

1. The connection comes from loopback: there is no TLS here.
2. The Host header names loopback: a foreign page under a rebound name is refused, token or not.
3. Programs: the token, compared in constant time. There are no CORS headers, so no page has it or may send it.
4. People: whom `admit` admits, and only for the pages; a form must come from a page of this server. What people have
   does not open `/v1`, and the token opens no page.
"""

from __future__ import annotations

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from exchange_axis.web.desk.people import Admitting, lone_person
from exchange_axis.web.node_api.errors import ForeignForm, NotLocal, TokenWrong, WrongHost
from exchange_axis.web.node_api.permissions import ALL_RULES
from exchange_axis.web.shared.bodies import refuse_encoded
from exchange_axis.web.shared.edge import CALLER
from exchange_axis.web.shared.identity import SCHEME, bears, is_local, names_loopback
from exchange_axis.web.shared.pages import PERSON, wants_page
from exchange_axis.web.shared.permissions import PEOPLE, Caller

PROGRAM = "api"
NOBODY: frozenset[Caller] = frozenset()
_READING = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


def guard(token: bytes, admit: Admitting = lone_person) -> Middleware:
    """Passes on only what may be answered, and before a byte of a body is read."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_local(request):
            raise NotLocal()
        if not names_loopback(request):
            raise WrongHost()
        callers = _callers(request)
        if callers & PEOPLE:
            _require_own_form(request)
            person = await admit(request)
            request[PERSON], request[CALLER] = person, person.actor
        elif Caller.ANYBODY not in callers and not (callers is NOBODY and wants_page(request)):
            if not bears(request, token):
                raise TokenWrong()
            request[CALLER] = PROGRAM
        refuse_encoded(request)
        return await handler(request)

    return middleware


async def challenge(request: web.Request, response: web.StreamResponse) -> None:
    """401 says what is wanted (RFC 9110 §15.5.2)."""
    if response.status == 401:
        response.headers[hdrs.WWW_AUTHENTICATE] = SCHEME


def _callers(request: web.Request) -> frozenset[Caller]:
    """Who may ask for what the router has found; `NOBODY` where there is nothing."""
    resource = request.match_info.route.resource
    rule = None if resource is None else ALL_RULES.get((request.method, resource.canonical))
    return NOBODY if rule is None else rule.callers


def _require_own_form(request: web.Request) -> None:
    """
    Raises:
        ForeignForm: a page of another site made the browser send it.
    """
    if request.method in _READING:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get(hdrs.ORIGIN)
    if site not in (None, "same-origin", "none"):
        raise ForeignForm()
    if origin is not None and origin != f"{request.scheme}://{request.headers.get(hdrs.HOST, '')}":
        raise ForeignForm()
