"""When each peer was last here. Kept in memory on the way of a request, written to the database now and then.

Rules of this file:
1. A request never waits for a write: what it leaves is a name and a time in memory.
2. A peer's row is written at most once a minute, so what is stored may be that much behind; whoever acts on silence
   adds it (`THROTTLE`), because another process of this hub may have seen the peer since.
3. An open poll is presence.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.notice import SILENCE
from exchange_axis.hub.world import World
from exchange_axis.store.hub import peers

THROTTLE = timedelta(minutes=1)
DARK_AFTER = SILENCE[Lane.HOA_TOC] + THROTTLE
"""A node not seen for so long is listed as dark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dark:
    """A node that is not there."""

    peer: str
    name: str
    since: datetime | None
    """When it was last seen; None: never."""


class Presence:
    """Safe from any thread."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.began: Final = world.clock.now()
        """Of what was before, this process knows only what is stored."""
        self._seen: dict[str, datetime] = {}
        self._written: dict[str, datetime] = {}
        self._here: dict[str, int] = {}
        self._lock = threading.Lock()

    @contextmanager
    def here(self, peer: str) -> Iterator[None]:
        """For as long as a request of this peer is open."""
        with self._lock:
            self._here[peer] = self._here.get(peer, 0) + 1
            self._seen[peer] = self._world.clock.now()
        try:
            yield
        finally:
            with self._lock:
                self._seen[peer] = self._world.clock.now()
                self._here[peer] -= 1
                if not self._here[peer]:
                    del self._here[peer]

    def flush(self) -> int:
        """Write what is due; the number of peers written."""
        due = self._due()
        if due:
            self._world.transactions.run(lambda connection: peers.touch(connection, due))
            with self._lock:
                self._written.update(due)
        return len(due)

    def last_seen(self, row: peers.PeerRow) -> datetime | None:
        """As far as this process and the database know; None: never."""
        with self._lock:
            seen = self._world.clock.now() if row.id in self._here else self._seen.get(row.id)
        known = [at for at in (row.seen_at, seen) if at is not None]
        return max(known, default=None)

    def silence_of(self, row: peers.PeerRow) -> timedelta:
        """How long nobody has seen the peer for certain; time before this process began does not count."""
        now, seen = self._world.clock.now(), self.last_seen(row)
        stored = now - max(row.seen_at or row.added_at, self.began) - THROTTLE
        return min(now - max(seen or row.added_at, self.began), stored)

    def dark(self, rows: Sequence[peers.PeerRow]) -> tuple[Dark, ...]:
        """Approved nodes not seen for DARK_AFTER, the longest silent first."""
        now = self._world.clock.now()
        found = [
            Dark(peer=row.id, name=row.name, since=seen)
            for row in rows
            if row.kind == "node" and row.state == "approved"
            if (seen := self.last_seen(row)) is None or now - seen > DARK_AFTER
        ]
        return tuple(sorted(found, key=lambda one: (one.since is not None, one.since, one.peer)))

    def _due(self) -> dict[str, datetime]:
        with self._lock:
            now = self._world.clock.now()
            seen = {**self._seen, **dict.fromkeys(self._here, now)}
            return {
                peer: at
                for peer, at in seen.items()
                if peer not in self._written or at - self._written[peer] >= THROTTLE
            }
