"""What is owed here and by when, what became of what was sent, and how often a deadline was not kept. Reading only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.deadlines import ClockState, DeadlineClock, State
from exchange_axis.domain.notice import SUBORDINATE, SUBORDINATE_CAME, came_of, missing_of
from exchange_axis.domain.reminders import CLOCKS, reminder_plan
from exchange_axis.node.clocks import Clocks
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.rows import InboxRow, NoticeRow, OutboxRow
from exchange_axis.store.node.unit import NodeUnit

NOT_KEPT = frozenset({State.LATE, State.MISSED})
TOLD = frozenset({State.RUNNING, State.LATE, State.MISSED})
"""Of letters that were sent: what is met needs no telling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One thing that somebody here has to do about a received letter."""

    consignment_id: str
    agency: str
    sender: str
    sender_name: str
    title: str
    subject: str
    lane: str
    clock: str
    missing: str | None
    """The status that is waited for; None while an earlier step speaks for it."""
    state: str
    """running, missed."""
    starts: datetime
    due: datetime
    remaining: int
    """Seconds until it is due, below 0 afterwards."""
    basis: str
    certainty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """K1 of a letter sent from here, or K2 of it for one recipient, unless it was kept."""

    consignment_id: str
    sender: str
    recipient: str | None
    """None for K1, which is the letter's."""
    title: str
    lane: str
    clock: str
    state: str
    """running, late, missed."""
    starts: datetime
    due: datetime
    met_at: datetime | None
    basis: str
    certainty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """A reminder that the hub sent: to whom the status is missing from, or to the agency above it."""

    consignment_id: str
    sender: str
    recipient: str
    title: str | None
    missing: str
    subordinate: bool
    """True: the letter is that of an agency below one of ours."""
    since: datetime
    """When the status was due."""
    at: datetime
    """When the reminder came."""
    came_at: datetime | None
    """Of a letter of an agency below: when the status came after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A status about a letter sent from here that came after its recipient had been reminded."""

    consignment_id: str
    recipient: str
    title: str | None
    missing: str
    """What had been missing."""
    came_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    received: tuple[Owed, ...]
    """What is due first comes first."""
    sent: tuple[Awaited, ...]
    """Letters sent from here that are still under way, the oldest first; then, of the newest, what was not in time."""
    sent_next: int | None
    """Where the next page of those under way begins; None: there are no more."""
    reminders: tuple[Reminded, ...]
    """The newest first."""
    came: tuple[Came, ...]
    """What the hub told of letters sent from here, the newest first."""


