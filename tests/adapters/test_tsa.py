"""The way to a time-stamping service: a real server on loopback, which behaves well and badly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from adapters.tsa import ANSWER_BYTES_MAX, ANSWER_TYPE, REQUEST_TYPE, HttpTimestamps
from exchange_axis.ports import TimestampsUnreachable
from signing.timestamp_service import answer_request
from signing.timestamps import accept_answer, make_request
from tests.signing.pki import AT, TestPki
from tests.signing.stamping import DATA, NONCE, SERIAL, service

_SERVICE = service(TestPki())
_REQUEST = make_request(DATA, nonce=NONCE)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def _serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/tsa", handler)
    app.router.add_post("/good", _good)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    try:
        yield f"http://127.0.0.1:{port}/tsa"
    finally:
        await runner.cleanup()


async def _good(request: web.Request) -> web.StreamResponse:
    assert request.content_type == REQUEST_TYPE
    answer = answer_request(await request.read(), _SERVICE, serial=SERIAL, at=AT)
    return web.Response(body=answer, content_type=ANSWER_TYPE)


async def _wrong_type(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"<html/>", content_type="text/html")


async def _error(request: web.Request) -> web.StreamResponse:
    return web.Response(status=500, content_type=ANSWER_TYPE)


async def _elsewhere(request: web.Request) -> web.StreamResponse:
    raise web.HTTPTemporaryRedirect("/good")


async def _endless(request: web.Request) -> web.StreamResponse:
    return web.Response(body=bytes(ANSWER_BYTES_MAX + 1), content_type=ANSWER_TYPE)


async def _silent(request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


def _ask(handler: Handler, *, patience: float = 5.0) -> bytes:
    async def story() -> bytes:
        async with _serving(handler) as url:
            line = HttpTimestamps(url, patience=patience)
            try:
                return await line.answer(_REQUEST.der())
            finally:
                await line.close()

    return asyncio.run(story())


def test_a_token_comes_back() -> None:
    assert accept_answer(_ask(_good), _REQUEST).at == AT


@pytest.mark.parametrize("handler", [_wrong_type, _error, _elsewhere, _endless])
def test_what_is_no_answer_is_trouble_on_the_way(handler: Handler) -> None:
    with pytest.raises(TimestampsUnreachable):
        _ask(handler)


def test_silence_has_an_end() -> None:
    with pytest.raises(TimestampsUnreachable, match="no answer in time"):
        _ask(_silent, patience=0.2)


def test_nobody_there() -> None:
    async def story() -> None:
        async with _serving(_good) as url:
            pass
        line = HttpTimestamps(url)
        try:
            await line.answer(b"")
        finally:
            await line.close()

    with pytest.raises(TimestampsUnreachable):
        asyncio.run(story())


@pytest.mark.parametrize("url", ["ftp://x/tsa", "tsa.example", "https://"])
def test_an_address_must_be_one(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        HttpTimestamps(url)
