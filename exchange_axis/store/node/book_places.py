"""Which lines a book has, in their order, found in SQL: pages and streams read as many letters as they show.

The same three rules as `node.register_lines` tells; a line is a letter here, or one that was written for paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, func, literal, or_, select, type_coerce
from sqlalchemy.sql.selectable import CompoundSelect

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.lifecycle import Progress
from exchange_axis.domain.registers import Book
from exchange_axis.store.node import register_tables as r
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.inbox import inbox_rows
from exchange_axis.store.node.outbox import outbox_rows
from exchange_axis.store.node.rows import InboxRow, OutboxRow, OutboxState

_I, _O, _P = t.inbox.c, t.outbox.c, r.paper_line.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Of a year's book."""

    book: Book
    agency: str
    year: int
    start: datetime
    end: datetime
    is_year: bool
    """All of it, also paper that was entered after it."""
    key: str | None = None
    """One line only."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the content of a line is."""

    seq: int
    """Of the letter in outbox or inbox; 0: it is a paper line."""
    paper: str
    """Id of the paper line; empty: it is a letter."""


class BookPlaces:
    """Inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, part: Part) -> int:
        return self._connection.scalar(select(func.count()).select_from(_lines(part).subquery())) or 0

    def page(self, part: Part, *, limit: int, offset: int = 0) -> tuple[Place, ...]:
        found = _lines(part).subquery()
        query = select(found.c.seq, found.c.paper).order_by(found.c.rank, found.c.number, found.c.paper)
        rows = self._connection.execute(query.limit(limit).offset(offset))
        return tuple(Place(row.seq, row.paper) for row in rows)

    def sent(self, places: Sequence[Place]) -> Mapping[int, OutboxRow]:
        rows = self._connection.execute(select(t.outbox).where(_O.seq.in_([one.seq for one in places]))).all()
        return dict(zip((row.seq for row in rows), outbox_rows(rows), strict=True))

    def received(self, places: Sequence[Place]) -> Mapping[int, InboxRow]:
        query = select(t.inbox).where(_I.seq.in_([one.seq for one in places]))
        return {row.seq: row for row in inbox_rows(self._connection.execute(query))}


def _lines(part: Part) -> CompoundSelect[tuple[int, int, int, str]]:
    return (_sent(part) if part.book is Book.OUTGOING else _received(part)).union_all(_paper(part))


def _sent(part: Part) -> Select[tuple[int, int, int, str]]:
    """In the order of sending, without what a hub refused."""
    query = select(literal(0).label("rank"), _O.seq.label("number"), _O.seq.label("seq"), literal("").label("paper"))
    return query.where(
        _O.sender == part.agency,
        _O.kind == ConsignmentClass.LETTER.value,
        _O.state != OutboxState.REFUSED.value,
        _O.created_at >= part.start,
        _O.created_at < part.end,
        *([] if part.key is None else [_O.consignment_id == part.key]),
    )


def _received(part: Part) -> Select[tuple[int, int, int, str]]:
    """By arrival number."""
    number = _I.arrival_number.label("number")
    query = select(literal(0).label("rank"), number, _I.seq.label("seq"), literal("").label("paper"))
    query = query.where(
        _I.recipient == part.agency,
        _I.arrival_year == part.year,
        _I.arrival_number.is_not(None),
        _I.decided_at >= part.start,
        _I.decided_at < part.end,
    )
    if part.key is not None:
        sender, _, consignment_id = part.key.partition("/")
        query = query.where(_I.sender == sender, _I.consignment_id == consignment_id)
    return query.where(_is_followed()) if part.book is Book.FOLLOW_UP else query


def _is_followed() -> ColumnElement[bool]:
    """Somebody has to work on it: a deadline, passed on, or further than accepted."""
    p = r.passed_on.c
    mine = and_(p.agency == _I.recipient, p.consignment_id == _I.consignment_id, p.sender == _I.sender)
    passed = select(p.seq).where(mine).correlate(t.inbox).exists()
    asked = or_(_I.due_date.is_not(None), _I.due_at.is_not(None), passed)
    return or_(asked, _I.progress != Progress.ACCEPTED.value)


def _paper(part: Part) -> Select[tuple[int, int, int, str]]:
    """Incoming paper by its number among the letters; outgoing paper after them, as it was entered."""
    outgoing = part.book is Book.OUTGOING
    number = type_coerce(_P.entered_at, BigInteger) if outgoing else _P.number
    query = select(literal(1 if outgoing else 0), number, literal(0), _P.id).where(
        _P.book == (part.book if outgoing else Book.INCOMING).value, _P.agency == part.agency, _P.year == part.year
    )
    if not outgoing:
        query = query.where(_P.number.is_not(None))
    if part.book is Book.FOLLOW_UP:
        query = query.where(func.json_extract(_P.cells, f"$[{Book.INCOMING.place('unit')}]") != "")
    if not part.is_year:
        query = query.where(_P.entered_at >= part.start, _P.entered_at < part.end)
    return query if part.key is None else query.where(_P.id == part.key)
