"""How long each class is kept: each change as one person proposed it and another decided; the newest approved holds."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

retention_change = Table(
    "retention_change",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("days", Text, nullable=False),  # JSON: dispose, payload, metadata, evidence, access_log
    Column("state", String(10), nullable=False),  # waiting | approved | rejected
    Column("reason", Text, nullable=False),
    Column("proposed_by", String(200), nullable=False),
    Column("proposed_at", UtcTime, nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", UtcTime),
    Index("retention_change_state", "state", "seq"),
)
