"""The log's part of a line without a network: a peer's calls go straight into the hub."""

from __future__ import annotations

from collections.abc import Sequence

from exchange_axis.errors import NotFound
from exchange_axis.hub.proof_passing import answer_to
from exchange_axis.hub.service import Hub
from exchange_axis.ledger.copying import read_copying, write_copying
from exchange_axis.ledger.witness import OtherOldSize, read_adding
from exchange_axis.ports import HubRefused, PassedProofs
from exchange_axis.store.hub.peers import PeerRow
from schemas.gate.refusal import Refusal


class DirectLog:
    """A `LogLine` on the calling thread."""

    def __init__(self, hub: Hub, peer: PeerRow) -> None:
        self.hub = hub
        self.peer = peer
        self.shown: bytes | None = None

    def show(self, note: bytes) -> None:
        self.shown = note

    async def checkpoint(self) -> bytes | None:
        self._gossip()
        return self.hub.log.checkpoint()

    async def consistency(self, size1: int, size2: int) -> tuple[bytes, ...]:
        try:
            return tuple(self.hub.tiling.consistency(size1, size2))
        except Refusal as refusal:
            raise HubRefused({"code": refusal.code}) from refusal

    async def add_checkpoint(self, adding: bytes) -> bytes | int:
        try:
            return self.hub.witness.add(read_adding(adding)).encode()
        except OtherOldSize as other:
            return other.size
        except Refusal as refusal:
            raise HubRefused({"code": refusal.code}) from refusal

    async def cosign(self, note: bytes) -> None:
        self.hub.witness.accept(note)

    async def copy(self, copying: bytes) -> int:
        try:
            return self.hub.witness.copy_in(self.peer, read_copying(copying))
        except OtherOldSize as other:
            return other.size
        except Refusal as refusal:
            raise HubRefused({"code": refusal.code}) from refusal

    async def rolls(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        rolls = self.hub.witness.rolls
        rolls.take(self.peer.id, given)
        return rolls.own()

    async def pass_proofs(self, ours: PassedProofs) -> PassedProofs:
        return answer_to(self.hub, self.peer, ours)

    async def seen(self, origin: str) -> bytes | None:
        try:
            return self.hub.witness.seen(origin)
        except NotFound:
            return None

    async def copied(self, origin: str, first: int) -> bytes | None:
        piece = self.hub.witness.copied(origin, first)
        return None if piece is None else write_copying(piece)

    def _gossip(self) -> None:
        if self.shown is not None:
            self.hub.log_guard.heard(self.shown)
