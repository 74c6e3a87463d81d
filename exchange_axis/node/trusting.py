"""The node's trust list: taken from its hub, believed by its own pin, asked whenever a hub says something."""

from __future__ import annotations

from collections.abc import Sequence

from exchange_axis.domain.trust_list import HeardList, TrustList
from exchange_axis.node.pushing import raise_alarm
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.trusting import following
from exchange_axis.store.node.unit import NodeUnit
from schemas.gate.refusal import Refusal


class TrustCopy:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def current(self) -> TrustList | None:
        held = self._world.held_list()
        return None if held is None else held.value

    def known(self) -> int:
        """Lists above this version are asked for: the one in force too, so that a fork of it is seen."""
        held = self._world.held_list()
        return 0 if held is None else held.value.version - 1

    def take(self, documents: Sequence[bytes]) -> int:
        """Take lists into force, in order; returns how many. What does not follow is an alarm, and changes nothing."""
        held, taken = self._world.held_list(), 0
        for found in following(documents, held=held, pin=self._world.trust.pin()):
            if isinstance(found, Refusal):
                self._alarm(found)
            else:
                taken += self._adopt(found)
        return taken

    def take_lists(self, documents: Sequence[bytes]) -> int:
        """Keep newer revocation lists; returns how many."""
        return self._world.trust.book.take(documents, self._world.anchors())

    def _adopt(self, heard: HeardList) -> bool:
        at = self._world.now()
        fresh = self._world.store.run(lambda unit: unit.trust_lists.add(heard, at))
        self._world.trust.show(heard)
        return fresh

    def _alarm(self, refusal: Refusal) -> None:
        at = self._world.now()

        def work(unit: NodeUnit) -> None:
            raise_alarm(unit, refusal, str(refusal.facts.get("version", "")), at)

        self._world.store.run(work)
