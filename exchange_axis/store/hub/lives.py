"""A letter's life after sending, as rows: which consignments name it, and the deliveries and shipments they change.

Nothing here is copied into the letter's own row: that it was recalled or superseded is looked up, never remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import SHIPMENT, ShipmentEvent, ShipmentState
from exchange_axis.store.engine import for_update, lock_named
from exchange_axis.store.hub import mail
from exchange_axis.store.hub import tables as t

FOLLOWING = (BusinessKind.REVOKE, BusinessKind.UPDATE, BusinessKind.REPLACE)

# Built once: every letter asks for its followers.
_FOLLOWERS = (
    select(
        t.consignment.c.seq,
        t.consignment.c.consignment_id,
        t.consignment.c.business_kind,
        t.consignment.c.lane,
        t.consignment.c.received_at,
    )
    .where(t.consignment.c.sender == bindparam("sender"), t.consignment.c.in_reply_to == bindparam("name"))
    .where(t.consignment.c.business_kind.in_([kind.value for kind in FOLLOWING]))
    .order_by(t.consignment.c.seq)
)
_CLOSE = {
    event: update(t.shipment)
    .where(t.shipment.c.id == bindparam("of_id"))
    .where(t.shipment.c.state.in_([before.value for before, each in SHIPMENT.table if each is event]))
    for event in ShipmentEvent
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A letter of the same sender that recalls, updates or replaces an earlier one."""

    seq: int
    consignment_id: str
    kind: BusinessKind
    lane: Lane
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A delivery before and after; the two differ in state, business, last evidence and time."""

    before: mail.DeliveryRow
    after: mail.DeliveryRow


def lock_letters(connection: Connection, sender: str, ids: Sequence[str]) -> None:
    """Until the transaction ends nobody else accepts one of these; always in one order."""
    for consignment_id in sorted(set(ids)):
        lock_named(connection, f"consignment {sender} {consignment_id}")


def followers(connection: Connection, sender: str, consignment_id: str) -> tuple[Follower, ...]:
    """Recalls, updates and replacements that name this letter, oldest first; another sender's are not found."""
    rows = connection.execute(_FOLLOWERS, {"sender": sender, "name": consignment_id})
    return tuple(
        Follower(
            seq=row.seq,
            consignment_id=row.consignment_id,
            kind=BusinessKind(row.business_kind),
            lane=Lane(row.lane),
            received_at=row.received_at,
        )
        for row in rows
    )


def shipments(connection: Connection, consignment_seq: int, *, lock: bool = False) -> tuple[mail.ShipmentRow, ...]:
    """All of one consignment's, in one order; lock them before deliveries."""
    query = select(t.shipment).where(t.shipment.c.consignment == consignment_seq).order_by(t.shipment.c.id)
    rows = connection.execute(for_update(query) if lock else query)
    return tuple(mail.shipment_of(row._mapping) for row in rows)


def close_shipment(connection: Connection, shipment_id: str, event: ShipmentEvent, error: str | None = None) -> bool:
    """End a shipment as the table allows it, whoever holds its lease: facts win over leases. False: it had ended."""
    (state,) = {after.value for (_, each), after in SHIPMENT.table.items() if each is event}
    changes = {"state": state, "leased_until": None, "last_error": error}
    return connection.execute(_CLOSE[event], {"of_id": shipment_id, **changes}).rowcount == 1


def change_deliveries(connection: Connection, changes: Sequence[Changed]) -> None:
    """Any number in one statement; the rows are locked by the caller and still as `before` says."""
    if not changes:
        return
    d = t.delivery.c
    change = update(t.delivery).where(d.seq == bindparam("of"), d.state == bindparam("was"))
    change = change.values(
        state=bindparam("to_state"),
        progress=bindparam("to_progress"),
        request=bindparam("to_request"),
        last_evidence=bindparam("to_evidence"),
        changed_at=bindparam("at"),
    )
    values = [
        {
            "of": one.before.seq,
            "was": one.before.state.value,
            "to_state": one.after.state.value,
            "to_progress": one.after.business.progress.value,
            "to_request": one.after.business.request.value,
            "to_evidence": one.after.last_evidence,
            "at": one.after.changed_at,
        }
        for one in changes
    ]
    connection.execute(change, values)


def lend_lane(connection: Connection, consignment_seqs: Sequence[int], lane: Lane) -> None:
    """Shipments of these letters that still wait move up to this lane; none moves down."""
    s = t.shipment.c
    waiting = (ShipmentState.QUEUED.value, ShipmentState.LEASED.value)
    change = update(t.shipment).where(
        s.consignment.in_(consignment_seqs), s.state.in_(waiting), s.lane_rank > lane.rank
    )
    connection.execute(change.values(lane=lane.value, lane_rank=lane.rank))


def set_transfer(connection: Connection, shipment_id: str, transfer: str) -> None:
    """From the next lease on this transfer record goes with the shipment."""
    connection.execute(update(t.shipment).where(t.shipment.c.id == shipment_id).values(transfer=transfer))
