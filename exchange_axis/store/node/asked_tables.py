"""Reminders that clerks asked for by hand: the newest wish for each recipient, and what the hub said to it."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import UtcTime

asked_reminder = Table(
    "asked_reminder",
    metadata,
    Column("consignment_id", String(64), primary_key=True),
    Column("recipient", String(50), primary_key=True),
    Column("asked_by", String(200), nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("state", String(20)),  # AskedState; null: the hub has not been asked yet
    Column("at", UtcTime),  # when the recipient was reminded, where it was
)
