"""The statements behind hints at what is unusual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, func, or_, select, type_coerce

from exchange_axis.domain.consignment import Lane
from exchange_axis.store.hub import trail_tables as r
from exchange_axis.store.hub.trail_search import among

MOST = 50
"""Hints of one rule."""
SHOWN = 20
"""Deliveries named by a hint."""
LEAST_BURST, TIMES_BURST = 20, 5
LEAST_NIGHT, NIGHT, MORNING = 5, 22, 5
LEAST_REFUSED, SHARE_REFUSED = 5, 0.2
LEAST_BEFORE, DROP = 20, 0.2
LEAST_RECALLS, SHARE_RECALLS = 3, 0.05
_T, _D = r.trail.c, r.trail_day.c
_HOUR = 3_600_000_000
"""Microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    first_day: int
    last_day: int
    before: int
    """Days before it."""
    codes: frozenset[str] | None

    @property
    def days(self) -> int:
        return self.last_day - self.first_day + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    agency: str
    number: int
    compared: float | None = None
    day: int | None = None
    deliveries: tuple[int, ...] = ()


def find(connection: Connection, code: str, window: Window) -> tuple[Noticed, ...]:
    return tuple(_RULES[code](connection, window))


def _burst(connection: Connection, window: Window) -> list[Noticed]:
    usual = _by_agency(connection, window, window.first_day - window.before, window.first_day - 1)
    number = func.sum(_D.deliveries)
    query = select(_D.agency, _D.day, number.label("deliveries")).where(
        *_agency_rows(connection, window, "s"), _D.day.between(window.first_day, window.last_day)
    )
    query = query.group_by(_D.agency, _D.day).having(number >= LEAST_BURST)
    found = []
    for row in connection.execute(query.order_by(number.desc(), _D.agency).limit(MOST * 10)):
        mean = usual.get(row.agency, 0) / window.before
        if row.deliveries > TIMES_BURST * mean:
            behind = _numbers(connection, _T.sender == row.agency, _T.day == row.day)
            found.append(
                Noticed(agency=row.agency, number=int(row.deliveries), compared=mean, day=row.day, deliveries=behind)
            )
    return found[:MOST]