class Deadlines:
    def __init__(self, world: NodeWorld, clocks: Clocks) -> None:
        self._world = world
        self._clocks = clocks

    def overview(self, *, agency: str | None = None, limit: int = 200, offset: int = 0) -> Overview:
        """
        Args:
            agency: only what concerns this agency here.
            limit: received letters with something owed, sent letters under way, and newest sent letters beside them.
            offset: sent letters under way that are passed over; later pages have only those.
        """
        self._clocks.count()

        def work(unit: NodeUnit) -> Overview:
            owed = [one for row in unit.clocks.owing(agency=agency, limit=limit) for one in self._owed(unit, row)]
            found = unit.clocks.awaiting(agency=agency, limit=limit + 1, offset=offset)
            newest = () if offset else unit.outbox.letters(sender=agency, limit=limit)
            sent = {row.consignment_id: row for row in (*found[:limit], *newest)}
            return Overview(
                received=tuple(sorted(owed, key=lambda one: (one.due, one.clock))),
                sent=tuple(self._awaited(unit, list(sent.values()))),
                sent_next=offset + limit if len(found) > limit else None,
                reminders=_reminders(unit, limit),
                came=tuple(map(_came, (one for one in unit.records.came(limit) if not _is_below(one)))),
            )

        return self._world.store.read(work)

    def misses(self) -> Mapping[str, int]:
        """How often each clock was not kept by this node's agencies, over all its letters; clocks without are 0.

        K1 of what was sent, K3 to K5 and the cancellation report of what was received. Reads every row.
        """

        def work(unit: NodeUnit) -> Mapping[str, int]:
            rows = [row for row in unit.outbox.letters(limit=None) if row.kind is ConsignmentClass.LETTER]
            accepted = unit.clocks.accepted_at([row.consignment_id for row in rows])
            states = [self._clocks.issue(row, accepted.get(row.consignment_id)) for row in rows]
            for row in unit.inbox.letters(limit=None):
                states += self._clocks.received(unit, row)
            return _not_kept(states)

        return self._world.store.read(work)

    def _owed(self, unit: NodeUnit, row: InboxRow) -> Iterator[Owed]:
        states, now = self._clocks.received(unit, row), self._world.now()
        plan = reminder_plan(states, row.lane, calendar=self._world.calendar())
        missing = {CLOCKS[one.kind]: one.kind.value for one in plan}
        for state in states:
            deadline = state.deadline
            if state.is_open and deadline is not None:
                yield Owed(
                    consignment_id=row.consignment_id,
                    agency=row.recipient,
                    sender=row.sender,
                    sender_name=row.organ_name,
                    title=row.title,
                    subject=row.subject,
                    lane=row.lane.value,
                    clock=state.clock.value,
                    missing=missing.get(state.clock),
                    state=state.state.value,
                    starts=deadline.starts,
                    due=deadline.due,
                    remaining=int((deadline.due - now).total_seconds()),
                    basis=deadline.basis.value,
                    certainty=deadline.certainty.value,
                )

    def _awaited(self, unit: NodeUnit, rows: list[OutboxRow]) -> Iterator[Awaited]:
        ids = [row.consignment_id for row in rows]
        accepted, addressees = unit.clocks.accepted_at(ids), unit.outbox.addressees_of(ids)
        received = unit.clocks.handed_over_at(ids)
        for row in rows:
            taken = accepted.get(row.consignment_id)
            yield from _told(row, None, self._clocks.issue(row, taken))
            for addressee in addressees.get(row.consignment_id, ()):
                at = received.get((row.consignment_id, addressee.recipient))
                state = self._clocks.delivery(row, addressee, accepted_at=taken, received_at=at)
                yield from _told(row, addressee.recipient, state)


def _reminders(unit: NodeUnit, limit: int) -> tuple[Reminded, ...]:
    rows = unit.records.reminders(limit)
    heard = unit.records.came(about={row.consignment_id for row in rows}) if rows else ()
    came = {_name(one): one.since for one in heard if _is_below(one)}
    return tuple(
        Reminded(
            consignment_id=row.consignment_id,
            sender=row.sender,
            recipient=row.recipient,
            title=row.title,
            missing=missing_of(row.code) or "",
            subordinate=row.code.startswith(SUBORDINATE),
            since=row.since,
            at=row.stored_at,
            came_at=came.get(_name(row)) if row.code.startswith(SUBORDINATE) else None,
        )
        for row in rows
    )


def _name(row: NoticeRow) -> tuple[str, str, str, str]:
    return row.sender, row.consignment_id, row.recipient, row.code.rpartition(".")[2]


def _is_below(row: NoticeRow) -> bool:
    return row.code.startswith(SUBORDINATE_CAME)


def _came(row: NoticeRow) -> Came:
    return Came(
        consignment_id=row.consignment_id,
        recipient=row.recipient,
        title=row.title,
        missing=came_of(row.code) or "",
        came_at=row.since,
    )


def _told(row: OutboxRow, recipient: str | None, state: ClockState) -> Iterator[Awaited]:
    deadline = state.deadline
    if state.state in TOLD and deadline is not None:
        yield Awaited(
            consignment_id=row.consignment_id,
            sender=row.sender,
            recipient=recipient,
            title=row.title,
            lane=row.lane.value,
            clock=state.clock.value,
            state=state.state.value,
            starts=deadline.starts,
            due=deadline.due,
            met_at=state.met_at,
            basis=deadline.basis.value,
            certainty=deadline.certainty.value,
        )


def _not_kept(states: Iterable[ClockState]) -> Mapping[str, int]:
    found = Counter(state.clock.value for state in states if state.state in NOT_KEPT)
    return {clock.value: found[clock.value] for clock in DeadlineClock if clock is not DeadlineClock.DELIVERY}
