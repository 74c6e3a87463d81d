"""Reminding a recipient by hand (R78): the wish is stored here, the agent asks the hub, and its answer is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from exchange_axis.domain.lifecycle import DeliveryState, Progress
from exchange_axis.domain.reminders import AGAIN_AFTER, Asked, AskedState
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.node.errors import ActorMissing
from exchange_axis.node.lookup import find_letter
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.asked import AskedRow
from exchange_axis.store.node.rows import AddresseeRow, OutboxState
from exchange_axis.store.node.unit import NodeUnit

_OVER = frozenset({Progress.REFUSED, Progress.COMPLETED})


class NothingOwed(AxisError):
    code: ClassVar[str] = "reminder.nothing-owed"
    vi: ClassVar[str] = "{agency} không còn nợ gì về văn bản này, hoặc trục chưa nhận văn bản"
    en: ClassVar[str] = "{agency} owes nothing about this letter, or the hub has not accepted the letter"
    remedy_vi: ClassVar[str] = "Xem cột trạng thái; chỉ nhắc nơi đã được gửi tới và chưa hoàn thành"
    remedy_en: ClassVar[str] = "See the state; only who was sent the letter and is not done with it is reminded"


class RemindedLately(AxisError):
    code: ClassVar[str] = "reminder.too-soon"
    vi: ClassVar[str] = "{agency} vừa được nhắc; chỉ nhắc lại sau {hours} giờ"
    en: ClassVar[str] = "{agency} was reminded lately; a reminder may follow after {hours} hours"
    remedy_vi: ClassVar[str] = "Chờ, hoặc gọi cho nơi nhận theo thẻ liên hệ"
    remedy_en: ClassVar[str] = "Wait, or call the recipient: see its contact card"


class AskedReminders:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def ask(self, query: str, *, recipient: str, actor: str) -> None:
        """Have a recipient reminded of what it owes; the hub is asked as soon as there is a line.

        Raises:
            NotFound, Ambiguous: nothing like that was sent from here to that recipient.
            ActorMissing.
            NothingOwed: the hub has not accepted the letter, or the recipient is done with it.
            RemindedLately: not so long ago.
        """
        if not actor.strip():
            raise ActorMissing()
        at = self._world.now()

        def work(unit: NodeUnit) -> None:
            consignment_id = find_letter(unit, query)
            row = unit.outbox.get(consignment_id)
            found = [one for one in unit.outbox.addressees(consignment_id) if one.recipient == recipient]
            if row is None or not found:
                raise NotFound(what=f"{query[:64]} ({recipient[:50]})")
            if row.state is not OutboxState.ACCEPTED or not is_owing(found[0]):
                raise NothingOwed(agency=recipient)
            before = unit.asked.of(consignment_id).get(recipient)
            last = None if before is None else before.at or before.asked_at
            if before is not None and last is not None and at < last + AGAIN_AFTER and _counts(before):
                raise RemindedLately(agency=recipient, hours=int(AGAIN_AFTER.total_seconds() // 3600))
            unit.asked.put(AskedRow(consignment_id=consignment_id, recipient=recipient, asked_by=actor, asked_at=at))

        self._world.store.run(work)

    def due(self) -> Mapping[str, Sequence[str]]:
        """Recipients to be reminded, by letter."""
        found: dict[str, list[str]] = {}
        for row in self._world.store.read(lambda unit: unit.asked.waiting()):
            found.setdefault(row.consignment_id, []).append(row.recipient)
        return found

    def take(self, consignment_id: str, answers: Iterable[Asked]) -> int:
        kept = list(answers)

        def work(unit: NodeUnit) -> None:
            for answer in kept:
                unit.asked.answer(consignment_id, answer)

        self._world.store.run(work)
        return len(kept)


def is_owing(addressee: AddresseeRow) -> bool:
    """Whether a recipient may still be asked for something."""
    gone = {DeliveryState.FAILED, DeliveryState.WITHDRAWN, DeliveryState.DUPLICATE}
    return addressee.state not in gone and addressee.business.progress not in _OVER


def _counts(before: AskedRow) -> bool:
    return before.state in {None, AskedState.SENT, AskedState.PASSED_ON, AskedState.TOO_SOON}
