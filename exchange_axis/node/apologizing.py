"""The letter of apology for what an agency of this node answered too late (R93): recorded here, handed to the hub.

Rules of this file:
1. It is a record about a letter that came here, never a letter itself: number, day and where it was published.
2. The hub decides whether anything was overdue; what it says is kept and shown, and a refused record can be made anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from exchange_axis.domain.apology import ApologyLetter, RecordState, require_usable
from exchange_axis.domain.calendar import day_of
from exchange_axis.errors import NotFound
from exchange_axis.node.errors import ActorMissing
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.apologies import ApologyRow
from exchange_axis.store.node.unit import NodeUnit


class Apologizing:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def record(self, consignment_id: str, agency: str, letter: ApologyLetter, *, actor: str) -> None:
        """Keep it; the hub is told as soon as there is a line.

        Raises:
            NotFound: no such letter came for that agency.
            ActorMissing, ApologyUnusable.
        """
        if not actor.strip():
            raise ActorMissing()
        at = self._world.now()
        require_usable(letter, today=day_of(at))

        def work(unit: NodeUnit) -> None:
            if not any(row.recipient == agency for row in unit.inbox.of_consignment(consignment_id)):
                raise NotFound(what=f"{consignment_id[:64]} ({agency[:50]})")
            row = ApologyRow(
                consignment_id=consignment_id,
                recipient=agency,
                number=letter.number.strip(),
                day=letter.day,
                link=letter.link.strip(),
                recorded_by=actor,
                recorded_at=at,
            )
            unit.apologies.put(row)

        self._world.store.run(work)

    def of(self, consignment_id: str, agency: str) -> ApologyRow | None:
        """What was recorded last, with what the hub said to it."""
        return self._world.store.read(lambda unit: unit.apologies.of(consignment_id, agency))

    def due(self) -> Sequence[ApologyRow]:
        """What the hub has not been told."""
        return self._world.store.read(lambda unit: unit.apologies.waiting())

    def take(self, row: ApologyRow, *, refused: tuple[str, str] | None = None) -> None:
        """
        Args:
            refused: why, in both languages; None: the hub has it.
        """
        state = RecordState.RECORDED if refused is None else RecordState.REFUSED
        vi, en = refused or ("", "")
        self._world.store.run(lambda unit: unit.apologies.answer(row, state, vi=vi, en=en))
