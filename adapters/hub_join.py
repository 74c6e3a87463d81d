"""The line of a node that its hub does not know yet: each step on its own, so that the one that fails is known.

Nothing but the fingerprint in the invite makes the hub known: it is compared before the code is sent anywhere.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from exchange_axis.ports import HubRefused, HubUnreachable

LIMIT: Final = 16 * 1024 * 1024
"""Bytes of an answer."""
SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Whom the first connection goes to: the hub, or the proxy before it."""

    host: str
    port: int
    proxy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    status: int
    body: Mapping[str, Any]
    date: datetime | None
    """The hub's clock, to the second."""


def way_to(url: str) -> Way:
    """HTTPS_PROXY and NO_PROXY are honoured, as they are afterwards."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    proxy = urlsplit(getproxies().get("https", ""))
    if not proxy.hostname or proxy_bypass(host):
        return Way(host=host, port=port, proxy=False)
    return Way(host=proxy.hostname, port=proxy.port or 80, proxy=True)


def resolve(way: Way) -> tuple[str, ...]:
    """Addresses of the name. Raises HubUnreachable."""
    try:
        found = socket.getaddrinfo(way.host, way.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise HubUnreachable(url=way.host, reason=str(error)) from error
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))


def connect(way: Way) -> None:
    """One connection and no more. Raises HubUnreachable."""
    try:
        socket.create_connection((way.host, way.port), timeout=SECONDS).close()
    except OSError as error:
        raise HubUnreachable(url=f"{way.host}:{way.port}", reason=str(error)) from error


def rest(seconds: float) -> None:
    """Between two questions for an answer that a person gives."""
    time.sleep(seconds)


class JoiningLine:
    """HTTPS to a hub whose authority is known by now."""

    def __init__(self, url: str, tls: ssl.SSLContext) -> None:
        """
        Args:
            tls: trusts the hub's authority and nothing else.
        """
        self._url = url
        self._tls = tls

    def handshake(self) -> str:
        """Version and cipher that both agreed on. Raises HubUnreachable."""
        line = self._line()
        try:
            line.connect()
            sock = line.sock
            cipher = sock.cipher() if isinstance(sock, ssl.SSLSocket) else None
            version = sock.version() if isinstance(sock, ssl.SSLSocket) else None
            return f"{version}, {cipher[0] if cipher else '?'}"
        except (OSError, http.client.HTTPException) as error:
            raise HubUnreachable(url=self._url, reason=_reason(error)) from error
        finally:
            line.close()

    def ask(self, method: str, path: str, *, secret: str, body: Mapping[str, Any] | None = None) -> Said:
        """
        Args:
            secret: value of Authorization.

        Raises:
            HubUnreachable, HubRefused.
        """
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        line = self._line()
        try:
            line.request(method, path, data, {"Authorization": secret, "Content-Type": "application/json"})
            answer = line.getresponse()
            found = json.loads(answer.read(LIMIT))
            date = answer.getheader("Date")
            said = Said(status=answer.status, body=found, date=parsedate_to_datetime(date) if date else None)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise HubUnreachable(url=self._url, reason=_reason(error)) from error
        finally:
            line.close()
        if said.status >= http.HTTPStatus.BAD_REQUEST:
            raise HubRefused(dict(said.body))
        return said

    def _line(self) -> http.client.HTTPSConnection:
        parts, way = urlsplit(self._url), way_to(self._url)
        line = http.client.HTTPSConnection(way.host, way.port, timeout=SECONDS, context=self._tls)
        if way.proxy:
            line.set_tunnel(parts.hostname or "", parts.port or 443)
        return line


def _reason(error: Exception) -> str:
    return getattr(error, "verify_message", "") or str(error) or type(error).__name__
