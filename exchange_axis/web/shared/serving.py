"""Bringing an application up on a socket, and down again without cutting answers off."""

from __future__ import annotations

import asyncio
import errno
import logging
import ssl
from dataclasses import dataclass

from aiohttp import hdrs, web

from exchange_axis.web.shared.edge import REQUEST_ID_HEADER, SAFE_HEADERS, answer
from exchange_axis.web.shared.errors import BadRequest
from exchange_axis.web.shared.problems import language_of, problem_of

log = logging.getLogger("axis.web")

HANDSHAKE = 10.0
"""Seconds for a TLS handshake."""
IDLE = 75.0
"""Seconds that a connection may stand idle, or take for the head of a request."""
BACKLOG = 512
"""Connections that wait for being taken in."""
LINGER = 2.0
"""Seconds for which a refused body is still read, so that the refusal is not lost in a reset."""
PLAIN_BANNER = "exchange-axis"
"""Said where the library insists on a Server field; it names no version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running server."""

    host: str
    port: int
    _server: asyncio.Server
    _runner: web.AppRunner

    async def close(self) -> None:
        """Stop listening, let running requests end (polls end at once), then cut what is left."""
        self._server.close()
        await self._runner.cleanup()


async def start(
    app: web.Application,
    *,
    host: str,
    port: int,
    ssl_context: ssl.SSLContext | None,
    shutdown_timeout: float = 4.0,
    or_free: bool = False,
) -> Served:
    """Serve `app`; port 0 takes a free one.

    Args:
        or_free: where another program has the port, a free one will do.
        shutdown_timeout: seconds that running requests get at the end, and once more after being cancelled.

    Raises:
        OSError: the address cannot be had.
    """
    runner = web.AppRunner(app, shutdown_timeout=shutdown_timeout)
    await runner.setup()
    manager = runner.server
    if manager is None:
        raise AssertionError("a runner that was set up has its server")
    loop = asyncio.get_running_loop()

    async def listen(port: int) -> asyncio.Server:
        return await loop.create_server(
            lambda: _protocol(manager, loop),
            host,
            port,
            ssl=ssl_context,
            backlog=BACKLOG,
            ssl_handshake_timeout=None if ssl_context is None else HANDSHAKE,
            ssl_shutdown_timeout=None if ssl_context is None else LINGER,
        )

    try:
        try:
            server = await listen(port)
        except OSError as error:
            if not or_free or error.errno != errno.EADDRINUSE:
                raise
            server = await listen(0)
    except BaseException:
        await runner.cleanup()
        raise
    return Served(host=host, port=server.sockets[0].getsockname()[1], _server=server, _runner=runner)


class _Protocol(web.RequestHandler):
    """One connection; answers what is not HTTP in our own form."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun; all that is left is to close")
        log.warning("not-http remote=%s status=%s error=%s", request.remote, status, type(exc).__name__)
        error = BadRequest() if status < 500 else exc or RuntimeError(message)
        language = language_of(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
        response = answer(problem_of(error, language=language, incident="-"))
        response.headers.update({**SAFE_HEADERS, hdrs.SERVER: PLAIN_BANNER, REQUEST_ID_HEADER: "-"})
        response.force_close()
        return response


def _protocol(manager: web.Server, loop: asyncio.AbstractEventLoop) -> _Protocol:
    return _Protocol(
        manager,
        loop=loop,
        access_log=None,  # type: ignore[arg-type] # None is how the library's own runner turns it off
        auto_decompress=False,
        keepalive_timeout=IDLE,
        lingering_time=LINGER,
    )
