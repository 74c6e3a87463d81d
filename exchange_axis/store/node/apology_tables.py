"""Letters of apology that clerks recorded here: the newest for each letter, and what the hub said to it."""

from __future__ import annotations

from sqlalchemy import Column, Date, String, Table, Text

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import UtcTime

apology = Table(
    "apology",
    metadata,
    Column("consignment_id", String(64), primary_key=True),
    Column("recipient", String(50), primary_key=True),
    Column("number", String(100), nullable=False),  # number/symbol of the letter of apology
    Column("day", Date, nullable=False),
    Column("link", Text, nullable=False),  # where it can be read; may be empty
    Column("recorded_by", String(200), nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("state", String(10)),  # RecordState; null: the hub has not answered yet
    Column("said_vi", Text, nullable=False, default=""),  # by the hub, of a refusal
    Column("said_en", Text, nullable=False, default=""),
)