def _night(connection: Connection, window: Window) -> list[Noticed]:
    # Seven hours ahead of UTC; whole hours of the day from microseconds since 1970.
    hour = (type_coerce(_T.received_at, BigInteger) // _HOUR + 7) % 24
    dark = and_(or_(hour >= NIGHT, hour < MORNING), _T.lane == Lane.THUONG.value)
    where = [*_rows(window), dark, *([] if window.codes is None else [among(connection, _T.sender, window.codes)])]
    query = select(_T.sender, func.count().label("number")).where(*where).group_by(_T.sender)
    query = query.having(func.count() >= LEAST_NIGHT).order_by(func.count().desc(), _T.sender).limit(MOST)
    return [
        Noticed(
            agency=row.sender,
            number=row.number,
            deliveries=_numbers(connection, *_rows(window), dark, _T.sender == row.sender),
        )
        for row in connection.execute(query).all()
    ]


def _refuses(connection: Connection, window: Window) -> list[Noticed]:
    query = select(_D.agency, func.sum(_D.refused).label("number"), func.sum(_D.handed_over).label("whole"))
    query = query.where(*_agency_rows(connection, window, "r"), _D.day.between(window.first_day, window.last_day))
    rows = connection.execute(query.group_by(_D.agency)).all()
    found = [
        (row.agency, int(row.number), int(row.number) / max(1, int(row.whole)))
        for row in rows
        if int(row.number) >= LEAST_REFUSED and int(row.number) > SHARE_REFUSED * int(row.whole)
    ]
    return [
        Noticed(
            agency=agency,
            number=number,
            compared=share,
            deliveries=_numbers(connection, *_rows(window), _T.final_recipient == agency, _T.reason.is_not(None)),
        )
        for agency, number, share in sorted(found, key=lambda one: (-one[2], one[0]))[:MOST]
    ]


def _drop(connection: Connection, window: Window) -> list[Noticed]:
    before = _by_agency(connection, window, window.first_day - window.before, window.first_day - 1)
    now = _by_agency(connection, window, window.first_day, window.last_day)
    found = []
    for agency, number in before.items():
        mean, mean_now = number / window.before, now.get(agency, 0) / window.days
        if number >= LEAST_BEFORE and mean_now < DROP * mean:
            found.append(Noticed(agency=agency, number=now.get(agency, 0), compared=mean))
    kept = sorted(found, key=lambda one: (-(one.compared or 0), one.agency))[:MOST]
    return [
        Noticed(
            agency=one.agency,
            number=one.number,
            compared=one.compared,
            deliveries=_numbers(
                connection, _T.sender == one.agency, _T.day.between(window.first_day - window.before, window.last_day)
            ),
        )
        for one in kept
    ]


def _recalls(connection: Connection, window: Window) -> list[Noticed]:
    query = select(_D.agency, func.sum(_D.recalls).label("number"), func.sum(_D.letters).label("whole"))
    query = query.where(*_agency_rows(connection, window, "s"), _D.day.between(window.first_day, window.last_day))
    rows = connection.execute(query.group_by(_D.agency)).all()
    found = [
        (row.agency, int(row.number), int(row.number) / max(1, int(row.whole)))
        for row in rows
        if int(row.number) >= LEAST_RECALLS and int(row.number) > SHARE_RECALLS * int(row.whole)
    ]
    return [
        Noticed(
            agency=agency,
            number=number,
            compared=share,
            deliveries=_numbers(connection, *_rows(window), _T.sender == agency, _T.kind == "1", _T.lead.is_(True)),
        )
        for agency, number, share in sorted(found, key=lambda one: (-one[1], one[0]))[:MOST]
    ]


def _same_file(connection: Connection, window: Window) -> list[Noticed]:
    """Files of the window's letters that also went under another number of the same sender."""
    mine, other = r.letter_part.alias("mine"), r.letter_part.alias("other")
    words, others = r.letter_words.alias("words"), r.letter_words.alias("others")
    again = r.trail.alias("again")
    query = (
        select(_T.seq, _T.sender, mine.c.sha256)
        .join(mine, mine.c.consignment == _T.consignment)
        .join(other, and_(other.c.sha256 == mine.c.sha256, other.c.consignment != mine.c.consignment))
        .join(words, words.c.consignment == mine.c.consignment)
        .join(others, others.c.consignment == other.c.consignment)
        .join(again, and_(again.c.consignment == other.c.consignment, again.c.lead.is_(True)))
        .where(*_rows(window), _T.lead.is_(True), again.c.sender == _T.sender)
        .where(or_(words.c.number != others.c.number, words.c.symbol != others.c.symbol))
        .order_by(_T.seq)
        .limit(MOST * SHOWN)
    )
    if window.codes is not None:
        query = query.where(among(connection, _T.sender, window.codes))
    found: dict[tuple[str, bytes], dict[int, None]] = {}
    for row in connection.execute(query):
        found.setdefault((row.sender, bytes(row.sha256)), {})[row.seq] = None
    return [
        Noticed(agency=sender, number=len(seqs), deliveries=tuple(seqs)[:SHOWN])
        for (sender, _), seqs in list(found.items())[:MOST]
    ]


def _rows(window: Window) -> list[ColumnElement[bool]]:
    return [_T.day.between(window.first_day, window.last_day)]


def _agency_rows(connection: Connection, window: Window, side: str) -> list[ColumnElement[bool]]:
    where = [_D.side == side, _D.agency != ""]
    return where if window.codes is None else [*where, among(connection, _D.agency, window.codes)]


def _by_agency(connection: Connection, window: Window, first: int, last: int) -> dict[str, int]:
    query = select(_D.agency, func.sum(_D.deliveries)).where(
        *_agency_rows(connection, window, "s"), _D.day.between(first, last)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query.group_by(_D.agency))}


def _numbers(connection: Connection, *where: ColumnElement[bool]) -> tuple[int, ...]:
    query: Any = select(_T.seq).where(*where).order_by(_T.day.desc(), _T.seq.desc()).limit(SHOWN)
    return tuple(connection.execute(query).scalars())


_RULES: Mapping[str, Callable[[Connection, Window], list[Noticed]]] = {
    "burst": _burst,
    "night": _night,
    "refuses": _refuses,
    "drop": _drop,
    "recalls": _recalls,
    "same-file": _same_file,
}
