"""The clocks of letters here, counted from this node's own rows and calendar; no hub is asked.

Of a received letter K3 to K5, and the report that it was cancelled once it is recalled; of a sent one K1 and K2.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from exchange_axis.domain.calendar import WorkingCalendar
from exchange_axis.domain.deadlines import (
    DEFAULT_POLICY,
    ClockState,
    DeadlineClock,
    Moments,
    deadlines_for,
)
from exchange_axis.domain.evidence import STATUS_EVENTS, Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import DeliveryState
from exchange_axis.domain.moments import ENDED, Course, Said, Sent, clocks_of, reply_due
from exchange_axis.domain.reminders import CLOCKS, DEFAULT_REMINDERS, reminder_plan
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.rows import AddresseeRow, InboxRow, OutboxRow, OutboxState
from exchange_axis.store.node.unit import NodeUnit

BATCH = 200
OWN = (
    DeadlineClock.ACKNOWLEDGEMENT,
    DeadlineClock.ASSIGNMENT,
    DeadlineClock.REPLY,
    DeadlineClock.CANCELLATION,
)
"""Clocks of a received letter that its recipient can keep."""


class Clocks:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        self._counted_with: WorkingCalendar | None = None

    def count(self) -> int:
        """Bring the due times of received letters up to date; returns how many rows were counted."""
        self._follow_calendar()
        done = 0
        while self._world.store.read(lambda unit: unit.clocks.uncounted(1)):
            done += self._world.store.run(self._count)
        return done

    def received(self, unit: NodeUnit, row: InboxRow) -> tuple[ClockState, ...]:
        """Those of OWN that a letter has, in their order."""
        at, calendar = self._world.now(), self._world.calendar()
        due = reply_due(row.due_date, row.due_at)
        sent = Sent(kind=row.business_kind, lane=row.lane, signed_at=None, accepted_at=None, reply_due=due)
        states = clocks_of(sent, _course(unit, row), at=at, calendar=calendar)
        return tuple(state for state in states if state.clock in OWN)

    def issue(self, row: OutboxRow, accepted_at: datetime | None) -> ClockState:
        """K1 of a letter sent from here; `accepted_at` by the hub's clock, None before."""
        ended = row.answered_at if row.state is OutboxState.REFUSED else None
        known = Moments(signed_at=row.signed_at or row.created_at, accepted_at=accepted_at, ended_at=ended)
        states = deadlines_for(known, row.lane, at=self._world.now(), calendar=self._world.calendar())
        return next(state for state in states if state.clock is DeadlineClock.ISSUE)

    def delivery(
        self, row: OutboxRow, addressee: AddresseeRow, *, accepted_at: datetime | None, received_at: datetime | None
    ) -> ClockState:
        """K2 of a letter sent from here, for one recipient."""
        if received_at is None and addressee.state is DeliveryState.HANDED_OVER:
            received_at = addressee.changed_at  # its evidence is still on the way
        ended = addressee.changed_at if addressee.state in ENDED else None
        known = Moments(accepted_at=accepted_at, received_at=received_at, ended_at=ended)
        states = deadlines_for(known, row.lane, at=self._world.now(), calendar=self._world.calendar())
        return next(state for state in states if state.clock is DeadlineClock.DELIVERY)

    def _count(self, unit: NodeUnit) -> int:
        rows = unit.clocks.uncounted(BATCH)
        for row in rows:
            following = self._next(unit, row)
            deadline = None if following is None else following.deadline
            clock = None if following is None else following.clock.value
            unit.clocks.set_next(row, clock, None if deadline is None else deadline.due)
        return len(rows)

    def _next(self, unit: NodeUnit, row: InboxRow) -> ClockState | None:
        """What is asked for first; an earlier step speaks for the later ones."""
        states = self.received(unit, row)
        asked = {CLOCKS[one.kind] for one in reminder_plan(states, row.lane, calendar=self._world.calendar())}
        owed = [state for state in states if state.clock in asked and state.due is not None]
        return min(owed, key=lambda state: (state.due, state.clock), default=None)

    def _follow_calendar(self) -> None:
        calendar = self._world.calendar()
        if calendar is self._counted_with:
            return
        digest = hashlib.sha256(repr((calendar, DEFAULT_POLICY, DEFAULT_REMINDERS)).encode()).digest()
        current = int.from_bytes(digest[:7], "big")

        def work(unit: NodeUnit) -> None:
            unit.clocks.count_open_anew()
            unit.clocks.set_counted_with(current)

        if self._world.store.read(lambda unit: unit.clocks.counted_with()) != current:
            self._world.store.run(work)
        self._counted_with = calendar


def _course(unit: NodeUnit, row: InboxRow) -> Course:
    said = [Said(event=Event.CONTENT_HANDOVER, recorded_at=row.received_at, claimed_at=None)]
    for status in unit.outbox.statuses(row.sender, row.consignment_id, row.recipient):
        event = STATUS_EVENTS.get(status.status_code or "")
        if event is not None and event is not Event.CONTENT_HANDOVER:
            said.append(Said(event=event, recorded_at=status.created_at, claimed_at=None))
    about = [one for one in unit.inbox.following(row.sender, row.root) if one.recipient == row.recipient]
    recalls = [one.received_at for one in about if one.business_kind is BusinessKind.REVOKE]
    return Course(
        state=DeliveryState.HANDED_OVER,
        business=row.business,
        said=tuple(said),
        changed_at=row.received_at,
        replied_at=unit.clocks.replied_at(row),
        asked_at=min((one.received_at for one in about), default=None),
        recall_received_at=min(recalls, default=None),
    )
