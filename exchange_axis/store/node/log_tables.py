"""What a node remembers of its hub's log.

Rules of this file:
1. `log_seen` only grows along one history; what contradicts it is kept in `log_fork`, both sides as they were signed.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

log_seen = Table(
    "log_seen",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("at", UtcTime, nullable=False),
)

log_fork = Table(
    "log_fork",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("origin", String(200), nullable=False),
    Column("first", LargeBinary, nullable=False),  # what was known
    Column("second", LargeBinary, nullable=False),  # what contradicts it
    Column("at", UtcTime, nullable=False),
)
