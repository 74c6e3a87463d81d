"""What is known of a hub in numbers: what its processes counted, and what its rows say now.

Labels are lanes, states, uses and codes of ours: nothing of a letter, an agency, a peer or a person.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange_axis.domain.calendar import day_of
from exchange_axis.hub.log import Log
from exchange_axis.hub.log_guard import LogGuard
from exchange_axis.hub.presence import Presence
from exchange_axis.hub.tallying import Tallies
from exchange_axis.hub.watch import CertificateWatch
from exchange_axis.hub.world import World
from exchange_axis.pipeline.meters import Meters
from exchange_axis.pipeline.tallying import MARGIN
from exchange_axis.store import Connection
from exchange_axis.store.hub import bulletins, gauges, logrows, peers
from exchange_axis.store.hub.gauges import Waiting

VERIFICATION, REFUSED = "verification", "refused"
SIGNATURES = ("signature.", "certificate.", "algorithm.", "authority.seal")
"""Beginnings of codes that say that a signature does not count."""


def note_refused(meters: Meters, codes: Iterable[str]) -> None:
    for code in dict.fromkeys(codes):
        meters.count(REFUSED, code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    at: datetime
    waiting: tuple[Waiting, ...]
    deliveries: Mapping[str, int]
    """By state, as far as the log has been followed."""
    log_size: int
    log_waiting: int
    checkpoint_age: float | None
    """Seconds since the newest checkpoint was signed."""
    log_sound: bool
    certificates: Mapping[str, float]
    """Seconds that the first certificate of each use has left; less than nothing: it has ended."""
    clock_offset: float
    clock_right: bool
    disk_free: int
    disk_total: int
    peers: Mapping[tuple[str, str], int]
    """By kind and state."""
    dark: int
    tallies: Mapping[str, int]
    """Neighbours by result of the day before: agrees, differs, missing."""
    bulletins: Mapping[tuple[str, str], int]
    """By kind and what came of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    waiting: tuple[Waiting, ...]
    deliveries: Mapping[str, int]
    peers: tuple[peers.PeerRow, ...]
    signed: datetime | None
    bulletins: Mapping[tuple[str, str], int]


class Metering:
    def __init__(self, world: World, log: Log, guard: LogGuard, *, presence: Presence, watch: CertificateWatch) -> None:
        self._world = world
        self._log = log
        self._guard = guard
        self._presence = presence
        self._watch = watch
        self._tallies = Tallies(world)

    @property
    def meters(self) -> Meters:
        return self._world.meters

    def look(self) -> Gauges:
        world, now = self._world, self._world.clock.now()
        clock, disk = world.guard.verdict(), shutil.disk_usage(world.staging)

        def work(connection: Connection) -> _Rows:
            newest = logrows.checkpoint(connection)
            return _Rows(
                waiting=gauges.waiting(connection),
                deliveries=gauges.deliveries(connection),
                peers=peers.every(connection),
                signed=None if newest is None else newest[2],
                bulletins=bulletins.rows(connection).sums(),
            )

        rows = world.transactions.read(work)
        state = self._log.state()
        return Gauges(
            at=now,
            waiting=rows.waiting,
            deliveries=rows.deliveries,
            log_size=state.size,
            log_waiting=state.waiting,
            checkpoint_age=None if rows.signed is None else (now - rows.signed).total_seconds(),
            log_sound=self._guard.is_sound,
            certificates=self._certificates(now),
            clock_offset=clock.offset.total_seconds(),
            clock_right=clock.right,
            disk_free=disk.free,
            disk_total=disk.total,
            peers=Counter((row.kind, row.state) for row in rows.peers),
            dark=len(self._presence.dark(rows.peers)),
            tallies=self._results(now),
            bulletins=rows.bulletins,
        )

    def _certificates(self, now: datetime) -> Mapping[str, float]:
        left: dict[str, float] = {}
        for one in self._watch.watched():
            seconds = (one.not_after - now).total_seconds()
            left[one.use] = min(seconds, left.get(one.use, seconds))
        return left

    def _results(self, now: datetime) -> Mapping[str, int]:
        day = day_of(now - MARGIN) - timedelta(days=1)
        words = {True: "agrees", False: "differs", None: "missing"}
        found = Counter(words[one] for one in self._tallies.results(day))
        return {word: found[word] for word in words.values()}
