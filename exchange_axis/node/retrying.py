"""The node's retry desk: what waits for the hub, when it is tried next, and having it tried at once.

Rule of this file: a refusal that the hub sealed ends a consignment for good; one without a seal only stops it, and
may be tried again with the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from exchange_axis.errors import NotFound
from exchange_axis.node import standing
from exchange_axis.node.errors import Ambiguous
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.rows import OutboxRow
from exchange_axis.store.node.unit import NodeUnit

SHORTEST = 4
"""Characters of an id that name a row at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """A letter or status that the hub has not answered."""

    consignment_id: str
    kind: str
    """letter or status."""
    status: str | None
    """Code of a status."""
    sender: str
    title: str
    lane: str
    queued_at: datetime
    tries: int
    next_try_at: datetime
    last_error: str | None
    expires_at: datetime


class Retrying:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def waiting(self, *, limit: int = 200, offset: int = 0) -> tuple[WaitingLine, ...]:
        """In the order in which they go."""
        return self._world.store.read(lambda unit: tuple(map(_line, unit.waiting.rows(limit=limit, offset=offset))))

    def retry(self, ids: Sequence[str], *, everything: bool = False) -> tuple[WaitingLine, ...]:
        """Have them tried at once; what they are then.

        Args:
            ids: consignment ids or their beginnings, of letters or statuses.
            everything: all that waits.

        Raises:
            NotFound, Ambiguous: nothing is changed.
        """
        at = self._world.now()

        def work(unit: NodeUnit) -> tuple[WaitingLine, ...]:
            rows = unit.waiting.rows(limit=None) if everything else [_named(unit, one) for one in ids]
            tried = [row for row in rows if unit.waiting.try_now(row.consignment_id, at)]
            for row in tried:
                standing.derive(unit, row, at=at)  # what a refusal had undone is asked again
            found = (unit.outbox.get(row.consignment_id) for row in tried)
            return tuple(_line(row) for row in found if row is not None)

        return self._world.store.run(work)


def _named(unit: NodeUnit, beginning: str) -> OutboxRow:
    found = unit.waiting.named(beginning.strip()) if len(beginning.strip()) >= SHORTEST else ()
    if not found:
        raise NotFound(what=beginning)
    if len(found) > 1:
        raise Ambiguous(query=beginning, candidates="; ".join(row.consignment_id for row in found[:8]))
    return found[0]


def _line(row: OutboxRow) -> WaitingLine:
    return WaitingLine(
        consignment_id=row.consignment_id,
        kind=row.kind.value,
        status=row.status_code,
        sender=row.sender,
        title=row.title,
        lane=row.lane.value,
        queued_at=row.created_at,
        tries=row.attempts,
        next_try_at=row.due_at,
        last_error=row.last_error,
        expires_at=row.expires_at,
    )
