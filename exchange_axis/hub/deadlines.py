"""Asking for clocks: which run, which were not kept, what is overdue and who answers for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from exchange_axis.domain.agency import Agency
from exchange_axis.domain.deadlines import ClockState, DeadlineClock
from exchange_axis.domain.ids import canonical_code
from exchange_axis.errors import AxisError
from exchange_axis.hub import authority
from exchange_axis.hub.clockwork import Clockwork
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.trailing import begin_of_day
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import apologies, clocks, deadlines, trail_search
from exchange_axis.store.hub.deadlines import Listed
from exchange_axis.store.hub.peers import PeerRow

OWED = (
    DeadlineClock.DELIVERY,
    DeadlineClock.ACKNOWLEDGEMENT,
    DeadlineClock.ASSIGNMENT,
    DeadlineClock.REPLY,
    DeadlineClock.CANCELLATION,
)
"""Clocks that somebody can still stop; a letter that was issued late is late."""
_CURSOR = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class BadCursor(AxisError):
    code: ClassVar[str] = "query.bad-cursor"
    vi: ClassVar[str] = "Vị trí trang '{cursor}' không phải do trục này cấp"
    en: ClassVar[str] = "The place '{cursor}' in a list was not given by this hub"
    remedy_vi: ClassVar[str] = "Dùng nguyên giá trị next của trang trước, hoặc bỏ after để xem từ đầu"
    remedy_en: ClassVar[str] = "Use the value next of the page before as it is, or leave after out to begin anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """One clock of a delivery, whatever became of it."""

    clock: str
    state: str
    """not-started, running, met, late, missed, not-applicable."""
    starts: datetime | None
    due: datetime | None
    met_at: datetime | None
    basis: str | None
    """What it counts from."""
    certainty: str | None
    """How far the days it crosses are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineLine:
    """One clock in a list."""

    clock: str
    state: str
    """running, missed or late."""
    consignment_id: str
    sender: str
    recipient: str | None
    """As addressed; None for K1, which is the letter's."""
    agency: str
    """Who has to do it, or had to."""
    title: str | None
    """Number/symbol."""
    lane: str
    starts: datetime
    due: datetime
    met_at: datetime | None
    basis: str
    certainty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Apology:
    """The letter of apology for an overdue delivery, as recorded last."""

    number: str
    """Number/symbol."""
    date: date
    link: str
    """Where it can be read; may be empty."""
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueLine:
    """Something that is owed, and who answers for it."""

    missing: str
    """no-01, no-02-or-03, no-04, no-06, no-15."""
    agency: str
    agency_name: str
    head_name: str
    """Of the agency; empty where the directory does not name it."""
    head_title: str
    apology: Apology | None
    deadline: DeadlineLine


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinePage:
    lines: tuple[DeadlineLine, ...]
    next: str | None
    """What to give as `after` for the next page; None: this was the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverduePage:
    lines: tuple[OverdueLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    listed: Listed | None = None
    """None: all that run or were not kept."""
    clock: DeadlineClock | None = None
    agency: str | None = None
    """Who has to do it; either generation of codes."""
    after: str | None = None
    limit: int = 100


class Deadlines:
    def __init__(self, world: World, clockwork: Clockwork, directory: DirectoryService) -> None:
        self._world = world
        self._clockwork = clockwork
        self._directory = directory

    def find(self, question: Question) -> DeadlinePage:
        """Clocks that run or were not kept, in the order in which they are due.

        Raises:
            MalformedCode, BadCursor.
        """
        agency = None if question.agency is None else canonical_code(question.agency)
        return self._page(question, deadlines.Scope(agency=agency))

    def find_for(self, peer: PeerRow, question: Question) -> DeadlinePage:
        """The same of letters that this node sent or received.

        Raises:
            BadCursor.
        """
        at = self._world.issuer.now()
        codes = self._world.transactions.read(lambda connection: authority.acting_for(connection, peer.id, at))
        return self._page(question, deadlines.Scope(sent_by=codes, received_by=codes))

    def overdue(self, question: Question) -> OverduePage:
        """What is owed and past its time, the longest overdue first, with the head of the agency that owes it.

        Raises:
            MalformedCode, BadCursor.
        """
        agency = None if question.agency is None else canonical_code(question.agency)
        return self._overdue(question, deadlines.Scope(agency=agency))

    def overdue_for(self, peer: PeerRow, question: Question) -> OverduePage:
        """The same of letters that this node sent or received.

        Raises:
            BadCursor.
        """
        at = self._world.issuer.now()
        codes = self._world.transactions.read(lambda connection: authority.acting_for(connection, peer.id, at))
        return self._overdue(question, deadlines.Scope(sent_by=codes, received_by=codes))

    def overdue_within(self, question: Question, seen: trail_search.Scope) -> OverduePage:
        """The same of letters that somebody may see.

        Raises:
            MalformedCode, BadCursor.
        """
        agency = None if question.agency is None else canonical_code(question.agency)
        scopes = [
            deadlines.Scope(
                agency=agency,
                sent_by=part.codes,
                received_by=part.codes,
                since=None if part.first_day is None else begin_of_day(part.first_day),
                before=None if part.last_day is None else begin_of_day(part.last_day + 1),
            )
            for part in seen.parts
        ]
        return self._overdue(question, *scopes)

    def _overdue(self, question: Question, *scopes: deadlines.Scope) -> OverduePage:
        found = self._look(question, *scopes, owed=True)
        agencies = self._directory.current().agencies
        places = {(one.clock.consignment, one.clock.recipient) for one in found}
        sorry = self._world.transactions.read(lambda connection: apologies.newest(connection, places))
        at = self._world.issuer.now()
        lines = [
            _overdue(one, agencies.get(one.clock.agency), sorry.get((one.clock.consignment, one.clock.recipient)), at)
            for one in found
        ]
        return OverduePage(lines=tuple(lines), next=_next(found, question.limit))

    def of(self, connection: Connection, sender: str, consignment_id: str) -> dict[str, tuple[ClockView, ...]]:
        """The clocks of a letter's deliveries as they stand now, by recipient as addressed."""
        letters = [one for one in clocks.letters(connection, [consignment_id]) if one.sender == sender]
        passages = clocks.passages(connection, [letter.seq for letter in letters])
        counted = self._clockwork.count(connection, letters, passages)
        return {one.passage.recipient: tuple(map(_view, one.states)) for one in counted}

    def _page(self, question: Question, scope: deadlines.Scope) -> DeadlinePage:
        found = self._look(question, scope, owed=False)
        at = self._world.issuer.now()
        return DeadlinePage(lines=tuple(_line(one, at) for one in found), next=_next(found, question.limit))

    def _look(self, question: Question, *scopes: deadlines.Scope, owed: bool) -> tuple[deadlines.Found, ...]:
        self._clockwork.follow()
        every = OWED if owed else tuple(DeadlineClock)
        asked = deadlines.Asked(
            listed=(Listed.MISSED,) if owed else tuple(Listed) if question.listed is None else (question.listed,),
            clocks=every if question.clock is None else [clock for clock in every if clock is question.clock],
            scopes=scopes,
            is_owed=owed,
            at=self._world.issuer.now(),
            after=_place(question.after),
            limit=question.limit,
        )
        return self._world.transactions.read(lambda connection: deadlines.page(connection, asked))


