"""Which clerk works on a received letter: one at a time, for a while, and with a record of every change.

1. A claim is taken, renewed and given back by its clerk. Once its time is over, anybody takes the letter.
2. Before that a deputy may take it over, with a reason; the record keeps who had it.
3. Whoever decides about a letter that a colleague has is refused; a letter that nobody has needs no claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from exchange_axis.node.errors import ActorMissing, TextMissing
from exchange_axis.node.lookup import find_received
from exchange_axis.node.register_errors import LetterClaimed, NotYourClaim
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.story_page import shown
from exchange_axis.store.node.claims import ClaimEventRow, ClaimRow
from exchange_axis.store.node.rows import InboxRow
from exchange_axis.store.node.unit import NodeUnit

HELD_FOR: Final = timedelta(minutes=15)
"""How long a letter stays with a clerk who does nothing; every act of his on it renews that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    consignment_id: str
    agency: str
    title: str
    clerk: str
    since: datetime
    until: datetime


class ClaimDesk:
    def __init__(self, world: NodeWorld, *, held_for: timedelta = HELD_FOR) -> None:
        self._world = world
        self._held_for = held_for

    def take(self, query: str, *, clerk: str, agency: str | None = None) -> Claim:
        """Take a letter, or keep it for longer.

        Raises:
            NotFound, Ambiguous, ActorMissing.
            LetterClaimed: a colleague has it.
        """
        return self._take(query, clerk, agency, reason=None)

    def take_over(self, query: str, *, clerk: str, reason: str, agency: str | None = None) -> Claim:
        """Take a letter from a colleague; the record says from whom, and why. Raises as `take`, and TextMissing."""
        if not reason.strip():
            raise TextMissing()
        return self._take(query, clerk, agency, reason=reason.strip())

    def give_back(self, query: str, *, clerk: str, agency: str | None = None) -> None:
        """
        Raises:
            NotFound, Ambiguous.
            NotYourClaim: it is a colleague's, or nobody's.
        """

        def work(unit: NodeUnit) -> None:
            row = find_received(unit, query, agency=agency)
            claim = unit.claims.of(row)
            if claim is None or claim.clerk != clerk:
                raise NotYourClaim(title=row.title, clerk=clerk)
            finish(unit, row, clerk, at=self._world.now())

        self._world.store.run(work)

    def of(self, query: str, *, agency: str | None = None) -> Claim | None:
        """Who has it now."""
        at = self._world.now()

        def work(unit: NodeUnit) -> Claim | None:
            row = find_received(unit, query, agency=agency)
            claim = unit.claims.of(row)
            return None if claim is None or claim.held_until <= at else _claim(row, claim)

        return self._world.store.read(work)

    def holders(self, *, agency: str | None = None) -> dict[tuple[str, str, str], str]:
        """Clerk by (sender, consignment id, agency) of every letter that somebody has now."""
        at = self._world.now()
        rows = self._world.store.read(lambda unit: unit.claims.all(agency))
        return {(row.sender, row.consignment_id, row.agency): row.clerk for row in rows if row.held_until > at}

    def history(self, query: str, *, agency: str | None = None) -> tuple[ClaimEventRow, ...]:
        return self._world.store.read(lambda unit: unit.claims.history(find_received(unit, query, agency=agency)))

    def _take(self, query: str, clerk: str, agency: str | None, *, reason: str | None) -> Claim:
        if not clerk.strip():
            raise ActorMissing()
        at = self._world.now()

        def work(unit: NodeUnit) -> Claim:
            row = find_received(unit, query, agency=agency)
            before, other = unit.claims.of(row), colleague(unit, row, clerk, at=at)
            if other is not None and reason is None:
                raise LetterClaimed(title=row.title, clerk=other.clerk, until=shown(other.held_until))
            claim = unit.claims.put(row, clerk, at=at, until=at + self._held_for)
            if other is not None:
                _note(unit, row, "taken-over", clerk, at=at, before=other.clerk, reason=reason)
            elif before is None or before.clerk != clerk or before.held_until <= at:
                _note(unit, row, "claimed", clerk, at=at)
            return _claim(row, claim)

        return self._world.store.run(work)


def colleague(unit: NodeUnit, row: InboxRow, clerk: str, *, at: datetime) -> ClaimRow | None:
    """The claim of somebody else on a letter, while it lasts."""
    claim = unit.claims.of(row)
    return None if claim is None or claim.clerk == clerk or claim.held_until <= at else claim


def require_free(unit: NodeUnit, row: InboxRow, clerk: str, *, at: datetime) -> None:
    """
    Raises:
        LetterClaimed: a colleague has it.
    """
    other = colleague(unit, row, clerk, at=at)
    if other is not None:
        raise LetterClaimed(title=row.title, clerk=other.clerk, until=shown(other.held_until))


def finish(unit: NodeUnit, row: InboxRow, clerk: str, *, at: datetime) -> None:
    """A clerk is done with a letter, for now."""
    claim = unit.claims.of(row)
    if claim is not None and claim.clerk == clerk:
        unit.claims.drop(row)
        _note(unit, row, "released", clerk, at=at)


def _note(unit: NodeUnit, row: InboxRow, event: str, clerk: str, *, at: datetime, **more: str | None) -> None:
    noted = ClaimEventRow(event=event, clerk=clerk, before=more.get("before"), reason=more.get("reason"), at=at)
    unit.claims.note(row, noted)


def _claim(row: InboxRow, claim: ClaimRow) -> Claim:
    return Claim(
        consignment_id=row.consignment_id,
        agency=row.recipient,
        title=row.title,
        clerk=claim.clerk,
        since=claim.claimed_at,
        until=claim.held_until,
    )
