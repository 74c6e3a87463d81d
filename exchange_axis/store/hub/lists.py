"""Revocation lists of authorities, and certificates that our own authority revoked by hand."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from exchange_axis.store.engine import insert_missing
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
