"""Who may speak with the node: programs on its own host that can read its token. Browsers may not, whatever they load.

1. The connection comes from loopback: there is no TLS here.
2. The Host header names loopback: a foreign page under a rebound name is refused, token or not.
3. The token, compared in constant time. There are no cookies and no CORS headers, so no page has it or may send it.
"""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from exchange_axis.web.node_api.errors import NotLocal, TokenWrong, WrongHost
from exchange_axis.web.node_api.permissions import RULES
from exchange_axis.web.shared.bodies import refuse_encoded
from exchange_axis.web.shared.edge import CALLER
from exchange_axis.web.shared.permissions import open_paths

OPEN = open_paths(RULES)
"""Paths that need no token."""
SCHEME = "Bearer"
PROGRAM = "api"


def guard(token: bytes) -> Middleware:
    """Passes on only what may be answered, and before a byte of a body is read."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_loopback(request.remote or ""):
            raise NotLocal()
        if not _names_loopback(request.headers.get(hdrs.HOST, "")):
            raise WrongHost()
        if request.path not in OPEN:
            if not _has_token(request, token):
                raise TokenWrong()
            request[CALLER] = PROGRAM
        refuse_encoded(request)
        return await handler(request)

    return middleware


async def challenge(request: web.Request, response: web.StreamResponse) -> None:
    """401 says what is wanted (RFC 9110 §15.5.2)."""
    if response.status == 401:
        response.headers[hdrs.WWW_AUTHENTICATE] = SCHEME


def _has_token(request: web.Request, token: bytes) -> bool:
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    found = given.strip().encode("utf-8", "surrogateescape")
    return scheme.lower() == SCHEME.lower() and hmac.compare_digest(found, token)


def _names_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
