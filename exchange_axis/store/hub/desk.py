"""Deliveries as an operator looks at them: what waits, what failed, and having a failed one tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, or_, select, update

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.lifecycle import (
    DELIVERY,
    SHIPMENT,
    DeliveryEvent,
    DeliveryState,
    ShipmentEvent,
    ShipmentState,
)
from exchange_axis.store.hub import mail
from exchange_axis.store.hub import tables as t

WAITING = (DeliveryState.QUEUED, DeliveryState.CONSIGNED)
"""Held here, or lent to the recipient's node."""

OPEN = (ShipmentState.QUEUED, ShipmentState.LEASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which deliveries; empty fields do not narrow."""

    states: tuple[DeliveryState, ...] = (*WAITING, DeliveryState.FAILED)
    peer: str | None = None
    ids: tuple[str, ...] = ()
    """Numbers of deliveries, or consignment ids or their beginnings."""
    limit: int = 200
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRow:
    delivery: mail.DeliveryRow
    sender: str
    title: str | None
    lane: Lane
    tries: int
    due_at: datetime
    """When the next try may be made."""
    leased_until: datetime | None
    expires_at: datetime
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A delivery that is to be tried again: where it goes now."""

    delivery: int
    final_recipient: str
    peer: str
    shipment: str


def find(connection: Connection, wanted: Wanted) -> tuple[DeskRow, ...]:
    """Urgent lanes first, in a lane the oldest first."""
    query = _narrowed(_rows(), wanted).order_by(t.shipment.c.lane_rank, t.delivery.c.seq)
    rows = connection.execute(query.limit(wanted.limit).offset(wanted.offset))
    return tuple(_row(connection, row._mapping) for row in rows)


def named(wanted: Wanted, most: int) -> Wanted:
    """The same deliveries in whatever state: what cannot be done to one of them is said of it."""
    return replace(wanted, states=tuple(DeliveryState), limit=most, offset=0)


def is_waiting(delivery: mail.DeliveryRow, shipment: mail.ShipmentRow) -> bool:
    """It is this hub's to pass on, and is not yet passed on; what another hub has is not."""
    return delivery.state in WAITING and shipment.state in OPEN


def requeue(connection: Connection, shipment_id: str, *, transfer: str, due_at: datetime, expires_at: datetime) -> bool:
    """A failed shipment waits again, under a new transfer record; False when it is not failed any more."""
    ((before, after),) = [(key[0], after) for key, after in SHIPMENT.table.items() if key[1] is ShipmentEvent.RESENT]
    failed = (t.shipment.c.id == shipment_id, t.shipment.c.state == before.value)
    values = {"state": after.value, "transfer": transfer, "due_at": due_at, "expires_at": expires_at}
    fresh = {"attempts": 0, "last_error": None, "leased_until": None}
    return connection.execute(update(t.shipment).where(*failed).values(**values, **fresh)).rowcount == 1


def try_again(connection: Connection, again: Sequence[Again], at: datetime) -> None:
    """Failed deliveries wait again; the caller has locked them."""
    d = t.delivery.c
    state = DELIVERY.after(DeliveryState.FAILED, DeliveryEvent.RESENT)
    change = update(t.delivery).where(d.seq == bindparam("of"), d.state == DeliveryState.FAILED.value)
    change = change.values(
        state=state.value,
        final_recipient=bindparam("to_final"),
        peer=bindparam("to_peer"),
        shipment=bindparam("to_shipment"),
        changed_at=at,
    )
    connection.execute(
        change,
        [
            {"of": one.delivery, "to_final": one.final_recipient, "to_peer": one.peer, "to_shipment": one.shipment}
            for one in again
        ],
    )


def _rows() -> Select[Any]:
    s, c = t.shipment.c, t.consignment.c
    columns = (c.sender, c.title, s.lane, s.attempts, s.due_at, s.leased_until, s.expires_at, s.last_error)
    named = [column.label(f"desk_{column.name}") for column in columns]
    query = select(t.delivery, *named).join(t.consignment, c.seq == t.delivery.c.consignment)
    return query.join(t.shipment, s.id == t.delivery.c.shipment)


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    d = t.delivery.c
    query = query.where(d.state.in_([state.value for state in wanted.states]))
    if not wanted.ids:  # what another hub holds by now waits there, not here
        waiting, held = [state.value for state in WAITING], [state.value for state in OPEN]
        query = query.where(or_(d.state.not_in(waiting), t.shipment.c.state.in_(held)))
    if wanted.peer is not None:
        query = query.where(d.peer == wanted.peer)
    if wanted.ids:
        numbers = [int(one) for one in wanted.ids if one.isdecimal() and len(one) < 16]
        begins = [d.consignment_id.startswith(one.lower(), autoescape=True) for one in wanted.ids if len(one) >= 8]
        query = query.where(or_(d.seq.in_(numbers), *begins))
    return query


def _row(connection: Connection, values: Any) -> DeskRow:
    given = {name: value for name, value in values.items() if not name.startswith("desk_")}
    return DeskRow(
        delivery=mail.delivery_of(given),
        sender=values["desk_sender"],
        title=values["desk_title"],
        lane=Lane(values["desk_lane"]),
        tries=values["desk_attempts"],
        due_at=values["desk_due_at"],
        leased_until=values["desk_leased_until"],
        expires_at=values["desk_expires_at"],
        last_error=values["desk_last_error"],
    )
