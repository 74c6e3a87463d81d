"""The queue of shipments seen from the side: what was leased for nothing, and what a sender may still call urgent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, literal_column, select, update

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


def count_most_urgent(connection: Connection, sender: str, since: datetime) -> int:
    """Letters of the sender that went as hỏa tốc since then."""
    c = t.consignment.c
    # Written out, not bound: only so does the partial index fit.
    urgent = c.lane == literal_column(f"'{Lane.HOA_TOC.value}'")
    letters = (c.sender == sender, c.received_at >= since, c.kind == ConsignmentClass.LETTER.value)
    return connection.execute(select(func.count()).select_from(t.consignment).where(urgent, *letters)).scalar_one()
