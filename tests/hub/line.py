"""A line without a network: a peer's calls go straight into the hub's use cases."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.files_word import FilesWord
from exchange_axis.domain.reminders import Asked
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.service import Hub
from exchange_axis.hub.uploads import Announced
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
from exchange_axis.store import Connection
from exchange_axis.store.hub import records
from exchange_axis.store.hub.peers import PeerRow
from schemas.gate.refusal import Refusal


class DirectLine:
    """HubUplink over plain calls, on the calling thread."""

    def __init__(self, hub: Hub, peer: PeerRow) -> None:
        self.hub = hub
        self.peer = peer

    async def submit(
        self, container: Path, *, sha256: str, size: int, lane: Lane, relay: Sequence[Document] = ()
    ) -> Answer:
        announced = Announced(
            kind="relay" if relay else "consignment", length=size, sha256=sha256, lane=lane, documents=tuple(relay)
        )
        try:
            row, offset = self.hub.uploads.create(self.peer, announced)
            with container.open("rb") as source, self.hub.uploads.open_at(row, offset) as target:
                source.seek(offset)
                shutil.copyfileobj(source, target)
                self.hub.uploads.appended(row, target)
            return self.hub.uploads.commit(self.peer, row.id)
        except SubmissionRefused as refused:
            problem = {"code": refused.code, "findings": [finding.as_dict() for finding in refused.findings]}
            raise HubRefused(problem, evidence=refused.evidence) from refused
        except Refusal as refusal:
            raise HubRefused({"code": refusal.code}) from refusal

    async def shipments(self, *, wait: float, wanted: Wanted = EVERYTHING) -> tuple[OfferedShipment, ...]:
        if wanted.anew:
            self.hub.dispatch.begin_anew(self.peer.id)
        return self.hub.dispatch.lease(self.peer.id, 16, wanted=wanted)

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        try:
            self.hub.dispatch.content(self.peer.id, shipment.id)
        except Refusal as refusal:
            raise HubRefused({"code": refusal.code}) from refusal
        with self.hub.world.blobs.open(shipment.container_sha256) as blob, target.open("wb") as file:
            for chunk in blob.chunks(0, blob.size if upto is None else min(upto, blob.size)):
                file.write(chunk)

    async def answer_relay(self, shipment: OfferedShipment, documents: Sequence[Document]) -> None:
        self.hub.dispatch.answered(self.peer, shipment.id, documents)

    async def release(self, shipment: OfferedShipment, *, error: str) -> None:
        self.hub.dispatch.release(self.peer.id, shipment.id, fence=shipment.fence, error=error)

    async def feed(self, *, after: int, wait: float) -> tuple[FeedItem, ...]:
        def work(connection: Connection) -> tuple[FeedItem, ...]:
            return tuple(
                FeedItem(
                    number=entry.number,
                    kind=entry.kind,
                    consignment_id=entry.consignment_id,
                    recipient=entry.recipient,
                    at=entry.at,
                    documents=records.whole_documents(connection, [digest for _, digest in entry.documents]),
                )
                for entry in records.feed_after(connection, self.peer.id, after, 100)
            )

        return self.hub.world.transactions.read(work)

    async def send_return(self, documents: Sequence[Document]) -> None:
        try:
            self.hub.returns.receive(self.peer, documents)
        except Refusal as refusal:
            raise HubRefused({"code": refusal.code, "vi": refusal.message("vi")}) from refusal

    async def proofs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        return {sha256: proof for sha256, proof in self.hub.log.proofs(digests).items() if proof is not None}

    async def directory(self, *, version: str | None) -> DirectoryNews | None:
        return self.hub.directory.news(version)

    async def trust_lists(self, *, after: int) -> tuple[bytes, ...]:
        return tuple(document for _, document in self.hub.trust_lists.after(after))

    async def files_word(self, consignment_id: str, container_sha256: str) -> FilesWord | None:
        return None

    async def remind(self, consignment_id: str, recipients: Sequence[str]) -> tuple[Asked, ...]:
        return ()

    async def apologize(self, consignment_id: str, recipient: str, letter: ApologyLetter, *, actor: str) -> None:
        return None

    async def revocation_lists(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        lists = self.hub.standing.lists
        lists.take(given, source=self.peer.id)
        return lists.every()

    async def capabilities(self) -> Mapping[str, Any]:
        return {}
