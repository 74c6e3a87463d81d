"""What the clerk decides about a received letter: accept with an arrival number, refuse with a reason, report progress,
and answer what its sender asks about it since.

Each decision is one transaction: the inbox row's new state and the sealed status that tells the sender. The status is
sealed before, for the state and the number that were read; if another decision came between, it is sealed anew. So a
number is given once, without gaps, and a status that was queued always says what the row says.

Who holds a number and who works on a letter (`numbers`, `claims`) is asked again in that transaction.

Sources: QĐ 28/2018/QĐ-TTg art. 9 (refusal with reason, acceptance), NĐ 30/2020/NĐ-CP app. IV (arrival numbers, a row of
numbers a year).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.letter import describe_reason
from exchange_axis.domain.lifecycle import ASKED, Progress, StatusCode
from exchange_axis.errors import ConsignmentErased, IllegalTransition
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node import claims
from exchange_axis.node.errors import (
    ActorMissing,
    BadNumber,
    LetterFrozen,
    NothingAsked,
    NotPossible,
    NumberTaken,
    ReasonTextShort,
    RecallIsFinal,
    TextMissing,
    UnknownReason,
    UnknownStatus,
)
from exchange_axis.node.lookup import find_received
from exchange_axis.node.passing import PassedTo
from exchange_axis.node.registers import write_on_arrival
from exchange_axis.node.statuses import Saying, StatusWriter
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.numbers import Giving
from exchange_axis.store.node.rows import InboxRow, OutboxRow
from exchange_axis.store.node.unit import NodeUnit
from schemas import codelists

BEFORE_COMMIT = declare("node.decision.before-commit", "the decision and its status are written, not committed")
COMMITTED = declare("node.decision.committed", "the decision is durable, the clerk has not been told")

OTHER_REASON = "LD99"
OTHER_REASON_MINIMUM = 10
"""Characters that LD99 needs; two systems in use ask for as many."""
REPORTED = frozenset({StatusCode.ASSIGNED, StatusCode.PROCESSING, StatusCode.COMPLETED})
AUTOMATIC_ANSWER = "Văn bản chưa được tiếp nhận; nút tự trả lời"
"""What the node says with its own 15; the sender's clerk reads it."""
_ANSWERS = frozenset({StatusCode.CONSENTED.value, StatusCode.DECLINED.value})
_ACCEPTED = frozenset({Progress.ACCEPTED, Progress.ASSIGNED, Progress.PROCESSING, Progress.COMPLETED})
_ATTEMPTS = 20
"""Decisions that may come between reading and writing before this is a fault of ours."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided, now or before."""

    consignment_id: str
    agency: str
    title: str
    status: str
    """Status code."""
    arrival_number: int | None
    arrival_year: int | None
    reason: str | None
    actor: str
    decided_at: datetime
    repeated: bool
    """True when this had been decided before; nothing new was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A decision about to be taken on a row as it was read."""

    row: InboxRow
    saying: Saying
    arrival: tuple[int, int] | None = None
    reason: str | None = None
    passed: PassedTo | None = None
    cells: Mapping[str, str] = field(default_factory=dict)
    """What the clerk wrote into the register's line while accepting."""
    by_node: bool = False
    """The node says it by itself; it works on no letter and asks no clerk who does."""


