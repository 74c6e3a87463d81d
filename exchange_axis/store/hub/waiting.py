"""What lies ready for whom, in two statements for all peers together: one look serves every open poll."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, or_, select

from exchange_axis.domain.lifecycle import ShipmentState
from exchange_axis.store.hub import tables as t
from exchange_axis.store.types import UtcTime

_OF_PEER = select(t.shipment.c.id).where(t.shipment.c.peer == t.peer.c.id)
_NOW = bindparam("now", type_=UtcTime)
# One look a peer and state, and each stops at the first: a peer that is away for long does not slow the others.
_WITH_MAIL = select(t.peer.c.id).where(
    or_(
        _OF_PEER.where(t.shipment.c.state == ShipmentState.QUEUED.value, t.shipment.c.due_at <= _NOW).exists(),
        _OF_PEER.where(t.shipment.c.state == ShipmentState.LEASED.value, t.shipment.c.leased_until <= _NOW).exists(),
    )
)
_HEADS = select(t.peer.c.id, t.peer.c.feed_next)


def peers_with_mail(connection: Connection, now: datetime) -> frozenset[str]:
    """Peers for which a shipment may be leased now."""
    return frozenset(connection.execute(_WITH_MAIL, {"now": now}).scalars())


def feed_heads(connection: Connection) -> Mapping[str, int]:
    """Highest number in each peer's event feed, 0 for an empty one."""
    return {row.id: row.feed_next - 1 for row in connection.execute(_HEADS)}
