"""Numbers of a hub as its rows stand: what waits, for how long, and how all deliveries are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from exchange_axis.domain.lifecycle import ShipmentState
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub.state_tables import state_count
from exchange_axis.store.types import UtcTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Shipments of one lane in one state."""

    lane: str
    state: str
    count: int
    oldest: datetime
    """When the letter of the oldest came to this hub."""
    retries: int
    """Tries beyond the first, of all of them together."""


_S, _C = t.shipment.c, t.consignment.c
_WAITING = (
    select(
        _S.lane,
        _S.state,
        func.count().label("number"),
        func.min(_C.received_at, type_=UtcTime()).label("oldest"),
        func.sum(_S.attempts).label("attempts"),
        func.count().filter(_S.attempts > 0).label("tried"),
    )
    .join_from(t.shipment, t.consignment, _S.consignment == _C.seq)
    .where(_S.state.in_([ShipmentState.QUEUED.value, ShipmentState.LEASED.value]))
    .group_by(_S.lane, _S.state)
)
_DELIVERIES = select(state_count.c.state, state_count.c.deliveries)


def waiting(connection: Connection) -> tuple[Waiting, ...]:
    return tuple(
        Waiting(
            lane=row.lane,
            state=row.state,
            count=row.number,
            oldest=row.oldest,
            retries=int(row.attempts) - row.tried,
        )
        for row in connection.execute(_WAITING)
    )


def deliveries(connection: Connection) -> Mapping[str, int]:
    """By state, as far as the log has been followed (`trails`); a kept sum, no delivery is read."""
    return {row.state: row.deliveries for row in connection.execute(_DELIVERIES)}
