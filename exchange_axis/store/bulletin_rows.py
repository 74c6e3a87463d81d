"""How far each destination has been told, the same table in any database.

One row a destination and kind. It does not grow with the bulletins, and it holds nothing of a letter: `told` is a
running number of the inbox, or of a digest the minute of its hour.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    delete,
    func,
    select,
    update,
)

from exchange_axis.domain.bulletin import BulletinKind, BulletinState, Fault
from exchange_axis.store.engine import insert_new
from exchange_axis.store.types import UtcTime


def bulletin_table(metadata: MetaData) -> Table:
    """Declare the table in a database's description."""
    return Table(
        "bulletin",
        metadata,
        Column("destination", String(64), primary_key=True),
        Column("kind", String(20), primary_key=True),
        Column("told", BigInteger, nullable=False),
        Column("before", BigInteger),  # what `told` was before the bulletin under way; null: none is
        Column("state", String(10), nullable=False),
        Column("attempts", Integer, nullable=False, default=0),  # of the bulletin under way
        Column("since", UtcTime),  # when that was first tried
        Column("due_at", UtcTime),  # its next try
        Column("sent", Integer, nullable=False, default=0),
        Column("lost", Integer, nullable=False, default=0),
        Column("doubtful", Integer, nullable=False, default=0),
        Column("sent_at", UtcTime),
        Column("fault", String(20)),  # the last one
        Column("answer", Integer),
        Column("fault_at", UtcTime),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinRow:
    destination: str
    kind: BulletinKind
    told: int
    """Newest event that counts as told."""
    before: int | None = None
    state: BulletinState = BulletinState.IDLE
    attempts: int = 0
    since: datetime | None = None
    due_at: datetime | None = None
    sent: int = 0
    lost: int = 0
    """Refused for good, or tried for too long."""
    doubtful: int = 0
    sent_at: datetime | None = None
    fault: Fault | None = None
    answer: int | None = None
    fault_at: datetime | None = None


class BulletinRows:
    """Inside one unit of work."""

    def __init__(self, connection: Connection, table: Table) -> None:
        self._connection = connection
        self._table = table

    def get(self, destination: str, kind: BulletinKind, *, held: bool = False) -> BulletinRow | None:
        """
        Args:
            held: nobody else changes it before the transaction ends; for databases that several processes share.
        """
        query = select(self._table).where(self._is(destination, kind))
        if held:
            query = query.with_for_update()
        found = self._connection.execute(query).one_or_none()
        return None if found is None else _row(found)

    def every(self) -> tuple[BulletinRow, ...]:
        query = select(self._table).order_by(self._table.c.destination, self._table.c.kind)
        return tuple(map(_row, self._connection.execute(query)))

    def keep(self, row: BulletinRow) -> None:
        """Write a row, new or over the old one."""
        values = {name: getattr(row, name) for name in row.__slots__}
        if not insert_new(self._connection, self._table, values):
            self._connection.execute(update(self._table).where(self._is(row.destination, row.kind)).values(values))

    def keep_only(self, destinations: Collection[str]) -> None:
        """Remove the rows of all others."""
        self._connection.execute(delete(self._table).where(self._table.c.destination.not_in(sorted(destinations))))

    def sums(self) -> Mapping[tuple[str, str], int]:
        """By kind and what came of them, over all destinations; `waiting` are those that are tried again."""
        c = self._table.c
        waiting = func.count().filter(c.state != BulletinState.IDLE.value).label("waiting")
        sums = (func.sum(c.sent).label("sent"), func.sum(c.lost).label("lost"), func.sum(c.doubtful).label("doubtful"))
        rows = self._connection.execute(select(c.kind, *sums, waiting).group_by(c.kind))
        return {
            (row.kind, name): int(getattr(row, name))
            for row in rows
            for name in ("sent", "lost", "doubtful", "waiting")
        }

    def _is(self, destination: str, kind: BulletinKind) -> Any:
        return (self._table.c.destination == destination) & (self._table.c.kind == kind.value)


def _row(row: Row[Any]) -> BulletinRow:
    values = dict(row._mapping)
    fault = values.pop("fault")
    return BulletinRow(
        **{**values, "kind": BulletinKind(row.kind), "state": BulletinState(row.state)},
        fault=None if fault is None else Fault(fault),
    )
