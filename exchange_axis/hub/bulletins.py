"""Telling the hub's operator outside the machine that something is wrong: checks that fail, nodes that nobody has seen,
certificates that end (R44).

Rules of this file:
1. A matter is told of once at each destination, for as long as it lasts. One that comes and goes is told of again only
   after it was over for an hour.
2. It counts as told before the bulletin leaves, in the same transaction in which a process of this hub takes it on: of
   several processes one sends it. What surely did not arrive is tried again with whatever is wrong by then.
3. A bulletin has numbers and the names of our own checks: no node, agency or person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from exchange_axis.domain.bulletin import (
    LASTS,
    Bulletin,
    BulletinEvent,
    BulletinKind,
    BulletinState,
    Destination,
    HostFigures,
)
from exchange_axis.hub.service import Hub
from exchange_axis.pipeline.bulletins import (
    Begun,
    begun,
    ended,
    failed,
    interrupted,
    noted,
    partly,
    sent,
    stale,
)
from exchange_axis.ports import BulletinFailed, Courier
from exchange_axis.store import Connection
from exchange_axis.store.bulletin_rows import BulletinRow
from exchange_axis.store.hub import bulletins as store

DARK_FOR: Final = timedelta(minutes=15)
"""A node that nobody has seen for so long is told of."""
OVER_FOR: Final = timedelta(hours=1)
"""After so long without it a matter is a new one when it comes back."""
LEASE: Final = timedelta(minutes=5)
"""Longer than any courier takes: who has not ended a bulletin by then has died."""


class HubBulletins:
    """`pipeline.bulletins.Teller` of a hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._world = hub.world
        given = hub.world.settings.bulletins
        self.destinations: Mapping[str, Destination] = {one.name: one for one in given}
        self.couriers: Mapping[str, Courier] = hub.world.couriers

    def tidy(self) -> None:
        """Once at start: forget destinations that are no more."""
        self._world.transactions.run(lambda connection: store.keep_only(connection, self.destinations))

    def begin(self, name: str, *, sign_in: str) -> Begun | None:
        matters, figures = self._look()
        row = self._world.transactions.run(lambda connection: self._take(connection, name, frozenset(matters)))
        return None if row is None else Begun(row=row, bulletin=self._bulletin(row, figures, sign_in))

    def end(self, begun: Begun, failure: BulletinFailed | None, *, left_out: int = 0) -> None:
        self._world.transactions.run(lambda connection: self._end(connection, begun.row, failure, left_out))

    def state(self) -> tuple[BulletinRow, ...]:
        return self._world.transactions.read(lambda connection: store.rows(connection).every())

    def preview(self, name: str, *, sign_in: str) -> tuple[Bulletin, ...]:
        """What would be said, were something new wrong."""
        row = BulletinRow(destination=name, kind=BulletinKind.ALARM, told=0)
        return (self._bulletin(row, self._look()[1], sign_in),)

    def test(self, name: str, *, sign_in: str) -> Bulletin:
        number = f"{self._world.settings.id}.{name}.{BulletinKind.TEST.value}.{self._world.rng.uuid()}"
        at = self._world.clock.now()
        return Bulletin(id=number, kind=BulletinKind.TEST, at=at, sign_in=sign_in, figures=HostFigures())

    def _look(self) -> tuple[tuple[str, ...], HostFigures]:
        """What is wrong now, each by a name that lasts as long as it does, and the numbers."""
        bad = tuple(name for name, refusal in self._hub.readiness.look().failed.items() if refusal is not None)
        rows = [row for row in self._hub.registry.every() if row.kind == "node" and row.state == "approved"]
        dark = [row.id for row in rows if self._hub.presence.silence_of(row) > DARK_FOR]
        watched = [one for one in self._hub.watch.warnings() if one.use != "seen"]
        ending = [one for one in watched if one.step is not None]
        revoked = [one for one in watched if one.revocation == "revoked"]
        matters = (
            *(f"not-ready/{name}" for name in bad),
            *(f"dark/{peer}" for peer in dark),
            *(f"ends/{one.fingerprint}/{one.step}" for one in ending),
            *(f"revoked/{one.fingerprint}" for one in revoked),
        )
        days = min((one.step for one in ending if one.step is not None), default=None)
        figures = HostFigures(not_ready=bad, dark=len(dark), ending=len(ending), days=days, revoked=len(revoked))
        return matters, figures

    def _take(self, connection: Connection, name: str, matters: frozenset[str]) -> BulletinRow | None:
        """Take on what is new at a destination; None: nothing is, or somebody else has."""
        rows, at = store.rows(connection), self._world.clock.now()
        row = rows.get(name, BulletinKind.ALARM, held=True)
        if row is None:
            rows.keep(BulletinRow(destination=name, kind=BulletinKind.ALARM, told=0))
            return None
        row = self._settled(connection, row, at)
        fresh = self._fresh(connection, name, matters, at)
        if row.state is BulletinState.SENDING or (row.due_at is not None and row.due_at > at):
            return None
        if not fresh:
            if row.state is BulletinState.WAITING:
                rows.keep(ended(row, BulletinEvent.MOOT))
            return None
        taken = replace(begun(row, row.told + 1, at), due_at=at + LEASE)
        store.tell(connection, name, fresh, number=taken.told)
        rows.keep(taken)
        return taken

    def _settled(self, connection: Connection, row: BulletinRow, at: datetime) -> BulletinRow:
        """What nobody ended in time, and what was tried for too long, is over."""
        settled = row
        if row.state is BulletinState.SENDING and (row.due_at is None or row.due_at <= at):
            settled = failed(row, interrupted(row), at, jitter=0.0)
        elif row.state is BulletinState.WAITING and row.since is not None and at - row.since > LASTS:
            over = replace(ended(row, BulletinEvent.STALE), lost=row.lost + 1)
            settled = noted(over, stale(row), at)
        if settled is not row:
            store.rows(connection).keep(settled)
        return settled

    def _fresh(self, connection: Connection, name: str, matters: frozenset[str], at: datetime) -> frozenset[str]:
        store.forget(connection, name, gone_before=at - OVER_FOR)
        known = store.told(connection, name)
        store.mark(connection, name, {one for one, gone in known.items() if gone is None and one not in matters}, at)
        store.mark(connection, name, {one for one, gone in known.items() if gone and one in matters}, None)
        return matters - known.keys()

    def _end(self, connection: Connection, row: BulletinRow, failure: BulletinFailed | None, left_out: int) -> None:
        rows, at = store.rows(connection), self._world.clock.now()
        held = rows.get(row.destination, row.kind, held=True)
        if held is None or (held.state, held.told) != (row.state, row.told):
            return  # the lease has run out, and somebody has called it doubtful
        if failure is None:
            done = sent(row, at)
            rows.keep(noted(done, partly(row, left_out), at) if left_out else done)
            return
        after = failed(row, failure, at, jitter=self._world.rng.uniform())
        if after.state is BulletinState.WAITING:
            store.untell(connection, row.destination, row.told)
        rows.keep(after)

    def _bulletin(self, row: BulletinRow, figures: HostFigures, sign_in: str) -> Bulletin:
        return Bulletin(
            id=f"{self._world.settings.id}.{row.destination}.{row.kind.value}.{row.told}",
            kind=row.kind,
            at=self._world.clock.now(),
            sign_in=sign_in,
            figures=figures,
        )
