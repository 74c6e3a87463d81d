"""The lanes as an operator watches them: what waits, how old, how fast, whose it is, what stands still and why.

Rules of this file:
1. It only reads. Whatever waits and does not move has a stop that says why; a lane without a stop is moving.
2. A share is of what waits in its lane. Senders take turns in a lane (`domain.lanes`), so that a great share means many
   letters and not a place before others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from exchange_axis.domain.breaker import BreakerState
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.hours import BulkHours
from exchange_axis.hub.log_guard import LogGuard
from exchange_axis.hub.presence import DARK_AFTER, Presence
from exchange_axis.hub.trailing import day_of
from exchange_axis.hub.world import World
from exchange_axis.pipeline.lines import LineView, PeerLine
from exchange_axis.store import Connection
from exchange_axis.store.hub import peers, traffic
from exchange_axis.store.hub.traffic import Flow, Heap

LATELY: Final = timedelta(hours=1)
"""What rates are counted over."""
DAYS: Final = 1
"""Before today: of older letters the flow is not counted."""
SENDERS: Final = 5
"""Named in a lane."""


class Cause(StrEnum):
    """Why something stands still."""

    CLOCK = "clock"
    LOG = "log"
    LINE = "line"
    """The line to the hub above: its breaker is open."""
    SILENT = "silent"
    FAILING = "failing"
    """Tried and refused; the next try has its time."""
    CLOSED = "closed"
    """The peer was revoked, or is unknown."""
    BULK = "bulk"
    """Large ordinary mail outside its hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    cause: Cause
    peer: str
    """Empty: all of them."""
    name: str
    lanes: tuple[Lane, ...]
    """Whose letters stand here; empty: all."""
    waiting: int
    since: datetime | None = None
    next_at: datetime | None = None
    error: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    sender: str
    count: int
    part: float
    """Of what waits in its lane, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneState:
    lane: Lane
    waiting: int
    lent: int
    size: int
    oldest: datetime | None
    flow: Flow
    """Within LATELY."""
    senders: tuple[Share, ...]
    others: int
    """Senders beyond those named."""
    stopped: int
    """Of what waits, how much stands at a stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerQueue:
    peer: str
    name: str
    waiting: int
    lent: int
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    at: datetime
    lanes: tuple[LaneState, ...]
    stops: tuple[Stop, ...]
    queues: tuple[PeerQueue, ...]
    """The longest first."""
    bulk: BulkHours | None
    bulk_open: bool

    @property
    def waiting(self) -> int:
        return sum(one.waiting for one in self.lanes)


