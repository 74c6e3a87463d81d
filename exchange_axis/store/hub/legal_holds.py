"""Legal holds: what must be kept whatever the rules of retention say."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from exchange_axis.store.hub import mail
from exchange_axis.store.hub.disposal_tables import legal_hold


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    seq: int = 0
    consignment: int | None
    agency: str | None
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str | None = None
    released_at: datetime | None = None
    release_reason: str | None = None


def add(connection: Connection, row: HoldRow) -> int:
    values = {name: getattr(row, name) for name in row.__slots__ if name != "seq"}
    key = connection.execute(legal_hold.insert(), values).inserted_primary_key
    assert key is not None  # noqa: S101 - both databases return it for a single insert
    return int(key[0])


def release(connection: Connection, seq: int, *, by: str, at: datetime, reason: str) -> bool:
    """False when there is no such hold, or it has ended."""
    change = update(legal_hold).where(legal_hold.c.seq == seq, legal_hold.c.released_at.is_(None))
    return connection.execute(change.values(released_by=by, released_at=at, release_reason=reason)).rowcount == 1


def every(connection: Connection, *, released: bool) -> tuple[HoldRow, ...]:
    query = select(legal_hold).order_by(legal_hold.c.seq)
    if not released:
        query = query.where(legal_hold.c.released_at.is_(None))
    return tuple(HoldRow(**row._mapping) for row in connection.execute(query))


def on_letter(connection: Connection, letter: mail.ConsignmentRow) -> tuple[HoldRow, ...]:
    """Holds in force on a letter: its own, and those on its sender or a recipient."""
    rows = mail.deliveries(connection, letter.seq)
    parties = {letter.sender, *(code for row in rows for code in (row.recipient, row.final_recipient))}
    return _open(connection, letter.seq, parties)


def _open(connection: Connection, seq: int, parties: Collection[str]) -> tuple[HoldRow, ...]:
    query = select(legal_hold).where(
        legal_hold.c.released_at.is_(None),
        or_(legal_hold.c.consignment == seq, legal_hold.c.agency.in_(sorted(parties))),
    )
    return tuple(HoldRow(**row._mapping) for row in connection.execute(query.order_by(legal_hold.c.seq)))
