"""Deliveries and shipments: what a hub owes each recipient, and what it owes each link.

A delivery is a (consignment, recipient) pair. A shipment is a (consignment, next peer) pair, so that a container
crosses each link once, whatever the number of its recipients there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.lifecycle import (
    DELIVERY,
    SHIPMENT,
    DeliveryEvent,
    DeliveryState,
    ShipmentEvent,
    ShipmentState,
)
from exchange_axis.domain.retry import next_try
from exchange_axis.domain.routing import NextHop


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    consignment_id: str
    sender: str
    recipient: str
    """The code as addressed."""
    state: DeliveryState = DeliveryState.QUEUED
    hop: NextHop | None = None
    """Where it goes next; None once refused."""
    upstream: str | None = None
    """Hub that brought it and gets its returns; None if it was submitted here."""
    successor: str | None = None
    """The code it is redirected to."""

    def after(self, event: DeliveryEvent) -> Delivery:
        """Raises IllegalTransition."""
        return replace(self, state=DELIVERY.after(self.state, event))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    holder: str
    until: datetime
    fence: int
    """Rises with each lease of the shipment; an answer under an older fence is late, not false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    id: str
    consignment_id: str
    sender: str
    lane: Lane
    hop: NextHop
    recipients: tuple[str, ...]
    """Recipients of this link only."""
    state: ShipmentState = ShipmentState.QUEUED
    attempts: int = 0
    """Failed attempts so far."""
    next_try_at: datetime
    expires_at: datetime
    lease: Lease | None = None
    fence: int = 0
    """The newest fence given out."""

    def is_ready(self, at: datetime) -> bool:
        return self.state is ShipmentState.QUEUED and self.next_try_at <= at

    def leased(self, holder: str, until: datetime) -> Shipment:
        """Raises IllegalTransition if it is not waiting."""
        state = SHIPMENT.after(self.state, ShipmentEvent.LEASE)
        fence = self.fence + 1
        return replace(self, state=state, fence=fence, lease=Lease(holder=holder, until=until, fence=fence))

    def released(self, at: datetime, *, jitter: float | None = None) -> Shipment:
        """Back in the queue: at once after an orderly stop (`jitter` None), later after a failure that may pass.

        Raises:
            IllegalTransition: it is not leased.
        """
        state = SHIPMENT.after(self.state, ShipmentEvent.RELEASED)
        if jitter is None:
            return replace(self, state=state, lease=None, next_try_at=at)
        attempts = self.attempts + 1
        later = next_try(attempts, at, jitter)
        return replace(self, state=state, lease=None, attempts=attempts, next_try_at=later)

    def lease_expired(self, at: datetime) -> Shipment:
        """Raises IllegalTransition if it is not leased; ValueError if the lease still runs."""
        if self.lease is not None and at < self.lease.until:
            raise ValueError("the lease still runs")
        state = SHIPMENT.after(self.state, ShipmentEvent.LEASE_EXPIRED)
        return replace(self, state=state, lease=None, attempts=self.attempts + 1, next_try_at=at)

    def ended(self, event: ShipmentEvent) -> Shipment:
        """After DONE, REJECTED or EXPIRED. Raises IllegalTransition."""
        return replace(self, state=SHIPMENT.after(self.state, event), lease=None)
