"""Tables of letters that are being written. A draft that was sent or thrown away stays as a row; its files do not."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

draft = Table(
    "draft",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("agency", String(50), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("state", String(10), nullable=False),  # open, sent, dropped
    Column("version", Integer, nullable=False),  # rises with each saving
    Column("form", Text, nullable=False),  # JSON: keys of letter.toml
    Column("closes", String(200)),  # a received letter that is completed once this one, its reply, is accepted
    Column("consignment_id", String(64)),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Index("draft_state", "state", "changed_at"),
    Index("draft_closes", "closes"),
)

draft_file = Table(
    "draft_file",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("draft_id", String(64), ForeignKey("draft.id"), nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("sha256", String(64)),  # in the blob store; null while it is arriving
    Column("found", Text),  # JSON: what the file says of itself
    Column("added_at", UtcTime, nullable=False),
)
