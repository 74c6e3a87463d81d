"""Tables of what is done about many letters at once: what was chosen, and what became of each.

Rule of this file: an item leaves `waiting` once. It names a letter or a draft and says nothing of its content.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import UtcTime

batch = Table(
    "batch",
    metadata,
    Column("id", String(64), primary_key=True),  # token of the form
    Column("kind", String(10), nullable=False),  # accept, send
    Column("actor", String(200), nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Index("batch_unfinished", "actor", "ended_at"),
)

batch_item = Table(
    "batch_item",
    metadata,
    Column("batch_id", String(64), ForeignKey("batch.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("named", String(200), nullable=False),  # letter/agency, or draft@version
    Column("state", String(10), nullable=False),  # waiting, done, refused
    Column("refusal", Text),  # JSON: why it was not done
    Column("settled_at", UtcTime),
)
