"""One kept-alive HTTPS session to a hub: every failure becomes HubUnreachable, every problem document HubRefused."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from adapters.throttle import Throttle
from exchange_axis.domain.tracing import CALLING, HEADER
from exchange_axis.ports import Document, DocumentKind, HubBusy, HubRefused, HubUnreachable
from exchange_axis.wire.hub_json import Fields, MalformedMessage, dump, load

T = TypeVar("T")

MEBIBYTE = 1 << 20
MESSAGE = 16 * MEBIBYTE
"""Bytes of an ordinary answer, at most."""
CHUNK = 1 << 18
SLOWEST = 4096
"""Bytes a second that a line carries at least."""
PROBLEM = "application/problem+json"
TEMPORARY_STATUS = frozenset({408, 425})
BUSY = 429
BUSY_SECONDS = 30.0
"""What a hub means that asks for less and does not say for how long."""
TEMPORARY_CODES = frozenset({"upload.busy"})
"""Refusals of the moment: the same request may be taken later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds."""

    connect: float = 15.0
    answer: float = 30.0
    """Until the head of an answer, or without a byte in either direction."""
    work: float = 600.0
    """The same where the hub checks a whole container first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A large answer under way."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]


def _traced() -> dict[str, str]:
    """Which step of a letter makes the request, where somebody traces."""
    calling = CALLING.get()
    return {} if calling is None else {HEADER: calling}


