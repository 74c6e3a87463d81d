"""The access log of a node: who took something with names of people out of it. It is noted before it is handed out."""

from __future__ import annotations

from exchange_axis.domain.taking import Taken
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.accesses import AccessRow

MOST = 500


def note(world: NodeWorld, actor: str, taken: Taken, subject: str) -> None:
    at = world.now()
    world.store.run(lambda unit: unit.accesses.add(actor, taken.value, subject, at=at))


def entries(
    world: NodeWorld, *, limit: int = 100, actor: str | None = None, before: int | None = None
) -> tuple[AccessRow, ...]:
    """Newest first."""
    most = max(1, min(limit, MOST))
    return world.store.read(lambda unit: unit.accesses.newest(limit=most, actor=actor, before=before))
