"""Directory snapshots as imported: the newest is in force, the older ones stay."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from exchange_axis.store.hub import tables as t

_VERSION = select(t.directory_version.c.version).order_by(t.directory_version.c.seq.desc()).limit(1)


def add(connection: Connection, *, version: str, document: str, at: datetime, actor: str) -> bool:
    """False when this very version is the one in force."""
    if current(connection) == (version, document):
        return False
    connection.execute(
        t.directory_version.insert().values(version=version, document=document, imported_at=at, actor=actor)
    )
    return True


def current(connection: Connection) -> tuple[str, str] | None:
    """(version, document) of the directory in force, or None before the first import."""
    query = select(t.directory_version.c.version, t.directory_version.c.document)
    row = connection.execute(query.order_by(t.directory_version.c.seq.desc()).limit(1)).one_or_none()
    return None if row is None else (row.version, row.document)


def by_version(connection: Connection, version: str) -> str | None:
    """The document of a version that was in force at some time."""
    query = select(t.directory_version.c.document).where(t.directory_version.c.version == version).limit(1)
    return connection.execute(query).scalar_one_or_none()


def current_version(connection: Connection) -> str | None:
    """Cheap check whether a cached directory is still the one in force."""
    return connection.execute(_VERSION).scalar_one_or_none()
