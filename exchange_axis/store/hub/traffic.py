"""What waits in the lanes, summed where it lies, and how much went through lately."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.lifecycle import ShipmentState
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub.desk import OPEN
from exchange_axis.store.hub.trail_tables import trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """Shipments of one lane, sender and next peer that are not gone yet."""

    lane: Lane
    peer: str
    sender: str
    count: int
    lent: int
    """Of them on the line now."""
    paused: int
    """Of them tried in vain, and waiting for the next try."""
    large: int
    """Of them larger than the size asked about."""
    size: int
    """Bytes."""
    oldest: datetime
    """When this hub accepted the oldest."""
    next_try: datetime
    error: str | None
    """One of the errors of the last tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Deliveries of one lane."""

    accepted: int = 0
    handed: int = 0


def heaps(connection: Connection, now: datetime, *, large: int | None = None) -> tuple[Heap, ...]:
    """Urgent lanes first, in a lane the oldest first.

    Args:
        large: bytes; None: nothing is large.
    """
    s, c = t.shipment.c, t.consignment.c
    pausing = (s.state == ShipmentState.QUEUED.value) & (s.due_at > now) & s.last_error.is_not(None)
    is_large = c.size > large if large is not None else c.size < 0
    query = (
        select(
            s.lane,
            s.peer,
            s.sender,
            func.count().label("count"),
            func.sum(case((s.state == ShipmentState.LEASED.value, 1), else_=0)).label("lent"),
            func.sum(case((pausing, 1), else_=0)).label("paused"),
            func.sum(case((is_large, 1), else_=0)).label("large"),
            func.sum(c.size).label("size"),
            func.min(c.received_at).label("oldest"),
            func.min(s.due_at).label("next_try"),
            func.max(s.last_error).label("error"),
        )
        .join(t.consignment, c.seq == s.consignment)
        .where(s.state.in_([state.value for state in OPEN]))
        .group_by(s.lane, s.lane_rank, s.peer, s.sender)
        .order_by(s.lane_rank, func.min(c.received_at), s.peer, s.sender)
    )
    rows = (row._mapping for row in connection.execute(query))
    return tuple(Heap(**{**row, "lane": Lane(row["lane"]), "size": int(row["size"])}) for row in rows)


def flows(connection: Connection, since: datetime, *, day: int) -> Mapping[Lane, Flow]:
    """Deliveries accepted and handed over since a moment, by lane; of letters accepted on that day or later."""
    c = trail.c
    query = select(
        c.lane,
        func.sum(case((c.received_at >= since, 1), else_=0)).label("accepted"),
        func.sum(case((c.handed_at >= since, 1), else_=0)).label("handed"),
    )
    rows = connection.execute(query.where(c.day >= day).group_by(c.lane))
    return {Lane(row.lane): Flow(accepted=row.accepted, handed=row.handed) for row in rows}
