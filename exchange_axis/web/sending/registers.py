"""Sổ văn bản: the three books, to read, print and take along; to write in; and to close when the year is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, BinaryIO, Final
from urllib.parse import urlencode

from aiohttp import hdrs, web

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.registers import Book, Line
from exchange_axis.domain.taking import without_names
from exchange_axis.errors import NotFound
from exchange_axis.node.archiving import Archiving, Period
from exchange_axis.node.register_lines import Span
from exchange_axis.node.register_print import PART, Heading, print_book, print_parts, write_csv, write_sheet
from exchange_axis.web.desk.behind import ask_again
from exchange_axis.web.desk.dossiers import handed
from exchange_axis.web.desk.frame import Desk, Form, form_of, once, page, person_of
from exchange_axis.web.desk.taking import is_masked
from exchange_axis.web.node_api.context import number_of
from exchange_axis.web.sending import words
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.lists import stream_parts, stream_written

HERE: Final = "registers"
PER_PAGE: Final = 100
PRINTED_MOST: Final = 2_000
"""Lines of a page that is to be printed."""
EDITED: Final = {
    Book.OUTGOING: ("holder", "copies", "receipt", "note"),
    Book.INCOMING: ("author", "unit", "passed", "receipt", "note"),
    Book.FOLLOW_UP: ("unit", "deadline", "progress", "reply", "note"),
}
"""Columns that a clerk usually writes in; the others come first from the letter."""


async def registers(desk: Desk, request: web.Request) -> web.StreamResponse:
    book, span = _asked(desk, request.query)
    printing = "print" in request.query
    size = PRINTED_MOST if printing else PER_PAGE
    offset = number_of(request, "from", default=0, most=10**9)
    lines, count = await desk.run(desk.node.registers.page, book, span, offset=offset, limit=size)
    chosen, more = request.query.get("line", ""), "&print=1" if printing else ""
    values: dict[str, Any] = {
        "book": book,
        "span": span,
        "of_agency": span.agency,
        "heading": desk.node.registers.heading(book, span),
        "lines": lines,
        "count": count,
        "parts": -(-count // PART),
        "part": PART,
        "closing": desk.works(_closing(book, span)),
        "line": await desk.run(desk.node.registers.line, book, span, chosen) if chosen else None,
        "edited": EDITED[book],
        "years": await desk.run(desk.node.registers.years, span.agency),
        "agencies": desk.node.world.settings.agencies,
        "closed": await desk.run(desk.node.registers.closed, book, span.agency, span.year),
        "gaps": await desk.run(desk.node.numbers.gaps, span.agency, span.year) if book is Book.INCOMING else (),
        "today": day_of(desk.node.world.now()),
        "query": _query(book, span),
        "earlier": _page(book, span, max(0, offset - size)) + more if offset else None,
        "later": _page(book, span, offset + size) + more if count > offset + size else None,
        "words": words,
        "printing": printing,
    }
    shown = await page(desk, request, "sending/registers.html", here=HERE, **values)
    return ask_again(shown) if values["closing"] else shown


async def as_pdf(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The book on paper; a long one in parts, in one ZIP."""
    (book, span), masked = _asked(desk, request.query), is_masked(request)

    def parts() -> Iterator[bytes]:
        heading, lines = _book(desk, book, span, masked=masked)
        made = print_parts(heading, lines) if len(lines) > PART else iter([print_book(heading, lines)])
        yield from (one.pdf for one in made)

    return await stream_parts(request, desk.workers, parts(), name=_name(book, span))


async def as_sheet(desk: Desk, request: web.Request) -> web.StreamResponse:
    scratch = desk.node.world.settings.staging
    return await _written(desk, request, partial(write_sheet, scratch=scratch), "xlsx")


