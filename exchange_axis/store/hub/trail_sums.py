"""Sums over deliveries: from the sums of days where those have what is asked, else from the rows themselves.

Both give the same numbers: a sum of a day is moved with every row that has a part in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, or_, select

from exchange_axis.domain.transfer import KeyUse
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub import trail_tables as r
from exchange_axis.store.hub import trail_times
from exchange_axis.store.hub.clock_tables import deadline
from exchange_axis.store.hub.trail_counters import AMOUNTS, amount
from exchange_axis.store.hub.trail_search import Asked, Scope, Side, among, any_of, conditions, count, within


class By(StrEnum):
    """What sums are told apart by."""

    NOTHING = "nothing"
    DAY = "day"
    TIER = "tier"
    AGENCY = "agency"
    LANE = "lane"
    DOC_TYPE = "doc_type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is summed: days, a side, and filters that are None where they do not matter."""

    first_day: int
    last_day: int
    side: Side = Side.SENDER
    """SENDER or READER: whose agency and tier is meant."""
    codes: frozenset[str] | None = None
    tier: str | None = None
    lane: str | None = None
    doc_type: str | None = None
    scope: Scope = field(default_factory=Scope)

    @property
    def is_narrowed(self) -> bool:
        return any(one is not None for one in (self.tier, self.lane, self.doc_type))

    def asked(self, **more: Any) -> Asked:
        """The deliveries behind a sum."""
        return Asked(
            first_day=self.first_day,
            last_day=self.last_day,
            side=self.side,
            codes=self.codes,
            tier=self.tier,
            lane=self.lane,
            doc_type=self.doc_type,
            scope=self.scope,
            **more,
        )


Sums = Mapping[str, int]
_T, _D = r.trail.c, r.trail_day.c


def sums(connection: Connection, span: Span, by: By, *, from_rows: bool = False) -> dict[str, Sums]:
    """Sums by the key of `by`, which is empty for NOTHING; a key without a delivery is not there."""
    where = None if from_rows else _of_days(connection, span, by)
    summed: Sequence[ColumnElement[Any]] = AMOUNTS if where is None else [func.sum(_D[name]) for name in r.COUNTED]
    key = (_row_keys(span) if where is None else _day_keys())[by]
    query = select(key, *summed).where(*(_where(connection, span) if where is None else where))
    found: dict[str, Sums] = {}
    for row in connection.execute(query if by is By.NOTHING else query.group_by(key)):
        amounts = {name: int(value or 0) for name, value in zip(r.COUNTED, row[1:], strict=True)}
        if amounts["deliveries"]:
            found[str(row[0])] = amounts
    return found


def in_parts(
    connection: Connection, span: Span, by: By, *, names: Sequence[str], ends: Sequence[int], from_rows: bool = False
) -> dict[str, dict[int, tuple[int, ...]]]:
    """Some sums in each part of the days, all keys in one question: key, number of the part, sums in their order.

    Args:
        by: not NOTHING, not DAY.
        ends: the last day of each part.
    """
    where = None if from_rows else _of_days(connection, span, by)
    rows = where is None
    day, keys = (_T.day, _row_keys(span)) if rows else (_D.day, _day_keys())
    # Days are counted, not compared with every end: there may be many of them.
    each = ends[-1] - span.first_day + 1 == len(ends)
    part = day - span.first_day if each else case(*((day <= end, number) for number, end in enumerate(ends)))
    amounts = (amount(name) if rows else func.sum(_D[name]) for name in names)
    query = select(keys[by].label("key"), part.label("part"), *amounts)
    query = query.where(*(_where(connection, span) if where is None else where)).group_by("key", "part")
    found: dict[str, dict[int, tuple[int, ...]]] = {}
    for row in connection.execute(query):
        found.setdefault(str(row[0]), {})[int(row[1])] = tuple(int(value or 0) for value in row[2:])
    return found


def reasons(connection: Connection, span: Span) -> dict[str, int]:
    """Refusals by their reason."""
    query = select(_T.reason, func.count()).where(_T.reason.is_not(None), *_where(connection, span))
    return {row[0]: row[1] for row in connection.execute(query.group_by(_T.reason).order_by(_T.reason))}


def times(connection: Connection, span: Span, what: str, *, from_rows: bool = False) -> dict[int, int]:
    """How many deliveries took how many steps of time."""
    c = r.trail_time.c
    if span.codes is None and not span.scope.has_territory and span.is_narrowed and not from_rows:
        return _spread(connection, span, what)
    if span.codes is None and not span.scope.has_territory and not from_rows:
        where = [c.what == what, *_days(connection, span, c.day)]
        query: Select[Any] = select(c.step, func.sum(c.deliveries)).where(*where)
        rows = connection.execute(query.group_by(c.step))
    else:
        step = _T[f"{what}_step"]
        narrow = select(step, func.count()).where(step.is_not(None), *_where(connection, span))
        rows = connection.execute(narrow.group_by(step))
    return {int(row[0]): int(row[1]) for row in rows if row[1]}


