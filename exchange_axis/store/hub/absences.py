"""Intervals in which a node was not heard of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from exchange_axis.store.engine import insert_new
from exchange_axis.store.hub.absence_tables import absence as t

_COLUMNS = (t.c.peer, t.c.since, t.c.until, t.c.known_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    peer: str
    since: datetime
    until: datetime | None
    known_until: datetime


def opened(connection: Connection) -> Mapping[str, Absence]:
    """By peer, those that are not over."""
    columns = (t.c.peer, t.c.since, t.c.until, t.c.known_until)
    return {
        row.peer: Absence(**row._mapping) for row in connection.execute(select(*columns).where(t.c.until.is_(None)))
    }


def last_ends(connection: Connection, peers: Collection[str]) -> Mapping[str, datetime]:
    """When each was last heard again."""
    query = select(t.c.peer, func.max(t.c.until)).where(t.c.peer.in_(sorted(peers)), t.c.until.is_not(None))
    return {row[0]: row[1] for row in connection.execute(query.group_by(t.c.peer))}


def begin(connection: Connection, peer: str, since: datetime, at: datetime) -> bool:
    """False when another process of this hub was first."""
    return insert_new(connection, t, {"peer": peer, "since": since, "known_until": at})


def still(connection: Connection, peers: Collection[str], at: datetime) -> None:
    """These are still away."""
    connection.execute(update(t).where(t.c.peer.in_(sorted(peers)), t.c.until.is_(None)).values(known_until=at))


def end(connection: Connection, peer: str, until: datetime) -> bool:
    return connection.execute(update(t).where(t.c.peer == peer, t.c.until.is_(None)).values(until=until)).rowcount == 1


def within(connection: Connection, first: datetime, last: datetime) -> tuple[Absence, ...]:
    """Those that touch the time between, by peer and beginning."""
    query = select(*_COLUMNS).where(t.c.since < last, or_(t.c.until.is_(None), t.c.until > first))
    return tuple(Absence(**row._mapping) for row in connection.execute(query.order_by(t.c.peer, t.c.since, t.c.seq)))
