"""What lies ready for whom, in two statements for all peers together: one look serves every open poll."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from exchange_axis.domain.lifecycle import ShipmentState
from exchange_axis.store.hub import tables as t


def peers_with_mail(connection: Connection, now: datetime) -> frozenset[str]:
    """Peers for which a shipment may be leased now."""
    due = or_(
        and_(t.shipment.c.state == ShipmentState.QUEUED.value, t.shipment.c.due_at <= now),
        and_(t.shipment.c.state == ShipmentState.LEASED.value, t.shipment.c.leased_until <= now),
    )
    return frozenset(connection.execute(select(t.shipment.c.peer).where(due).distinct()).scalars())


def feed_heads(connection: Connection) -> Mapping[str, int]:
    """Highest number in each peer's event feed, 0 for an empty one."""
    return {row.id: row.feed_next - 1 for row in connection.execute(select(t.peer.c.id, t.peer.c.feed_next))}