class Session:
    def __init__(
        self,
        base: URL,
        ssl_context: ssl.SSLContext,
        timeouts: Timeouts,
        *,
        cap: tuple[Throttle, Throttle] | None = None,
    ) -> None:
        """
        Args:
            cap: on what goes up and what comes down.
        """
        if base.scheme != "https" or not base.host:
            raise ValueError("a hub's address is https://HOST:PORT")
        self._base = base
        self._ssl = ssl_context
        self._timeouts = timeouts
        self._cap = cap
        self._client: aiohttp.ClientSession | None = None
        self._former: list[aiohttp.ClientSession] = []
        """Whose connections end when nobody has used them for some seconds."""
        self._proxy: URL | None = None
        self._shown: dict[str, str] = {}

    def show(self, name: str, value: str) -> None:
        """Send this header with every request from now on."""
        self._shown[name] = value

    def renew(self) -> None:
        """New connections from the next call on; what is under way goes on over the old ones."""
        if self._client is not None:
            self._former.append(self._client)
            self._client = None

    async def close(self) -> None:
        self.renew()
        while self._former:
            await self._former.pop().close()

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
        data: AsyncIterator[bytes] | None = None,
        wait: float = 0.0,
        work: bool = False,
        limit: int = MESSAGE,
        body: bytes | None = None,
        also: frozenset[int] = frozenset(),
    ) -> Reply:
        """One request and its whole answer.

        Args:
            wait: seconds that the hub may hold the line on top of answering.
            work: the hub may have a container to check before it answers.
            limit: bytes of the answer, at most.
            body: text to send.
            also: statuses beside 2xx that are answers and no refusals.

        Raises:
            HubUnreachable, HubRefused.
        """
        sent = {**_traced(), **(headers or {})}
        patience = wait + (self._timeouts.work if work else self._timeouts.answer)
        if json is not None:
            body = dump(json)
            sent |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
            data = _in_chunks(body)
            # What the system's buffers have swallowed still has to cross the line before an answer can come.
            patience += min(len(body) / SLOWEST, self._timeouts.work)
        if body is not None:
            sent |= {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
            data = _in_chunks(body)
        async with self._open(method, path, query=query, headers=sent, body=data, patience=patience) as incoming:
            return await self._whole(incoming, limit, also)

    @asynccontextmanager
    async def stream(self, path: str, *, headers: Mapping[str, str]) -> AsyncIterator[Incoming]:
        """GET something large. Raises HubUnreachable and HubRefused, also from inside the block."""
        patience, headers = self._timeouts.answer, {**_traced(), **headers}
        async with self._open("GET", path, query=None, headers=headers, body=None, patience=patience) as incoming:
            if incoming.status not in (200, 206):
                reply = await self._whole(incoming, MESSAGE)
                raise self.unreachable(f"HTTP {reply.status}")
            yield incoming

    def read(self, reply: Reply, reader: Callable[[Fields], T]) -> T:
        """What an answer says. Raises HubUnreachable: it is not of the agreed form."""
        try:
            return reader(load(reply.body))
        except MalformedMessage as error:
            raise self.unreachable(f"answer not understood: {error}") from error

    def unreachable(self, reason: object) -> HubUnreachable:
        return HubUnreachable(url=str(self._base), reason=str(reason)[:200])

    @asynccontextmanager
    async def _open(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes] | None,
        patience: float,
    ) -> AsyncIterator[Incoming]:
        with self._translated():
            async with asyncio.timeout(self._timeouts.connect + patience) as limit:
                progress = _Progress(limit, patience)
                if body is not None and self._cap is not None:
                    body = self._cap[0].limit(body)
                sent = None if body is None else progress.follow(body)
                url = self._base.joinpath(path).with_query(query or {})
                async with self._session().request(
                    method, url, headers={**self._shown, **headers}, data=sent, allow_redirects=False, proxy=self._proxy
                ) as response:
                    arriving: AsyncIterator[bytes] = response.content.iter_chunked(MEBIBYTE)
                    pieces = progress.follow(arriving if self._cap is None else self._cap[1].limit(arriving))
                    yield Incoming(status=response.status, headers=response.headers, pieces=pieces)

    async def _whole(self, incoming: Incoming, limit: int, also: frozenset[int] = frozenset()) -> Reply:
        body = bytearray()
        async for piece in incoming.pieces:
            body += piece
            if len(body) > limit:
                raise self.unreachable(f"the answer exceeds {limit} bytes")
        reply = Reply(status=incoming.status, headers=incoming.headers, body=bytes(body))
        if not 200 <= reply.status < 300 and reply.status not in also:
            raise self._failure(reply)
        return reply

    def _failure(self, reply: Reply) -> HubUnreachable | HubRefused:
        """A hub's refusal, or somebody's failure: proxies and load balancers answer too."""
        if reply.status == BUSY:
            return HubBusy(url=str(self._base), seconds=_seconds(reply.headers.get("Retry-After", "")))
        media_type = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if not 400 <= reply.status < 500 or reply.status in TEMPORARY_STATUS or media_type != PROBLEM:
            return self.unreachable(f"HTTP {reply.status}")
        try:
            fields = load(reply.body)
            code, _ = fields.text("code"), fields.text("title", limit=10_000)
            evidence = _evidence(fields)
        except MalformedMessage as error:
            return self.unreachable(f"HTTP {reply.status}, {error}")
        if code in TEMPORARY_CODES:
            return self.unreachable(code)
        return HubRefused(fields.raw(), evidence=evidence)

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._proxy = _proxy_to(self._base)
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._ssl, limit=32, keepalive_timeout=30.0),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"Accept-Encoding": "identity", "Accept-Language": "vi, en;q=0.5"},
            )
        return self._client

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise self.unreachable("no answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise self.unreachable(f"{type(error).__name__}: {error}") from error


def _proxy_to(base: URL) -> URL | None:
    """HTTPS_PROXY and NO_PROXY, read once: to be asked anew for every request costs more than the request."""
    proxy = None if proxy_bypass(base.host or "") else getproxies().get("https")
    return None if proxy is None else URL(proxy)


class _Progress:
    """Patience that is renewed by every piece that moves."""

    def __init__(self, limit: asyncio.Timeout, patience: float) -> None:
        self._limit = limit
        self._patience = patience

    async def follow(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            yield piece
            if not self._limit.expired():
                self._limit.reschedule(asyncio.get_running_loop().time() + self._patience)


async def _in_chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]


def _seconds(text: str) -> float:
    """Retry-After in its form of seconds (RFC 9110 §10.2.3)."""
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 10 else BUSY_SECONDS


def _evidence(fields: Fields) -> Document | None:
    """The signed rejection inside a problem document."""
    given = fields.part("evidence")
    if given is None:
        return None
    content, sha256 = given.signed("document")
    return Document(kind=DocumentKind.EVIDENCE, sha256=sha256, content=content)
