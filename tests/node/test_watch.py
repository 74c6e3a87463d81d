"""A node says in time which of its own certificates end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from exchange_axis.node.watch import certificates, ending
from tests.node.stand import Stand


def test_own_certificates_are_watched(stand: Stand) -> None:
    with stand.sender.open() as node:
        found = certificates(node.world)
        assert {one.use for one in found} >= {"agency-seal", "node-seal", "root"}
        seal = next(one for one in found if one.use == "agency-seal")
        assert ending(node.world) == []

        class Later:
            def __init__(self, days: int) -> None:
                self._at = seal.not_after - timedelta(days=days)

            def now(self) -> object:
                return self._at

        for days, expected in ((60, 60), (7, 7), (0, 0)):
            world = replace(node.world, clock=Later(days))  # type: ignore[arg-type]
            (one,) = (one for one in ending(world) if one.fingerprint == seal.fingerprint)
            assert [one.step, one.codes] == [expected, seal.codes]
