"""What lies ready for whom, in two statements for all peers together: one look serves every open poll."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, or_, select

from exchange_axis.domain.lifecycle import ShipmentState
from exchange_axis.store.hub import tables as t


def peers_with_mail(connection: Connection, now: datetime) -> frozenset[str]:
    """Peers for which a shipment may be leased now."""
    s = t.shipment.c
    of_peer = select(s.id).where(s.peer == t.peer.c.id)
    # One look a peer and state, and each stops at the first: a peer that is away for long does not slow the others.
    ready = or_(
        of_peer.where(s.state == ShipmentState.QUEUED.value, s.due_at <= now).exists(),
        of_peer.where(s.state == ShipmentState.LEASED.value, s.leased_until <= now).exists(),
    )
    return frozenset(connection.execute(select(t.peer.c.id).where(ready)).scalars())


def feed_heads(connection: Connection) -> Mapping[str, int]:
    """Highest number in each peer's event feed, 0 for an empty one."""
    return {row.id: row.feed_next - 1 for row in connection.execute(select(t.peer.c.id, t.peer.c.feed_next))}
