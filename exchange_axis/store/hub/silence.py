"""Which deliveries wait for a node that is silent, and whose senders know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.lifecycle import DeliveryState, ShipmentState
from exchange_axis.store.engine import insert_new
from exchange_axis.store.hub import tables as t


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A delivery that waits, or waited, for a silent node."""

    delivery: int
    peer: str
    upstream: str
    sender: str
    consignment_id: str
    recipient: str
    waits: bool
    """False once it is handed over or has ended."""


_D, _S = t.delivery.c, t.shipment.c


def untold(connection: Connection, peer: str, lanes: Sequence[Lane], *, limit: int) -> tuple[Waiting, ...]:
    """Deliveries consigned to the peer in these lanes whose senders have not been told, urgent ones first."""
    opened = (ShipmentState.QUEUED.value, ShipmentState.LEASED.value)
    known = select(t.silence.c.delivery).where(t.silence.c.delivery == _D.seq).exists()
    query = _waiting().join(t.shipment, t.shipment.c.id == _D.shipment)
    query = query.where(_S.peer == peer, _S.state.in_(opened), _S.lane_rank.in_([lane.rank for lane in lanes]))
    query = query.where(_D.state == DeliveryState.CONSIGNED.value, ~known)
    return _all(connection, query.order_by(_S.lane_rank, _D.seq).limit(limit))


def begin(connection: Connection, one: Waiting, *, since: datetime, at: datetime) -> bool:
    """Note that the sender is told; False when it was before, or when the letter waits no more."""
    state = connection.execute(select(_D.state).where(_D.seq == one.delivery)).scalar_one()
    values = {"delivery": one.delivery, "peer": one.peer, "since": since, "told_at": at}
    return state == DeliveryState.CONSIGNED.value and insert_new(connection, t.silence, values)


def peers_told(connection: Connection) -> tuple[str, ...]:
    """Peers of whose silence somebody was told."""
    return tuple(connection.execute(select(t.silence.c.peer).distinct()).scalars())


def told_before(connection: Connection, peer: str, seen: datetime, *, limit: int) -> tuple[Waiting, ...]:
    """Of a peer that was seen: what was told of an earlier silence."""
    query = _told().where(t.silence.c.peer == peer, t.silence.c.since < seen)
    return _all(connection, query.order_by(t.silence.c.delivery).limit(limit))


def settled(connection: Connection, *, limit: int) -> tuple[Waiting, ...]:
    """Told, and waiting no more."""
    query = _told().where(_D.state != DeliveryState.CONSIGNED.value)
    return _all(connection, query.order_by(t.silence.c.delivery).limit(limit))


def end(connection: Connection, delivery_seq: int) -> bool:
    """Close the episode; False when somebody has."""
    return connection.execute(delete(t.silence).where(t.silence.c.delivery == delivery_seq)).rowcount == 1


def _waiting() -> Select[Any]:
    columns = (_D.seq, _D.peer, _D.upstream, t.consignment.c.sender, _D.consignment_id, _D.recipient, _D.state)
    return select(*columns).join(t.consignment, t.consignment.c.seq == _D.consignment)


def _told() -> Select[Any]:
    return _waiting().join(t.silence, t.silence.c.delivery == _D.seq)


def _all(connection: Connection, query: Select[Any]) -> tuple[Waiting, ...]:
    return tuple(
        Waiting(
            delivery=row[0],
            peer=row[1],
            upstream=row[2],
            sender=row[3],
            consignment_id=row[4],
            recipient=row[5],
            waits=row[6] == DeliveryState.CONSIGNED.value,
        )
        for row in connection.execute(query)
    )
