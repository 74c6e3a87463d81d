"""What a clerk sees first: what burns, and the piles of the inbox. Reading only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from exchange_axis.domain.breaker import BreakerState
from exchange_axis.domain.calendar import day_of, end_of_day
from exchange_axis.domain.consignment import Lane
from exchange_axis.node.below import Below
from exchange_axis.node.clocks import Clocks
from exchange_axis.node.directory import DirectoryCopy
from exchange_axis.node.shown import ReceivedLine
from exchange_axis.node.views import received_lines
from exchange_axis.node.watch import ending
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.envelope import fold
from exchange_axis.pipeline.lines import PeerLine
from exchange_axis.store.node.desk import Now, Pile, Refused
from exchange_axis.store.node.rows import InboxRow, OutboxRow
from exchange_axis.store.node.unit import NodeUnit

RECENT: Final = timedelta(days=7)
"""How long a refusal by a recipient is shown on top."""
SLOW: Final = timedelta(minutes=1)
"""What goes at once and still waits after so long is held up by the line."""
DIGEST: Final = 12
"""Lines of one kind in a digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burning:
    most_urgent: int
    """Hỏa tốc letters that nobody has accepted or refused."""
    newest: int
    """Rises with every letter that comes."""
    newest_most_urgent: int
    """The same of hỏa tốc letters that wait."""
    today: int
    overdue: int
    refused: int
    """Sent letters that a recipient has refused lately."""
    line: BreakerState
    line_error: str | None
    slow: bool
    """The line works, but calls on it fail or what is urgent waits."""
    alarms: int
    """Of the last days: what the node found wrong, such as a forked log of the hub."""
    below: int
    """What agencies below still owe to others."""
    queued: int
    """Letters and statuses that wait for the hub."""
    certificate_days: int | None
    """Until the first certificate of this node ends; None while there is time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxLine:
    letter: ReceivedLine
    standing: str | None
    """Legal standing by its files: replaces-paper, information, undetermined; None where nobody looked."""
    remaining: int | None
    """Seconds until the next thing is due, below 0 afterwards."""
    clerk: str | None
    """Who works on it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage:
    lines: tuple[InboxLine, ...]
    counts: Mapping[Pile, int]
    more: bool
    """Whether there is a further page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A recipient's, of a letter sent from here."""

    consignment_id: str
    title: str
    subject: str
    agency: str
    name: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """For a leader (R84)."""

    urgent: tuple[InboxLine, ...]
    """Above the ordinary lane, neither accepted nor refused."""
    overdue: tuple[InboxLine, ...]
    today: tuple[InboxLine, ...]
    refused: tuple[Refusal, ...]
    counts: Mapping[Pile, int]


