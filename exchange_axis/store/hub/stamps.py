"""Rows of time-stamps over checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub.stamp_tables import timestamp

KIND = "time-stamp"
"""Of the leaves of tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StampRow:
    size: int
    number: int
    token: bytes
    at: datetime
    kept_at: datetime
    renew_at: datetime | None
    """From when on it has to be in the log; None once it is."""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRow:
    size: int
    note: str
    signed_at: datetime


def newest(connection: Connection) -> StampRow | None:
    """The first time-stamp of the largest stamped checkpoint."""
    query = select(timestamp).where(timestamp.c.number == 0).order_by(timestamp.c.size.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else StampRow(**row._mapping)


def of_size(connection: Connection, size: int) -> tuple[StampRow, ...]:
    """All of one checkpoint, oldest first."""
    query = select(timestamp).where(timestamp.c.size == size).order_by(timestamp.c.number)
    return tuple(StampRow(**row._mapping) for row in connection.execute(query))


def covering(connection: Connection, size: int) -> int | None:
    """Size of the smallest stamped checkpoint that covers so many leaves."""
    query = select(func.min(timestamp.c.size)).where(timestamp.c.size >= size)
    found = connection.execute(query).scalar_one()
    return None if found is None else int(found)


def unlogged(connection: Connection) -> tuple[str, ...]:
    """Digests of the tokens that no leaf speaks of, oldest first."""
    query = select(timestamp.c.sha256).where(timestamp.c.renew_at.is_not(None)).order_by(timestamp.c.size)
    return tuple(connection.execute(query).scalars())


def logged(connection: Connection) -> None:
    """All of them are in the log now."""
    connection.execute(update(timestamp).where(timestamp.c.renew_at.is_not(None)).values(renew_at=None))


def count_uncovered(connection: Connection) -> int:
    """Tokens in the log that no time-stamp covers yet."""
    last = newest(connection)
    query = select(func.count()).select_from(t.leaf).where(t.leaf.c.kind == KIND)
    covered = t.leaf.c.position.is_(None) | (t.leaf.c.position >= (0 if last is None else last.size))
    return int(connection.execute(query.where(covered)).scalar_one())


def count_to_renew(connection: Connection, at: datetime) -> int:
    query = select(func.count()).select_from(timestamp).where(timestamp.c.renew_at <= at)
    return int(connection.execute(query).scalar_one())


def add(connection: Connection, row: StampRow) -> bool:
    """Keep a time-stamp; False if another process was first."""
    if len(of_size(connection, row.size)) != row.number:
        return False
    earlier = (timestamp.c.size == row.size) & (timestamp.c.number < row.number)
    connection.execute(update(timestamp).where(earlier).values(renew_at=None))
    values = {name: getattr(row, name) for name in StampRow.__slots__}
    connection.execute(timestamp.insert().values(**values))
    return True


def checkpoint_of(connection: Connection, size: int) -> CheckpointRow | None:
    return _checkpoint(connection, select(t.checkpoint).where(t.checkpoint.c.size == size))


def newest_checkpoint(connection: Connection) -> CheckpointRow | None:
    return _checkpoint(connection, select(t.checkpoint).order_by(t.checkpoint.c.size.desc()).limit(1))


def first_beyond(connection: Connection, size: int) -> CheckpointRow | None:
    """The oldest checkpoint larger than that."""
    query = select(t.checkpoint).where(t.checkpoint.c.size > size).order_by(t.checkpoint.c.size).limit(1)
    return _checkpoint(connection, query)


def waiting_since(connection: Connection) -> datetime | None:
    """When the oldest checkpoint was signed that no time-stamp covers."""
    last = newest(connection)
    waiting = first_beyond(connection, 0 if last is None else last.size)
    return None if waiting is None else waiting.signed_at


def _checkpoint(connection: Connection, query: object) -> CheckpointRow | None:
    row = connection.execute(query).one_or_none()  # type: ignore[call-overload]  # any select of the table
    return None if row is None else CheckpointRow(size=row.size, note=row.note, signed_at=row.signed_at)
