"""Bulletins in a hub's database, and the matters that each destination has been told of."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from exchange_axis.store.bulletin_rows import bulletin_table
from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import UtcTime

bulletin = bulletin_table(metadata)

bulletin_matter = Table(
    "bulletin_matter",
    metadata,
    Column("destination", String(64), primary_key=True),
    Column("matter", String(200), primary_key=True),
    Column("number", BigInteger, nullable=False),  # of the bulletin that tells of it
    Column("gone_at", UtcTime),  # since when it is no matter any more; null: it is one
)
