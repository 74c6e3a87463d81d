"""Rows of epochs: opening one closes the checkpoints of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, literal, select, update

from exchange_axis.store.hub import stamp_tables, tables
from exchange_axis.store.hub import witness_tables as t


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRow:
    number: int
    origin: str
    opened_at: datetime
    statement: bytes
    sha256: str


def newest(connection: Connection) -> EpochRow | None:
    """The epoch that was opened last; None in the first one."""
    row = connection.execute(select(t.log_epoch).order_by(t.log_epoch.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else EpochRow(**row._mapping)


def every(connection: Connection) -> tuple[EpochRow, ...]:
    return tuple(
        EpochRow(**row._mapping) for row in connection.execute(select(t.log_epoch).order_by(t.log_epoch.c.number))
    )


def open_new(connection: Connection, row: EpochRow, *, closing: str) -> None:
    """Note the epoch and put the checkpoints of the one before aside, with their time-stamps."""
    connection.execute(
        t.log_epoch.insert().values(
            number=row.number,
            origin=row.origin,
            opened_at=row.opened_at,
            statement=row.statement,
            sha256=row.sha256,
        )
    )
    c = tables.checkpoint.c
    old = select(literal(closing), c.size, c.note, c.signed_at)
    connection.execute(insert(t.closed_checkpoint).from_select(["origin", "size", "note", "signed_at"], old))
    s = stamp_tables.timestamp.c
    stamped = select(literal(closing), s.size, s.number, s.token, s.at, s.kept_at, s.sha256)
    names = ["origin", "size", "number", "token", "at", "kept_at", "sha256"]
    connection.execute(insert(stamp_tables.closed_timestamp).from_select(names, stamped))
    connection.execute(delete(stamp_tables.timestamp))
    connection.execute(delete(tables.checkpoint))


def adopt_leaves(connection: Connection, first: int, entries: Sequence[bytes]) -> int:
    """Give entries that were lost their places again; returns how many leaves were still here, without a number.

    A leaf of which only the entry is known gets a name instead of a document's digest, and no salt.
    """
    waiting = {
        bytes(row.data): row.seq
        for row in connection.execute(
            select(tables.leaf.c.seq, tables.leaf.c.data).where(tables.leaf.c.position.is_(None))
        )
    }
    kept = 0
    for position, data in enumerate(entries, first):
        seq = waiting.pop(data, None)
        if seq is not None:
            connection.execute(update(tables.leaf).where(tables.leaf.c.seq == seq).values(position=position))
            kept += 1
        else:
            connection.execute(
                tables.leaf.insert().values(sha256=f"lost:{position}", kind=LOST, data=data, position=position)
            )
    return kept


def count_lost(connection: Connection) -> int:
    return connection.execute(select(func.count()).where(tables.leaf.c.kind == LOST)).scalar_one()


LOST = "lost"
"""Kind of a leaf whose document is not here."""
