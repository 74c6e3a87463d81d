"""Reminders that senders asked for by hand: when a recipient of a letter was last reminded so."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import UtcTime

asked_reminder = Table(
    "asked_reminder",
    metadata,
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), primary_key=True, autoincrement=False),
    Column("recipient", String(50), primary_key=True),
    Column("peer", String(64), nullable=False),  # who asked
    Column("missing", String(20), nullable=False),
    Column("at", UtcTime, nullable=False),  # of the newest
)
