"""What the whole checks of the log found, newest last."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

log_check = Table(
    "log_check",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("origin", String(200), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("documents", BigInteger, nullable=False),
    Column("fault_count", BigInteger, nullable=False),
    Column("faults", Text, nullable=False),  # JSON list of [kind, place, detail], the first of them
)
