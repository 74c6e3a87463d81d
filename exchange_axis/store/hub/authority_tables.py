"""Which peer has said that it has which root of this hub's authority: before all have it, it issues nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, select

from exchange_axis.store.engine import insert_missing
from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import UtcTime

authority_heard = Table(
    "authority_heard",
    metadata,
    Column("peer", String(200), primary_key=True),
    Column("root", String(64), primary_key=True),  # fingerprint
    Column("at", UtcTime, nullable=False),
)


def heard(connection: Connection, root: str) -> frozenset[str]:
    """Peers that have it."""
    query = select(authority_heard.c.peer).where(authority_heard.c.root == root)
    return frozenset(connection.execute(query).scalars())


def hear(connection: Connection, peer: str, root: str, at: datetime) -> None:
    insert_missing(connection, authority_heard, [{"peer": peer, "root": root, "at": at}])