class Clerk:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        self._statuses = StatusWriter(world)

    def accept(
        self,
        query: str,
        *,
        actor: str,
        agency: str | None = None,
        arrival_number: int | None = None,
        cells: Mapping[str, str] | None = None,
    ) -> Decision:
        """Enter a letter in the register; tells the sender 03. Accepting twice gives the first number again.

        Args:
            arrival_number: of this year; default the one that this clerk holds for the letter, else the next one.
            cells: what the clerk writes into the line of the register; the original stays beside it.

        Raises:
            NotFound, Ambiguous: which letter is meant.
            NotPossible: it was refused.
            NumberTaken, BadNumber, ActorMissing.
            BookClosed, ColumnFixed, CellTooLong: nothing is accepted.
        """
        if arrival_number is not None and arrival_number < 1:
            raise BadNumber(number=arrival_number)
        year = day_of(self._world.now()).year

        def plan(unit: NodeUnit, row: InboxRow) -> _Plan | Decision:
            if row.business.progress in _ACCEPTED:
                return _taken(row, StatusCode.ACCEPTED)
            giving = _giving(row, actor, year=year, at=self._world.now())
            number = arrival_number or unit.numbers.next(giving)
            if not unit.numbers.is_free(giving, number):
                raise NumberTaken(number=number, year=year, agency=row.recipient)
            saying = Saying(code=StatusCode.ACCEPTED.value, actor=actor, description=f"Số đến {number}")
            return _Plan(row=row, saying=saying, arrival=(year, number), cells=cells or {})

        return self._decide(query, agency, actor, plan)

    def refuse(self, query: str, *, reason: str, actor: str, text: str = "", agency: str | None = None) -> Decision:
        """Refuse a letter; tells the sender 02 with the reason. The same refusal twice is said once.

        Args:
            reason: code of the list refusal-reasons, LD01 … LD99.

        Raises:
            NotFound, Ambiguous, ActorMissing, UnknownReason, ReasonTextShort.
            NotPossible: it was accepted, or refused for another reason.
        """
        description = _describe(reason, text)

        def plan(_unit: NodeUnit, row: InboxRow) -> _Plan | Decision:
            if row.business.progress is Progress.REFUSED and row.reason == description:
                return _taken(row, StatusCode.REFUSED)
            saying = Saying(code=StatusCode.REFUSED.value, actor=actor, description=description)
            return _Plan(row=row, saying=saying, reason=description)

        return self._decide(query, agency, actor, plan)

    def report(self, query: str, *, code: str, actor: str, text: str = "", agency: str | None = None) -> Decision:
        """Tell the sender how far an accepted letter is: 04 assigned, 05 being processed, 06 completed.

        Raises:
            NotFound, Ambiguous, ActorMissing, UnknownStatus.
            NotPossible: not accepted yet, or completed.
        """
        if code not in {status.value for status in REPORTED}:
            raise UnknownStatus(status=code)

        def plan(_unit: NodeUnit, row: InboxRow) -> _Plan | Decision:
            return _Plan(row=row, saying=Saying(code=code, actor=actor, description=text.strip()))

        return self._decide(query, agency, actor, plan)

    def pass_on(self, query: str, *, to: PassedTo, actor: str, agency: str | None = None) -> Decision:
        """Note to whom an accepted letter goes inside the agency; tells the sender 04 with unit and person.

        Raises:
            NotFound, Ambiguous, ActorMissing, ReceiverMissing.
            NotPossible: not accepted yet, or past being assigned.
        """
        saying = Saying(code=StatusCode.ASSIGNED.value, actor=actor, description=to.described())
        return self._decide(query, agency, actor, lambda _unit, row: _Plan(row=row, saying=saying, passed=to))

    def consent(self, query: str, *, actor: str, text: str = "", agency: str | None = None) -> Decision:
        """Cancel the letter, give it back, or go on with its update; tells the sender 15, and whether it was opened.

        Raises:
            NotFound, Ambiguous, ActorMissing.
            NothingAsked: the sender asks nothing of the kind.
        """
        return self._answer(
            query, StatusCode.CONSENTED, Saying(code="15", actor=actor, description=text.strip()), agency
        )

    def decline(self, query: str, *, text: str, actor: str, agency: str | None = None) -> Decision:
        """Keep a letter that its sender would take back or update; tells him 16 with the reason.

        Raises:
            NotFound, Ambiguous, ActorMissing, NothingAsked.
            TextMissing: no reason.
            RecallIsFinal: a recall is carried out and reported.
        """
        if not text.strip():
            raise TextMissing()
        return self._answer(
            query, StatusCode.DECLINED, Saying(code="16", actor=actor, description=text.strip()), agency
        )

    def answer_for_nobody(self, row: InboxRow) -> bool:
        """The node's own 15 about a letter that no clerk has accepted; False when the row has changed since."""
        saying = Saying(
            code=StatusCode.CONSENTED.value, actor=self._world.settings.node_id, description=AUTOMATIC_ANSWER
        )
        return self._carry_out(_Plan(row=row, saying=saying, by_node=True)) is not None

    def report_for_children(self, row: InboxRow, code: str, text: str) -> bool:
        """The node's own 04 to 06 of a letter that was passed on; False when the row has changed since it was read."""
        saying = Saying(code=code, actor=self._world.settings.node_id, description=text)
        return self._carry_out(_Plan(row=row, saying=saying, by_node=True)) is not None

    def _answer(self, query: str, status: StatusCode, saying: Saying, agency: str | None) -> Decision:
        def plan(unit: NodeUnit, row: InboxRow) -> _Plan | Decision:
            if row.business.request in ASKED:
                return _Plan(row=row, saying=saying)
            said = unit.outbox.statuses(row.sender, row.consignment_id, row.recipient)
            answers = [one for one in said if one.status_code in _ANSWERS]
            if answers and answers[-1].status_code == status:
                return _answered(row, answers[-1])
            raise NothingAsked(title=row.title, consignment_id=row.consignment_id[:8])

        return self._decide(query, agency, saying.actor, plan)

    def _decide(
        self, query: str, agency: str | None, actor: str, plan: Callable[[NodeUnit, InboxRow], _Plan | Decision]
    ) -> Decision:
        if not actor.strip():
            raise ActorMissing()
        for _ in range(_ATTEMPTS):
            planned = self._world.store.read(self._with_claim(query, agency, actor, plan))
            if isinstance(planned, Decision):
                return planned
            decision = self._carry_out(planned)
            if decision is not None:
                return decision
        raise AssertionError("a letter was decided upon all the time while this decision was made")

    def _with_claim(
        self, query: str, agency: str | None, actor: str, plan: Callable[[NodeUnit, InboxRow], _Plan | Decision]
    ) -> Callable[[NodeUnit], _Plan | Decision]:
        """The same plan, unless a colleague works on the letter."""

        def work(unit: NodeUnit) -> _Plan | Decision:
            row = _present(unit, query, agency)
            planned = plan(unit, row)
            if isinstance(planned, _Plan):
                claims.require_free(unit, row, actor, at=self._world.now())
            return planned

        return work

    def _carry_out(self, plan: _Plan) -> Decision | None:
        """None when the row or the number changed meanwhile: plan anew."""
        after = _after(plan)
        at = self._world.now()
        status = self._statuses.prepare(plan.row, plan.saying, at=at)
        decided = self._world.store.run(lambda unit: _record(unit, plan, after, status))
        failpoint(COMMITTED)
        return None if decided is None else _decision(decided, plan, at)


