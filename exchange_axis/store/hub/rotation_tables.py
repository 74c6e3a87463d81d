"""Requests for new certificates that peers handed in over their lines, until an operator decided and after."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import UtcTime

rotation_request = Table(
    "rotation_request",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the request
    Column("peer", String(200), nullable=False, index=True),
    Column("request", Text, nullable=False),  # JSON
    Column("state", String(20), nullable=False),  # waiting, approved, refused
    Column("asked_at", UtcTime, nullable=False),
    Column("decided_at", UtcTime),
    Column("decided_by", String(200)),
    Column("reason", Text),  # of a refusal
    Column("answer", Text),  # JSON, once approved
)
