"""The node's schema and its migrations."""

from __future__ import annotations

from sqlalchemy import Connection

from exchange_axis.store.migrations import Schema
from exchange_axis.store.node.tables import metadata


def _create(connection: Connection) -> None:
    metadata.create_all(connection)


SCHEMA = Schema(name="node", command="axis node migrate", migrations=(_create,))
