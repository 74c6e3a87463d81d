"""When nodes were not there (I13): one row an interval. A closed row is a fact and stays."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

_OPEN = text("until IS NULL")

absence = Table(
    "absence",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("peer", String(64), nullable=False),
    Column("since", UtcTime, nullable=False),  # last heard
    Column("until", UtcTime),  # heard again; null while it is away
    Column("known_until", UtcTime, nullable=False),  # the last look that found it away
    Index("absence_peer", "peer", "since"),
    # Of one node at most one is open, whichever process of the hub looks.
    Index("absence_open", "peer", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
)
