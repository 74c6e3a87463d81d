"""Whose hands a lease is in: the connections that heard of it and fetch under it.

A lease outlives the line on purpose: whoever lost the line goes on under it. Whoever asks anew without going on has
forgotten it, and need not wait for its end: what only dead connections know of is offered again at once, with a new
fence. What this process did not lend runs out by its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from exchange_axis.ports import OfferedShipment

Transport = asyncio.BaseTransport | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lease that nobody works under any more."""

    shipment: str
    fence: int


@dataclass(slots=True, kw_only=True)
class Fetch:
    """What became of one request for content."""

    ended: bool = False
    """All that was asked for has left."""
    whole: bool = False
    """The container's last byte was among it."""


@dataclass(slots=True, kw_only=True)
class _Lease:
    fence: int
    until: datetime
    heard: Transport
    """The connection on which it was answered."""
    fetching: list[tuple[Transport, Fetch]] = field(default_factory=list)
    broken: bool = False
    """A fetch ended before its end, and none was begun since."""
    whole: bool = False
    """The last byte has left, in a fetch that is over."""

    @property
    def is_orphan(self) -> bool:
        if self.whole or any(fetch.whole or not _is_gone(line) for line, fetch in self.fetching):
            return False
        return self.broken or _is_gone(self.heard)


class Lending:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._leases: dict[str, dict[str, _Lease]] = {}

    def note(self, peer: str, offered: Iterable[OfferedShipment], transport: Transport, *, now: datetime) -> None:
        """These were lent to the peer on this connection."""
        known = {name: one for name, one in self._leases.get(peer, {}).items() if one.until > now}
        for one in offered:
            known[one.id] = _Lease(fence=one.fence, until=one.leased_until, heard=transport)
        if known:
            self._leases[peer] = known
        else:
            self._leases.pop(peer, None)

    def orphans(self, peer: str) -> Sequence[Held]:
        """Leases of the peer that only dead connections know of; each is named once."""
        return self._take(peer, lambda lease: lease.is_orphan)

    def all_of(self, peer: str) -> Sequence[Held]:
        """Every lease of a peer that begins anew; what still fetches under one is broken off."""
        for lease in self._leases.get(peer, {}).values():
            for transport, _ in lease.fetching:
                if isinstance(transport, asyncio.Transport):
                    transport.abort()
        return self._take(peer, lambda _lease: True)

    @contextmanager
    def fetching(self, peer: str, shipment: str, transport: Transport) -> Iterator[Fetch]:
        """For as long as one request fetches."""
        fetch = Fetch()
        lease = self._leases.get(peer, {}).get(shipment)
        if lease is None:
            yield fetch
            return
        under_way = (transport, fetch)
        lease.fetching.append(under_way)
        lease.broken = False
        try:
            yield fetch
        finally:
            lease.fetching.remove(under_way)
            lease.whole = lease.whole or fetch.whole
            lease.broken = not fetch.ended

    def _take(self, peer: str, wanted: Callable[[_Lease], bool]) -> Sequence[Held]:
        leases = self._leases.get(peer, {})
        found = [name for name, lease in leases.items() if wanted(lease)]
        return tuple(Held(shipment=name, fence=leases.pop(name).fence) for name in found)


def _is_gone(transport: Transport) -> bool:
    return transport is None or transport.is_closing()
