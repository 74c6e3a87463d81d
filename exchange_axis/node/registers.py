"""The clerk's books: read, written in beside the original, and closed when their year is over.

Closing makes the book's PDF once, keeps it byte for byte, and notes its pages and digest; from then on the year's lines
are not written in any more. What happens to a letter later is seen on its own page, not in the closed book.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.registers import Book, Change, Line, content_digest
from exchange_axis.node.errors import ActorMissing, NotServed, NumberTaken
from exchange_axis.node.numbers import gaps, require_open
from exchange_axis.node.register_errors import (
    BookNotClosed,
    CellTooLong,
    ColumnFixed,
    GapsUnexplained,
    LineUnknown,
    PaperOfFollowUp,
    YearNotOver,
)
from exchange_axis.node.register_lines import Span, line, lines, page
from exchange_axis.node.register_print import Heading, print_book
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.numbers import Giving
from exchange_axis.store.node.registers import BookRow, PaperRow
from exchange_axis.store.node.unit import NodeUnit

T = TypeVar("T")
CELL_MAX: Final = 1_000
"""Characters of one cell."""
FIXED: Final = frozenset({"number"})
"""Columns of a series."""


class Registers:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def lines(self, book: Book, span: Span) -> tuple[Line, ...]:
        """All of them, as a PDF needs them. Raises NotServed."""
        return self.reading(book, span, tuple)

    def reading(self, book: Book, span: Span, use: Callable[[Iterator[Line]], T]) -> T:
        """What `use` makes of the lines, of which few are in memory at a time: one state of the book, read in batches.

        Raises:
            NotServed.
        """
        self._require_served(span.agency)
        return self._world.store.read(lambda unit: use(lines(unit, book, span)))

    def page(self, book: Book, span: Span, *, offset: int, limit: int) -> tuple[tuple[Line, ...], int]:
        """These lines, and how many there are. Raises NotServed."""
        self._require_served(span.agency)
        return self._world.store.read(
            lambda unit: (
                page(unit, book, span, offset=offset, limit=limit),
                unit.registers.places.count(span.of(book)),
            )
        )

    def line(self, book: Book, span: Span, key: str) -> Line | None:
        """Raises NotServed."""
        self._require_served(span.agency)
        return self._world.store.read(lambda unit: line(unit, book, span, key))

    def heading(self, book: Book, span: Span) -> Heading:
        return Heading(
            book=book,
            agency=span.agency,
            agency_name=self._world.settings.agencies.get(span.agency, span.agency),
            year=span.year,
            first=span.first,
            last=span.last,
        )

    def years(self, agency: str) -> tuple[int, ...]:
        """Years with lines, the present one always; newest first."""
        now = day_of(self._world.now()).year
        return tuple(sorted({now, *self._world.store.read(lambda unit: tuple(unit.registers.years(agency)))})[::-1])

    def change(self, book: Book, span: Span, line: str, *, cells: Mapping[str, str], by: str) -> Line:
        """Write in a line's cells; the original stays beside them. What is as it was is not noted.

        Raises:
            NotServed, ActorMissing, BookClosed, LineUnknown, ColumnFixed, CellTooLong.
        """
        self._require_served(span.agency)
        _require_actor(by)
        at = self._world.now()

        writing = Writing(book=book, span=span, line=line, cells=cells, by=by, at=at)
        return self._world.store.run(lambda unit: write_cells(unit, writing))

    def enter_paper(
        self, book: Book, agency: str, cells: Mapping[str, str], *, by: str, number: int | None = None
    ) -> Line:
        """A line for what came or went on paper; in the incoming book it gets the next number of the common series.

        Raises:
            NotServed, ActorMissing, BookClosed, ColumnFixed, CellTooLong, PaperOfFollowUp.
            NumberTaken: that number has a line, or a colleague holds it.
        """
        self._require_served(agency)
        _require_actor(by)
        if book is Book.FOLLOW_UP:
            raise PaperOfFollowUp()
        at = self._world.now()
        year, written = day_of(at).year, dict(_checked(book, cells))

        def work(unit: NodeUnit) -> Line:
            require_open(unit, book, agency, year)
            given: int | None = None
            if book is Book.INCOMING:
                giving = Giving(row=None, agency=agency, year=year, clerk=by, at=at)
                given = number or unit.numbers.next(giving)
                if not unit.numbers.is_free(giving, given):
                    raise NumberTaken(number=given, year=year, agency=agency)
                unit.numbers.give(giving, given)
                written["number"] = str(given)
                written.setdefault("arrived", f"{day_of(at):%d/%m/%Y}")
            row = PaperRow(
                id=f"paper-{self._world.rng.uuid()}",
                book=book,
                agency=agency,
                year=year,
                number=given,
                cells=written,
                entered_by=by,
                entered_at=at,
            )
            unit.registers.add_paper(row)
            return _known(unit, book, Span(agency=agency, year=year), row.id)

        return self._world.store.run(work)

    def close_year(self, book: Book, agency: str, year: int, *, by: str) -> BookRow:
        """Close the book of a year that is over; the same book again gives what was closed.

        Raises:
            NotServed, ActorMissing, YearNotOver.
            GapsUnexplained: numbers of the series that nothing has, and nobody has said why.
        """
        self._require_served(agency)
        _require_actor(by)
        at = self._world.now()
        closed = self._world.store.read(lambda unit: unit.registers.closed(book, agency, year))
        if closed is not None:
            return closed
        if day_of(at).year <= year:
            raise YearNotOver(year=year)
        while True:
            made, pdf = self._make(book, agency, year, by=by, at=at)
            self._world.blobs.put_bytes(pdf)
            stored = self._world.store.run(lambda unit, made=made: self._close(unit, made))  # type: ignore[misc]
            if stored is not None:
                return stored

    def closed(self, book: Book, agency: str, year: int) -> BookRow | None:
        return self._world.store.read(lambda unit: unit.registers.closed(book, agency, year))

    def closed_pdf(self, book: Book, agency: str, year: int) -> Iterator[bytes]:
        """The book as it was closed, byte for byte.

        Raises:
            BookNotClosed.
        """
        row = self.closed(book, agency, year)
        if row is None:
            raise BookNotClosed(book=book.vi, year=year)
        with self._world.blobs.open(row.pdf_sha256) as blob:
            yield from blob.chunks()

    def _make(self, book: Book, agency: str, year: int, *, by: str, at: datetime) -> tuple[BookRow, bytes]:
        span = Span(agency=agency, year=year)

        def work(unit: NodeUnit) -> tuple[Line, ...]:
            if book is Book.INCOMING:
                _require_explained(unit, agency, year, at)
            return tuple(lines(unit, book, span))

        written = self._world.store.read(work)
        heading = replace(self.heading(book, span), closed_at=at, closed_by=by, content_sha256=content_digest(written))
        printed = print_book(heading, written)
        row = BookRow(
            book=book,
            agency=agency,
            year=year,
            lines=len(written),
            pages=printed.pages,
            pdf_sha256=hashlib.sha256(printed.pdf).hexdigest(),
            content_sha256=content_digest(written),
            closed_by=by,
            closed_at=at,
        )
        return row, printed.pdf

    def _close(self, unit: NodeUnit, made: BookRow) -> BookRow | None:
        """None when a line has changed since the book was printed."""
        already = unit.registers.closed(made.book, made.agency, made.year)
        if already is not None:
            return already
        span = Span(agency=made.agency, year=made.year)
        if content_digest(lines(unit, made.book, span)) != made.content_sha256:
            return None
        unit.registers.close(made)
        return made

    def _require_served(self, agency: str) -> None:
        agencies = self._world.settings.agencies
        if agency not in agencies:
            raise NotServed(agency=agency, served=", ".join(sorted(agencies)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What somebody writes into a line's cells."""

    book: Book
    span: Span
    line: str
    cells: Mapping[str, str]
    by: str
    at: datetime


