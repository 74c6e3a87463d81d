"""The clocks K1 to K5 of every letter: when each starts, when it is due, and what became of it.

Rules of this file:
1. Everything is computed from moments that are known; the present is passed in as `at`. Same facts, same answer.
2. A deadline says what it counts from (`Basis`) and how far its days are known (`Certainty`).
3. Law is data: `DEFAULT_POLICY` is one literal table, each row with its source; what no law states is marked a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product
from typing import assert_never

from exchange_axis.domain.calendar import Certainty, WorkingCalendar, day_of, end_of_day, utc
from exchange_axis.domain.consignment import Lane


class DeadlineClock(StrEnum):
    ISSUE = "K1"
    """From signing to sending."""
    DELIVERY = "K2"
    """From the hub's acceptance to the receiver's system."""
    ACKNOWLEDGEMENT = "K3"
    """From the receiver's system to 03 or 02."""
    ASSIGNMENT = "K4"
    """From the receiver's system to 04 or 05."""
    REPLY = "K5"
    """To the date that the sender asked an answer for."""
    CANCELLATION = "recall"
    """From the recall's arrival at the receiver's system to 15. Only a recalled letter has it."""


FIVE = (
    DeadlineClock.ISSUE,
    DeadlineClock.DELIVERY,
    DeadlineClock.ACKNOWLEDGEMENT,
    DeadlineClock.ASSIGNMENT,
    DeadlineClock.REPLY,
)
"""The clocks that every letter has."""


class Basis(StrEnum):
    """What a clock counts from, or what its due date rests on."""

    SIGNATURE_STAMPED = "signature-stamped"
    SIGNATURE_CLAIMED = "signature-claimed"
    """Not stamped, but not later than intake either."""
    INTAKE_UNSIGNED = "intake-no-signature-time"
    INTAKE_SIGNED_LATER = "intake-signature-claimed-later"
    """The claimed time of signing cannot be right: it lies after intake."""
    ACCEPTED = "hub-accepted"
    RECEIVED = "legal-receipt"
    RECALL_RECEIVED = "legal-receipt-of-recall"
    STATED = "due-date-stated"


class Measure(StrEnum):
    MINUTES = "minutes"
    """By the clock on the wall, day and night."""
    OFFICE_MINUTES = "office-minutes"
    NOON_OF_NEXT_DAY = "noon-of-next-working-day"
    SAME_DAY = "end-of-same-day"
    """Of the day on which somebody is there to deal with it: `WorkingCalendar.office_day`."""
    NEXT_DAY = "end-of-next-working-day"
    AS_STATED = "as-stated"


class State(StrEnum):
    NOT_STARTED = "not-started"
    RUNNING = "running"
    MET = "met"
    LATE = "late"
    """Done, after it was due."""
    MISSED = "missed"
    """Due, and not done."""
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    measure: Measure
    minutes: int = 0
    alarm: int | None = None
    """Minutes by the wall clock after the start at which somebody is told, where that is not the due time itself."""
    source: str

    def due(self, starts: datetime, calendar: WorkingCalendar) -> datetime:
        """Raises ValueError for AS_STATED, which nothing is computed for."""
        match self.measure:
            case Measure.MINUTES:
                return utc(starts) + timedelta(minutes=self.minutes)
            case Measure.OFFICE_MINUTES:
                return calendar.add_office_time(starts, timedelta(minutes=self.minutes))
            case Measure.NOON_OF_NEXT_DAY:
                return calendar.noon_of_next_working_day(starts)
            case Measure.SAME_DAY:
                return end_of_day(calendar.office_day(starts))
            case Measure.NEXT_DAY:
                return end_of_day(calendar.next_working_day(calendar.office_day(starts)))
            case Measure.AS_STATED:
                raise ValueError("a stated due date is not computed")
            case _:
                assert_never(self.measure)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinePolicy:
    version: str
    rules: Mapping[tuple[DeadlineClock, Lane], Rule]

    def __post_init__(self) -> None:
        missing = [pair for pair in product(DeadlineClock, Lane) if pair not in self.rules]
        if missing:
            raise ValueError(f"a policy without a rule for {missing}")


