"""How far each destination of a hub's bulletins has been told, and of what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from exchange_axis.store.bulletin_rows import BulletinRows
from exchange_axis.store.engine import insert_missing
from exchange_axis.store.hub.bulletin_tables import bulletin, bulletin_matter

_M = bulletin_matter.c


def rows(connection: Connection) -> BulletinRows:
    return BulletinRows(connection, bulletin)


def told(connection: Connection, destination: str) -> Mapping[str, datetime | None]:
    """Matters that it was told of, and since when each is over; None: it goes on."""
    query = select(_M.matter, _M.gone_at).where(_M.destination == destination)
    return {row.matter: row.gone_at for row in connection.execute(query)}


def tell(connection: Connection, destination: str, matters: Iterable[str], *, number: int) -> None:
    given = [{"destination": destination, "matter": matter, "number": number} for matter in sorted(matters)]
    insert_missing(connection, bulletin_matter, given)


def untell(connection: Connection, destination: str, number: int) -> None:
    """The bulletin with this number surely did not arrive."""
    connection.execute(delete(bulletin_matter).where(_M.destination == destination, _M.number == number))


def mark(connection: Connection, destination: str, matters: Collection[str], gone_at: datetime | None) -> None:
    """They are over since then, or have come back."""
    if matters:
        these = update(bulletin_matter).where(_M.destination == destination, _M.matter.in_(sorted(matters)))
        connection.execute(these.values(gone_at=gone_at))


def forget(connection: Connection, destination: str, *, gone_before: datetime) -> None:
    connection.execute(delete(bulletin_matter).where(_M.destination == destination, _M.gone_at < gone_before))


def keep_only(connection: Connection, destinations: Collection[str]) -> None:
    """Forget destinations that are no more."""
    rows(connection).keep_only(destinations)
    connection.execute(delete(bulletin_matter).where(_M.destination.not_in(sorted(destinations))))
