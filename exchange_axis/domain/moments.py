"""From evidence to the moments that clocks are counted from. The same for the hub, which issued it, and for a node.

1. A handover counts at its legal time, a clerk's status at the time that its node claims, as far as the hub found it
   possible: who registers a letter on time while the line is down was on time. The evidence keeps both times.
2. What the sender asked for since (recall, take-back, update, replacement) ends the clocks of the letter itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from exchange_axis.domain.calendar import WorkingCalendar, end_of_day
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.deadlines import ClockState, DeadlineClock, Moments, State, deadlines_for
from exchange_axis.domain.evidence import FAILURES, Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import Business, DeliveryState, Request

ENDED = frozenset({DeliveryState.FAILED, DeliveryState.DUPLICATE, DeliveryState.WITHDRAWN})
ENDING = frozenset({*FAILURES, Event.DUPLICATE, Event.WITHDRAWN})
SET_ASIDE = frozenset(
    {Request.TAKE_BACK_ASKED, Request.RECALL_ASKED, Request.WITHDRAWN, Request.UPDATED, Request.REPLACED}
)
"""Requests while which nobody is asked to go on with the letter."""
RECALLED = frozenset({Request.RECALL_ASKED, Request.WITHDRAWN})
CONCERNING = frozenset({DeadlineClock.ISSUE, DeadlineClock.DELIVERY})
"""Clocks of a recall; what is owed to it is counted at the letter it recalls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a piece of evidence about one delivery says of time."""

    event: Event
    recorded_at: datetime
    claimed_at: datetime | None

    @property
    def at(self) -> datetime:
        return self.claimed_at or self.recorded_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What is known of a letter, whoever receives it."""

    kind: BusinessKind = BusinessKind.NEW
    lane: Lane
    signed_at: datetime | None
    """As claimed; None where no agency sealed it."""
    accepted_at: datetime | None
    """By the first hub."""
    reply_due: datetime | None = None
    """Hạn trả lời, see `reply_due`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is known of one delivery."""

    state: DeliveryState
    business: Business
    said: tuple[Said, ...]
    """Evidence about this delivery alone, in any order."""
    changed_at: datetime
    """Of the row: when a request is not known to have been made at another time."""
    replied_at: datetime | None = None
    asked_at: datetime | None = None
    """When the sender's request came, where that is known."""
    recall_received_at: datetime | None = None


def reply_due(day: date | None, hour: datetime | None) -> datetime | None:
    """The hour that a letter sets for its answer, else the end of the day."""
    return hour or (None if day is None else end_of_day(day))


def moments_of(sent: Sent, course: Course) -> Moments:
    received = _first(course.said, Event.CONTENT_HANDOVER)
    return Moments(
        signed_at=sent.signed_at,
        accepted_at=sent.accepted_at,
        received_at=received,
        refused_at=_first(course.said, Event.REFUSED),
        acknowledged_at=_first(course.said, Event.ACCEPTED),
        assigned_at=_first(course.said, Event.ASSIGNED, Event.IN_PROGRESS),
        completed_at=_first(course.said, Event.COMPLETED),
        replied_at=course.replied_at,
        reply_due=sent.reply_due,
        ended_at=_ended_at(course),
        recall_received_at=_recall_received_at(course, received),
        cancelled_at=_first(course.said, Event.CONSENTED),
    )


def clocks_of(sent: Sent, course: Course, *, at: datetime, calendar: WorkingCalendar) -> tuple[ClockState, ...]:
    """The clocks of one delivery as they stand at `at`."""
    states = deadlines_for(moments_of(sent, course), sent.lane, at=at, calendar=calendar)
    if sent.kind is not BusinessKind.REVOKE:
        return states
    return tuple(
        state if state.clock in CONCERNING else ClockState(clock=state.clock, state=State.NOT_APPLICABLE)
        for state in states
    )


def _recall_received_at(course: Course, received: datetime | None) -> datetime | None:
    """From then on the reader owes its report: it has the letter, and knows of the recall."""
    told = course.recall_received_at
    if told is None or received is None or course.business.request not in RECALLED:
        return None
    return max(told, received)


def _first(said: Iterable[Said], *events: Event) -> datetime | None:
    return min((one.at for one in said if one.event in events), default=None)


def _ended_at(course: Course) -> datetime | None:
    ends = []
    if course.state in ENDED:
        # An earlier end is one that an operator or a handover undid.
        ends.append(max((one.recorded_at for one in course.said if one.event in ENDING), default=course.changed_at))
    if course.business.request in SET_ASIDE:
        asked = [one.recorded_at for one in course.said if one.event is Event.TAKE_BACK]
        ends.append(course.asked_at or max(asked, default=course.changed_at))
    return min(ends, default=None)
