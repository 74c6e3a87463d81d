"""What was found in the files of letters sent or received here: derived from their bytes and from the node's trust."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import UtcTime

letter_files = Table(
    "letter_files",
    metadata,
    Column("container_sha256", String(64), primary_key=True),
    Column("consignment_id", String(64), nullable=False, index=True),
    Column("report", Text, nullable=False),  # JSON, FilesReport of hub-v1.yaml
    Column("hub_word", Text),  # JSON: what the hub says of it, where it was asked
    Column("ask_at", UtcTime, index=True),  # when to ask the hub; null: not at all
    Column("tries", Integer, nullable=False),
)