def _view(state: ClockState) -> ClockView:
    deadline = state.deadline
    return ClockView(
        clock=state.clock.value,
        state=state.state.value,
        starts=state.starts,
        due=state.due,
        met_at=state.met_at,
        basis=None if deadline is None else deadline.basis.value,
        certainty=None if deadline is None else deadline.certainty.value,
    )


def _place(cursor: str | None) -> deadlines.Place | None:
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise BadCursor(cursor=cursor[:40])
    return deadlines.Place(due_at=_EPOCH + int(match[1]) * _MICROSECOND, seq=int(match[2]))


def _next(found: Sequence[deadlines.Found], limit: int) -> str | None:
    if len(found) < limit or not found:
        return None
    last = found[-1].clock
    return f"{(last.due_at - _EPOCH) // _MICROSECOND}-{last.seq}"


def _line(found: deadlines.Found, at: datetime) -> DeadlineLine:
    clock = found.clock
    state = clock.state
    if state == "open":
        state = Listed.MISSED if clock.due_at < at else Listed.RUNNING
    return DeadlineLine(
        clock=clock.clock,
        state=str(state),
        consignment_id=found.consignment_id,
        sender=clock.sender,
        recipient=clock.recipient or None,
        agency=clock.agency,
        title=found.title,
        lane=found.lane,
        starts=clock.starts,
        due=clock.due_at,
        met_at=clock.met_at,
        basis=clock.basis,
        certainty=clock.certainty,
    )


def _overdue(
    found: deadlines.Found, agency: Agency | None, apology: apologies.ApologyRow | None, at: datetime
) -> OverdueLine:
    return OverdueLine(
        missing=found.clock.missing or "",
        agency=found.clock.agency,
        agency_name="" if agency is None else agency.name,
        head_name="" if agency is None else agency.head_name,
        head_title="" if agency is None else agency.head_title,
        apology=None if apology is None else apology_of(apology),
        deadline=_line(found, at),
    )


def apology_of(row: apologies.ApologyRow) -> Apology:
    return Apology(
        number=row.number, date=row.day, link=row.link, recorded_at=row.recorded_at, recorded_by=row.recorded_by
    )
