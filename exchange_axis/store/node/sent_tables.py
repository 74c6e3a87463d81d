"""What sent letters are found by: their number, symbol and subject as people type them, without diacritics."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from exchange_axis.store.node.tables import metadata, outbox
from exchange_axis.store.types import Serial

sent_words = Table(
    "sent_words",
    metadata,
    Column("seq", Serial, ForeignKey(outbox.c.seq), primary_key=True, autoincrement=False),
    Column("folded", Text, nullable=False),
)
"""Narrow, beside the wide rows of the outbox: looking through all of them is quick. Gone with what an erasure wipes."""
