"""Invites to nodes that are not known yet. A code is kept as its digest only."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

invite = Table(
    "invite",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("node", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("codes", Text, nullable=False),  # JSON list of agency codes
    Column("code_sha256", String(64), nullable=False, unique=True),
    Column("state", String(10), nullable=False),  # open | asked | approved | refused | withdrawn
    Column("made_by", String(200), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("ticket_sha256", String(64), unique=True),  # of the secret by which the node fetches its answer
    Column("request", Text),  # JSON as it came
    Column("request_sha256", String(64)),
    Column("address", String(64)),  # from which it came
    Column("asked_at", UtcTime),
    Column("tested", Text),  # JSON of the node's last test of its line
    Column("tested_at", UtcTime),
    Column("decided_by", String(200)),
    Column("decided_at", UtcTime),
    Column("reason", String(500)),  # of a refusal
    Column("answer", Text),  # JSON for the node; nothing in it is secret
    Column("fetched_at", UtcTime),
    Index("invite_state", "state", "seq"),
)
