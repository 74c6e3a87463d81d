"""The registers' own rows inside one unit of work, and the letters that their lines are made of."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.registers import Book, Change
from exchange_axis.store.node import register_tables as r
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.book_places import BookPlaces
from exchange_axis.store.node.outbox import outbox_rows
from exchange_axis.store.node.rows import InboxRow, OutboxRow, OutboxState

BATCH = 500
"""Lines read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    id: str
    book: Book
    agency: str
    year: int
    number: int | None
    cells: Mapping[str, str]
    """By column."""
    entered_by: str
    entered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedRow:
    unit: str
    person: str
    note: str
    due: date | None
    passed_by: str
    passed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow:
    book: Book
    agency: str
    year: int
    lines: int
    pages: int
    pdf_sha256: str
    content_sha256: str
    closed_by: str
    closed_at: datetime


class Registers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.places = BookPlaces(connection)

    def recalled(self, agency: str) -> frozenset[str]:
        """Ids of the letters of an agency here that it has recalled."""
        o = t.outbox.c
        recalls = and_(
            o.sender == agency,
            o.business_kind == BusinessKind.REVOKE.value,
            o.state != OutboxState.REFUSED.value,
            o.in_reply_to.is_not(None),
        )
        return frozenset(self._connection.scalars(select(o.in_reply_to).where(recalls)))

    def replies(self, agency: str, titles: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Numbers of the letters that answer received ones, by (sender, number/symbol) of these."""
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        query = select(t.reply.c.letter_sender, t.reply.c.title, t.outbox.c.title.label("answer"))
        query = query.join(t.outbox, t.outbox.c.consignment_id == t.reply.c.consignment_id)
        mine = and_(t.outbox.c.sender == agency, t.outbox.c.state != OutboxState.REFUSED.value)
        query = query.where(mine, t.reply.c.title.in_({title for _, title in titles})).order_by(t.outbox.c.seq)
        for row in self._connection.execute(query):
            found[row.letter_sender, row.title] = (*found.get((row.letter_sender, row.title), ()), row.answer)
        return found

    def add_paper(self, row: PaperRow) -> None:
        cells = [row.cells.get(column.key, "") for column in row.book.columns]
        self._connection.execute(
            r.paper_line.insert(),
            {
                "id": row.id,
                "book": row.book.value,
                "agency": row.agency,
                "year": row.year,
                "number": row.number,
                "cells": json.dumps(cells, ensure_ascii=False),
                "entered_by": row.entered_by,
                "entered_at": row.entered_at,
            },
        )

    def paper(self, ids: Sequence[str]) -> Mapping[str, PaperRow]:
        """By id."""
        rows = self._connection.execute(select(r.paper_line).where(r.paper_line.c.id.in_(ids)))
        return {row.id: _paper(row) for row in rows}

    def add_change(self, book: Book, agency: str, line: str, change: Change) -> None:
        values = {
            "book": book.value,
            "agency": agency,
            "line": line,
            "column": change.column,
            "value": change.value,
            "changed_by": change.changed_by,
            "changed_at": change.changed_at,
        }
        self._connection.execute(r.cell_change.insert(), values)

    def changes(self, book: Book, agency: str, lines: Sequence[str]) -> Mapping[str, Sequence[Change]]:
        """By line, oldest first."""
        c = r.cell_change.c
        found: dict[str, list[Change]] = {}
        for start in range(0, len(lines), BATCH):
            part = and_(c.book == book.value, c.agency == agency, c.line.in_(lines[start : start + BATCH]))
            for row in self._connection.execute(select(r.cell_change).where(part).order_by(c.seq)):
                change = Change(
                    column=row.column, value=row.value, changed_by=row.changed_by, changed_at=row.changed_at
                )
                found.setdefault(row.line, []).append(change)
        return found

    def add_passed(self, row: InboxRow, passed: PassedRow) -> None:
        values = {"sender": row.sender, "consignment_id": row.consignment_id, "agency": row.recipient}
        self._connection.execute(
            r.passed_on.insert(), values | {name: getattr(passed, name) for name in PassedRow.__slots__}
        )

    def passed(self, agency: str, ids: Sequence[str]) -> Mapping[tuple[str, str], Sequence[PassedRow]]:
        """By (sender, consignment id), oldest first."""
        p = r.passed_on.c
        found: dict[tuple[str, str], list[PassedRow]] = {}
        for start in range(0, len(ids), BATCH):
            part = and_(p.agency == agency, p.consignment_id.in_(ids[start : start + BATCH]))
            for row in self._connection.execute(select(r.passed_on).where(part).order_by(p.seq)):
                values = {name: getattr(row, name) for name in PassedRow.__slots__}
                found.setdefault((row.sender, row.consignment_id), []).append(PassedRow(**values))
        return found

    def close(self, book: BookRow) -> None:
        values = {name: getattr(book, name) for name in BookRow.__slots__} | {"book": book.book.value}
        self._connection.execute(r.closed_book.insert(), values)

    def closed(self, book: Book, agency: str, year: int) -> BookRow | None:
        b = r.closed_book.c
        which = and_(b.book == book.value, b.agency == agency, b.year == year)
        row = self._connection.execute(select(r.closed_book).where(which)).one_or_none()
        return None if row is None else BookRow(**(dict(row._mapping) | {"book": Book(row.book)}))

    def years(self, agency: str) -> Iterator[int]:
        """Years of arrival that have lines."""
        letters = select(t.inbox.c.arrival_year).where(t.inbox.c.recipient == agency).distinct()
        paper = select(r.paper_line.c.year).where(r.paper_line.c.agency == agency).distinct()
        found = {*self._connection.scalars(letters), *self._connection.scalars(paper)}
        return iter(sorted(year for year in found if year is not None))

    def same_number(self, agency: str, title: str, start: datetime, end: datetime) -> tuple[OutboxRow, ...]:
        """Letters of that time with this number and symbol, whatever became of them but refusal."""
        o = t.outbox.c
        same = and_(o.sender == agency, o.title == title, o.created_at >= start, o.created_at < end)
        kept = and_(o.kind == ConsignmentClass.LETTER.value, o.state != OutboxState.REFUSED.value)
        return outbox_rows(self._connection.execute(select(t.outbox).where(same, kept).order_by(o.seq)))


def _paper(row: Any) -> PaperRow:
    book = Book(row.book)
    cells = dict(zip((column.key for column in book.columns), json.loads(row.cells), strict=True))
    return PaperRow(
        id=row.id,
        book=book,
        agency=row.agency,
        year=row.year,
        number=row.number,
        cells=cells,
        entered_by=row.entered_by,
        entered_at=row.entered_at,
    )
