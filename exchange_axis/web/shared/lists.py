"""Long lists as files: written as the rows come, so that nobody ever holds one whole."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, Final, cast

from aiohttp import hdrs, web

from exchange_axis.pipeline.form_print import Cell, csv_lines, write_list_xlsx
from exchange_axis.web.shared.workers import Workers

CSV: Final = "text/csv; charset=utf-8"
PDF: Final = "application/pdf"
ZIP: Final = "application/zip"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PIECE: Final = 256 * 1024
Pages = Iterator[Sequence[Sequence[Cell]]]
"""Rows, a batch at a time; each batch is asked for in a thread."""


async def stream_csv(
    request: web.Request, workers: Workers, heads: Sequence[str], pages: Pages, *, name: str
) -> web.StreamResponse:
    """A batch of rows at a time. What is wrong with the question is said before anything is sent."""
    page = await workers.run(next, pages, None)
    response = _listed(CSV, f"{name}.csv")
    await response.prepare(request)
    await response.write("".join(csv_lines(heads, page or ())).encode())
    while page is not None and (page := await workers.run(next, pages, None)) is not None:
        await response.write("".join(list(csv_lines(heads, page))[2:]).encode())
    await response.write_eof()
    return response


async def stream_sheet(
    request: web.Request, workers: Workers, heads: Sequence[str], pages: Pages, *, name: str, scratch: Path
) -> web.StreamResponse:
    """Written to a file while the batches are read, then sent from there. What is wrong is said as for CSV."""
    first = await workers.run(next, pages, None)
    rows = (row for page in chain([first or ()], pages) for row in page)
    write = partial(write_list_xlsx, heads=heads, rows=rows, scratch=scratch)
    return await stream_written(request, workers, write, name=f"{name}.xlsx", scratch=scratch)


async def stream_written(
    request: web.Request, workers: Workers, write: Callable[[BinaryIO], object], *, name: str, scratch: Path
) -> web.StreamResponse:
    """What `write` puts into a file of that name; the answer begins before it is written."""

    def work() -> IO[bytes]:
        target = TemporaryFile(dir=scratch)  # noqa: SIM115 - closed when it was sent
        write(cast("BinaryIO", target))
        target.seek(0)
        return target

    response = _listed(CSV if name.endswith(".csv") else XLSX, name)
    await response.prepare(request)  # a browser that waits for minutes sees that something comes
    with await workers.run(work) as target:
        while piece := await workers.run(target.read, PIECE):
            await response.write(piece)
    await response.write_eof()
    return response


async def stream_parts(
    request: web.Request, workers: Workers, parts: Iterator[bytes], *, name: str
) -> web.StreamResponse:
    """One PDF as it is; several as a ZIP that grows while they are printed, so that nobody waits for the last."""
    first, second = await workers.run(next, parts), await workers.run(next, parts, None)
    if second is None:
        return web.Response(body=first, headers=_saved(PDF, f"{name}.pdf"))
    response, out, number = web.StreamResponse(headers=_saved(ZIP, f"{name}.zip")), _Outgoing(), 0
    await response.prepare(request)
    with zipfile.ZipFile(out, "w") as archive:
        part: bytes | None = first
        while part is not None:
            number += 1
            archive.writestr(zipfile.ZipInfo(f"{name}-phan-{number:03d}.pdf"), part)
            await response.write(out.taken())
            part = second if number == 1 else await workers.run(next, parts, None)
    await response.write(out.taken())
    await response.write_eof()
    return response


class _Outgoing(io.RawIOBase):
    """What an archive writes, to be taken away piece by piece; there is no way back in it."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def _saved(content_type: str, name: str) -> dict[str, str]:
    return {hdrs.CONTENT_TYPE: content_type, hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'}


def _listed(content_type: str, name: str) -> web.StreamResponse:
    return web.StreamResponse(headers=_saved(content_type, name))