async def as_csv(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _written(desk, request, write_csv, "csv")


async def _written(
    desk: Desk, request: web.Request, write: Callable[[BinaryIO, Heading, Iterator[Line]], object], suffix: str
) -> web.StreamResponse:
    """Line by line into a file, which is then sent: a slow reader keeps nobody waiting."""
    (book, span), masked = _asked(desk, request.query), is_masked(request)
    heading = replace(desk.node.registers.heading(book, span), masked=masked)

    def work(target: BinaryIO) -> object:
        return desk.node.registers.reading(
            book, span, lambda lines: write(target, heading, without_names(book, lines) if masked else lines)
        )

    scratch, name = desk.node.world.settings.staging, f"{_name(book, span)}.{suffix}"
    return await stream_written(request, desk.workers, work, name=name, scratch=scratch)


def _book(desk: Desk, book: Book, span: Span, *, masked: bool) -> tuple[Heading, tuple[Line, ...]]:
    heading, lines = desk.node.registers.heading(book, span), desk.node.registers.lines(book, span)
    return replace(heading, masked=masked), tuple(without_names(book, lines) if masked else lines)


async def as_closed(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The closed book, byte for byte."""
    book, span = _asked(desk, request.query)
    pdf = await desk.run(lambda: b"".join(desk.node.registers.closed_pdf(book, span.agency, span.year)))
    return _file(pdf, "application/pdf", f"{_name(book, span)}-khoa-so.pdf")


async def change(desk: Desk, request: web.Request) -> web.StreamResponse:
    form = await form_of(desk, request)
    book, span = _asked(desk, form.values)
    line = form.text("line")
    cells = {key: form.text(f"cell-{key}") for key in EDITED[book] if f"cell-{key}" in form.values}

    async def act() -> str:
        await desk.run(desk.node.registers.change, book, span, line, cells=cells, by=person_of(request).actor)
        return f"/registers?{_query(book, span)}"

    return await once(desk, request, form, act)


async def enter_paper(desk: Desk, request: web.Request) -> web.StreamResponse:
    form = await form_of(desk, request)
    book, span = _asked(desk, form.values)
    columns = [column.key for column in book.columns]
    cells = {key: form.text(f"cell-{key}") for key in columns if form.text(f"cell-{key}")}

    async def act() -> str:
        await desk.run(desk.node.registers.enter_paper, book, span.agency, cells, by=person_of(request).actor)
        return f"/registers?{_query(book, span)}"

    return await once(desk, request, form, act)


async def explain(desk: Desk, request: web.Request) -> web.StreamResponse:
    form = await form_of(desk, request)
    book, span = _asked(desk, form.values)
    first, last = _number(form, "first-number"), _number(form, "last-number")

    async def act() -> str:
        await desk.run(
            desk.node.numbers.explain,
            span.agency,
            span.year,
            (first, last),
            reason=form.text("reason"),
            by=person_of(request).actor,
        )
        return f"/registers?{_query(book, span)}"

    return await once(desk, request, form, act)


async def close(desk: Desk, request: web.Request) -> web.StreamResponse:
    form = await form_of(desk, request)
    book, span = _asked(desk, form.values)

    by = person_of(request).actor

    async def work() -> None:
        await desk.run(desk.node.registers.close_year, book, span.agency, span.year, by=by)

    async def act() -> str:
        await desk.work(_closing(book, span), work)
        return f"/registers?{_query(book, span)}"

    return await once(desk, request, form, act)


async def as_archive(desk: Desk, request: web.Request) -> web.StreamResponse:
    """For the agency's archive: letters sent and received in the span, made on the node's disk and sent in pieces."""
    _, span = _asked(desk, request.query)
    today = day_of(desk.node.world.now())
    first, last = span.first or date(span.year, 1, 1), min(span.last or date(span.year, 12, 31), today)
    write, by = Archiving(desk.node.world).write, person_of(request).actor
    made = await desk.run(write, span.agency, Period(first=first, last=last), by=by)
    return await handed(desk, request, made.path, f"luu-tru-{span.agency}-{first}-{last}.zip")


def _asked(desk: Desk, given: Mapping[str, str]) -> tuple[Book, Span]:
    """
    Raises:
        BadParameter, NotFound.
    """
    now = day_of(desk.node.world.now())
    try:
        book = Book(given.get("book") or Book.OUTGOING)
        year = int(given.get("year") or now.year)
        first, last = (date.fromisoformat(given[name]) if given.get(name) else None for name in ("first", "last"))
    except ValueError as error:
        raise BadParameter(name="book | year | first | last", wanted="outgoing, 2026, 2026-01-31") from error
    if not 2000 <= year <= 2200 or any(day is not None and day.year != year for day in (first, last)):
        raise BadParameter(name="year", wanted="2000–2200")
    served = desk.node.world.settings.agencies
    agency = given.get("agency") or next(iter(served), "")
    if agency not in served:
        raise NotFound(what=agency[:64])
    return book, Span(agency=agency, year=year, first=first, last=last)


def _query(book: Book, span: Span) -> str:
    days = {"first": span.first, "last": span.last}
    fields = {"book": book.value, "agency": span.agency, "year": str(span.year)}
    return urlencode(fields | {name: day.isoformat() for name, day in days.items() if day is not None})


def _page(book: Book, span: Span, offset: int) -> str:
    return f"/registers?{_query(book, span)}&from={offset}"


def _name(book: Book, span: Span) -> str:
    short = {Book.OUTGOING: "so-van-ban-di", Book.INCOMING: "so-van-ban-den", Book.FOLLOW_UP: "so-theo-doi"}[book]
    return f"{short}-{span.agency}-{span.year}"


def _closing(book: Book, span: Span) -> str:
    """The name of the work that closes it: a long book is printed for minutes."""
    return f"close {book.value} {span.agency} {span.year}"


def _number(form: Form, name: str) -> int:
    text = form.text(name)
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadParameter(name=name, wanted=">= 1")
    return int(text)


def _file(data: bytes, kind: str, name: str) -> web.Response:
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'}
    return web.Response(body=data, content_type=kind, headers=headers)