class Traffic:
    def __init__(self, world: World, presence: Presence, line: PeerLine | None, guard: LogGuard) -> None:
        self._world = world
        self._presence = presence
        self._line = line
        self._guard = guard

    def view(self) -> Lanes:
        now, bulk = self._world.clock.now(), self._world.settings.bulk

        def work(
            connection: Connection,
        ) -> tuple[tuple[Heap, ...], Mapping[Lane, Flow], dict[str, peers.PeerRow]]:
            found = traffic.heaps(connection, now, large=None if bulk is None else bulk.above)
            rows = {row.id: row for row in peers.every(connection)}
            return found, traffic.flows(connection, now - LATELY, day=day_of(now) - DAYS), rows

        heaps, flows, rows = self._world.transactions.read(work)
        is_open = bulk is None or bulk.is_open(now)
        placed = [(heap, self._cause(heap, rows.get(heap.peer), bulk_open=is_open)) for heap in heaps]
        return Lanes(
            at=now,
            lanes=tuple(_lane(lane, placed, flows.get(lane, Flow())) for lane in Lane),
            stops=(*self._everywhere(), *self._stops(placed, rows)),
            queues=_queues(heaps, rows),
            bulk=bulk,
            bulk_open=is_open,
        )

    def _cause(self, heap: Heap, peer: peers.PeerRow | None, *, bulk_open: bool) -> Cause | None:
        """The first that holds: whoever mends it sees the next."""
        if peer is None or peer.state != "approved":
            return Cause.CLOSED
        if peer.kind == "parent" and self._down() is not None:
            return Cause.LINE
        if peer.kind == "node" and self._presence.silence_of(peer) > DARK_AFTER:
            return Cause.SILENT
        if heap.paused:
            return Cause.FAILING
        if heap.large and not bulk_open and peer.kind == "parent" and heap.lane is Lane.THUONG:
            return Cause.BULK
        return None

    def _down(self) -> LineView | None:
        view = None if self._line is None else self._line.view()
        return None if view is None or view.state is BreakerState.CLOSED else view

    def _everywhere(self) -> Iterator[Stop]:
        if not self._world.guard.verdict().right:
            yield Stop(cause=Cause.CLOCK, peer="", name="", lanes=(), waiting=0)
        if not self._guard.is_sound:
            yield Stop(cause=Cause.LOG, peer="", name="", lanes=(), waiting=0)

    def _stops(self, placed: Sequence[tuple[Heap, Cause | None]], rows: Mapping[str, peers.PeerRow]) -> Iterator[Stop]:
        found: dict[tuple[Cause, str], list[Heap]] = {}
        for heap, cause in placed:
            if cause is not None:
                found.setdefault((cause, heap.peer), []).append(heap)
        for (cause, name), heaps in found.items():
            yield self._stop(cause, rows.get(name), name, heaps)

    def _stop(self, cause: Cause, peer: peers.PeerRow | None, name: str, heaps: Sequence[Heap]) -> Stop:
        down = self._down() if cause is Cause.LINE else None
        since = None if down is None else down.since
        if cause is Cause.SILENT and peer is not None:
            since = self._presence.last_seen(peer) or peer.added_at
        failing = cause is Cause.FAILING
        errors = [heap.error for heap in heaps if heap.error]
        return Stop(
            cause=cause,
            peer=name,
            name=name if peer is None else peer.name,
            lanes=tuple(lane for lane in Lane if any(heap.lane is lane for heap in heaps)),
            waiting=sum(_standing(heap, cause) for heap in heaps),
            since=since,
            next_at=down.next_try_at if down else min(heap.next_try for heap in heaps) if failing else None,
            error=(down.error or "") if down else errors[0] if failing and errors else "",
            tries=0 if down is None else down.failures,
        )


def _standing(heap: Heap, cause: Cause | None) -> int:
    """How many of a heap stand still."""
    if cause is None:
        return 0
    return {Cause.FAILING: heap.paused, Cause.BULK: heap.large}.get(cause, heap.count)


def _lane(lane: Lane, placed: Sequence[tuple[Heap, Cause | None]], flow: Flow) -> LaneState:
    heaps = [heap for heap, _ in placed if heap.lane is lane]
    senders: Counter[str] = Counter()
    for heap in heaps:
        senders[heap.sender] += heap.count
    waiting = senders.total()
    named = sorted(senders.items(), key=lambda one: (-one[1], one[0]))[:SENDERS]
    return LaneState(
        lane=lane,
        waiting=waiting,
        lent=sum(heap.lent for heap in heaps),
        size=sum(heap.size for heap in heaps),
        oldest=min((heap.oldest for heap in heaps), default=None),
        flow=flow,
        senders=tuple(Share(sender=code, count=count, part=count / waiting) for code, count in named),
        others=max(0, len(senders) - SENDERS),
        stopped=sum(_standing(heap, cause) for heap, cause in placed if heap.lane is lane),
    )


def _queues(heaps: Sequence[Heap], rows: Mapping[str, peers.PeerRow]) -> tuple[PeerQueue, ...]:
    found: dict[str, list[Heap]] = {}
    for heap in heaps:
        found.setdefault(heap.peer, []).append(heap)
    queues = (
        PeerQueue(
            peer=name,
            name=rows[name].name if name in rows else name,
            waiting=sum(heap.count for heap in of),
            lent=sum(heap.lent for heap in of),
            oldest=min(heap.oldest for heap in of),
        )
        for name, of in found.items()
    )
    return tuple(sorted(queues, key=lambda one: (-one.waiting, one.peer)))
