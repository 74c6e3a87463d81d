"""Who took what with names of people out of this node: files, books, dossiers, archives. Rows are facts and stay."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

access = Table(
    "access",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(40), nullable=False),  # domain.taking.Taken
    Column("subject", String(200), nullable=False),  # a consignment id; of a book agency, year and which
    Index("access_actor", "actor", "seq"),
)
