"""Erasures at other hubs that this one was told of, until its own people have decided about its own copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select, update

from exchange_axis.domain.disposal import Extent, State
from exchange_axis.store.hub import disposal_tables as d

_TAKEN = (State.APPROVED.value, State.DONE.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardRow:
    seq: int = 0
    consignment: int
    peer: str
    since: datetime
    heard_at: datetime
    kept_by: str | None = None
    kept_at: datetime | None = None
    reason: str | None = None


def add(connection: Connection, row: HeardRow) -> None:
    """Once for each letter and bringer."""
    h = d.erasure_heard.c
    known = select(h.seq).where(h.consignment == row.consignment, h.peer == row.peer)
    if connection.execute(known.limit(1)).first() is None:
        values = {name: getattr(row, name) for name in row.__slots__ if name != "seq"}
        connection.execute(d.erasure_heard.insert(), values)


def waiting(connection: Connection, *, limit: int) -> tuple[HeardRow, ...]:
    """Those about which nobody here has decided yet, oldest first."""
    query = _waiting(select(d.erasure_heard)).order_by(d.erasure_heard.c.seq).limit(limit)
    return tuple(HeardRow(**dict(row._mapping)) for row in connection.execute(query))


def count(connection: Connection) -> int:
    return int(connection.execute(_waiting(select(func.count()).select_from(d.erasure_heard))).scalar_one())


def keep(connection: Connection, consignment: int, *, by: str, at: datetime, reason: str) -> int:
    """Our people keep the letter; how many words of others are answered by that."""
    h = d.erasure_heard.c
    query = update(d.erasure_heard).where(h.consignment == consignment, h.kept_at.is_(None))
    return connection.execute(query.values(kept_by=by, kept_at=at, reason=reason)).rowcount


def _waiting(query: Select[Any]) -> Select[Any]:
    gone = exists().where(
        d.disposal.c.consignment == d.erasure_heard.c.consignment,
        d.disposal.c.extent != Extent.METADATA.value,
        d.disposal.c.state.in_(_TAKEN),
    )
    return query.where(d.erasure_heard.c.kept_at.is_(None), ~gone)
