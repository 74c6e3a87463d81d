"""Rows of `brought_stamp` and `stamped_elsewhere`: time-stamps over logs of other hubs, wanted and brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from exchange_axis.store.engine import insert_new
from exchange_axis.store.hub.brought_tables import brought_stamp, stamped_elsewhere

_w = brought_stamp.c
_h = stamped_elsewhere.c
_HASH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedStamp:
    """A checkpoint of another hub's log that proofs end in and no time-stamp covers yet."""

    origin: str
    size: int
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StampedRow:
    """A checkpoint of another hub's log with its tokens."""

    origin: str
    size: int
    peer: str
    content: bytes
    renewals: int
    renew_at: datetime
    """From when on it wants what carries it on."""


def want(connection: Connection, origin: str, size: int, *, root: bytes, peer: str, at: datetime) -> None:
    """Ask from now on; a row that is there stays."""
    values = {"origin": origin, "size": size, "root": root, "asked_of": peer, "due_at": at, "tries": 0}
    insert_new(connection, brought_stamp, values)


def due(connection: Connection, peer: str, now: datetime) -> tuple[WantedStamp, ...]:
    """Of each log the smallest checkpoint that waits, if it is to be asked about now."""
    smallest = select(_w.origin, func.min(_w.size).label("size")).where(_w.asked_of == peer).group_by(_w.origin)
    first = smallest.subquery()
    query = select(_w.origin, _w.size, _w.tries).join(first, (first.c.origin == _w.origin) & (first.c.size == _w.size))
    query = query.where(_w.due_at <= now).order_by(_w.origin)
    return tuple(WantedStamp(**row._mapping) for row in connection.execute(query))


def waiting(connection: Connection, peer: str, origin: str, limit: int) -> tuple[int, ...]:
    query = select(_w.size).where(_w.asked_of == peer, _w.origin == origin).order_by(_w.size).limit(limit)
    return tuple(connection.execute(query).scalars())


def postpone(connection: Connection, row: WantedStamp, until: datetime) -> None:
    change = update(brought_stamp).where(_w.origin == row.origin, _w.size == row.size)
    connection.execute(change.values(due_at=until, tries=row.tries + 1))


def awaited(connection: Connection, origin: str, size: int, peer: str) -> bytes | None:
    """The root hash of a checkpoint that this peer was asked about; None: it was not."""
    query = select(_w.root).where(_w.origin == origin, _w.size == size, _w.asked_of == peer)
    return connection.execute(query).scalar_one_or_none()


def covering(connection: Connection, origin: str, size: int) -> tuple[bytes, tuple[bytes, ...]] | None:
    """The stamped checkpoint that covers this one, and the proof of consistency from one to the other."""
    wanted = select(_w.stamped, _w.path).where(_w.origin == origin, _w.size == size, _w.stamped.is_not(None))
    found = connection.execute(wanted).one_or_none()
    stamped, path = (size, b"") if found is None else found
    query = select(_h.content).where(_h.origin == origin, _h.size == stamped)
    content = connection.execute(query).scalar_one_or_none()
    if content is None:
        return None
    return content, tuple(path[start : start + _HASH] for start in range(0, len(path), _HASH))


def keep(connection: Connection, row: StampedRow, size: int, path: Sequence[bytes]) -> None:
    """It covers the checkpoint of that size; of one stamped checkpoint the row with more renewals stays."""
    insert_new(connection, stamped_elsewhere, {name: getattr(row, name) for name in row.__slots__})
    change = update(stamped_elsewhere).where(_h.origin == row.origin, _h.size == row.size, _h.renewals < row.renewals)
    connection.execute(change.values(content=row.content, renewals=row.renewals, renew_at=row.renew_at))
    covered = update(brought_stamp).where(_w.origin == row.origin, _w.size == size, _w.stamped.is_(None))
    connection.execute(covered.values(stamped=row.size, path=b"".join(path), asked_of=None, due_at=None, refused=None))


def refuse(connection: Connection, origin: str, size: int, code: str) -> bool:
    """What came is no time-stamp of it; False when that is known."""
    change = update(brought_stamp).where(_w.origin == origin, _w.size == size, _w.refused.is_distinct_from(code))
    return connection.execute(change.values(refused=code)).rowcount == 1


def to_renew(connection: Connection, peer: str, now: datetime, limit: int) -> tuple[tuple[str, int], ...]:
    """Those whose tokens want what carries them on, longest due first."""
    query = select(_h.origin, _h.size).where(_h.peer == peer, _h.renew_at <= now).order_by(_h.renew_at, _h.size)
    return tuple((row.origin, row.size) for row in connection.execute(query.limit(limit)))


def renew_later(connection: Connection, origin: str, size: int, at: datetime) -> None:
    change = update(stamped_elsewhere).where(_h.origin == origin, _h.size == size)
    connection.execute(change.values(renew_at=at))
