"""Trust lists that the node took into force, as they were signed; none is ever dropped."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, String, Table, select

from exchange_axis.domain.trust_list import HeardList
from exchange_axis.store.engine import insert_new
from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import UtcTime

trust_list = Table(
    "trust_list",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("signer", String(64), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("taken_at", UtcTime, nullable=False),
)

_NEWEST = select(trust_list.c.version, trust_list.c.sha256).order_by(trust_list.c.version.desc()).limit(1)


class TrustLists:
    """This table inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self) -> tuple[int, str] | None:
        """(version, SHA-256) of the list in force."""
        row = self._connection.execute(_NEWEST).one_or_none()
        return None if row is None else (row.version, row.sha256)

    def document(self, version: int) -> bytes:
        query = select(trust_list.c.document).where(trust_list.c.version == version)
        return bytes(self._connection.execute(query).scalar_one())

    def add(self, heard: HeardList, at: datetime) -> bool:
        """False when a list of that version is there already."""
        values = {
            "version": heard.value.version,
            "sha256": heard.sha256,
            "signer": heard.signer,
            "document": heard.document,
            "taken_at": at,
        }
        return insert_new(self._connection, trust_list, values)
