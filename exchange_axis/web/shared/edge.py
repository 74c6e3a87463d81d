"""What every request passes on the way in and out: a number, a log line, safe headers, errors as problem documents."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.web.shared.errors import Internal, MethodNotAllowed, NoSuchPage
from exchange_axis.web.shared.problems import MEDIA_TYPE, Problem, language_of, problem_of
from schemas.gate.refusal import Refusal

log = logging.getLogger("axis.web")

REQUEST_ID = web.RequestKey("request_id", str)
CALLER = web.RequestKey("caller", str)
"""Id of the peer or user, for the log; set by whoever identified it."""
REQUEST_ID_HEADER = "Axis-Request-Id"
SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""Errors of a disk that takes nothing now: the request may be made again."""
Seconds = Callable[[], float]
Answering = Callable[[web.Request, Problem], web.Response]


def answer(problem: Problem) -> web.Response:
    return web.Response(
        body=problem.body(), status=problem.status, content_type=MEDIA_TYPE, headers=dict(problem.headers)
    )


def as_document(_request: web.Request, problem: Problem) -> web.Response:
    return answer(problem)


def edge(new_id: Callable[[], str], seconds: Seconds, *, answered: Answering = as_document) -> Middleware:
    """The outermost middleware.

    Args:
        new_id: a number for a request, quoted as incident number when it fails.
        seconds: a monotonic clock.
        answered: makes an answer of a refusal; where there are pages, `web.shared.kit.answered`.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[REQUEST_ID] = number = new_id()
        begun = seconds()
        code = "-"
        try:
            response = await handler(request)
        except Exception as error:
            problem = _problem_of(error, request, number)
            code, response = problem.code, answered(request, problem)
        log.info(
            "request id=%s peer=%s method=%s path=%s status=%s code=%s ms=%.0f",
            number,
            request.get(CALLER, "-"),
            request.method,
            request.rel_url.raw_path[:200],
            response.status,
            code,
            (seconds() - begun) * 1000,
        )
        return response

    return middleware


async def dress(request: web.Request, response: web.StreamResponse) -> None:
    """Safe headers on every response, and no banner; a signal handler of the application."""
    for name, value in SAFE_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(REQUEST_ID_HEADER, request.get(REQUEST_ID, "-"))
    response.headers.pop(hdrs.SERVER, None)


def _problem_of(error: Exception, request: web.Request, number: str) -> Problem:
    shown = _of_router(error, request) if isinstance(error, web.HTTPException) else _of_disk(error)
    problem = problem_of(shown, language=language_of(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")), incident=number)
    if problem.status >= 500:
        known = isinstance(shown, Refusal) and not isinstance(shown, Internal)
        log.error("incident id=%s error=%s", number, shown, exc_info=None if known and problem.status == 503 else error)
    return problem


def _of_disk(error: Exception) -> Exception:
    """A full or read-only disk in the words in which a store tells of it; anything else as it is."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return StoreUnavailable(reason=error.strerror or type(error).__name__)
    return error


def _of_router(error: web.HTTPException, request: web.Request) -> Refusal:
    if isinstance(error, web.HTTPMethodNotAllowed):
        return MethodNotAllowed(method=request.method[:20], allowed=", ".join(sorted(error.allowed_methods)))
    return NoSuchPage() if error.status == 404 else Internal()
