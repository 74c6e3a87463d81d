"""Sent letters by what people remember of them: words, recipient, days, how far it is. Reading only.

Rule of this file: which letters fit is found in indexes and in narrow tables; the wide rows are read of one page only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Case, ColumnElement, Connection, Select, case, func, or_, select

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.lifecycle import DeliveryState
from exchange_axis.domain.stages import OTHERWISE, STAGES, Fact, Stage
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.outbox import outbox_rows
from exchange_axis.store.node.rows import OutboxRow
from exchange_axis.store.node.sent_tables import sent_words
from exchange_axis.store.node.within import EVERYTHING_HERE, Within

_O, _A = t.outbox.c, t.addressee.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """All of it must fit; what is empty asks for nothing."""

    words: tuple[str, ...] = ()
    """Folded; each somewhere in number, symbol or subject."""
    recipients: frozenset[str] | None = None
    """One of these is among its recipients."""
    start: datetime | None = None
    """Queued at that time or later."""
    end: datetime | None = None
    """Before it."""
    stage: Stage | None = None
    """Of one of its recipients at least."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on."""

    at: datetime
    seq: int


class SentRows:
    """Inside one unit of work."""

    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def page(
        self, sought: Sought, *, limit: int, offset: int = 0, after: Place | None = None
    ) -> tuple[tuple[OutboxRow, ...], Place | None]:
        """Newest first, and where the next page begins; None where there is nothing more to ask for."""
        found = self._connection.execute(self._places(sought, after).limit(limit).offset(offset)).all()
        query = select(t.outbox).where(_O.seq.in_([row.seq for row in found])).order_by(*_NEWEST)
        rows = outbox_rows(self._connection.execute(query)) if found else ()
        last = Place(found[-1].created_at, found[-1].seq) if len(found) == limit else None
        return rows, last

    def _places(self, sought: Sought, after: Place | None) -> Select[tuple[int, datetime]]:
        query = select(_O.seq, _O.created_at).where(
            _O.kind == ConsignmentClass.LETTER.value, self._within.of(_O.sender), *_of_outbox(sought)
        )
        if sought.words:
            query = query.join(sent_words, sent_words.c.seq == _O.seq)
            query = query.where(*(func.instr(sent_words.c.folded, word) > 0 for word in sought.words))
        if after is not None:
            query = query.where(_O.created_at <= after.at)
            query = query.where(or_(_O.created_at < after.at, _O.seq < after.seq))
        return query.order_by(*_NEWEST)


_NEWEST = (_O.created_at.desc(), _O.seq.desc())


def _of_outbox(sought: Sought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if sought.start is not None:
        conditions.append(_O.created_at >= sought.start)
    if sought.end is not None:
        conditions.append(_O.created_at < sought.end)
    if sought.recipients is not None:
        conditions.append(_has(_A.recipient.in_(sorted(sought.recipients))))
    if sought.stage is not None:
        conditions += [_may_have(sought.stage), _has_stage(sought.stage)]
    return conditions


def _has(fits: ColumnElement[bool]) -> ColumnElement[bool]:
    """Looked for once, in an index of the recipients."""
    return _O.consignment_id.in_(select(_A.consignment_id).where(fits))


def _has_stage(stage: Stage) -> ColumnElement[bool]:
    mine = select(_A.recipient).where(_A.consignment_id == _O.consignment_id, _said == stage.value)
    return mine.correlate(t.outbox).exists()


def _may_have(stage: Stage) -> ColumnElement[bool]:
    """What every letter with that stage has, and most others have not: only the rest is looked at closely."""
    if stage is OTHERWISE:
        return _has(_A.state.in_(_NOT_TOLD))
    told = [(fact, sorted(values)) for fact, values, said in STAGES if said is stage]
    own = [_O.state.in_(values) for fact, values in told if fact is Fact.ANSWER]
    theirs = [_FACTS[fact].in_(values) for fact, values in told if fact is not Fact.ANSWER]
    return or_(*own, *([_has(or_(*theirs))] if theirs else []))


_FACTS = {Fact.ANSWER: _O.state, Fact.DELIVERY: _A.state, Fact.PROGRESS: _A.progress, Fact.REQUEST: _A.request}
_NOT_TOLD = sorted(
    {state.value for state in DeliveryState}.difference(
        *(values for fact, values, _ in STAGES if fact is Fact.DELIVERY)
    )
)
"""States of a delivery that by themselves say no stage."""
_said: Case[str] = case(
    *((_FACTS[fact].in_(sorted(values)), stage.value) for fact, values, stage in STAGES), else_=OTHERWISE.value
)
"""The table of `domain.stages` as a statement."""
