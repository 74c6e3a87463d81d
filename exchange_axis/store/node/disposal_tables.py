"""What this node destroyed and by whose decision. Rows are facts and stay; nothing of a letter is here.

A disposal names the letter by id and digest only; the ground is for everybody to read and must name no person.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

disposal = Table(
    "disposal",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("sender", String(50), nullable=False),
    Column("consignment_id", String(64), nullable=False),
    Column("container_sha256", String(64), nullable=False),
    Column("state", String(10), nullable=False),  # proposed | withdrawn | approved | done
    Column("ground", Text, nullable=False),
    Column("proposed_by", String(200), nullable=False),
    Column("proposed_at", UtcTime, nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", UtcTime),
    Column("done_at", UtcTime),  # when nothing was left to read, also not in the journal
    Column("blobs", Integer, nullable=False, default=0),
    Column("documents", Integer, nullable=False, default=0),
    Index("disposal_letter", "consignment_id", "seq"),
    Index("disposal_open", "state", "seq"),
)

legal_hold = Table(  # a hold ends with a date, never by being removed
    "legal_hold",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("sender", String(50)),  # either a letter, by these two
    Column("consignment_id", String(64), index=True),
    Column("agency", String(50), index=True),  # or all letters from or to this code
    Column("reason", Text, nullable=False),
    Column("placed_by", String(200), nullable=False),
    Column("placed_at", UtcTime, nullable=False),
    Column("released_by", String(200)),
    Column("released_at", UtcTime),
    Column("release_reason", Text),
)