class DeskView:
    def __init__(
        self, world: NodeWorld, line: PeerLine, clocks: Clocks, directory: DirectoryCopy, *, below: Below
    ) -> None:
        self._below = below
        self._directory = directory
        self._world = world
        self._line = line
        self._clocks = clocks

    def burning(self) -> Burning:
        self._clocks.count()
        now, line = self._now(), self._line.view()
        ends = [one.not_after for one in ending(self._world) if one.use != "root"]
        below = self._below.owed()

        def work(unit: NodeUnit) -> Burning:
            counts = unit.desk.counts(now, agency=None)
            waiting = unit.waiting.rows(limit=1_000)
            return Burning(
                most_urgent=unit.desk.most_urgent_waiting(),
                newest=unit.desk.newest(),
                newest_most_urgent=unit.desk.newest_most_urgent(),
                today=counts[Pile.TODAY],
                overdue=counts[Pile.OVERDUE],
                refused=unit.desk.refused_by_recipients(now.at - RECENT),
                line=line.state,
                line_error=line.error,
                slow=line.failures > 0 or any(_is_slow(row, now.at) for row in waiting),
                alarms=sum(alarm.last_at >= now.at - RECENT for alarm in unit.records.alarms()),
                below=len(below),
                queued=len(waiting),
                certificate_days=max(0, (min(ends) - now.at).days) if ends else None,
            )

        return self._world.store.read(work)

    def news(self) -> tuple[int, int]:
        """The newest letter, and the newest of the most urgent ones that wait."""
        return self._world.store.read(lambda unit: (unit.desk.newest(), unit.desk.newest_most_urgent()))

    def inbox(self, pile: Pile, *, agency: str | None = None, limit: int = 50, offset: int = 0) -> InboxPage:
        """One page of a pile, and how many letters each pile has."""
        self._clocks.count()
        now = self._now()

        def work(unit: NodeUnit) -> InboxPage:
            rows = unit.desk.page(pile, now, agency=agency, limit=limit + 1, offset=offset)
            counts = unit.desk.counts(now, agency=agency)
            return InboxPage(lines=_lines(unit, rows[:limit], now.at), counts=counts, more=len(rows) > limit)

        return self._world.store.read(work)

    def digest(self) -> Digest:
        """The few lines of each kind that come first."""
        self._clocks.count()
        now = self._now()

        def work(unit: NodeUnit) -> tuple[Digest, tuple[Refused, ...]]:
            def lines(pile: Pile) -> tuple[InboxLine, ...]:
                return _lines(unit, unit.desk.page(pile, now, agency=None, limit=DIGEST), now.at)

            found = Digest(
                urgent=tuple(line for line in lines(Pile.OPEN) if line.letter.lane != Lane.THUONG.value),
                overdue=lines(Pile.OVERDUE),
                today=lines(Pile.TODAY),
                refused=(),
                counts=unit.desk.counts(now, agency=None),
            )
            return found, unit.desk.refusals(now.at - RECENT, DIGEST)

        found, refused = self._world.store.read(work)
        return replace(found, refused=tuple(map(self._refusal, refused)))

    def _refusal(self, row: Refused) -> Refusal:
        return Refusal(
            consignment_id=row.consignment_id,
            title=row.title,
            subject=row.subject,
            agency=row.recipient,
            name=self._directory.name_of(row.recipient),
            at=row.changed_at,
            reason=row.reason or "",
        )

    def search(self, text: str, *, agency: str | None = None, limit: int = 50) -> InboxPage:
        """Letters that have all these words, with or without diacritics, in number, subject or sender."""
        now, words = self._now(), fold(text).split()

        def fits(found: str) -> bool:
            folded = fold(found)
            return all(word in folded for word in words)

        def work(unit: NodeUnit) -> InboxPage:
            rows = unit.desk.matching(fits, agency=agency, limit=limit + 1)
            counts = unit.desk.counts(now, agency=agency)
            return InboxPage(lines=_lines(unit, rows[:limit], now.at), counts=counts, more=len(rows) > limit)

        return self._world.store.read(work)

    def _now(self) -> Now:
        at = self._world.now()
        return Now(at=at, day_end=end_of_day(day_of(at)))


def _is_slow(row: OutboxRow, at: datetime) -> bool:
    """Ordinary letters may wait for the hours of large ones; urgent ones and statuses go at once."""
    may_wait = row.lane is Lane.THUONG and row.status_code is None
    return row.attempts > 0 or (not may_wait and at - row.created_at > SLOW)


def _lines(unit: NodeUnit, rows: tuple[InboxRow, ...], at: datetime) -> tuple[InboxLine, ...]:
    standings = unit.desk.standings({row.container_sha256 for row in rows})
    claims = {
        (one.sender, one.consignment_id, one.agency): one.clerk for one in unit.claims.all(None) if one.held_until > at
    }
    return tuple(
        InboxLine(
            letter=line,
            standing=standings.get(row.container_sha256),
            remaining=None if line.due is None else int((line.due.at - at).total_seconds()),
            clerk=claims.get((row.sender, row.consignment_id, row.recipient)),
        )
        for row, line in zip(rows, received_lines(unit, rows, at), strict=True)
    )
