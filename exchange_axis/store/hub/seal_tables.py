"""Which seal is under what nodes and hubs said: one short row a document, so that its standing can be told any day."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import UtcTime

sealed_by = Table(
    "sealed_by",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the document, or of a status's container
    Column("fingerprint", String(64), ForeignKey("certificate.fingerprint"), nullable=False),
    Column("at", UtcTime, nullable=False),  # when this hub believed it
    Index("sealed_by_seal", "fingerprint", "at"),
)
