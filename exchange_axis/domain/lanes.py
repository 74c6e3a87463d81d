"""Which waiting thing goes next: hỏa tốc strictly first, the other lanes by weight, senders of a lane in fair turn.

Both choices are start-time fair queueing: each name has a virtual time at which its next turn is due, the earliest due
goes, and a turn moves its due time by cost divided by weight. A name that was idle starts at the present virtual time,
so that nobody saves up turns, and nobody who waits is passed for ever. Deterministic: equal calls, equal choices.

Hỏa tốc alone can keep the others waiting; its quota for each sender is what bounds that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from exchange_axis.domain.consignment import Lane

WEIGHTS: Mapping[Lane, int] = {Lane.THUONG_KHAN: 8, Lane.KHAN: 4, Lane.THUONG: 1}
_SCALE = 8
"""A multiple of every weight, so that virtual time is a whole number."""

K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Generic[K]):
    key: K
    lane: Lane
    sender: str
    order: int
    """Place in its sender's own queue; the smallest goes first."""
    cost: int = 1
    """What a turn costs, in any one unit: letters, or pieces of 1 MiB."""


class LaneScheduler:
    """Remembers who had the last turns; one a queue. Not safe for several threads at once."""

    def __init__(self) -> None:
        self._lanes: _FairTurns[Lane] = _FairTurns()
        self._senders: dict[Lane, _FairTurns[str]] = {lane: _FairTurns() for lane in Lane}

    def pick(self, waiting: Sequence[Waiting[K]]) -> K | None:
        """The key of the item whose turn it is, and counts the turn; None if nothing waits."""
        if not waiting:
            return None
        heads = _heads(waiting)
        lane = self._lane(heads)
        oldest_first = sorted((head.order, sender) for (of, sender), head in heads.items() if of is lane)
        turns = self._senders[lane]
        sender = turns.due([sender for _, sender in oldest_first])
        chosen = heads[lane, sender]
        turns.charge(sender, chosen.cost * _SCALE)
        if lane in WEIGHTS:
            self._lanes.charge(lane, chosen.cost * _SCALE // WEIGHTS[lane])
        return chosen.key

    def _lane(self, heads: Mapping[tuple[Lane, str], object]) -> Lane:
        active = {lane for lane, _ in heads}
        if Lane.HOA_TOC in active:
            return Lane.HOA_TOC
        return self._lanes.due(sorted(active, key=lambda lane: lane.rank))


class _FairTurns(Generic[K]):
    def __init__(self) -> None:
        self._now = 0
        self._due: dict[K, int] = {}

    def due(self, active: Sequence[K]) -> K:
        """The active name whose turn is due first; of equals the first in the given order."""
        return min(active, key=self._start)

    def charge(self, name: K, cost: int) -> None:
        self._now = self._start(name)
        self._due[name] = self._now + cost
        # Whoever is due now or earlier starts at the present anyway: forgetting them bounds memory and changes nothing.
        self._due = {other: due for other, due in self._due.items() if due > self._now}

    def _start(self, name: K) -> int:
        return max(self._now, self._due.get(name, 0))


def _heads(waiting: Sequence[Waiting[K]]) -> dict[tuple[Lane, str], Waiting[K]]:
    """The first of each sender's queue in each lane; of equal orders the one given first."""
    heads: dict[tuple[Lane, str], Waiting[K]] = {}
    for item in waiting:
        place = (item.lane, item.sender)
        if place not in heads or item.order < heads[place].order:
            heads[place] = item
    return heads
