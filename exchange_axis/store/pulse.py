"""One row that is written to learn whether the database takes writes; the same in a hub's and a node's database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, MetaData, String, Table, update

from exchange_axis.store.engine import insert_new
from exchange_axis.store.types import UtcTime

_NAME = "readiness"


def pulse_table(metadata: MetaData) -> Table:
    return Table("pulse", metadata, Column("name", String(20), primary_key=True), Column("at", UtcTime, nullable=False))


def beat(connection: Connection, table: Table, at: datetime) -> None:
    """Write, in the caller's transaction."""
    if not insert_new(connection, table, {"name": _NAME, "at": at}):
        connection.execute(update(table).where(table.c.name == _NAME).values(at=at))
