"""Pages of clocks that run or were not kept, by state, clock and agency.

A page is put together from one short look a clock and state, each along an index; so it costs the same however many
there are. Places in the list are (due, number): rows that come or go between two pages move no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import product

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, or_, select, true

from exchange_axis.domain.deadlines import DeadlineClock
from exchange_axis.store.hub import clock_tables as c
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub.clocks import Clock

FEW = 20
"""Agencies of one node that are looked at one by one, each in the order of the index; more are sorted together."""
_D = c.deadline.c


class Listed(StrEnum):
    """How clocks are asked for."""

    RUNNING = "running"
    MISSED = "missed"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Of a row in a list; the next page begins behind it."""

    due_at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose clocks: all, one agency's to keep, or of these only what somebody may see."""

    agency: str | None = None
    sent_by: frozenset[str] | None = None
    received_by: frozenset[str] | None = None
    since: datetime | None = None
    """Of letters that this hub accepted then or later."""
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    listed: Collection[Listed] = tuple(Listed)
    clocks: Collection[DeadlineClock] = tuple(DeadlineClock)
    scopes: tuple[Scope, ...] = (Scope(),)
    """What any of them shows."""
    is_owed: bool = False
    """Only what somebody is still asked for, without steps for which an earlier one speaks."""
    at: datetime
    after: Place | None = None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    clock: Clock
    consignment_id: str
    title: str | None
    lane: str


def page(connection: Connection, asked: Asked) -> tuple[Found, ...]:
    """The rows next in order of their due time."""
    columns = (c.deadline, t.consignment.c.consignment_id, t.consignment.c.title, t.consignment.c.lane)
    found: dict[int, Found] = {}
    for condition in _looks(asked):
        query = select(*columns).join(t.consignment, t.consignment.c.seq == _D.consignment).where(condition)
        query = query.order_by(_D.due_at, _D.seq).limit(asked.limit)
        for row in connection.execute(query):
            found[row.seq] = _found(row._mapping)
    ordered = sorted(found.values(), key=lambda one: (one.clock.due_at, one.clock.seq))
    return tuple(ordered[: asked.limit])


def counts(connection: Connection, at: datetime) -> dict[tuple[DeadlineClock, Listed], int]:
    """How many there are of each."""
    found = {}
    for clock, listed in product(DeadlineClock, Listed):
        conditions = or_(*_states(listed, at))
        query = select(func.count()).select_from(c.deadline).where(_D.clock == clock.value, conditions)
        found[clock, listed] = int(connection.execute(query).scalar_one())
    return found


def _looks(asked: Asked) -> Iterator[ColumnElement[bool]]:
    beyond = _beyond(asked.after)
    every = [whose for scope in asked.scopes for whose in _scopes(scope, asked.clocks)]
    for whose, listed in product(every, asked.listed):
        for state in _states(listed, asked.at):
            yield and_(whose, state, beyond, *([_D.missing.is_not(None)] if asked.is_owed else []))


def _states(listed: Listed, at: datetime) -> Sequence[ColumnElement[bool]]:
    """One condition a value of the column, so that each look follows the index."""
    match listed:
        case Listed.RUNNING:
            return (and_(_D.state == "open", _D.due_at >= at),)
        case Listed.MISSED:
            return (and_(_D.state == "open", _D.due_at < at), _D.state == "missed")
        case Listed.LATE:
            return (_D.state == "late",)


def _scopes(scope: Scope, clocks: Collection[DeadlineClock]) -> Iterator[ColumnElement[bool]]:
    accepted, times = t.consignment.c.received_at, list[ColumnElement[bool]]()
    if scope.since is not None:
        times.append(accepted >= scope.since)
    if scope.before is not None:
        times.append(accepted < scope.before)
    chosen = and_(_D.clock.in_([clock.value for clock in clocks]), *times)
    if scope.agency is not None:
        chosen = and_(_D.agency == scope.agency, chosen)
    if scope.sent_by is None and scope.received_by is None:
        yield from [chosen] if scope.agency is not None else (and_(_D.clock == one.value, *times) for one in clocks)
    for column, codes in ((_D.sender, scope.sent_by), (_D.agency, scope.received_by)):
        if codes is not None and len(codes) <= FEW:
            yield from (and_(column == code, chosen) for code in sorted(codes))
        elif codes is not None:
            yield and_(column.in_(sorted(codes)), chosen)


def _beyond(after: Place | None) -> ColumnElement[bool]:
    if after is None:
        return true()
    behind = or_(_D.due_at > after.due_at, _D.seq > after.seq)
    return and_(_D.due_at >= after.due_at, behind)  # the first half alone bounds the range of the index


def _found(row: RowMapping) -> Found:
    return Found(
        clock=Clock(**{name: row[name] for name in Clock.__slots__}),
        consignment_id=row["consignment_id"],
        title=row["title"],
        lane=row["lane"],
    )
