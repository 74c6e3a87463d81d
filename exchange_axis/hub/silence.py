"""The silence alarm: senders learn that the recipient's system has not been seen since …, and that it is back.

Rules of this file:
1. It is told once an episode and delivery, of letters that wait for a node of ours; a handover ends it without a word.
2. It is no evidence and changes no state: only the time-to-live makes a failure.
3. The time that counts is the lane's in force on this hop.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.notice import SILENCE, Notice, NoticeCode
from exchange_axis.hub import home
from exchange_axis.hub.absences import AbsenceWatch
from exchange_axis.hub.notices import prepare_notice
from exchange_axis.hub.presence import Presence
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import milliseconds
from exchange_axis.store import Connection
from exchange_axis.store.hub import peers, silence

EVERY = timedelta(seconds=5)
"""Between two looks."""
AT_ONCE = 200
"""Deliveries told of in one look; the rest follow in the next."""


class SilenceWatch:
    def __init__(self, world: World, presence: Presence) -> None:
        self._world = world
        self._presence = presence
        self._absences = AbsenceWatch(world, presence)
        self._next = world.clock.monotonic()

    def look(self) -> int:
        """One look if it is time for one; returns how many senders were told. Who is away is noted, too (I13)."""
        now = self._world.clock.monotonic()
        if now < self._next:
            return 0
        self._next = now + EVERY.total_seconds()
        rows = self._world.transactions.read(peers.every)
        nodes = [row for row in rows if row.kind == "node" and row.state != "pending"]
        self._absences.look(rows)
        return self._begin(nodes) + self._end(nodes)

    def _begin(self, nodes: Sequence[peers.PeerRow]) -> int:
        told = 0
        for node in nodes:
            lanes = _overdue(self._presence.silence_of(node))
            if lanes:
                told += self._tell(node, lanes, milliseconds(self._presence.last_seen(node) or node.added_at))
        return told

    def _tell(self, node: peers.PeerRow, lanes: Sequence[Lane], since: datetime) -> int:
        waiting = self._world.transactions.read(
            lambda connection: silence.untold(connection, node.id, lanes, limit=AT_ONCE)
        )
        told = [(one, self._prepare(one, NoticeCode.SILENT, since)) for one in waiting]
        at = self._world.issuer.now()

        def work(connection: Connection) -> int:
            true = [item for one, item in told if silence.begin(connection, one, since=since, at=at)]
            home.post(connection, self._world, true)
            return len(true)

        return self._world.transactions.run(work) if told else 0

    def _end(self, nodes: Sequence[peers.PeerRow]) -> int:
        """Close the episodes of letters that wait no more, and of nodes that are back."""
        seen = {node.id: at for node in nodes if (at := self._presence.last_seen(node)) is not None}

        def look(connection: Connection) -> list[silence.Waiting]:
            settled = silence.settled(connection, limit=AT_ONCE)
            back = (
                silence.told_before(connection, peer, seen[peer], limit=AT_ONCE)
                for peer in silence.peers_told(connection)
                if peer in seen
            )
            return [*settled, *(one for found in back for one in found)]

        over = self._world.transactions.read(look)
        closing = {
            one.delivery: self._prepare(one, NoticeCode.BACK, milliseconds(seen[one.peer])) for one in over if one.waits
        }

        def work(connection: Connection) -> int:
            ended = [one.delivery for one in over if silence.end(connection, one.delivery)]
            items = [closing[delivery] for delivery in ended if delivery in closing]
            home.post(connection, self._world, items)
            return len(items)

        return self._world.transactions.run(work) if over else 0

    def _prepare(self, one: silence.Waiting, code: NoticeCode, since: datetime) -> home.HomeItem:
        upstream = self._world.transactions.read(lambda connection: peers.get(connection, one.upstream))
        if upstream is None:
            raise AssertionError("a peer that brought a delivery has its row for ever")
        notice = Notice(
            code=code,
            since=since,
            sender=one.sender,
            consignment_id=one.consignment_id,
            recipient=one.recipient,
        )
        return prepare_notice(self._world, upstream, notice)


def _overdue(silent: timedelta) -> tuple[Lane, ...]:
    return tuple(lane for lane, limit in SILENCE.items() if silent > limit)
