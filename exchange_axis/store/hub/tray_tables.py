"""The table of the dead-letter tray."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

refused_return = Table(
    # messages between hubs that one of the two refused for good: kept until they are taken in after all
    "refused_return",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("way", String(10), nullable=False),  # sent: the peer refused ours | received: we refused the peer's
    Column("peer", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),  # of the Return
    Column("documents", LargeBinary, nullable=False),  # JSON as it went, or came
    Column("consignment_id", String(64), nullable=False),
    Column("recipient", String(50)),
    Column("code", String(100), nullable=False),  # of the last refusal
    Column("vi", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("tried_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),  # when it is tried again
    UniqueConstraint("way", "peer", "sha256", name="refused_return_once"),
    Index("refused_return_due", "way", "due_at"),
)
