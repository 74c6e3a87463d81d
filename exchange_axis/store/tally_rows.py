"""Tallies as they were sealed and exchanged, the same tables in a hub's and a node's database.

Rules of this file:
1. A sealed tally stays. One that was made anew, because more was heard of its day, is a further row; the newest counts.
2. What came of the last comparison of a day is one row, written over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    select,
    update,
)

from exchange_axis.store.engine import insert_new
from exchange_axis.store.types import Serial, UtcTime


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyTables:
    tally: Table
    compared: Table


def tally_tables(metadata: MetaData) -> TallyTables:
    """Declare the tables in a database's description."""
    return TallyTables(
        tally=Table(
            "tally",
            metadata,
            Column("seq", Serial, primary_key=True, autoincrement=True),
            Column("day", Date, nullable=False),  # in Vietnam
            Column("peer", String(64), nullable=False),
            Column("own", Boolean, nullable=False),  # sealed here, or by the peer
            Column("sha256", String(64), nullable=False, unique=True),
            Column("document", LargeBinary, nullable=False),
            Column("lines_sha256", String(64), nullable=False),
            Column("lines", LargeBinary, nullable=False),  # packed (zlib)
            Column("count", Integer, nullable=False),
            Column("at", UtcTime, nullable=False),
            Index("tally_day", "day", "peer", "own"),
        ),
        compared=Table(
            "tally_compared",
            metadata,
            Column("day", Date, primary_key=True),
            Column("peer", String(64), primary_key=True),
            Column("own", BigInteger, nullable=False),  # number of our tally
            Column("theirs", BigInteger, nullable=False),
            Column("differences", Integer, nullable=False),  # 0: they agree
            Column("found", Text, nullable=False),  # the first of them, JSON
            Column("at", UtcTime, nullable=False),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyRow:
    seq: int
    day: date
    peer: str
    own: bool
    sha256: str
    document: bytes
    lines_sha256: str
    lines: bytes
    count: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    day: date
    peer: str
    own: int
    theirs: int
    differences: int
    found: str
    at: datetime


class TallyRows:
    """These tables inside one transaction."""

    def __init__(self, connection: Connection, tables: TallyTables) -> None:
        self._connection = connection
        self._tally, self._compared = tables.tally, tables.compared

    def add(self, row: TallyRow) -> bool:
        """Its number is given here. False when this very document is there already."""
        values = {name: getattr(row, name) for name in row.__slots__ if name != "seq"}
        return insert_new(self._connection, self._tally, values)

    def newest(self, day: date, peer: str, *, own: bool) -> TallyRow | None:
        c = self._tally.c
        query = select(self._tally).where(c.day == day, c.peer == peer, c.own.is_(own)).order_by(c.seq.desc())
        row = self._connection.execute(query.limit(1)).one_or_none()
        return None if row is None else _tally(row)

    def keep_comparison(self, row: ComparedRow) -> None:
        values = {name: getattr(row, name) for name in row.__slots__}
        if not insert_new(self._connection, self._compared, values):
            c = self._compared.c
            change = update(self._compared).where(c.day == row.day, c.peer == row.peer)
            self._connection.execute(change.values(values))

    def comparison(self, day: date, peer: str) -> ComparedRow | None:
        c = self._compared.c
        query = select(self._compared).where(c.day == day, c.peer == peer)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else ComparedRow(**row._mapping)

    def peers(self, day: date) -> frozenset[str]:
        """With whom there is a tally of that day, by either side."""
        query = select(self._tally.c.peer).where(self._tally.c.day == day).distinct()
        return frozenset(self._connection.execute(query).scalars())

    def sealed_for(self, day: date) -> frozenset[str]:
        """Peers for whom ours of that day is sealed."""
        query = select(self._tally.c.peer).where(self._tally.c.day == day, self._tally.c.own.is_(True)).distinct()
        return frozenset(self._connection.execute(query).scalars())

    def days(self, limit: int, *, until: date | None = None) -> tuple[date, ...]:
        """Days with a tally, newest first."""
        query = select(self._tally.c.day).distinct().order_by(self._tally.c.day.desc()).limit(limit)
        if until is not None:
            query = query.where(self._tally.c.day <= until)
        return tuple(self._connection.execute(query).scalars())


def _tally(row: Row[Any]) -> TallyRow:
    return TallyRow(**row._mapping)
