"""Who was reminded of what, and what is to be reminded of next."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select, update

from exchange_axis.store.engine import insert_new
from exchange_axis.store.hub import clock_tables as c
from exchange_axis.store.hub import tables as t


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A reminder, sent or found to have nobody who could get it."""

    consignment: int
    recipient: str
    missing: str
    told: str
    """receiver | superior"""
    agency: str | None
    peer: str | None
    due_at: datetime
    at: datetime


def told(
    connection: Connection, seqs: Collection[int], recipients: Collection[str]
) -> frozenset[tuple[int, str, str, str]]:
    """(Letter, recipient, what was missing, who was told) of these letters' reminders to these recipients."""
    if not seqs:
        return frozenset()
    r = c.reminder.c
    rows = connection.execute(
        select(r.consignment, r.recipient, r.missing, r.told).where(r.consignment.in_(list(seqs)))
    )
    return frozenset((row[0], row[1], row[2], row[3]) for row in rows if row[1] in recipients)


def add(connection: Connection, one: Told) -> bool:
    """False when it was told before."""
    return insert_new(connection, c.reminder, {name: getattr(one, name) for name in one.__slots__})


def waiting(connection: Connection, now: datetime, most: int) -> tuple[tuple[int, str], ...]:
    """(Letter, recipient) of deliveries with a reminder that is due, the longest due first."""
    d = c.deadline.c
    query = select(d.consignment, d.recipient).where(d.remind_at <= now).order_by(d.remind_at).limit(most)
    return tuple(dict.fromkeys((row[0], row[1]) for row in connection.execute(query)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A reminder of a status that is no longer missing."""

    consignment: int
    recipient: str
    missing: str
    told: str
    peer: str | None
    upstream: str
    """Who brought the delivery: the way to its sender."""


def settled(connection: Connection, most: int) -> tuple[Settled, ...]:
    """Reminders that nobody waits for any more and of which that was not told, the oldest first."""
    r, d, sent = c.reminder.c, c.deadline.c, t.delivery.c
    asked = (d.consignment == r.consignment, d.recipient == r.recipient, d.missing == r.missing)
    query = (
        select(r.consignment, r.recipient, r.missing, r.told, r.peer, sent.upstream)
        .join(t.delivery, and_(sent.consignment == r.consignment, sent.recipient == r.recipient))
        .where(r.settled_at.is_(None), ~select(d.seq).where(*asked).exists())
        .order_by(r.at)
        .limit(most)
    )
    return tuple(Settled(**row._mapping) for row in connection.execute(query))


def settle(connection: Connection, one: Settled, at: datetime) -> bool:
    """Note that it is told; False when it was before."""
    r = c.reminder.c
    which = (r.consignment == one.consignment, r.recipient == one.recipient, r.missing == one.missing)
    change = update(c.reminder).where(*which, r.told == one.told, r.settled_at.is_(None)).values(settled_at=at)
    return connection.execute(change).rowcount == 1


def unheard(connection: Connection) -> int:
    """Reminders for agencies that no node of this hub serves."""
    query = select(func.count()).select_from(c.reminder).where(c.reminder.c.peer.is_(None))
    return int(connection.execute(query).scalar_one())
