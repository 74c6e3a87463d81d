"""Taking one delivery back (lấy lại): a status 13 to one recipient, with a reason, within 30 days of sending.

The recipient may decline. Who is asked is asked for everything of the letter that he has, updates included, in one
transaction with his row's new state; sealed before it, and anew if that state changed meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import StatusCode
from exchange_axis.errors import NotFound
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node.amending import Amendment, Step, require_in_time, take_backs_of
from exchange_axis.node.errors import (
    ActorMissing,
    Ambiguous,
    NotARecipient,
    NothingToAmend,
    NothingToTakeBack,
    TextMissing,
)
from exchange_axis.node.lookup import find_sent
from exchange_axis.node.statuses import Saying, StatusWriter
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.rows import OutboxRow, OutboxState
from exchange_axis.store.node.unit import NodeUnit

BEFORE_COMMIT = declare("node.take-back.before-commit", "the question and its status are written, not committed")
COMMITTED = declare("node.take-back.committed", "the recipient will be asked, the clerk has not been told")
_ATTEMPTS = 20
"""Answers that may come between reading and writing before this is a fault of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """What was asked of one recipient."""

    consignment_id: str
    """Of the letter."""
    title: str
    recipient: str
    reason: str
    letters: tuple[str, ...]
    """Ids of all that he is asked to give back: the letter, and updates of it."""
    actor: str
    asked_at: datetime


class TakeBacks:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        self._statuses = StatusWriter(world)

    def ask(self, query: str, *, recipient: str, reason: str, actor: str) -> TakeBack:
        """Ask one recipient to give a letter back; tells him 13 with the reason.

        Raises:
            NotFound, Ambiguous, ActorMissing, TextMissing.
            NotARecipient: the letter did not go there.
            NothingToAmend: the hub refused the letter.
            NothingToTakeBack: asked already, or ended.
            TakeBackLate: sent more than 30 days ago.
        """
        if not actor.strip():
            raise ActorMissing()
        if not reason.strip():
            raise TextMissing()
        saying = Saying(code=StatusCode.TAKE_BACK.value, actor=actor, description=reason.strip())
        for _ in range(_ATTEMPTS):
            at = self._world.now()
            first, steps = self._world.store.read(lambda unit: _plan(unit, query, recipient))
            require_in_time(steps, at=at)
            asked = [self._statuses.prepare_take_back(step.letter, recipient, saying, at=at) for step in steps]
            if self._record(steps, asked, at):
                failpoint(COMMITTED)
                return TakeBack(
                    consignment_id=first.consignment_id,
                    title=first.title,
                    recipient=recipient,
                    reason=saying.description,
                    letters=tuple(step.letter.consignment_id for step in steps),
                    actor=actor,
                    asked_at=at,
                )
        raise AssertionError("a letter was answered all the time while it was asked back")

    def _record(self, steps: tuple[Step, ...], asked: list[OutboxRow], at: datetime) -> bool:
        """False when it is no longer as it was planned."""

        def work(unit: NodeUnit) -> bool:
            if any(step.before not in unit.outbox.addressees(step.letter.consignment_id) for step in steps):
                return False
            Amendment(left_out=steps).carry_out(unit, at=at)
            for status in asked:
                unit.outbox.add(status)
            failpoint(BEFORE_COMMIT)
            return True

        return self._world.store.run(work)


def _plan(unit: NodeUnit, query: str, recipient: str) -> tuple[OutboxRow, tuple[Step, ...]]:
    rows = [row for row in find_sent(unit, query) if row.business_kind is not BusinessKind.REVOKE]
    roots = {(row.sender, row.root) for row in rows}
    if not roots:
        raise NotFound(what=query)
    if len(roots) > 1:
        named = "; ".join(f"{row.consignment_id[:8]} {row.title} ({row.sender})" for row in rows[:8])
        raise Ambiguous(query=query, candidates=named)
    family = unit.outbox.family(*next(iter(roots)))
    first = family[0]
    if first.state is OutboxState.REFUSED:
        raise NothingToAmend(title=first.title, consignment_id=first.consignment_id)
    addressees = [one for row in family for one in unit.outbox.addressees(row.consignment_id)]
    mine = [one for one in addressees if one.recipient == recipient]
    if not mine:
        known = ", ".join(dict.fromkeys(one.recipient for one in addressees))
        raise NotARecipient(title=first.title, recipient=recipient, known=known)
    steps = take_backs_of(unit, family, recipient)
    if not steps:
        raise NothingToTakeBack(
            title=first.title,
            recipient=recipient,
            state=mine[-1].business.request.value,
            consignment_id=first.consignment_id[:8],
        )
    return first, steps
