"""Who is calling: the certificate of the connection by its fingerprint, this host, or the bearer of a token."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import ssl
from urllib.parse import urlsplit

from aiohttp import hdrs, web

SCHEME = "Bearer"


def fingerprint_of(request: web.BaseRequest) -> str | None:
    """SHA-256 of the DER of the verified client certificate, lower-case hex; None without one."""
    tls = request.get_extra_info("ssl_object")
    if not isinstance(tls, ssl.SSLObject | ssl.SSLSocket):
        return None
    der = tls.getpeercert(binary_form=True)
    return hashlib.sha256(der).hexdigest() if der else None


def is_local(request: web.BaseRequest) -> bool:
    """Whether the connection comes from this host."""
    return is_loopback(request.remote or "")


def names_loopback(request: web.BaseRequest) -> bool:
    """Whether the request is for a name of loopback: a foreign page under a rebound name is not."""
    try:
        name = urlsplit(f"//{request.headers.get(hdrs.HOST, '')}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or is_loopback(name)


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def bearer(request: web.BaseRequest) -> str:
    """The token that it carries (RFC 6750); empty: none."""
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return given.strip() if scheme.lower() == SCHEME.lower() else ""


def bears(request: web.BaseRequest, token: bytes) -> bool:
    """Whether it carries this token (RFC 6750), compared in constant time."""
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    found = given.strip().encode("utf-8", "surrogateescape")
    return scheme.lower() == SCHEME.lower() and hmac.compare_digest(found, token)
