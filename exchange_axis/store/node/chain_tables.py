"""The chain over what a node keeps on record: changed settings, why, and what was taken out with names of people.

Rules of this file:
1. A row of the record has a link here, made in the same unit: its digest, and the digest of all before it.
2. The database refuses to change or delete a link or a taking. Whoever writes in the file itself breaks the chain.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, String, Table

from exchange_axis.store.guards import only_grows
from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

record_link = Table(
    "record_link",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("kind", String(10), nullable=False),  # setting | reason | taken
    Column("row", BigInteger, nullable=False),  # number in its own table
    Column("content", String(64), nullable=False),  # digest of that row
    Column("digest", String(64), nullable=False),  # of this link and of the digest before it
    Index("record_link_row", "kind", "row"),
)


def keep_links(connection: Connection) -> None:
    """Make both append-only in the database itself."""
    for table in ("record_link", "access"):
        only_grows(connection, table, "the record of the node")
