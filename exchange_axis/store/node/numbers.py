"""Arrival numbers inside one unit of work: those of letters in the inbox, and those held, on paper or explained.

Rule of this file: whatever gives a number asks `is_free` in the same transaction, so that none is given twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from exchange_axis.domain.registers import NUMBERS, Held, NumberEvent, NumberState
from exchange_axis.store.node.register_tables import arrival_number as numbers
from exchange_axis.store.node.rows import InboxRow
from exchange_axis.store.node.tables import inbox

_GIVEN = (NumberState.USED.value, NumberState.PAPER.value, NumberState.VOID.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """For whom a number is wanted, and when."""

    row: InboxRow | None
    """The letter; None for a line of paper."""
    agency: str
    year: int
    clerk: str
    at: datetime


class Numbers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next(self, giving: Giving) -> int:
        """What this clerk holds for it; else the lowest that was given back or has lapsed; else the next of the
        series."""
        held = self.held(giving)
        if held is not None:
            return held.number
        free = _of(giving) & _open_to_all(giving.at)
        lowest = self._connection.scalar(select(func.min(numbers.c.number)).where(free))
        return lowest if lowest is not None else self.most(giving.agency, giving.year) + 1

    def is_free(self, giving: Giving, number: int) -> bool:
        """Whether this clerk may give it."""
        if self._in_inbox(giving, number):
            return False
        row = self._row(giving, number)
        if row is None or row.state == NumberState.FREE.value:
            return True
        if row.state in _GIVEN:
            return False
        return row.held_until <= giving.at or (row.holder == giving.clerk and _is_for(row, giving))

    def held(self, giving: Giving) -> Held | None:
        """What this clerk holds for this letter."""
        mine = _of(giving) & (numbers.c.state == NumberState.HELD.value) & (numbers.c.held_until > giving.at)
        mine &= (numbers.c.holder == giving.clerk) & _for(giving)
        row = self._connection.execute(select(numbers).where(mine).order_by(numbers.c.number)).first()
        return None if row is None else _held(row)

    def hold(self, giving: Giving, number: int, *, until: datetime) -> Held:
        """To be called for what is free."""
        self._put(giving, number, NumberEvent.HOLD, held_until=until)
        return Held(agency=giving.agency, year=giving.year, number=number, holder=giving.clerk, until=until)

    def give(self, giving: Giving, number: int) -> None:
        """A letter or a line of paper has it from now on."""
        event = NumberEvent.ENTER_PAPER if giving.row is None else NumberEvent.USE
        if event is NumberEvent.ENTER_PAPER or self._row(giving, number) is not None:
            self._put(giving, number, event)
        other = self.held(giving)
        if other is not None:  # the clerk typed another one than he had
            self._put(giving, other.number, NumberEvent.GIVE_BACK)

    def give_back(self, giving: Giving) -> bool:
        held = self.held(giving)
        if held is not None:
            self._put(giving, held.number, NumberEvent.GIVE_BACK)
        return held is not None

    def explain(self, giving: Giving, number: int, reason: str) -> None:
        self._put(giving, number, NumberEvent.EXPLAIN, reason=reason)

    def most(self, agency: str, year: int) -> int:
        """The highest number of the series so far."""
        letters = select(func.max(inbox.c.arrival_number)).where(
            inbox.c.recipient == agency, inbox.c.arrival_year == year
        )
        others = select(func.max(numbers.c.number)).where(numbers.c.agency == agency, numbers.c.year == year)
        return max(self._connection.scalar(letters) or 0, self._connection.scalar(others) or 0)

    def taken(self, agency: str, year: int) -> frozenset[int]:
        """Numbers that a line of the book has."""
        letters = select(inbox.c.arrival_number).where(inbox.c.recipient == agency, inbox.c.arrival_year == year)
        paper = and_(numbers.c.agency == agency, numbers.c.year == year, numbers.c.state == NumberState.PAPER.value)
        given = [*self._connection.scalars(letters), *self._connection.scalars(select(numbers.c.number).where(paper))]
        return frozenset(one for one in given if one is not None)

    def others(self, agency: str, year: int) -> Mapping[int, Row[Any]]:
        """Rows of numbers that no line has, by number."""
        states = [NumberState.HELD.value, NumberState.FREE.value, NumberState.VOID.value]
        query = select(numbers).where(numbers.c.agency == agency, numbers.c.year == year, numbers.c.state.in_(states))
        return {row.number: row for row in self._connection.execute(query)}

    def _put(self, giving: Giving, number: int, event: NumberEvent, **more: object) -> None:
        row = self._row(giving, number)
        before = NumberState.FREE if row is None else NumberState(row.state)
        letter = giving.row
        values: dict[str, object] = {
            "state": NUMBERS.after(before, event).value,
            "holder": giving.clerk,
            "sender": None if letter is None else letter.sender,
            "consignment_id": None if letter is None else letter.consignment_id,
            "changed_at": giving.at,
            "held_until": None,
            **more,
        }
        if row is None:
            key = {"agency": giving.agency, "year": giving.year, "number": number}
            self._connection.execute(numbers.insert(), key | values)
        else:
            which = _of(giving) & (numbers.c.number == number) & (numbers.c.state == row.state)
            self._connection.execute(update(numbers).where(which).values(values))

    def _row(self, giving: Giving, number: int) -> Row[Any] | None:
        return self._connection.execute(select(numbers).where(_of(giving), numbers.c.number == number)).one_or_none()

    def _in_inbox(self, giving: Giving, number: int) -> bool:
        same = and_(
            inbox.c.recipient == giving.agency,
            inbox.c.arrival_year == giving.year,
            inbox.c.arrival_number == number,
        )
        return self._connection.scalar(select(func.count()).select_from(inbox).where(same)) != 0


def _of(giving: Giving) -> ColumnElement[bool]:
    return and_(numbers.c.agency == giving.agency, numbers.c.year == giving.year)


def _open_to_all(at: datetime) -> ColumnElement[bool]:
    lapsed = and_(numbers.c.state == NumberState.HELD.value, numbers.c.held_until <= at)
    return or_(numbers.c.state == NumberState.FREE.value, lapsed)


def _for(giving: Giving) -> ColumnElement[bool]:
    if giving.row is None:
        return numbers.c.consignment_id.is_(None)
    return and_(numbers.c.consignment_id == giving.row.consignment_id, numbers.c.sender == giving.row.sender)


def _is_for(row: Row[Any], giving: Giving) -> bool:
    letter = giving.row
    if letter is None:
        return row.consignment_id is None
    return bool(row.consignment_id == letter.consignment_id and row.sender == letter.sender)


def _held(row: Row[Any]) -> Held:
    return Held(agency=row.agency, year=row.year, number=row.number, holder=row.holder, until=row.held_until)
