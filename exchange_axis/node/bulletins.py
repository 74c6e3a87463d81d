"""Telling people outside the machine that there is mail: what is due at each destination, and what came of it.

Rules of this file:
1. A bulletin counts as told before it leaves, durably. Only what surely did not arrive takes that back and is tried
   again; after a kill in between nobody knows, so it stays told. At most once, never twice.
2. The numbers are those of the moment of sending, also of a late try: while one waits, what comes meanwhile joins it.
3. A destination that does not answer costs itself time and nobody else: each has a round of its own, and nothing of
   the exchange waits for one.
4. What goes wrong is an alarm of the node: on the desk, in `axis node status` and in the metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from exchange_axis.domain.bulletin import (
    DIGEST_LATE,
    EVENTS,
    LASTS,
    Bulletin,
    BulletinEvent,
    BulletinKind,
    BulletinState,
    Destination,
    Figures,
)
from exchange_axis.domain.calendar import day_of, end_of_day
from exchange_axis.domain.consignment import Lane
from exchange_axis.node.clocks import Clocks
from exchange_axis.node.desk import RECENT
from exchange_axis.node.pushing import raise_alarm
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.bulletins import (
    Begun,
    begun,
    ended,
    failed,
    interrupted,
    is_alarming,
    noted,
    partly,
    sent,
    stale,
)
from exchange_axis.ports import BulletinFailed, Courier
from exchange_axis.store.bulletin_rows import BulletinRow
from exchange_axis.store.node.desk import Now, Pile
from exchange_axis.store.node.fresh import FreshLane
from exchange_axis.store.node.unit import NodeUnit

LOOKED_AT: Final = 1_000
"""Rows of the inbox that a look may read; beyond that, what need not be told of is passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something to tell at a destination."""

    upto: int
    """It counts as told with this."""
    fresh: tuple[FreshLane, ...] = ()


class Bulletins:
    """`pipeline.bulletins.Teller` of a node."""

    def __init__(self, world: NodeWorld, clocks: Clocks) -> None:
        self._world = world
        self._clocks = clocks
        self.destinations: Mapping[str, Destination] = {one.name: one for one in world.settings.bulletins}
        self.couriers: Mapping[str, Courier] = world.couriers

    def tidy(self) -> None:
        """Once at start: forget destinations that are no more; one that comes back is told of what comes then."""
        self._world.store.run(lambda unit: unit.bulletins.keep_only(self.destinations))

    def begin(self, name: str, *, sign_in: str) -> Begun | None:
        for kind in EVENTS:
            begun = self._begin(self.destinations[name], kind, sign_in)
            if begun is not None:
                return begun
        return None

    def end(self, begun: Begun, failure: BulletinFailed | None, *, left_out: int = 0) -> None:
        if failure is not None:
            self._fail(begun.row, failure)
            return
        done, some = sent(begun.row, self._world.now()), partly(begun.row, left_out)
        self._write(noted(done, some, self._world.now()) if left_out else done, some if left_out else None)

    def state(self) -> tuple[BulletinRow, ...]:
        """How far each destination has been told."""
        return self._world.store.read(lambda unit: unit.bulletins.every())

    def preview(self, name: str, *, sign_in: str) -> tuple[Bulletin, ...]:
        """What each kind that the destination wants would say, were it due now."""
        destination, found = self.destinations[name], []
        rows = {row.kind: row for row in self.state() if row.destination == name}
        for kind in EVENTS:
            if destination.wants(kind):
                row = rows.get(kind)
                fresh = () if row is None else self._fresh(destination, row.told, _lanes(destination, kind))
                found.append(self._bulletin(destination, kind, Due(upto=0, fresh=fresh), sign_in))
        return tuple(found)

    def test(self, name: str, *, sign_in: str) -> Bulletin:
        """One that says only that the way works."""
        node = self._world.settings.node_id
        number = f"{node}.{name}.{BulletinKind.TEST.value}.{self._world.rng.uuid()}"
        return Bulletin(id=number, kind=BulletinKind.TEST, at=self._world.now(), sign_in=sign_in, figures=Figures())

    def _begin(self, destination: Destination, kind: BulletinKind, sign_in: str) -> Begun | None:
        row = self._world.store.read(lambda unit: unit.bulletins.get(destination.name, kind))
        if row is None:
            self._start(destination, kind)
            return None
        at = self._world.now()
        if row.state is BulletinState.SENDING:  # an earlier run died, or could not write down what came of it
            self._fail(row, interrupted(row))
            return None
        if row.state is BulletinState.WAITING and row.since is not None and at - row.since > LASTS:
            row = self._give_up(row)
        if row.state is BulletinState.WAITING and row.due_at is not None and row.due_at > at:
            return None
        due = self._due(destination, row, at)
        if due is None:
            self._pass(destination, row, at)
            return None
        bulletin = self._bulletin(destination, kind, due, sign_in)
        under_way = begun(row, due.upto, at)
        self._world.store.run(lambda unit: unit.bulletins.keep(under_way))
        return Begun(row=under_way, bulletin=bulletin)

    def _start(self, destination: Destination, kind: BulletinKind) -> None:
        """A destination that is new is told of what comes from now on."""
        slot = destination.last_digest(self._world.now())
        told = (0 if slot is None else _minute(slot)) if kind is BulletinKind.DIGEST else None

        def work(unit: NodeUnit) -> None:
            place = unit.fresh.newest() if told is None else told
            unit.bulletins.keep(BulletinRow(destination=destination.name, kind=kind, told=place))

        self._world.store.run(work)

    def _due(self, destination: Destination, row: BulletinRow, at: datetime) -> Due | None:
        if destination.is_quiet(row.kind, at):
            return None
        if row.kind is BulletinKind.DIGEST:
            slot = destination.last_digest(at)
            is_new = slot is not None and _minute(slot) > row.told and at - slot < DIGEST_LATE
            return Due(upto=_minute(slot)) if slot is not None and is_new else None
        fresh = self._fresh(destination, row.told, _lanes(destination, row.kind))
        if not fresh:
            return None
        if row.kind is BulletinKind.GATHERED and row.state is BulletinState.IDLE:
            first = min(one.first_at for one in fresh)
            if destination.gather is None or first + destination.gather > at:
                return None
        return Due(upto=max(one.newest for one in fresh), fresh=fresh)

    def _fresh(self, destination: Destination, place: int, lanes: tuple[Lane, ...]) -> tuple[FreshLane, ...]:
        if not lanes:
            return ()
        return self._seen_by(destination).store.read(lambda unit: unit.fresh.after(place, lanes))

    def _pass(self, destination: Destination, row: BulletinRow, at: datetime) -> None:
        """Nothing is due: end a bulletin whose letters are dealt with, and pass over what need not be read again."""
        if row.kind is BulletinKind.DIGEST:
            if row.state is BulletinState.WAITING:  # its hour is long past
                self._give_up(row)
            return
        newest = self._world.store.read(lambda unit: unit.fresh.newest())  # before the look: what comes later is above
        if row.state is BulletinState.WAITING and not destination.is_quiet(row.kind, at):
            self._write(ended(row, BulletinEvent.MOOT), None)
        elif newest - row.told > LOOKED_AT and not self._fresh(destination, row.told, _lanes(destination, row.kind)):
            self._write(replace(row, told=newest), None)

    def _give_up(self, row: BulletinRow) -> BulletinRow:
        """Too old to be tried; the numbers go with the next that is due. What it was about counts as told."""
        told = row.told
        if row.kind is not BulletinKind.DIGEST:
            told = self._world.store.read(lambda unit: unit.fresh.newest())
        over = replace(ended(row, BulletinEvent.STALE), told=told, lost=row.lost + 1)
        self._write(over, stale(row))
        return over

    def _bulletin(self, destination: Destination, kind: BulletinKind, due: Due, sign_in: str) -> Bulletin:
        return Bulletin(
            id=f"{self._world.settings.node_id}.{destination.name}.{kind.value}.{due.upto}",
            kind=kind,
            at=self._world.now(),
            sign_in=sign_in,
            figures=self._figures(destination, due.fresh),
        )

    def _figures(self, destination: Destination, fresh: tuple[FreshLane, ...]) -> Figures:
        self._clocks.count()
        at = self._world.now()
        now = Now(at=at, day_end=end_of_day(day_of(at)))

        def work(unit: NodeUnit) -> Figures:
            counts = unit.desk.counts(now, agency=None)
            return Figures(
                new={one.lane: one.count for one in fresh},
                most_urgent=unit.desk.most_urgent_waiting(),
                today=counts[Pile.TODAY],
                overdue=counts[Pile.OVERDUE],
                refused=unit.desk.refused_by_recipients(at - RECENT),
            )

        return self._seen_by(destination).store.read(work)

    def _seen_by(self, destination: Destination) -> NodeWorld:
        return self._world if destination.agencies is None else self._world.within(destination.agencies)

    def _fail(self, row: BulletinRow, failure: BulletinFailed) -> None:
        after = failed(row, failure, self._world.now(), jitter=self._world.rng.uniform())
        self._write(after, failure if is_alarming(after) else None)

    def _write(self, row: BulletinRow, alarm: BulletinFailed | None) -> None:
        at = self._world.now()

        def work(unit: NodeUnit) -> None:
            unit.bulletins.keep(row)
            if alarm is not None:
                raise_alarm(unit, alarm, row.destination, at)

        self._world.store.run(work)


def _lanes(destination: Destination, kind: BulletinKind) -> tuple[Lane, ...]:
    """Which letters a kind tells of: none is told of by two kinds."""
    if kind is BulletinKind.MOST_URGENT:
        return (Lane.HOA_TOC,) if destination.most_urgent else ()
    if destination.gather is None:
        return ()
    return tuple(lane for lane in Lane if lane is not Lane.HOA_TOC or not destination.most_urgent)


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60
