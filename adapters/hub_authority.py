"""Fetching a hub's certificate authority before anything is trusted: the caller compares its fingerprint."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from exchange_axis.ports import HubUnreachable

LIMIT = 64 * 1024
"""Bytes of PEM read at most."""


def fetch_authority(url: str, *, timeout: float = 10.0) -> str:
    """PEM of the authority the hub names, over a connection that proves nothing yet.

    The environment's HTTPS_PROXY and NO_PROXY are honoured, as they are afterwards (`adapters.hub_http`).

    Raises:
        HubUnreachable: nobody there, or not a hub.
    """
    line = _line(url, timeout)
    try:
        line.request("GET", "/v1/ca")
        answer = line.getresponse()
        body = answer.read(LIMIT)
        if answer.status != http.HTTPStatus.OK:
            raise HubUnreachable(url=url, reason=f"HTTP {answer.status}")
        return body.decode("ascii")
    except (OSError, http.client.HTTPException, UnicodeDecodeError) as error:
        raise HubUnreachable(url=url, reason=type(error).__name__) from error
    finally:
        line.close()


def _line(url: str, timeout: float) -> http.client.HTTPSConnection:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    # Unverified on purpose: nothing is sent, and what comes back counts only if its fingerprint is the expected one.
    unverified = ssl._create_unverified_context()  # noqa: S323
    proxy = urlsplit(getproxies().get("https", ""))
    if not proxy.hostname or proxy_bypass(host):
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=unverified)
    line = http.client.HTTPSConnection(proxy.hostname, proxy.port or 80, timeout=timeout, context=unverified)
    line.set_tunnel(host, port)
    return line
