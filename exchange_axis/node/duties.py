"""What the node owes senders without a clerk: answers about letters that nobody has accepted.

Found in the stored rows each time, so that a step that was broken off anywhere is simply found again; what was said
moved the row, so that nothing is said twice.
"""

from __future__ import annotations

from exchange_axis.node.decisions import Clerk
from exchange_axis.node.world import NodeWorld


class Duties:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        self._clerk = Clerk(world)

    def fulfil(self) -> int:
        """Say what is owed now; the number of statuses queued."""
        return self._answers()

    def _answers(self) -> int:
        if not self._world.settings.answer_unaccepted:
            return 0
        owing = self._world.store.read(lambda unit: unit.inbox.owing())
        return sum(self._clerk.answer_for_nobody(row) for row in owing)