def times_by_agency(connection: Connection, span: Span, what: str) -> dict[str, dict[int, int]]:
    """The same of each agency of the span, in one question."""
    step, agency = _T[f"{what}_step"], _T.sender if span.side is Side.SENDER else _T.final_recipient
    query = select(agency, step, func.count()).where(step.is_not(None), *_where(connection, span))
    found: dict[str, dict[int, int]] = {}
    for code, steps, count_ in connection.execute(query.group_by(agency, step)):
        found.setdefault(code, {})[int(steps)] = int(count_)
    return found


def waiting(connection: Connection, span: Span, *, before: int) -> int:
    """Deliveries that are not handed over yet and were accepted before that time, in microseconds."""
    return count(connection, span.asked(waiting_before=before))


def cancellations(connection: Connection, span: Span) -> tuple[int, ...]:
    """Seconds from each recall's arrival to the report that the letter was cancelled, in order."""
    query = select(_T.cancel_seconds).where(_T.cancel_seconds.is_not(None), *_where(connection, span))
    return tuple(connection.execute(query.order_by(_T.cancel_seconds)).scalars())


def unanswered(connection: Connection, span: Span, *, at: datetime) -> int:
    """Replies (K5) that are due or came late."""
    d = deadline.c
    query = (
        select(func.count())
        .select_from(deadline)
        .join(r.trail, and_(_T.consignment == d.consignment, _T.recipient == d.recipient))
        .where(d.clock == "K5", or_(d.state != "open", d.due_at < at), *_where(connection, span))
    )
    return int(connection.execute(query).scalar_one())


def seals_expiring(connection: Connection, at: datetime, until: datetime) -> list[tuple[tuple[str, ...], datetime]]:
    """(Agency codes, end) of agencies' seals whose binding ends in that time and was not followed by a later one."""
    b = t.binding.c
    query = select(b.codes, func.max(b.valid_to)).where(b.use == KeyUse.AGENCY_SEAL.value, b.valid_to > at)
    rows = connection.execute(query.group_by(b.codes)).all()
    return [(tuple(json.loads(codes)), end) for codes, end in rows if end <= until]


def _where(connection: Connection, span: Span) -> list[ColumnElement[bool]]:
    return conditions(connection, span.asked())


def _days(
    connection: Connection, span: Span, day: ColumnElement[int], agency: ColumnElement[str] | None = None
) -> list[ColumnElement[bool]]:
    """Of sums: the days asked for, and of each agency those that may be seen."""
    seen = [
        [
            *within(part.first_day, part.last_day, day),
            *([] if part.codes is None or agency is None else [among(connection, agency, part.codes)]),
        ]
        for part in span.scope.parts
    ]
    return [*within(span.first_day, span.last_day, day), *any_of(seen)]


def _of_days(connection: Connection, span: Span, by: By) -> list[ColumnElement[bool]] | None:
    """Conditions on the sums of days; None where those do not have it: an agency's are not told apart by type."""
    named = span.codes is not None or span.scope.has_territory or by is By.AGENCY
    if named and (span.doc_type is not None or by is By.DOC_TYPE):
        return None
    where = [_D.side == ("s" if span.side is Side.SENDER else "r"), *_days(connection, span, _D.day, _D.agency)]
    where.append(_D.agency != "" if named else _D.agency == "")
    if span.codes is not None:
        where.append(among(connection, _D.agency, span.codes))
    return [*where, *_narrow(span, _D)]


def _day_keys() -> Mapping[By, ColumnElement[Any]]:
    return {
        By.NOTHING: literal(""),
        By.DAY: _D.day,
        By.TIER: _D.tier,
        By.AGENCY: _D.agency,
        By.LANE: _D.lane,
        By.DOC_TYPE: _D.doc_type,
    }


def _row_keys(span: Span) -> Mapping[By, ColumnElement[Any]]:
    sent = span.side is Side.SENDER
    return {
        By.NOTHING: literal(""),
        By.DAY: _T.day,
        By.TIER: _T.sender_tier if sent else _T.recipient_tier,
        By.AGENCY: _T.sender if sent else _T.final_recipient,
        By.LANE: _T.lane,
        By.DOC_TYPE: _T.doc_type,
    }


def _spread(connection: Connection, span: Span, what: str) -> dict[int, int]:
    c = r.trail_spread.c
    sides = trail_times.SIDES[:1] if span.side is Side.SENDER else trail_times.SIDES[1:]
    where = [c.what == what, c.side.in_(sides), *_days(connection, span, c.day), *_narrow(span, c)]
    return trail_times.read(connection, where)


def _narrow(span: Span, columns: Any) -> list[ColumnElement[bool]]:
    values = {name: getattr(span, name) for name in ("tier", "lane", "doc_type")}
    return [columns[name] == value for name, value in values.items() if value is not None]
