"""Rows of `access_tables`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from exchange_axis.store.node.access_tables import access as t
from exchange_axis.store.node.links import Kept, Links


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow:
    seq: int
    at: datetime
    actor: str
    action: str
    subject: str


class Accesses:
    """This table inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, actor: str, action: str, subject: str, *, at: datetime) -> None:
        values = {"actor": actor[:200], "action": action, "subject": subject[:200], "at": at}
        seq = self._connection.execute(t.insert().returning(t.c.seq), values).scalar_one()
        Links(self._connection).add(Kept.TAKEN, int(seq), at=at)

    def newest(self, *, limit: int, actor: str | None = None, before: int | None = None) -> tuple[AccessRow, ...]:
        query = select(t).order_by(t.c.seq.desc()).limit(limit)
        if actor:
            query = query.where(t.c.actor == actor)
        if before is not None:
            query = query.where(t.c.seq < before)
        return tuple(AccessRow(**row._mapping) for row in self._connection.execute(query))
