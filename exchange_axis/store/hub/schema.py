"""The hub's database version. A released step is never edited; changes are new steps."""

from __future__ import annotations

from sqlalchemy import Connection

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.migrations import Schema


def _first(connection: Connection) -> None:
    metadata.create_all(connection)


HUB_SCHEMA = Schema(name="hub", command="axis hub migrate", migrations=(_first,))
