"""Letters of apology for what was overdue. A row is a fact and stays; of one delivery the newest counts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

apology = Table(
    "apology",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), nullable=False),
    Column("recipient", String(50), nullable=False),  # as addressed: with the letter, the delivery
    Column("agency", String(50), nullable=False),  # that was to answer
    Column("number", String(100), nullable=False),  # number/symbol of the letter of apology
    Column("day", Date, nullable=False),
    Column("link", Text, nullable=False),  # where it can be read; may be empty
    Column("recorded_at", UtcTime, nullable=False),
    Column("recorded_by", String(200), nullable=False),
    Index("apology_delivery", "consignment", "recipient"),
)
