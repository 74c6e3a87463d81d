"""What is looked for among deliveries, as conditions. What the asker may see is part of them, never taken out later."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    String,
    TextClause,
    and_,
    any_,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    type_coerce,
)

from exchange_axis.domain.lifecycle import DeliveryState, Progress, Request
from exchange_axis.store.engine import is_sqlite
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub import trail_tables as r
from exchange_axis.store.hub import trail_words
from exchange_axis.store.hub.trail_counters import CONDITIONS

FEW = 20
"""Codes that go into a statement one by one; more go as one list."""
_c = r.trail.c


class Side(StrEnum):
    ANY = "any"
    SENDER = "sender"
    RECIPIENT = "recipient"
    """As addressed, or who got it in the end."""
    READER = "reader"
    """Who got it in the end, or is to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Letters that one grant shows: of agencies, of days; all of them when nothing is named."""

    codes: frozenset[str] | None = None
    """A territory: agencies."""
    first_day: int | None = None
    last_day: int | None = None

    def has_day(self, day: int) -> bool:
        return (self.first_day is None or self.first_day <= day) and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the asker may see: whatever any of the parts shows."""

    parts: tuple[Part, ...] = (Part(),)
    side: Side = Side.ANY
    """As what an agency of a territory has to be named on a delivery."""

    @property
    def has_territory(self) -> bool:
        return any(part.codes is not None for part in self.parts)

    def codes_on(self, day: int) -> frozenset[str] | None:
        """The agencies whose letters of that day are seen; None: all."""
        return together(part for part in self.parts if part.has_day(day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Of a row in the order: newest day first, within it the newest delivery."""

    day: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is looked for; what is None or empty does not matter."""

    number: str | None = None
    symbol: str | None = None
    document_id: str | None = None
    words: tuple[str, ...] = ()
    consignment_id: str | None = None
    """Or its beginning."""
    sha256: str | None = None
    """Of a container or of an attached file."""
    codes: frozenset[str] | None = None
    side: Side = Side.ANY
    first_day: int | None = None
    last_day: int | None = None
    state: str | None = None
    """A delivery's state, a status code, or what the sender asked for."""
    lane: str | None = None
    doc_type: str | None = None
    tier: str | None = None
    """Of the sender, or of the recipient where `side` says so."""
    counted: str | None = None
    """Only what this sum counts."""
    waiting_before: int | None = None
    """Only what is not handed over and was accepted before that time, in microseconds since 1970."""
    letters: bool = False
    """One row a letter, where nothing that is asked for tells its deliveries apart."""
    scope: Scope = field(default_factory=Scope)
    after: Place | None = None
    limit: int = 50


_STATES = {state.value for state in DeliveryState}
_CODES = {progress.value for progress in Progress}
_REQUESTS = {request.value for request in Request} - {Request.NONE.value}
_READING = frozenset({Side.RECIPIENT, Side.READER})
_PENDING = tuple(state.value for state in DeliveryState if state.is_pending)
STATES = frozenset(_STATES | _CODES | _REQUESTS)
"""What may be asked for as a state."""


def count(connection: Connection, asked: Asked) -> int:
    query: Select[Any] = select(func.count()).select_from(r.trail).where(*conditions(connection, asked))
    return int(connection.execute(query).scalar_one())


def conditions(
    connection: Connection, asked: Asked, *, letters: Collection[int] | None = None
) -> list[ColumnElement[bool]]:
    """Everything but the place of the page.

    Args:
        letters: those that have on paper what is asked for, where that is known.
    """
    found = [*_of_letter(connection, asked, letters), *_of_delivery(connection, asked)]
    found += scoped(connection, asked.scope)
    if asked.letters and asked.state is None and asked.side not in _READING and asked.counted is None:
        found.append(_one_each(connection, asked))
    return found


def scoped(connection: Connection, scope: Scope) -> list[ColumnElement[bool]]:
    shown = [
        [
            *within(part.first_day, part.last_day),
            *([] if part.codes is None else [_party(connection, part.codes, scope.side)]),
        ]
        for part in scope.parts
    ]
    return any_of(shown)


def any_of(shown: Sequence[list[ColumnElement[bool]]]) -> list[ColumnElement[bool]]:
    """That all conditions of one of these lists hold; nothing to be held where one of them is empty."""
    if not all(shown):
        return []
    return shown[0] if len(shown) == 1 else [or_(*(and_(*one) for one in shown))]


def together(parts: Iterable[Part]) -> frozenset[str] | None:
    """The agencies of all of them; None: every agency."""
    codes: set[str] = set()
    for part in parts:
        if part.codes is None:
            return None
        codes |= part.codes
    return frozenset(codes)


def among(connection: Connection, column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    """That the column has one of these values, however many they are."""
    if not values:
        return false()
    if len(values) <= FEW:
        return column.in_(sorted(values))
    if is_sqlite(connection):
        each = func.json_each(json.dumps(sorted(values))).table_valued("value")
        return column.in_(select(each.c.value))
    return column == any_(cast(literal(sorted(values), ARRAY(String)), ARRAY(String)))


def one_of(connection: Connection, column: ColumnElement[int], numbers: Collection[int]) -> ColumnElement[bool]:
    """The same of numbers."""
    if is_sqlite(connection):
        each = func.json_each(json.dumps(sorted(numbers))).table_valued("value")
        return column.in_(select(each.c.value))
    return column == any_(cast(literal(sorted(numbers), ARRAY(BigInteger)), ARRAY(BigInteger)))


def _one_each(connection: Connection, asked: Asked) -> ColumnElement[bool]:
    """The row that stands for a letter; of a letter from outside, the rows that the asker may see or asked for."""
    ours: list[ColumnElement[bool]] = [] if asked.codes is None else [among(connection, _c.sender, asked.codes)]
    if asked.scope.has_territory:
        ours += scoped(connection, replace(asked.scope, side=Side.SENDER))
    if asked.side is Side.SENDER or not ours:
        return or_(_c.lead.is_(True), *(not_(own) for own in ours)) if ours else _c.lead.is_(True)
    return or_(_c.lead.is_(True), not_(and_(*ours)))


def on_paper(connection: Connection, asked: Asked) -> Select[int] | None:
    """The letters of the days asked for that have this number, symbol and these words; None: that does not matter."""
    w = r.letter_words.c
    exact = {w.number: asked.number, w.symbol: asked.symbol, w.document_id: asked.document_id}
    wanted: list[ColumnElement[bool] | TextClause]
    wanted = [column == value for column, value in exact.items() if value is not None]
    if asked.words:
        wanted.append(trail_words.holding(connection, asked.words, (asked.first_day, asked.last_day)))
    if not wanted:
        return None
    return select(w.consignment).where(*wanted, *within(asked.first_day, asked.last_day, w.day))


def _of_letter(connection: Connection, asked: Asked, letters: Collection[int] | None) -> list[ColumnElement[bool]]:
    s = t.consignment.c
    found: list[ColumnElement[bool]] = []
    written = on_paper(connection, asked) if letters is None else None
    if letters is not None:
        found.append(one_of(connection, _c.consignment, letters))
    elif written is not None:
        found.append(_c.consignment.in_(written))
    if asked.consignment_id is not None:
        named = select(s.seq).where(
            # A range that an index serves; a language's sorting may let in neighbours of it.
            s.consignment_id >= asked.consignment_id,
            s.consignment_id < asked.consignment_id + "g",
            s.consignment_id.startswith(asked.consignment_id),
        )
        found.append(_c.consignment.in_(named))
    if asked.sha256 is not None:
        parts = select(r.letter_part.c.consignment).where(r.letter_part.c.sha256 == bytes.fromhex(asked.sha256))
        containers = select(s.seq).where(s.container_sha256 == asked.sha256)
        found.append(_c.consignment.in_(parts.union(containers)))
    return found


def _of_delivery(connection: Connection, asked: Asked) -> list[ColumnElement[bool]]:
    found = within(asked.first_day, asked.last_day)
    if asked.codes is not None:
        found.append(_party(connection, asked.codes, asked.side))
    if asked.state is not None:
        column = _c.state if asked.state in _STATES else _c.progress if asked.state in _CODES else _c.request
        found.append(column == asked.state)
    if asked.tier is not None:
        found.append((_c.recipient_tier if asked.side in _READING else _c.sender_tier) == asked.tier)
    found += [_c[name] == value for name in ("lane", "doc_type") if (value := getattr(asked, name)) is not None]
    if asked.counted is not None:
        found.append(CONDITIONS[asked.counted])
    if asked.waiting_before is not None:
        received = type_coerce(_c.received_at, BigInteger)
        found += [_c.handed_at.is_(None), _c.state.in_(_PENDING), received < asked.waiting_before]
    return found


def within(first: int | None, last: int | None, day: ColumnElement[int] = _c.day) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if first is not None:
        found.append(day >= first)
    if last is not None:
        found.append(day <= last)
    return found


def _party(connection: Connection, codes: Collection[str], side: Side) -> ColumnElement[bool]:
    sent = among(connection, _c.sender, codes)
    got = among(connection, _c.final_recipient, codes)
    moved = and_(_c.recipient != _c.final_recipient, among(connection, _c.recipient, codes))
    sides: Mapping[Side, tuple[ColumnElement[bool], ...]] = {
        Side.ANY: (sent, got, moved),
        Side.SENDER: (sent,),
        Side.RECIPIENT: (got, moved),
        Side.READER: (got,),
    }
    return or_(*sides[side])
