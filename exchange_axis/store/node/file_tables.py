"""What was found in the files of letters sent or received here: derived from their bytes and from the node's trust."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from exchange_axis.store.node.tables import metadata

letter_files = Table(
    "letter_files",
    metadata,
    Column("container_sha256", String(64), primary_key=True),
    Column("report", Text, nullable=False),  # JSON, FilesReport of hub-v1.yaml
)