def write_cells(unit: NodeUnit, writing: Writing) -> Line:
    """Part of the caller's transaction; the line as it is then.

    Raises:
        BookClosed, LineUnknown, ColumnFixed, CellTooLong.
    """
    book, span = writing.book, writing.span
    require_open(unit, book, span.agency, span.year)
    whole = replace(span, first=None, last=None)
    before = _known(unit, book, whole, writing.line)
    for column, value in _changed(book, before, writing.cells):
        change = Change(column=column, value=value, changed_by=writing.by, changed_at=writing.at)
        unit.registers.add_change(book, span.agency, writing.line, change)
    return _known(unit, book, whole, writing.line)


def write_on_arrival(unit: NodeUnit, giving: Giving, cells: Mapping[str, str]) -> None:
    """What the clerk changes while accepting the letter that `giving` gave its number. Raises as `write_cells`."""
    if giving.row is None or not cells:
        return
    line = f"{giving.row.sender}/{giving.row.consignment_id}"
    span = Span(agency=giving.agency, year=giving.year)
    write_cells(unit, Writing(book=Book.INCOMING, span=span, line=line, cells=cells, by=giving.clerk, at=giving.at))


def _known(unit: NodeUnit, book: Book, span: Span, key: str) -> Line:
    """Raises LineUnknown."""
    found = line(unit, book, span, key)
    if found is None:
        raise LineUnknown(named=key)
    return found


def _require_actor(by: str) -> None:
    if not by.strip():
        raise ActorMissing()


def _require_explained(unit: NodeUnit, agency: str, year: int, at: datetime) -> None:
    open_gaps = [gap for gap in gaps(unit, agency, year, at=at) if not gap.reason]
    if open_gaps:
        named = ", ".join(f"{gap.first}–{gap.last}" if gap.last > gap.first else str(gap.first) for gap in open_gaps)
        raise GapsUnexplained(year=year, gaps=named[:300])


def _checked(book: Book, cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """
    Raises:
        ColumnFixed, CellTooLong.
    """
    for column, given in cells.items():
        value = " ".join(given.split())
        if book.place(column) is None or column in FIXED:
            raise ColumnFixed(column=column)
        if len(value) > CELL_MAX:
            raise CellTooLong(column=column, limit=CELL_MAX)
        yield column, value


def _changed(book: Book, before: Line, cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for column, value in _checked(book, cells):
        if value != before.cells[book.place(column) or 0].value:
            yield column, value