def _present(unit: NodeUnit, query: str, agency: str | None) -> InboxRow:
    row = find_received(unit, query, agency=agency)
    if unit.disposals.is_erased(row.sender, row.consignment_id):
        raise ConsignmentErased(consignment_id=row.consignment_id)
    return row


def _record(unit: NodeUnit, plan: _Plan, after: InboxRow, status: OutboxRow) -> InboxRow | None:
    at, clerk = status.created_at, plan.saying.actor
    if not plan.by_node and claims.colleague(unit, plan.row, clerk, at=at) is not None:
        return None
    giving = None if plan.arrival is None else _giving(plan.row, clerk, year=plan.arrival[0], at=at)
    if giving is not None and plan.arrival is not None and not unit.numbers.is_free(giving, plan.arrival[1]):
        return None
    done = unit.inbox.decide(
        plan.row,
        after.business,
        at=at,
        actor=clerk,
        arrival=plan.arrival,
        reason=plan.reason,
    )
    if not done:
        return None
    if giving is not None and plan.arrival is not None:
        unit.numbers.give(giving, plan.arrival[1])
        write_on_arrival(unit, giving, plan.cells)
    if plan.passed is not None:
        unit.registers.add_passed(plan.row, plan.passed.noted(clerk, at))
    if not plan.by_node:
        claims.finish(unit, plan.row, clerk, at=at)
    unit.outbox.add(status)
    failpoint(BEFORE_COMMIT)
    return unit.inbox.get(plan.row.sender, plan.row.consignment_id, plan.row.recipient)


def _giving(row: InboxRow, clerk: str, *, year: int, at: datetime) -> Giving:
    return Giving(row=row, agency=row.recipient, year=year, clerk=clerk, at=at)


def _after(plan: _Plan) -> InboxRow:
    """
    Raises:
        NotPossible: the reader's steps have an order (domain.lifecycle).
        LetterFrozen, RecallIsFinal.
    """
    row, code = plan.row, StatusCode(plan.saying.code)
    try:
        business = row.business.after(code)
    except IllegalTransition as error:
        if code is StatusCode.DECLINED:
            raise RecallIsFinal(title=row.title, consignment_id=row.consignment_id[:8]) from error
        if row.business.is_frozen:
            raise LetterFrozen(title=row.title, consignment_id=row.consignment_id[:8]) from error
        raise NotPossible(
            title=row.title,
            consignment_id=row.consignment_id[:8],
            state=error.facts["state"],
            status=plan.saying.code,
        ) from error
    return replace(row, business=business)


def _describe(reason: str, text: str) -> str:
    reasons = codelists.load("refusal-reasons")
    entry = reasons.get(reason)
    if entry is None:
        known = ", ".join(one.code for one in reasons.entries)
        raise UnknownReason(reason=reason, known=known)
    stated = text.strip()
    if entry.code == OTHER_REASON and len(stated) < OTHER_REASON_MINIMUM:
        raise ReasonTextShort(reason=entry.code, minimum=OTHER_REASON_MINIMUM)
    return describe_reason(entry.code, stated or entry.vi)


def _taken(row: InboxRow, status: StatusCode) -> Decision:
    if row.decided_at is None or row.decided_by is None:
        raise AssertionError("a decided letter has its clerk and time")
    return Decision(
        consignment_id=row.consignment_id,
        agency=row.recipient,
        title=row.title,
        status=status.value,
        arrival_number=row.arrival_number,
        arrival_year=row.arrival_year,
        reason=row.reason,
        actor=row.decided_by,
        decided_at=row.decided_at,
        repeated=True,
    )


def _answered(row: InboxRow, said: OutboxRow) -> Decision:
    return Decision(
        consignment_id=row.consignment_id,
        agency=row.recipient,
        title=row.title,
        status=said.status_code or "",
        arrival_number=row.arrival_number,
        arrival_year=row.arrival_year,
        reason=said.stated_reason,
        actor=said.actor,
        decided_at=said.created_at,
        repeated=True,
    )


def _decision(row: InboxRow, plan: _Plan, at: datetime) -> Decision:
    return Decision(
        consignment_id=row.consignment_id,
        agency=row.recipient,
        title=row.title,
        status=plan.saying.code,
        arrival_number=row.arrival_number,
        arrival_year=row.arrival_year,
        reason=plan.reason or (plan.saying.description or None if plan.saying.code in _ANSWERS else None),
        actor=plan.saying.actor,
        decided_at=at,
        repeated=False,
    )
