"""A node's way to the practice hub: its use cases, called in threads. There is no network in it at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.files_word import FilesWord
from exchange_axis.domain.reminders import Asked
from exchange_axis.errors import AxisError
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.service import Hub
from exchange_axis.hub.world import Received
from exchange_axis.ports import (
    EVERYTHING,
    Answer,
    DirectoryNews,
    Document,
    FeedItem,
    HubRefused,
    OfferedShipment,
    Wanted,
)
from exchange_axis.store.hub.peers import PeerRow

AT_ONCE = 16
FEED = 200


class PracticeLine:
    """`HubConnection` inside one process."""

    def __init__(self, hub: Hub, peer: PeerRow) -> None:
        self._hub = hub
        self._peer = peer

    async def submit(
        self, container: Path, *, sha256: str, size: int, lane: Lane, relay: Sequence[Document] = ()
    ) -> Answer:
        received = Received(path=container, sha256=sha256, size=size)
        try:
            return await asyncio.to_thread(self._hub.intake.submit, self._peer, received)
        except SubmissionRefused as refused:
            raise HubRefused(_problem(refused), evidence=refused.evidence) from refused

    async def shipments(self, *, wait: float, wanted: Wanted = EVERYTHING) -> tuple[OfferedShipment, ...]:
        return await asyncio.to_thread(self._hub.dispatch.lease, self._peer.id, AT_ONCE, wanted=wanted)

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        await asyncio.to_thread(self._copy, shipment.container_sha256, target)

    async def release(self, shipment: OfferedShipment, *, error: str) -> None:
        release = self._hub.dispatch.release
        await asyncio.to_thread(release, self._peer.id, shipment.id, fence=shipment.fence, error=error)

    async def feed(self, *, after: int, wait: float) -> tuple[FeedItem, ...]:
        return await asyncio.to_thread(self._hub.feeds.read, self._peer, after=after, limit=FEED)

    async def proofs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        found = await asyncio.to_thread(self._hub.log.proofs, digests)
        return {sha256: proof for sha256, proof in found.items() if proof is not None}

    async def directory(self, *, version: str | None) -> DirectoryNews | None:
        return await asyncio.to_thread(self._hub.directory.news, version)

    async def trust_lists(self, *, after: int) -> tuple[bytes, ...]:
        return ()

    async def files_word(self, consignment_id: str, container_sha256: str) -> FilesWord | None:
        return None

    async def remind(self, consignment_id: str, recipients: Sequence[str]) -> tuple[Asked, ...]:
        ask = self._hub.asked_reminding.ask
        return tuple([await asyncio.to_thread(ask, self._peer, consignment_id, one) for one in recipients])

    async def apologize(self, consignment_id: str, recipient: str, letter: ApologyLetter, *, actor: str) -> None:
        record = self._hub.apologies.record_for
        try:
            await asyncio.to_thread(record, self._peer, consignment_id, recipient=recipient, letter=letter, actor=actor)
        except AxisError as refused:
            said = {"code": refused.code, "vi": refused.message("vi"), "en": refused.message("en")}
            raise HubRefused(said) from refused

    async def revocation_lists(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        return ()

    async def capabilities(self) -> Mapping[str, Any]:
        return {}

    def _copy(self, sha256: str, target: Path) -> None:
        with self._hub.world.blobs.open(sha256) as blob, target.open("wb") as file:
            file.writelines(blob.chunks())


def _problem(refused: SubmissionRefused) -> Mapping[str, Any]:
    first = refused.findings[0]
    findings = [finding.as_dict() for finding in refused.findings]
    return {"code": first.code, "title": first.vi, "vi": first.vi, "en": first.en, "findings": findings}
