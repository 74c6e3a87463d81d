"""When nodes were away: noted as it happens, summed over a period (I13).

Rules of this file:
1. A node is away when it was not seen for DARK_AFTER; the interval then begins when it was last heard, and ends when it
   is heard again.
2. Time in which this hub itself did not run is nobody's absence: an interval that nobody confirmed for STALE ends at
   its last confirmation.
3. What is summed is clipped to the period, to now, and to what the asker may see; intervals of one node never overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from exchange_axis.domain.directory import Directory
from exchange_axis.hub.presence import DARK_AFTER, Presence
from exchange_axis.hub.trailing import begin_of_day
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import milliseconds
from exchange_axis.store import Connection
from exchange_axis.store.hub import absences, peers
from exchange_axis.store.hub.absences import Absence
from exchange_axis.store.hub.trail_sums import Span

CONFIRMED_EVERY: Final = timedelta(minutes=1)
STALE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One interval, as far as it lies in the period."""

    since: datetime
    until: datetime
    lasts: bool
    """It is not over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAway:
    node: str
    name: str
    seconds: float
    gaps: tuple[Gap, ...]


class AbsenceWatch:
    def __init__(self, world: World, presence: Presence) -> None:
        self._world = world
        self._presence = presence

    def look(self, rows: Sequence[peers.PeerRow]) -> int:
        """How many went away or came back since the last look."""
        now = milliseconds(self._world.clock.now())
        nodes = {row.id: row for row in rows if row.kind == "node" and row.state == "approved"}
        away = {name for name, row in nodes.items() if self._presence.silence_of(row) > DARK_AFTER}
        known = self._world.transactions.read(absences.opened)
        ends = {name: end for name, one in known.items() if (end := self._end(one, nodes.get(name), now)) is not None}
        begins = away - (known.keys() - ends.keys())
        due = [name for name in away - begins if now - known[name].known_until >= CONFIRMED_EVERY]
        if not (ends or begins or due):
            return 0

        def work(connection: Connection) -> int:
            done = sum(absences.end(connection, name, ends[name]) for name in sorted(ends))
            before = absences.last_ends(connection, begins)
            for name in sorted(begins):
                since = max(self._heard(nodes[name]), before.get(name, nodes[name].added_at))
                done += absences.begin(connection, name, since, now)
            absences.still(connection, due, now)
            return done

        return self._world.transactions.run(work)

    def _end(self, one: Absence, row: peers.PeerRow | None, now: datetime) -> datetime | None:
        """When it was over; None: it is not, or nobody can know yet."""
        heard = None if row is None else self._presence.last_seen(row)
        if heard is not None and milliseconds(heard) > one.since:
            return milliseconds(heard) if now - one.known_until <= STALE else one.known_until
        return one.known_until if row is None or now - one.known_until > STALE else None

    def _heard(self, row: peers.PeerRow) -> datetime:
        return milliseconds(max(self._presence.last_seen(row) or row.added_at, self._presence.began))


def away(connection: Connection, span: Span, directory: Directory, *, at: datetime) -> tuple[NodeAway, ...]:
    """Nodes that were away in the days of the span, the longest first; those that serve the agencies asked for."""
    found: dict[str, list[Gap]] = {}
    first, last = begin_of_day(span.first_day), min(begin_of_day(span.last_day + 1), at)
    for one in absences.within(connection, first, last):
        for since, until in _windows(one.peer, span, directory):
            begin, end = max(one.since, first, since), min(one.until or at, last, until)
            if begin < end:
                found.setdefault(one.peer, []).append(
                    Gap(since=begin, until=end, lasts=one.until is None and end == at)
                )
    nodes = [_node(name, _merged(gaps), directory) for name, gaps in found.items()]
    return tuple(sorted(nodes, key=lambda one: (-one.seconds, one.node)))


def seconds_away(nodes: Sequence[NodeAway], since: datetime, until: datetime) -> float:
    """Of all of them together, in a part of the time."""
    gaps = (gap for one in nodes for gap in one.gaps)
    return sum(max(0.0, (min(one.until, until) - max(one.since, since)).total_seconds()) for one in gaps)


def _windows(node: str, span: Span, directory: Directory) -> Iterator[tuple[datetime, datetime]]:
    """In which time the asker may know of a node."""
    for part in span.scope.parts:
        codes = span.codes if part.codes is None else part.codes if span.codes is None else span.codes & part.codes
        if _serves(node, codes, span.tier, directory):
            first = span.first_day if part.first_day is None else part.first_day
            last = span.last_day if part.last_day is None else part.last_day
            yield begin_of_day(first), begin_of_day(last + 1)


def _serves(node: str, codes: frozenset[str] | None, tier: str | None, directory: Directory) -> bool:
    if codes is None and tier is None:
        return True
    agencies = directory.agencies
    mine = agencies.values() if codes is None else (agencies[code] for code in codes if code in agencies)
    return any(one.node == node and tier in {None, one.tier} for one in mine)


def _merged(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """What several grants show of one interval is one."""
    found: list[Gap] = []
    for one in sorted(gaps, key=lambda gap: (gap.since, gap.until)):
        last = found.pop() if found and one.since < found[-1].until else one
        found.append(Gap(since=last.since, until=max(last.until, one.until), lasts=last.lasts or one.lasts))
    return tuple(found)


def _node(name: str, gaps: tuple[Gap, ...], directory: Directory) -> NodeAway:
    total = sum((one.until - one.since).total_seconds() for one in gaps)
    known = directory.nodes.get(name)
    return NodeAway(node=name, name=name if known is None else known.name, seconds=total, gaps=gaps)
