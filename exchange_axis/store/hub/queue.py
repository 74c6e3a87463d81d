"""The queue of shipments seen from the side: what was leased for nothing, and what a sender may still call urgent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, select, true, update

from exchange_axis.domain.consignment import ConsignmentClass, Lane
from exchange_axis.domain.lifecycle import SHIPMENT, ShipmentEvent, ShipmentState
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub.mail import ShipmentRow


def give_back(connection: Connection, row: ShipmentRow, *, fence: int) -> bool:
    """Undo a lease that nothing came of, so that no try is counted; False when it is not the current one."""
    leased = (t.shipment.c.fence == fence, t.shipment.c.state == ShipmentState.LEASED.value)
    state = SHIPMENT.after(ShipmentState.LEASED, ShipmentEvent.RELEASED)
    change = update(t.shipment).where(t.shipment.c.id == row.id, *leased)
    values = {"state": state.value, "leased_until": None, "attempts": t.shipment.c.attempts - 1}
    return connection.execute(change.values(**values)).rowcount == 1


def end_leases(connection: Connection, peer: str, error: str) -> int:
    """All leases of one peer: each shipment keeps its place in the queue and its count of tries; returns how many."""
    state = SHIPMENT.after(ShipmentState.LEASED, ShipmentEvent.RELEASED)
    lent = (t.shipment.c.peer == peer, t.shipment.c.state == ShipmentState.LEASED.value)
    change = update(t.shipment).where(*lent).values(state=state.value, leased_until=None, last_error=error)
    return connection.execute(change).rowcount


def hurry(connection: Connection, shipment_id: str, at: datetime) -> bool:
    """It may be tried from now on; False when that was so before, or when it does not wait."""
    return _hurry(connection, t.shipment.c.id == shipment_id, at) == 1


def hurry_lane(connection: Connection, lane: Lane, at: datetime, *, peer: str | None = None) -> int:
    """All that waits in the lane for a later try, or of it for one peer; returns how many."""
    s = t.shipment.c
    return _hurry(connection, and_(s.lane_rank == lane.rank, true() if peer is None else s.peer == peer), at)


def _hurry(connection: Connection, which: ColumnElement[bool], at: datetime) -> int:
    s = t.shipment.c
    waiting = (s.state == ShipmentState.QUEUED.value, s.due_at > at)
    return connection.execute(update(t.shipment).where(which, *waiting).values(due_at=at)).rowcount


def count_most_urgent(connection: Connection, sender: str, since: datetime) -> int:
    """Letters of the sender that went as hỏa tốc since then."""
    c = t.consignment.c
    # Written out, not bound: only so does the partial index fit.
    urgent = c.lane == literal_column(f"'{Lane.HOA_TOC.value}'")
    letters = (c.sender == sender, c.received_at >= since, c.kind == ConsignmentClass.LETTER.value)
    return connection.execute(select(func.count()).select_from(t.consignment).where(urgent, *letters)).scalar_one()
