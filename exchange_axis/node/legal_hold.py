"""Legal holds at a node: what an inspection or a dispute needs is not erased until somebody releases it."""

from __future__ import annotations

from exchange_axis.domain.disposal import ErasureUnusable, Hold, NoSuchHold, usable_actor, usable_text
from exchange_axis.domain.ids import canonical_code
from exchange_axis.node.erasing import find_held
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.legal_holds import HoldRow
from exchange_axis.store.node.unit import NodeUnit


class NodeHolds:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def add(
        self, *, letter: str | None, agency: str | None, reason: str, actor: str, sender: str | None = None
    ) -> Hold:
        """On one letter, or on all letters from and to an agency code.

        Raises:
            ErasureUnusable, MalformedCode, NotFound, Ambiguous, SeveralLetters.
        """
        reason, actor, at = usable_text(reason, "reason"), usable_actor(actor), self._world.now()
        if (letter is None) == (agency is None):
            raise ErasureUnusable(field="hold", wanted="letter | agency")
        code = None if agency is None else canonical_code(agency)

        def work(unit: NodeUnit) -> Hold:
            held = None if letter is None else find_held(unit, letter, sender)
            row = HoldRow(
                sender=None if held is None else held.sender,
                consignment_id=None if held is None else held.consignment_id,
                agency=code,
                reason=reason,
                placed_by=actor,
                placed_at=at,
            )
            number = unit.legal_holds.add(row)
            return next(one for one in _every(unit, released=False) if one.id == number)

        return self._world.store.run(work)

    def release(self, id_: int, *, reason: str, actor: str) -> Hold:
        """Raises ErasureUnusable, NoSuchHold."""
        reason, actor, at = usable_text(reason, "reason"), usable_actor(actor), self._world.now()

        def work(unit: NodeUnit) -> Hold:
            if not unit.legal_holds.release(id_, by=actor, at=at, reason=reason):
                raise NoSuchHold(id=id_, command="axis node hold list")
            return next(one for one in _every(unit, released=True) if one.id == id_)

        return self._world.store.run(work)

    def every(self, *, released: bool = False) -> tuple[Hold, ...]:
        """Those in force; with `released` also those that have ended."""
        return self._world.store.read(lambda unit: _every(unit, released=released))


def _every(unit: NodeUnit, *, released: bool) -> tuple[Hold, ...]:
    return tuple(_shown(row) for row in unit.legal_holds.every(released=released))


def _shown(row: HoldRow) -> Hold:
    return Hold(
        id=row.seq,
        consignment_id=row.consignment_id,
        agency=row.agency,
        reason=row.reason,
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        released_by=row.released_by,
        released_at=row.released_at,
        release_reason=row.release_reason,
    )
