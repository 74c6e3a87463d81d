"""The way to a time-stamping service over HTTP (RFC 3161, 3.4): `exchange_axis.ports.TimestampSource`.

Rules of this file:
1. Answers are bytes from outside: their size is limited, redirects are not followed, the whole call has a deadline.
2. Whatever goes wrong on the way is TimestampsUnreachable, and the same may be asked again. What the service itself
   says, also its no, is an answer, and is read by who asked.
3. Plain HTTP is allowed: a token carries its own signature, and a nonce ties it to the request.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Final
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from exchange_axis.ports import TimestampsUnreachable

REQUEST_TYPE: Final = "application/timestamp-query"
ANSWER_TYPE: Final = "application/timestamp-reply"
ANSWER_BYTES_MAX: Final = 1 << 17
PATIENCE: Final = 20.0
"""Seconds for one call."""


class HttpTimestamps:
    """Belongs to one event loop; close it in the end."""

    def __init__(self, url: str, ssl_context: ssl.SSLContext | None = None, *, patience: float = PATIENCE) -> None:
        """
        Args:
            ssl_context: our certificate and roots, for the service of the hub above; None: the host's roots.
        """
        self._url = URL(url)
        if self._url.scheme not in {"http", "https"} or not self._url.host:
            raise ValueError("a time-stamping service's address is http://… or https://…")
        self._ssl = ssl_context
        self._patience = patience
        self._client: aiohttp.ClientSession | None = None

    @property
    def name(self) -> str:
        return str(self._url)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """May be told of further roots while it is in use."""
        return self._ssl

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def answer(self, request: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._patience):
                return await self._ask(request)
        except TimeoutError as error:
            raise self._unreachable("no answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreachable(f"{type(error).__name__}: {error}") from error

    async def _ask(self, request: bytes) -> bytes:
        headers = {"Content-Type": REQUEST_TYPE, "Accept": ANSWER_TYPE}
        async with self._session().post(
            self._url, data=request, headers=headers, allow_redirects=False, proxy=_proxy_to(self._url)
        ) as response:
            if response.status != 200 or response.content_type != ANSWER_TYPE:
                raise self._unreachable(f"HTTP {response.status}, {response.content_type}")
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > ANSWER_BYTES_MAX:
                    raise self._unreachable(f"the answer exceeds {ANSWER_BYTES_MAX} bytes")
            return bytes(body)

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            connector = aiohttp.TCPConnector(ssl=True if self._ssl is None else self._ssl, limit=2)
            self._client = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            )
        return self._client

    def _unreachable(self, reason: str) -> TimestampsUnreachable:
        return TimestampsUnreachable(url=str(self._url), reason=reason[:200])


def _proxy_to(url: URL) -> URL | None:
    proxy = None if proxy_bypass(url.host or "") else getproxies().get(url.scheme)
    return None if proxy is None else URL(proxy)
