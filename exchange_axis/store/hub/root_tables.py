"""Changes of trusted roots: who proposed, who approved. The roots themselves are files that an operator can read."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

root_change = Table(
    "root_change",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False),
    Column("action", String(10), nullable=False),  # add | remove
    Column("pem", Text, nullable=False),  # empty for a removal
    Column("rule", Text, nullable=False),  # JSON: class, uses, from, to; empty object: every use
    Column("state", String(10), nullable=False),  # waiting | approved | rejected
    Column("proposed_by", String(200), nullable=False),
    Column("proposed_at", UtcTime, nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", UtcTime),
    Index("root_change_state", "state", "seq"),
)