_K, _L, _M = DeadlineClock, Lane, Measure
_SENT = "QĐ 28/2018/QĐ-TTg, Điều 6"
_SENT_AT_ONCE = "QĐ 28/2018/QĐ-TTg, Điều 6: sent at once; the minutes are a choice"
_CHOICE = "no law; a choice"
_ANSWERED_AT_ONCE = "NĐ 30/2020/NĐ-CP, Điều 21.2c, at once; the minutes are a choice"
_PASSED_ON_AT_ONCE = "NĐ 30/2020/NĐ-CP, Điều 23.1, at once; the minutes are a choice"
_CANCELLED = "QĐ 28/2018/QĐ-TTg, Điều 9: cancelled and reported; the hours are a choice"
_STATED = Rule(measure=_M.AS_STATED, source="the letter's own hạn trả lời")

DEFAULT_POLICY = DeadlinePolicy(
    version="2026.1",
    rules={
        (_K.ISSUE, _L.THUONG): Rule(measure=_M.NOON_OF_NEXT_DAY, source=_SENT),
        (_K.ISSUE, _L.KHAN): Rule(measure=_M.MINUTES, minutes=60, source=_SENT_AT_ONCE),
        (_K.ISSUE, _L.THUONG_KHAN): Rule(measure=_M.MINUTES, minutes=30, source=_SENT_AT_ONCE),
        (_K.ISSUE, _L.HOA_TOC): Rule(measure=_M.MINUTES, minutes=15, source=_SENT_AT_ONCE),
        (_K.DELIVERY, _L.THUONG): Rule(measure=_M.MINUTES, minutes=5, alarm=30, source=_CHOICE),
        (_K.DELIVERY, _L.KHAN): Rule(measure=_M.MINUTES, minutes=1, alarm=5, source=_CHOICE),
        (_K.DELIVERY, _L.THUONG_KHAN): Rule(measure=_M.MINUTES, minutes=1, alarm=5, source=_CHOICE),
        (_K.DELIVERY, _L.HOA_TOC): Rule(measure=_M.MINUTES, minutes=1, alarm=5, source=_CHOICE),
        (_K.ACKNOWLEDGEMENT, _L.THUONG): Rule(measure=_M.SAME_DAY, source="NĐ 30/2020/NĐ-CP, Điều 21.2c"),
        (_K.ACKNOWLEDGEMENT, _L.KHAN): Rule(measure=_M.OFFICE_MINUTES, minutes=30, source=_ANSWERED_AT_ONCE),
        (_K.ACKNOWLEDGEMENT, _L.THUONG_KHAN): Rule(measure=_M.OFFICE_MINUTES, minutes=30, source=_ANSWERED_AT_ONCE),
        (_K.ACKNOWLEDGEMENT, _L.HOA_TOC): Rule(measure=_M.OFFICE_MINUTES, minutes=30, source=_ANSWERED_AT_ONCE),
        (_K.ASSIGNMENT, _L.THUONG): Rule(measure=_M.NEXT_DAY, source="NĐ 30/2020/NĐ-CP, Điều 23.1"),
        (_K.ASSIGNMENT, _L.KHAN): Rule(measure=_M.OFFICE_MINUTES, minutes=60, source=_PASSED_ON_AT_ONCE),
        (_K.ASSIGNMENT, _L.THUONG_KHAN): Rule(measure=_M.OFFICE_MINUTES, minutes=60, source=_PASSED_ON_AT_ONCE),
        (_K.ASSIGNMENT, _L.HOA_TOC): Rule(measure=_M.OFFICE_MINUTES, minutes=60, source=_PASSED_ON_AT_ONCE),
        (_K.REPLY, _L.THUONG): _STATED,
        (_K.REPLY, _L.KHAN): _STATED,
        (_K.REPLY, _L.THUONG_KHAN): _STATED,
        (_K.REPLY, _L.HOA_TOC): _STATED,
        (_K.CANCELLATION, _L.THUONG): Rule(measure=_M.OFFICE_MINUTES, minutes=24 * 60, source=_CANCELLED),
        (_K.CANCELLATION, _L.KHAN): Rule(measure=_M.OFFICE_MINUTES, minutes=4 * 60, source=_CANCELLED),
        (_K.CANCELLATION, _L.THUONG_KHAN): Rule(measure=_M.OFFICE_MINUTES, minutes=4 * 60, source=_CANCELLED),
        (_K.CANCELLATION, _L.HOA_TOC): Rule(measure=_M.OFFICE_MINUTES, minutes=4 * 60, source=_CANCELLED),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """What is known of one delivery; None is not known, or did not happen. All aware."""

    signed_at: datetime | None = None
    """The agency's signature, else the authorised person's."""
    signature_stamped: bool = False
    """A time-stamp authority vouches for `signed_at`."""
    accepted_at: datetime | None = None
    """The first hub's acceptance: intake."""
    received_at: datetime | None = None
    """Status 01, at its legal time (`legal_receipt`)."""
    refused_at: datetime | None = None
    """Status 02."""
    acknowledged_at: datetime | None = None
    """Status 03."""
    assigned_at: datetime | None = None
    """Status 04 or 05, the earlier."""
    completed_at: datetime | None = None
    """Status 06."""
    replied_at: datetime | None = None
    """The answering letter was accepted by the axis."""
    reply_due: datetime | None = None
    """Hạn trả lời; a bare date is due at `calendar.end_of_day`."""
    ended_at: datetime | None = None
    """The delivery ended without its purpose: failed, recalled, taken back, superseded, a duplicate."""
    recall_received_at: datetime | None = None
    """Status 01 of the recall, at its legal time."""
    cancelled_at: datetime | None = None
    """Status 15 about a recalled letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    clock: DeadlineClock
    starts: datetime
    due: datetime
    """The last moment that is still in time."""
    alarm: datetime | None = None
    """When somebody is told, where that is not `due` itself."""
    basis: Basis
    certainty: Certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    clock: DeadlineClock
    state: State
    deadline: Deadline | None = None
    """None while the clock has not started, and where it does not apply."""
    met_at: datetime | None = None
    is_open: bool = False
    """Somebody still has to do it: running or missed, and the delivery has not ended."""

    @property
    def starts(self) -> datetime | None:
        return self.deadline.starts if self.deadline else None

    @property
    def due(self) -> datetime | None:
        return self.deadline.due if self.deadline else None

    @property
    def basis(self) -> Basis | None:
        return self.deadline.basis if self.deadline else None


def deadlines_for(
    moments: Moments, lane: Lane, *, at: datetime, calendar: WorkingCalendar, policy: DeadlinePolicy = DEFAULT_POLICY
) -> tuple[ClockState, ...]:
    """The clocks of one delivery as they stand at `at`, in their order: five, and a sixth once it was recalled."""
    steps = _steps(moments)
    states = []
    for clock, step in steps.items():
        deadline = None
        if step.applies and step.starts is not None:
            deadline = _deadline(step, utc(step.starts), clock=clock, rule=policy.rules[clock, lane], calendar=calendar)
        ended_at = None if clock is DeadlineClock.CANCELLATION else moments.ended_at
        states.append(_judged(clock, step, deadline, at=at, ended_at=ended_at))
    return tuple(states)


def issue_start(signed_at: datetime | None, *, stamped: bool, intake: datetime | None) -> tuple[datetime | None, Basis]:
    """When K1 starts, and why then: a claimed time of signing counts only if it can be right.

    Before intake (`intake` None) the claim stands; it is judged when the letter comes in.
    """
    if signed_at is None:
        return intake, Basis.INTAKE_UNSIGNED
    if stamped:
        return signed_at, Basis.SIGNATURE_STAMPED
    if intake is not None and signed_at > intake:
        return intake, Basis.INTAKE_SIGNED_LATER
    return signed_at, Basis.SIGNATURE_CLAIMED


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalReceipt:
    """The moment at which a letter counts as received, and what it was held between."""

    at: datetime
    claimed: datetime
    """When the receiving node says that it stored the letter, by its own clock."""
    last_byte_sent: datetime
    acknowledged: datetime
    """Both by the hub's clock."""

    @property
    def is_clamped(self) -> bool:
        """The claim lay outside what the hub saw."""
        return self.at != self.claimed


def legal_receipt(*, claimed: datetime, last_byte_sent: datetime, acknowledged: datetime) -> LegalReceipt:
    """The node's claim, held between the last byte sent to it and its acknowledgement.

    Raises:
        ValueError: the acknowledgement is earlier than what it acknowledges: a fault of ours.
    """
    if acknowledged < last_byte_sent:
        raise ValueError("acknowledged before it was sent")
    return LegalReceipt(
        at=min(max(claimed, last_byte_sent), acknowledged),
        claimed=claimed,
        last_byte_sent=last_byte_sent,
        acknowledged=acknowledged,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    starts: datetime | None
    basis: Basis
    met_at: datetime | None
    applies: bool = True
    due: datetime | None = None
    """Where it is stated."""


def _steps(known: Moments) -> dict[DeadlineClock, _Step]:
    """A status that was skipped is taken as given with the next one, as in the lifecycle; but only 01 is an arrival:
    who answers without it is asked for it, and has answered in time.
    """
    assigned = _first(known.assigned_at, known.completed_at)
    answered = _first(known.refused_at, known.acknowledged_at, assigned)
    received = known.received_at or answered
    signed, basis = issue_start(known.signed_at, stamped=known.signature_stamped, intake=known.accepted_at)
    wanted = known.refused_at is None
    steps = {
        _K.ISSUE: _Step(starts=signed, basis=basis, met_at=known.accepted_at),
        _K.DELIVERY: _Step(starts=known.accepted_at, basis=Basis.ACCEPTED, met_at=known.received_at),
        _K.ACKNOWLEDGEMENT: _Step(starts=received, basis=Basis.RECEIVED, met_at=answered),
        _K.ASSIGNMENT: _Step(starts=received, basis=Basis.RECEIVED, met_at=assigned, applies=wanted),
        _K.REPLY: _Step(
            starts=received,
            basis=Basis.STATED,
            met_at=_first(known.replied_at, known.completed_at),
            applies=wanted and known.reply_due is not None,
            due=known.reply_due,
        ),
    }
    if known.recall_received_at is not None:
        steps[_K.CANCELLATION] = _Step(
            starts=known.recall_received_at, basis=Basis.RECALL_RECEIVED, met_at=known.cancelled_at
        )
    return steps


def _first(*moments: datetime | None) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)


def _deadline(
    step: _Step, starts: datetime, *, clock: DeadlineClock, rule: Rule, calendar: WorkingCalendar
) -> Deadline:
    due = utc(step.due) if step.due is not None else rule.due(starts, calendar)
    counted = rule.measure not in {Measure.MINUTES, Measure.AS_STATED}
    return Deadline(
        clock=clock,
        starts=starts,
        due=due,
        alarm=None if rule.alarm is None else starts + timedelta(minutes=rule.alarm),
        basis=step.basis,
        certainty=calendar.certainty(day_of(starts), day_of(due)) if counted else Certainty.KNOWN,
    )


def _judged(
    clock: DeadlineClock, step: _Step, deadline: Deadline | None, *, at: datetime, ended_at: datetime | None
) -> ClockState:
    if deadline is None:
        idle = State.NOT_STARTED if step.applies and ended_at is None else State.NOT_APPLICABLE
        return ClockState(clock=clock, state=idle)
    if step.met_at is not None:
        state = State.MET if step.met_at <= deadline.due else State.LATE
        return ClockState(clock=clock, state=state, deadline=deadline, met_at=step.met_at)
    if ended_at is None:
        state = State.MISSED if at > deadline.due else State.RUNNING
        return ClockState(clock=clock, state=state, deadline=deadline, is_open=True)
    # What was missed before the delivery ended stays missed; nobody is asked for it any more.
    state = State.MISSED if min(at, ended_at) > deadline.due else State.NOT_APPLICABLE
    return ClockState(clock=clock, state=state, deadline=deadline)
