"""Changes of the directory that one person proposes and another approves."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

directory_change = Table(
    "directory_change",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("kind", String(10), nullable=False),  # import | head
    Column("subject", String(200), nullable=False),  # name of the file, or the agency's code
    Column("document", Text, nullable=False),  # the whole directory as it would be, TOML
    Column("version", String(64), nullable=False),
    Column("base", String(64), nullable=False),  # version that it starts from
    Column("state", String(10), nullable=False),  # waiting | approved | rejected
    Column("reason", Text, nullable=False),
    Column("proposed_by", String(200), nullable=False),
    Column("proposed_at", UtcTime, nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", UtcTime),
    Index("directory_change_state", "state", "seq"),
)
