"""What must hold at every moment: looked at after each step, and whenever something is lent or handed out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from sqlalchemy import and_, or_, select

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import DeliveryState, Progress
from exchange_axis.ports import OfferedShipment
from exchange_axis.store import Connection
from exchange_axis.store.hub import tables as h
from exchange_axis.store.node import tables as n
from tests.prove.simulation.world import Federation, HandClock, HubPlace

_RANK = {progress.value: rank for rank, progress in enumerate(Progress)}
_FROZEN = frozenset({"recall-asked", "withdrawn"})
_HANDED_OVER = DeliveryState.HANDED_OVER.value
_RECALL = BusinessKind.REVOKE.value
_UPDATE = BusinessKind.UPDATE.value

Key = tuple[str, str]
Seen = Mapping[Key, tuple[str, str, str]]
"""State, progress and request by consignment and recipient."""


class _Transactions(Protocol):
    def read(self, work: object) -> object: ...


class Watch:
    def __init__(self, clock: HandClock) -> None:
        self._clock = clock
        self._federation: Federation | None = None
        self._before: dict[str, Seen] = {}
        self.wrong: list[str] = []
        self.leases = 0

    def look_at(self, federation: Federation) -> None:
        self._federation = federation
        for hub in federation.hubs.values():
            hub.leased = lambda peer, offered, place=hub: self.leased(place, peer, offered)  # type: ignore[misc]

    def check(self, places: Sequence[str]) -> None:
        """No status moves a letter backwards, nothing that was handed over is taken for something else again."""
        for name in places:
            now, before = self._seen(name), self._before.get(name, {})
            for key, was in before.items():
                self.wrong += [f"{name}: {key[0][:8]} to {key[1]}: {fault}" for fault in _moved_back(was, now.get(key))]
            self._before[name] = now

    def leased(self, hub: HubPlace, peer: str, offered: Sequence[OfferedShipment]) -> None:
        """Hỏa tốc is never left behind while something less urgent goes."""
        self.leases += 1
        lanes = [shipment.lane for shipment in offered]
        if any(lane is not Lane.HOA_TOC for lane in lanes):
            self.wrong += [
                f"{hub.name}: hỏa tốc {row} waits for {peer} while {lanes[-1].value} is lent"
                for row in hub.hub.world.transactions.read(lambda c: _urgent_left(c, peer, self._clock))
            ]
        if sorted(lanes, key=lambda lane: lane is not Lane.HOA_TOC) != lanes:
            self.wrong.append(f"{hub.name}: {peer} was lent {[lane.value for lane in lanes]}")

    def handed_out(self, hub: HubPlace, peer: str, shipment: OfferedShipment) -> None:
        """Content of a letter that is recalled here does not leave."""
        recalls = hub.hub.world.transactions.read(lambda c: _recalls(c, shipment.sender, shipment.consignment_id))
        self.wrong += [
            f"{hub.name}: {shipment.consignment_id[:8]} went to {peer} although {recall[:8]} recalls it"
            for recall in recalls
        ]

    def _seen(self, name: str) -> Seen:
        federation = self._federation
        assert federation is not None
        if name in federation.hubs:
            return federation.hubs[name].hub.world.transactions.read(_at_hub)
        store = federation.nodes[name].node.world.store
        return store._transactions.read(_at_node)


def _moved_back(was: tuple[str, str, str], now: tuple[str, str, str] | None) -> Iterator[str]:
    if now is None:
        yield "its row is gone"
        return
    if was[0] == _HANDED_OVER != now[0]:
        yield f"handed over, now {now[0]}"
    if _RANK[now[1]] < _RANK[was[1]] or (was[1] == Progress.REFUSED.value != now[1]):
        yield f"progress {was[1]}, now {now[1]}"
    if was[2] == "withdrawn" != now[2]:
        yield f"withdrawn, now {now[2]}"


def _at_hub(connection: Connection) -> Seen:
    d = h.delivery.c
    rows = connection.execute(select(d.consignment_id, d.recipient, d.state, d.progress, d.request))
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}


def _at_node(connection: Connection) -> Seen:
    """Inbox rows under a name of their own: an agency may write to another one of the same node."""
    a, i = n.addressee.c, n.inbox.c
    sent = connection.execute(select(a.consignment_id, a.recipient, a.state, a.progress, a.request))
    received = connection.execute(select(i.consignment_id, i.recipient, i.progress, i.request))
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in sent} | {
        (row[0], f"{row[1]} (inbox)"): (_HANDED_OVER, row[2], row[3]) for row in received
    }


def _urgent_left(connection: Connection, peer: str, clock: HandClock) -> list[str]:
    s, now = h.shipment.c, clock.now()
    free = or_(and_(s.state == "queued", s.due_at <= now), and_(s.state == "leased", s.leased_until <= now))
    rows = connection.execute(select(s.id).where(s.peer == peer, s.lane == Lane.HOA_TOC.value, free))
    return [row[0][:8] for row in rows]


def _recalls(connection: Connection, sender: str, consignment_id: str) -> list[str]:
    """Ids of recalls of this letter, or of one that it updates, unless it is a recall itself."""
    c = h.consignment.c
    named, found = consignment_id, []
    while named:
        row = connection.execute(
            select(c.business_kind, c.in_reply_to).where(c.sender == sender, c.consignment_id == named)
        ).one_or_none()
        if row is not None and row.business_kind == _RECALL:
            return []
        recalls = select(c.consignment_id).where(c.sender == sender, c.in_reply_to == named, c.business_kind == _RECALL)
        found += [one[0] for one in connection.execute(recalls)]
        named = row.in_reply_to if row is not None and row.business_kind == _UPDATE else ""
    return found
