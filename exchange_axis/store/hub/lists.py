"""Revocation lists of authorities, our own past ones, and certificates that our own authority revoked by hand."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from exchange_axis.store.engine import insert_missing, insert_new
from exchange_axis.store.hub import list_tables as l


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedRow:
    fingerprint: str
    serial: str
    subject: str
    revoked_at: datetime
    reason: str
    revoked_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    issuer: str
    subject: str
    content: bytes
    this_update: datetime
    next_update: datetime
    source: str
    size: int
    """Certificates on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastList:
    """A list of our own authority, as it was given out."""

    authority: str
    """Name of its list."""
    number: int
    this_update: datetime
    next_update: datetime
    said: str
    content: bytes


def keep_past(connection: Connection, row: PastList) -> None:
    insert_new(connection, l.past_list, asdict(row))


def newest_past(connection: Connection, authority: str, before: datetime | None = None) -> PastList | None:
    """The newest of an authority, or of those that it had given out until then."""
    c = l.past_list.c
    query = select(l.past_list).where(c.authority == authority).order_by(c.this_update.desc()).limit(1)
    row = connection.execute(query if before is None else query.where(c.this_update <= before)).first()
    return None if row is None else PastList(**row._mapping)


def next_past(connection: Connection, authority: str, after: datetime) -> PastList | None:
    """The first that an authority gave out after that time."""
    c = l.past_list.c
    later = select(l.past_list).where(c.authority == authority, c.this_update > after)
    row = connection.execute(later.order_by(c.this_update).limit(1)).first()
    return None if row is None else PastList(**row._mapping)


def revoke(connection: Connection, row: RevokedRow) -> None:
    """The first revocation counts."""
    insert_missing(connection, l.revoked_certificate, [asdict(row)])


def revoked(connection: Connection) -> tuple[RevokedRow, ...]:
    rows = connection.execute(select(l.revoked_certificate).order_by(l.revoked_certificate.c.revoked_at)).mappings()
    return tuple(RevokedRow(**row) for row in rows)


def keep(connection: Connection, row: ListRow) -> bool:
    """In the place of an older one of the same authority; False when that is as new."""
    known = l.authority_list.c
    held = connection.execute(select(known.this_update).where(known.issuer == row.issuer)).scalar_one_or_none()
    if held is not None and held >= row.this_update:
        return False
    connection.execute(delete(l.authority_list).where(known.issuer == row.issuer))
    connection.execute(l.authority_list.insert().values(**asdict(row)))
    return True


def every(connection: Connection) -> tuple[ListRow, ...]:
    """Soonest to end first."""
    rows = connection.execute(select(l.authority_list).order_by(l.authority_list.c.next_update)).mappings()
    return tuple(ListRow(**row) for row in rows)
