"""The round in which two hubs hand each other log proofs of their evidence, over the line of the lower one.

The upper hub cannot call: it says in its answer what it wants, and gets that with the next call of the same round.
"""

from __future__ import annotations

from asyncio import to_thread
from typing import Final

from exchange_axis.hub.service import Hub
from exchange_axis.ports import LogLine
from exchange_axis.store.hub import peers

PAUSE: Final = 10.0
"""Seconds between two rounds when we want nothing ourselves."""


class ProofPassing:
    def __init__(self, hub: Hub, line: LogLine) -> None:
        self._hub = hub
        self._line = line
        self._next = 0.0

    async def round(self) -> int:
        """The number of proofs that came or went.

        Raises:
            HubUnreachable, HubRefused.
        """
        parent = self._hub.world.settings.parent or ""
        wanted = await to_thread(self._hub.brought.asked, parent)
        now = self._hub.world.clock.monotonic()
        if not wanted and now < self._next:
            return 0
        self._next = now + PAUSE
        answer = await self._line.pass_proofs({}, wanted)
        done = await to_thread(self._hub.brought.take, parent, answer.proofs)
        if answer.wanted:
            ours = await to_thread(self._given, parent, answer.wanted)
            if ours:
                await self._line.pass_proofs(ours, ())
                done += len(ours)
        return done

    def _given(self, parent: str, wanted: tuple[str, ...]) -> dict[str, bytes]:
        row = self._hub.world.transactions.read(lambda connection: peers.get(connection, parent))
        return {} if row is None else dict(self._hub.brought.given(row, wanted))
