"""Arrival numbers before they are given: held for one clerk, given back, and the gaps of a series explained.

A number that is held is offered to nobody else. When its time is over it is the next one given, so that the series
stays without gaps; a number that nothing has at the end is explained by somebody, with name and reason.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.registers import Book, Gap, Held, NumberState, gaps_of
from exchange_axis.node.errors import ActorMissing, NotPossible, NotServed, TextMissing
from exchange_axis.node.lookup import find_received
from exchange_axis.node.register_errors import BookClosed, NumberGiven, RangeUnusable
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.story_page import shown
from exchange_axis.store.node.numbers import Giving
from exchange_axis.store.node.unit import NodeUnit

HELD_FOR: Final = timedelta(minutes=15)
"""As long as a clerk keeps a letter (`claims`)."""
RANGE_MAX: Final = 10_000
"""Numbers explained at once."""
_NOT_USED = "Đã giữ, không dùng"


class ArrivalNumbers:
    def __init__(self, world: NodeWorld, *, held_for: timedelta = HELD_FOR) -> None:
        self._world = world
        self._held_for = held_for

    def hold(self, query: str, *, clerk: str, agency: str | None = None) -> Held:
        """A number of this year for a letter; the same one again while it is held, for longer.

        Raises:
            NotFound, Ambiguous, ActorMissing.
            NotPossible: the letter has a number.
        """
        if not clerk.strip():
            raise ActorMissing()
        at = self._world.now()

        def work(unit: NodeUnit) -> Held:
            row = find_received(unit, query, agency=agency)
            if row.arrival_number is not None:
                raise NotPossible(
                    title=row.title,
                    consignment_id=row.consignment_id[:8],
                    state=row.business.progress.value,
                    status=NumberState.HELD.value,
                )
            giving = Giving(row=row, agency=row.recipient, year=day_of(at).year, clerk=clerk, at=at)
            return unit.numbers.hold(giving, unit.numbers.next(giving), until=at + self._held_for)

        return self._world.store.run(work)

    def give_back(self, query: str, *, clerk: str, agency: str | None = None) -> bool:
        """True if the clerk held one for that letter."""
        at = self._world.now()

        def work(unit: NodeUnit) -> bool:
            row = find_received(unit, query, agency=agency)
            return unit.numbers.give_back(
                Giving(row=row, agency=row.recipient, year=day_of(at).year, clerk=clerk, at=at)
            )

        return self._world.store.run(work)

    def next(self, agency: str) -> int:
        """What the next letter would get; nobody is promised it."""
        at = self._world.now()
        giving = Giving(row=None, agency=agency, year=day_of(at).year, clerk="", at=at)
        return self._world.store.read(lambda unit: unit.numbers.next(giving))

    def gaps(self, agency: str, year: int) -> tuple[Gap, ...]:
        """Numbers of the series that no line has, with what is known about them."""
        at = self._world.now()
        return self._world.store.read(lambda unit: gaps(unit, agency, year, at=at))

    def explain(self, agency: str, year: int, numbers: tuple[int, int], *, reason: str, by: str) -> None:
        """Say why the numbers from the first to the last were left out; they are never given any more.

        Raises:
            NotServed, ActorMissing, TextMissing, BookClosed.
            RangeUnusable: beyond the series, or senseless.
            NumberGiven: one of them has a line, is held, or was explained.
        """
        first, last = numbers
        if agency not in self._world.settings.agencies:
            raise NotServed(agency=agency, served=", ".join(sorted(self._world.settings.agencies)))
        if not by.strip():
            raise ActorMissing()
        if not reason.strip():
            raise TextMissing()
        at = self._world.now()

        def work(unit: NodeUnit) -> None:
            require_open(unit, Book.INCOMING, agency, year)
            most = unit.numbers.most(agency, year)
            if not 1 <= first <= last <= most or last - first >= RANGE_MAX:
                raise RangeUnusable(first=first, last=last, most=most)
            giving = Giving(row=None, agency=agency, year=year, clerk=by, at=at)
            for number in range(first, last + 1):
                if not unit.numbers.is_free(giving, number):
                    raise NumberGiven(number=number, year=year)
                unit.numbers.explain(giving, number, reason.strip())

        self._world.store.run(work)


def gaps(unit: NodeUnit, agency: str, year: int, *, at: datetime) -> tuple[Gap, ...]:
    explained: dict[int, tuple[str, str]] = {}
    for number, row in unit.numbers.others(agency, year).items():
        if row.state == NumberState.HELD.value and row.held_until > at:
            explained[number] = (f"Đang giữ đến {shown(row.held_until)}", row.holder)
        elif row.state == NumberState.VOID.value:
            explained[number] = (row.reason or "", row.holder)
        else:
            explained[number] = (_NOT_USED, row.holder)
    return gaps_of(unit.numbers.most(agency, year), unit.numbers.taken(agency, year), explained)


def require_open(unit: NodeUnit, book: Book, agency: str, year: int) -> None:
    """
    Raises:
        BookClosed.
    """
    closed = unit.registers.closed(book, agency, year)
    if closed is not None:
        raise BookClosed(book=book.vi, year=year, closed=f"{_day(closed.closed_at):%d/%m/%Y}")


def _day(at: datetime) -> date:
    return day_of(at)
