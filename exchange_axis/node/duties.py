"""What the node owes senders without a clerk: answers about letters that nobody has accepted, how far those are to whom
a letter was passed on, and that a letter is completed once its reply is accepted.

Found in the stored rows each time, so that a step that was broken off anywhere is simply found again; what was said
moved the row, so that nothing is said twice.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from exchange_axis.domain.lifecycle import PROGRESS, Progress, Request, StatusCode
from exchange_axis.errors import AxisError
from exchange_axis.node.decisions import Clerk
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.drafts import Closing
from exchange_axis.store.node.rows import AddresseeRow, InboxRow
from exchange_axis.store.node.unit import NodeUnit

_log = logging.getLogger(__name__)
_RANK = {progress: rank for rank, progress in enumerate(Progress)}
_AT_WORK = frozenset({Progress.ACCEPTED, Progress.ASSIGNED, Progress.PROCESSING})
"""How far a passed-on letter is while its children may still move it."""
_BEGUN = _RANK[Progress.ACCEPTED]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollUp:
    """What those to whom a letter was passed on make true of it."""

    code: StatusCode
    text: str


class Duties:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        self._clerk = Clerk(world)

    def fulfil(self) -> int:
        """Say what is owed now; the number of statuses queued."""
        return self._answers() + self._roll_ups() + self._closings()

    def _answers(self) -> int:
        if not self._world.settings.answer_unaccepted:
            return 0
        owing = self._world.store.read(lambda unit: unit.inbox.owing())
        return sum(self._clerk.answer_for_nobody(row) for row in owing)

    def _roll_ups(self) -> int:
        due = self._world.store.read(lambda unit: list(_due(unit)))
        return sum(self._clerk.report_for_children(row, rolled.code, rolled.text) for row, rolled in due)

    def _closings(self) -> int:
        """06 of the letters whose replies the hub has accepted; a colleague who works on one is waited for (R83)."""
        return sum(map(self._close, self._world.store.read(lambda unit: unit.drafts.closings())))

    def _close(self, one: Closing) -> bool:
        text = f"Đã phúc đáp bằng văn bản {one.reply}"
        try:
            self._clerk.report(one.letter, code=StatusCode.COMPLETED, text=text, actor=one.actor, agency=one.agency)
        except AxisError as refusal:
            _log.info("the letter %s is not completed by its reply: %s", one.letter, refusal)
            return False
        return True


def roll_up(progress: Progress, children: Sequence[Progress]) -> RollUp | None:
    """What a letter's children (how far each is) add to how far it is itself; None if nothing.

    04 with the first that has accepted, 05 with the first that works on it, 06 when all have completed it.
    """
    if progress not in _AT_WORK or not children:
        return None
    done = sum(child is Progress.COMPLETED for child in children)
    working = sum(_RANK[child] >= _RANK[Progress.PROCESSING] for child in children)
    begun = sum(_RANK[child] >= _BEGUN for child in children)
    count = len(children)
    if done == count:
        found = RollUp(code=StatusCode.COMPLETED, text=f"{done}/{count} đơn vị đã hoàn thành")
    elif working:
        found = RollUp(code=StatusCode.PROCESSING, text=f"{working}/{count} đơn vị đang xử lý")
    elif begun:
        found = RollUp(code=StatusCode.ASSIGNED, text=f"{begun}/{count} đơn vị đã tiếp nhận")
    else:
        return None
    after = PROGRESS.observe(progress, found.code)
    return found if _RANK[after] > _RANK[progress] else None


def _due(unit: NodeUnit) -> list[tuple[InboxRow, RollUp]]:
    found = []
    for sender, consignment_id, agency in unit.outbox.redistributed():
        row = unit.inbox.get(sender, consignment_id, agency)
        if row is None or row.business.is_frozen or row.business.progress not in _AT_WORK:
            continue
        rolled = roll_up(row.business.progress, _children(unit, row))
        if rolled is not None:
            found.append((row, rolled))
    return found


def _children(unit: NodeUnit, row: InboxRow) -> list[Progress]:
    """How far each agency is to which the letter was passed on: the best of what it got, for what was refused may have
    been sent again. Who was asked to give it back does not count."""
    furthest: dict[str, Progress] = {}
    passed_on = unit.outbox.redistributing(row.sender, row.consignment_id, row.recipient)
    letters = [one for letter in passed_on for one in unit.outbox.family(letter.sender, letter.consignment_id)]
    for child in (child for letter in letters for child in unit.outbox.addressees(letter.consignment_id)):
        if _counts(child):
            so_far = furthest.get(child.recipient, Progress.DELIVERED)
            furthest[child.recipient] = max(so_far, child.business.progress, key=lambda one: _RANK[one])
    return list(furthest.values())


def _counts(child: AddresseeRow) -> bool:
    return child.business.request not in {Request.WITHDRAWN, Request.TAKE_BACK_ASKED, Request.RECALL_ASKED}
