"""Who looked at what at this hub. A read of content is also a decision, so that it is in the log."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

access = Table(
    "access",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("kind", String(10), nullable=False),  # metadata | content | review
    Column("action", String(40), nullable=False),  # search, letter, dossier, …
    Column("subject", String(200), nullable=False),  # a consignment id; of a search what was asked for
    Column("reason", Text, nullable=False),  # stated for content
    Index("access_actor", "actor", "seq"),
    Index("access_subject", "subject", "seq"),
)
