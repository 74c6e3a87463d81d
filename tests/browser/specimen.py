"""An application of nothing but the kit: one page with every piece on it, and its refusals."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from jinja2 import ChoiceLoader, FileSystemLoader

from exchange_axis.errors import NotFound
from exchange_axis.web.shared.edge import dress, edge
from exchange_axis.web.shared.kit import KIT_TABLE, answered
from exchange_axis.web.shared.language import spoken
from exchange_axis.web.shared.pages import PAGE_HEADERS, PLAIN_LAYOUT, Page, environment, theme_of

AT = datetime(2026, 11, 22, 6, 2, 11, tzinfo=UTC)
_LOADER = FileSystemLoader(Path(__file__).parent / "templates")


def application() -> web.Application:
    numbers = itertools.count(1)
    app = web.Application(middlewares=[edge(lambda: f"r{next(numbers)}", lambda: 0.0, answered=answered)])
    app.on_response_prepare.append(dress)
    for method, path, handler in KIT_TABLE:
        app.router.add_route(method, path, handler)
    app.router.add_get("/specimen", specimen)
    app.router.add_get("/refused", _refused)
    app.router.add_get("/broken", _broken)
    return app


async def specimen(request: web.Request) -> web.Response:
    language = spoken(request)
    found = environment(language)
    assert found.loader is not None
    overlay = found.overlay(loader=ChoiceLoader([_LOADER, found.loader]))
    page = Page(language=language, theme=theme_of(request), path=request.rel_url.raw_path_qs)
    html = overlay.get_template("specimen.html").render(page=page, layout=PLAIN_LAYOUT, person=None, csrf="c", at=AT)
    return web.Response(text=html, content_type="text/html", headers=PAGE_HEADERS)


async def _refused(_request: web.Request) -> web.Response:
    raise NotFound(what="57/BC-UBND")


async def _broken(_request: web.Request) -> web.Response:
    raise RuntimeError("secret detail")
