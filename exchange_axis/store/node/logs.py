"""Rows about the hub's log: the newest checkpoint seen, and contradictions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from exchange_axis.store.node import log_tables as t


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLog:
    origin: str
    size: int
    note: bytes
    """The signed note."""
    at: datetime


class Logs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def seen(self, origin: str) -> SeenLog | None:
        row = self._connection.execute(select(t.log_seen).where(t.log_seen.c.origin == origin)).one_or_none()
        return None if row is None else SeenLog(**row._mapping)

    def every(self) -> tuple[SeenLog, ...]:
        return tuple(SeenLog(**row._mapping) for row in self._connection.execute(select(t.log_seen)))

    def remember(self, row: SeenLog) -> None:
        """In place of a smaller one; the caller has held it against that."""
        self._connection.execute(delete(t.log_seen).where(t.log_seen.c.origin == row.origin))
        values = {"origin": row.origin, "size": row.size, "note": row.note, "at": row.at}
        self._connection.execute(t.log_seen.insert().values(values))

    def keep_fork(self, origin: str, first: bytes, second: bytes, at: datetime) -> None:
        """Both sides of a contradiction, once."""
        known = select(t.log_fork.c.seq).where(t.log_fork.c.first == first, t.log_fork.c.second == second)
        if self._connection.execute(known).first() is None:
            values = {"origin": origin, "first": first, "second": second, "at": at}
            self._connection.execute(t.log_fork.insert().values(values))

    def forks(self) -> tuple[tuple[bytes, bytes], ...]:
        """(what was known, what contradicts it), the oldest first."""
        rows = self._connection.execute(select(t.log_fork.c.first, t.log_fork.c.second).order_by(t.log_fork.c.seq))
        return tuple((bytes(first), bytes(second)) for first, second in rows)
