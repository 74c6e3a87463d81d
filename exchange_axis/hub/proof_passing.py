"""The round in which two hubs hand each other log proofs of their evidence, over the line of the lower one.

The upper hub cannot call: it says in its answer what it wants, and gets that with the next call of the same round.
Time-stamps over the checkpoints that such proofs end in go the same way.
"""

from __future__ import annotations

from asyncio import to_thread
from typing import Final

from exchange_axis.hub.service import Hub
from exchange_axis.ports import LogLine, PassedProofs
from exchange_axis.store.hub import peers

PAUSE: Final = 10.0
"""Seconds between two rounds when we want nothing ourselves."""


class ProofPassing:
    def __init__(self, hub: Hub, line: LogLine) -> None:
        self._hub = hub
        self._line = line
        self._next = 0.0

    async def round(self) -> int:
        """The number of proofs and time-stamps that came or went.

        Raises:
            HubUnreachable, HubRefused.
        """
        parent = self._hub.world.settings.parent or ""
        wishes = await to_thread(wishes_of, self._hub, parent)
        now = self._hub.world.clock.monotonic()
        if not wishes.wants and now < self._next:
            return 0
        self._next = now + PAUSE
        answer = await self._line.pass_proofs(wishes)
        done = await to_thread(take, self._hub, parent, answer)
        if answer.wants:
            ours = await to_thread(self._given, parent, answer)
            if ours.gives:
                await self._line.pass_proofs(ours)
                done += ours.gives
        return done

    def _given(self, parent: str, asked: PassedProofs) -> PassedProofs:
        row = self._hub.world.transactions.read(lambda connection: peers.get(connection, parent))
        return PassedProofs() if row is None else gifts_for(self._hub, row, asked)


def answer_to(hub: Hub, peer: peers.PeerRow, asked: PassedProofs) -> PassedProofs:
    """The upper hub's side: take what was handed over, give what is asked for; wishes, if the call hands over none."""
    take(hub, peer.id, asked)
    gifts = gifts_for(hub, peer, asked)
    wishes = PassedProofs() if asked.gives else wishes_of(hub, peer.id)
    return PassedProofs(
        proofs=gifts.proofs, stamps=gifts.stamps, wanted=wishes.wanted, wanted_stamps=wishes.wanted_stamps
    )


def wishes_of(hub: Hub, peer: str) -> PassedProofs:
    return PassedProofs(wanted=hub.brought.asked(peer), wanted_stamps=hub.brought_stamps.asked(peer))


def gifts_for(hub: Hub, peer: peers.PeerRow, asked: PassedProofs) -> PassedProofs:
    proofs = hub.brought.given(peer, asked.wanted) if asked.wanted else {}
    return PassedProofs(proofs=proofs, stamps=hub.brought_stamps.given(asked.wanted_stamps))


def take(hub: Hub, peer: str, passed: PassedProofs) -> int:
    return hub.brought.take(peer, passed.proofs) + hub.brought_stamps.take(peer, passed.stamps)
