"""Who is reminded of a missing status, and when: the receiver first, then the agency above it (R54).

Pure: the plan follows from the clocks of a delivery; whoever sends a reminder remembers (delivery, kind, to).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product

from exchange_axis.domain.calendar import WorkingCalendar
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.deadlines import ClockState, DeadlineClock, Measure, Rule


class Missing(StrEnum):
    ARRIVAL = "no-01"
    ANSWER = "no-02-or-03"
    ASSIGNMENT = "no-04"
    COMPLETION = "no-06"
    """Neither 06 nor an answering letter by the date asked for."""
    CANCELLATION = "no-15"
    """A recalled letter, and no report that it was cancelled (R70)."""


class ReminderTo(StrEnum):
    RECEIVER = "receiver"
    SUPERIOR = "superior"
    """The agency above the receiver, by the directory."""


CLOCKS: Mapping[Missing, DeadlineClock] = {
    Missing.ARRIVAL: DeadlineClock.DELIVERY,
    Missing.ANSWER: DeadlineClock.ACKNOWLEDGEMENT,
    Missing.ASSIGNMENT: DeadlineClock.ASSIGNMENT,
    Missing.COMPLETION: DeadlineClock.REPLY,
    Missing.CANCELLATION: DeadlineClock.CANCELLATION,
}
"""The clock that a missing status leaves open. An earlier step that is missing speaks for it, save for BESIDE."""
BESIDE = (Missing.COMPLETION, Missing.CANCELLATION)
"""What is asked for whatever step the letter is at."""


AGAIN_AFTER = timedelta(hours=4)
"""A recipient is not reminded by hand again before; no law, a choice."""


class AskedState(StrEnum):
    """What became of a reminder that a sender asked for."""

    SENT = "sent"
    TOO_SOON = "too-soon"
    NOTHING_OWED = "nothing-owed"
    PASSED_ON = "passed-on"
    """Another hub holds the delivery; the wish is on its way there, and the sender is told when it has reminded."""
    ELSEWHERE = "elsewhere"
    """The hub that was asked cannot remind by hand; reminders by the deadlines go out all the same."""
    UNKNOWN = "unknown"
    """No delivery of the asker's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    recipient: str
    state: AskedState
    at: datetime | None = None
    """When the recipient was reminded last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    kind: Missing
    to: ReminderTo
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderPolicy:
    """The receiver is reminded when the clock's alarm rings, else when it is due; the superior a while after that."""

    version: str
    superior: Mapping[tuple[Missing, Lane], Rule]
    """How long after the receiver."""

    def __post_init__(self) -> None:
        missing = [pair for pair in product(Missing, Lane) if pair not in self.superior]
        if missing:
            raise ValueError(f"a policy without a rule for {missing}")


_HALF_DAY = Rule(measure=Measure.OFFICE_MINUTES, minutes=240, source="no law; a choice")
_ONE_DAY = Rule(measure=Measure.SAME_DAY, source="no law; a choice")
_AT_ONCE = Rule(measure=Measure.OFFICE_MINUTES, minutes=30, source="no law; a choice")

DEFAULT_REMINDERS = ReminderPolicy(
    version="2026.1",
    superior={
        (Missing.ARRIVAL, Lane.THUONG): _HALF_DAY,
        (Missing.ARRIVAL, Lane.KHAN): _AT_ONCE,
        (Missing.ARRIVAL, Lane.THUONG_KHAN): _AT_ONCE,
        (Missing.ARRIVAL, Lane.HOA_TOC): _AT_ONCE,
        (Missing.ANSWER, Lane.THUONG): _HALF_DAY,
        (Missing.ANSWER, Lane.KHAN): _AT_ONCE,
        (Missing.ANSWER, Lane.THUONG_KHAN): _AT_ONCE,
        (Missing.ANSWER, Lane.HOA_TOC): _AT_ONCE,
        (Missing.ASSIGNMENT, Lane.THUONG): _ONE_DAY,
        (Missing.ASSIGNMENT, Lane.KHAN): _AT_ONCE,
        (Missing.ASSIGNMENT, Lane.THUONG_KHAN): _AT_ONCE,
        (Missing.ASSIGNMENT, Lane.HOA_TOC): _AT_ONCE,
        (Missing.COMPLETION, Lane.THUONG): _ONE_DAY,
        (Missing.COMPLETION, Lane.KHAN): _ONE_DAY,
        (Missing.COMPLETION, Lane.THUONG_KHAN): _ONE_DAY,
        (Missing.COMPLETION, Lane.HOA_TOC): _ONE_DAY,
        (Missing.CANCELLATION, Lane.THUONG): _ONE_DAY,
        (Missing.CANCELLATION, Lane.KHAN): _HALF_DAY,
        (Missing.CANCELLATION, Lane.THUONG_KHAN): _HALF_DAY,
        (Missing.CANCELLATION, Lane.HOA_TOC): _HALF_DAY,
    },
)


def reminder_plan(
    states: Iterable[ClockState], lane: Lane, *, calendar: WorkingCalendar, policy: ReminderPolicy = DEFAULT_REMINDERS
) -> tuple[Reminder, ...]:
    """Every reminder that what is open now will need if nothing more happens, the earliest first.

    Made anew when a status comes; what was done by then is no longer in it.
    """
    open_clocks = {state.clock: state for state in states if state.is_open}
    planned: list[Reminder] = []
    for kind in _spoken_for(open_clocks):
        deadline = open_clocks[CLOCKS[kind]].deadline
        if deadline is not None:
            first = deadline.alarm or deadline.due
            second = policy.superior[kind, lane].due(first, calendar)
            planned.append(Reminder(kind=kind, to=ReminderTo.RECEIVER, due_at=first))
            planned.append(Reminder(kind=kind, to=ReminderTo.SUPERIOR, due_at=second))
    return tuple(sorted(planned, key=lambda each: (each.due_at, each.to)))


def reminders_due(
    states: Iterable[ClockState],
    lane: Lane,
    *,
    at: datetime,
    calendar: WorkingCalendar,
    policy: ReminderPolicy = DEFAULT_REMINDERS,
) -> tuple[Reminder, ...]:
    """The part of the plan whose time has come; which of them were sent already is the sender's to know."""
    plan = reminder_plan(states, lane, calendar=calendar, policy=policy)
    return tuple(each for each in plan if each.due_at <= at)


def _spoken_for(open_clocks: Mapping[DeadlineClock, ClockState]) -> Iterable[Missing]:
    """The first step that is missing, and what runs beside the steps."""
    missing = [kind for kind in Missing if CLOCKS[kind] in open_clocks]
    steps = [kind for kind in missing if kind not in BESIDE]
    return (*steps[:1], *(kind for kind in missing if kind in BESIDE))
