"""Long lists: the answer begins before a spreadsheet is written, a wrong question is refused before."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import openpyxl
from aiohttp import web

from exchange_axis.web.shared.lists import stream_sheet
from exchange_axis.web.shared.serving import start
from exchange_axis.web.shared.workers import Workers


def test_a_long_spreadsheet_is_announced_at_once_and_a_wrong_question_is_none(tmp_path: Path) -> None:
    go = threading.Event()

    def long() -> Iterator[list[tuple[str | int, ...]]]:
        yield [(1, "một")]
        assert go.wait(60)
        yield [(2, "hai")]

    def wrong(path: str) -> Iterator[list[tuple[str | int, ...]]]:
        if path == "/wrong":
            raise web.HTTPBadRequest
        yield []

    async def story() -> None:
        workers = Workers(1)

        async def listed(request: web.Request) -> web.StreamResponse:
            pages = long() if request.path == "/long" else wrong(request.path)
            return await stream_sheet(request, workers, ("Số", "Chữ"), pages, name="so", scratch=tmp_path)

        app = web.Application()
        app.router.add_get("/{name}", listed)
        served = await start(app, host="127.0.0.1", port=0, ssl_context=None)
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{served.port}") as session:
                async with session.get("/long") as answer:
                    assert answer.status == 200 and not go.is_set()
                    go.set()
                    rows = list(openpyxl.load_workbook(io.BytesIO(await answer.read())).active.values)  # type: ignore[union-attr]
                assert rows == [("Số", "Chữ"), (1, "một"), (2, "hai")]
                async with session.get("/wrong") as refused:
                    assert refused.status == 400
        finally:
            go.set()
            await served.close()
            workers.close()

    asyncio.run(asyncio.wait_for(story(), 60))
