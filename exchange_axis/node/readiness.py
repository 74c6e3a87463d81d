"""Whether a node can seal letters and keep what comes: seals, certificates, database, disk.

The line to the hub is not asked for: without it letters are sealed and queued all the same.
"""

from __future__ import annotations

from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.readiness import Checkup, require_valid, sign_now, store_now, write_now
from exchange_axis.store.node.unit import NodeUnit

MOST_SEALS = 8
"""Seals that sign at each look; of an office with hundreds of agencies the certificates of all are looked at."""


class NodeReadiness(Checkup):
    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        super().__init__(
            world.clock,
            {"seals": self._seals, "store": self._store, "disk": lambda: store_now(world.settings.staging)},
        )

    def _seals(self) -> None:
        seals = {code: signer.certificate for code, signer in self._world.seals.items()}
        require_valid({"node-seal": self._world.node_seal.certificate, **seals}, self._world.clock.now())
        sign_now([self._world.node_seal, *list(self._world.seals.values())[:MOST_SEALS]])

    def _store(self) -> None:
        at = self._world.clock.now()

        def work(unit: NodeUnit) -> None:
            unit.beat(at)

        write_now(lambda: self._world.store.run(work))
