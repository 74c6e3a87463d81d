"""How large the database is, and how much was taken in a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from exchange_axis.store.hub.trail_tables import trail_day


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLoad:
    letters: int
    deliveries: int
    bytes: int
    """Of containers, each once."""


def database_bytes(connection: Connection) -> int:
    """Of the whole database with its indexes; with SQLite what has not been folded in from its log is not counted."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages = int(connection.execute(text("PRAGMA page_count")).scalar_one())
    return pages * int(connection.execute(text("PRAGMA page_size")).scalar_one())


def loads(connection: Connection, first_day: int) -> Mapping[int, DayLoad]:
    """By day, from `first_day` on; days without a letter are not there."""
    c = trail_day.c
    query = select(c.day, func.sum(c.letters), func.sum(c.deliveries), func.sum(c.bytes))
    query = query.where(c.side == "s", c.agency == "", c.day >= first_day).group_by(c.day)
    return {
        int(day): DayLoad(letters=int(letters), deliveries=int(deliveries), bytes=int(size))
        for day, letters, deliveries, size in connection.execute(query)
    }
