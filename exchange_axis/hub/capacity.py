"""Room and load: what the disk and the database hold, how fast they grow, how long that lasts, and the load against the
figures that this hub was measured for.

Rules of this file:
1. What is foretold says from what: the mean of the days with letters among the last GROWTH_DAYS, weekends included.
2. Nothing is counted row by row: sums of days are there already.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from exchange_axis.hub.retention_classes import RetentionClasses
from exchange_axis.hub.traffic import LATELY, Traffic
from exchange_axis.hub.trailing import day_of
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import sizes
from exchange_axis.store.hub.sizes import DayLoad

GROWTH_DAYS: Final = 30
SHOWN_DAYS: Final = 14
RESERVE: Final = 5 * 1024**3
"""Bytes that stay free: two of the largest containers and room to work (`axis doctor` warns from there on)."""
ROW_BYTES: Final = 54_000
"""What a delivery that was answered by 01, 03 and 06 takes in the database, measured: rows, indexes, evidence, log."""
AN_HOUR: Final = 3.0
"""Deliveries a second that were held for an hour on 2 cores (docs/benchmarks.md; requirement R125)."""
AT_ONCE: Final = 30.0
"""And for a minute."""
LOW, FULL = 0.8, 0.95
"""Parts of the disk from which on an operator should act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    day: date
    load: DayLoad


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    at: datetime
    disk: int
    disk_free: int
    database: int
    waiting: int
    oldest: datetime | None
    accepted: float
    """Deliveries a second, mean of the last hour."""
    handed: float
    days: tuple[Day, ...]
    """The last SHOWN_DAYS, newest first; those without a letter too."""
    growth: int
    """Bytes a day, mean of GROWTH_DAYS."""
    days_left: int | None
    """Until only the reserve is free at that pace; None: nothing grows."""
    keeps_payload: int | None
    """Days after which content is disposed of by itself; None: it stays."""

    @property
    def disk_part(self) -> float:
        return (self.disk - self.disk_free) / self.disk if self.disk else 0.0

    @property
    def load_part(self) -> float:
        """Of what was held for an hour."""
        return min(1.0, max(self.accepted, self.handed) / AN_HOUR)

    @property
    def tone(self) -> str:
        if self.disk_part >= FULL or self.disk_free <= RESERVE:
            return "bad"
        soon = self.days_left is not None and self.days_left < GROWTH_DAYS
        return "warn" if soon or self.disk_part >= LOW else "good"


class CapacityView:
    def __init__(self, world: World, traffic: Traffic) -> None:
        self._world = world
        self._traffic = traffic

    def view(self) -> Capacity:
        now, keeping = self._world.clock.now(), RetentionClasses(self._world).in_force()
        today, lanes = day_of(now), self._traffic.view()
        disk = shutil.disk_usage(self._world.staging)

        def work(connection: Connection) -> tuple[int, dict[int, DayLoad]]:
            return sizes.database_bytes(connection), dict(sizes.loads(connection, today - GROWTH_DAYS + 1))

        database, loads = self._world.transactions.read(work)
        growth = _growth(loads, today)
        seconds = LATELY.total_seconds()
        return Capacity(
            at=now,
            disk=disk.total,
            disk_free=disk.free,
            database=database,
            waiting=lanes.waiting,
            oldest=min((one.oldest for one in lanes.lanes if one.oldest), default=None),
            accepted=sum(one.flow.accepted for one in lanes.lanes) / seconds,
            handed=sum(one.flow.handed for one in lanes.lanes) / seconds,
            days=tuple(_day(loads, today - back) for back in range(SHOWN_DAYS)),
            growth=growth,
            days_left=max(0, disk.free - RESERVE) // growth if growth else None,
            keeps_payload=keeping.payload if keeping.dispose else None,
        )


def _growth(loads: dict[int, DayLoad], today: int) -> int:
    """Mean of the days since the first one with a letter: a hub of a week is not judged by a month."""
    if not loads:
        return 0
    taken = sum(one.bytes + one.deliveries * ROW_BYTES for one in loads.values())
    return taken // (today - min(loads) + 1)


def _day(loads: dict[int, DayLoad], day: int) -> Day:
    nothing = DayLoad(letters=0, deliveries=0, bytes=0)
    return Day(day=date(1970, 1, 1) + timedelta(days=day), load=loads.get(day, nothing))
