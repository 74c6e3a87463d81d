"""Changes of a node's settings, as they were found. Rows are facts; why is written beside them afterwards."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

setting_change = Table(
    "setting_change",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("details", Text, nullable=False),  # JSON of domain.settings_record
    Column("reason", Text),
    Column("reason_by", String(200)),
    Column("reason_at", UtcTime),
)
