"""Node and hub as they are, without the network between them: what one says is what the other takes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from adapters.blobs_files import FileBlobs
from adapters.clock import SystemRng
from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.domain.files_word import FilesWord
from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.reminders import Asked
from exchange_axis.errors import NotFound
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.world import Received
from exchange_axis.node.audit import delivered, receipts
from exchange_axis.node.compose import Draft, compose
from exchange_axis.node.errors import IdempotencyConflict
from exchange_axis.node.service import Node, assemble
from exchange_axis.node.world import NodeSettings, NodeWorld
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
from exchange_axis.store.blob_keys import open_blob_keys
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.store.node.unit import migrate_node_store, open_node_store
from exchange_axis.web.hub_api.answers import history_json
from exchange_axis.wire.files_word import read_files_word
from exchange_axis.wire.hub_json import load
from schemas.gate.refusal import Refusal
from tests.hub.stand import DIRECTORY, HandClock, Peer, Stand, enrol, open_stand


@dataclass
class ShortLine:
    """`HubConnection` that calls the hub's use cases directly, as the HTTP face does."""

    stand: Stand
    peer: Peer

    async def submit(
        self, container: Path, *, sha256: str, size: int, lane: Lane, relay: Sequence[Document] = ()
    ) -> Answer:
        try:
            return self.stand.hub.intake.submit(self.peer.row, Received(path=container, sha256=sha256, size=size))
        except SubmissionRefused as refused:
            problem = {"code": refused.findings[0].code, "title": refused.message()}
            raise HubRefused(problem, evidence=refused.evidence) from refused

    async def shipments(self, *, wait: float, wanted: Wanted = EVERYTHING) -> tuple[OfferedShipment, ...]:
        return self.stand.hub.dispatch.lease(self.peer.row.id, 16, wanted=wanted)

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        self._copy(shipment.container_sha256, target)

    async def release(self, shipment: OfferedShipment, *, error: str) -> None:
        self.stand.hub.dispatch.release(self.peer.row.id, shipment.id, fence=shipment.fence, error=error)

    async def feed(self, *, after: int, wait: float) -> tuple[FeedItem, ...]:
        return self.stand.hub.feeds.read(self.peer.row, after=after, limit=100)

    async def proofs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        return {sha256: proof for sha256, proof in self.stand.hub.log.proofs(digests).items() if proof is not None}

    async def directory(self, *, version: str | None) -> DirectoryNews | None:
        return self.stand.hub.directory.news(version)

    async def trust_lists(self, *, after: int) -> tuple[bytes, ...]:
        return tuple(document for _, document in self.stand.hub.trust_lists.after(after))

    async def files_word(self, consignment_id: str, container_sha256: str) -> FilesWord | None:
        try:
            found = self.stand.hub.auditing.history_for(self.peer.row, consignment_id)
        except NotFound:
            return None
        answer = json.dumps({"consignments": [history_json(one) for one in found]}).encode()
        return read_files_word(load(answer), container_sha256)

    async def remind(self, consignment_id: str, recipients: Sequence[str]) -> tuple[Asked, ...]:
        ask = self.stand.hub.asked_reminding.ask
        return tuple(ask(self.peer.row, consignment_id, one) for one in recipients)

    async def apologize(self, consignment_id: str, recipient: str, letter: ApologyLetter, *, actor: str) -> None:
        record = self.stand.hub.apologies.record_for
        try:
            record(self.peer.row, consignment_id, recipient=recipient, letter=letter, actor=actor)
        except Refusal as refused:
            said = {"remedy_vi": refused.remedy("vi"), "remedy_en": refused.remedy("en")}
            raise HubRefused(
                said | {"code": refused.code, "vi": refused.message("vi"), "en": refused.message("en")}
            ) from refused

    async def revocation_lists(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        return self.stand.hub.standing.lists.every()

    async def capabilities(self) -> Mapping[str, Any]:
        return {}

    def _copy(self, sha256: str, target: Path) -> None:
        with self.stand.hub.world.blobs.open(sha256) as blob, target.open("wb") as file:
            file.writelines(blob.chunks())


@contextmanager
def opened(folder: Path, stand: Stand, peer: Peer) -> Iterator[Node]:
    at, rng = stand.clock.now(), SystemRng()
    home = make_private_folder(folder / peer.row.id)
    migrate_node_store(home, at=at)
    world = NodeWorld(
        settings=NodeSettings(
            node_id=peer.row.id,
            hub_id=stand.hub.world.settings.id,
            agencies={canonical_code(code): f"Cơ quan {code}" for code in peer.seals},
            staging=make_private_folder(home / "staging"),
        ),
        store=open_node_store(home),
        blobs=FileBlobs(make_private_folder(home / "blobs"), open_blob_keys(home / "keys", rng=rng, at=at)),
        seals=peer.seals,
        node_seal=peer.node_seal,
        anchors=stand.hub.world.anchors,
        calendar=stand.hub.world.calendar,
        clock=stand.clock,
        rng=rng,
    )
    node = assemble(world)
    try:
        yield node
    finally:
        node.close()


def draft(folder: Path, node: Node, *to: str, number: int = 57, priority: str = "thuong") -> Draft:
    (folder / "bao-cao.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    values: dict[str, object] = {
        "to": list(to),
        "number": number,
        "priority": priority,
        "notation": "BC-UBND",
        "date": "2026-03-01",
        "subject": "V/v kiểm tra đường truyền",
        "type": "Báo cáo",
        "attachments": ["bao-cao.pdf"],
    }
    return compose(values, base=folder, agencies=node.world.settings.agencies, name_of=node.directory.name_of)


def test_a_letter_to_a_successor_and_its_news(tmp_path: Path) -> None:
    """H90.03 is closed, H90.02 receives in its place; H90 refuses; both ends have the whole story and its proofs."""

    async def story(stand: Stand) -> None:
        first, second = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90", "H90.02"])
        with opened(tmp_path, stand, first) as home, opened(tmp_path, stand, second) as away:
            here, there = home.agent(ShortLine(stand, first)), away.agent(ShortLine(stand, second))
            assert await here.directory_once() and not await here.directory_once()
            receipt = home.sender.send(draft(tmp_path, home, "H90.03", "H90"), actor="Lê Thị Hoa")
            assert "directory.recipient-succeeded" in {note["code"] for note in receipt.notes}
            assert await here.push_once() == 1, home.views.sent()
            assert await there.pull_once() == 2, away.views.status().alarms
            assert await there.push_once() == 2, away.views.status().alarms
            assert await there.pull_once() == 0
            away.clerk.accept("57/BC-UBND", agency="H90.02", actor="Trần Văn Bình")
            away.clerk.refuse("57/BC-UBND", agency="H90", reason="LD04", actor="Trần Văn Bình")
            assert await there.push_once() == 2
            await here.feed_once()
            assert {
                (one.agency, one.delivery, one.status, one.redirected_to) for one in home.views.sent()[0].recipients
            } == {
                ("H90.03", "handed-over", "03", "H90.02"),
                ("H90", "handed-over", "02", None),
            }
            stand.hub.log.sequence()
            stand.clock.advance(minutes=1)
            assert await here.proofs_once() == len(receipts(home.world.store)) == 8
            assert {copy.recipient for copy in delivered(away.world.store, away.world.blobs)} == {"H90", "H90.02"}
            assert not home.views.status().alarms and not away.views.status().alarms

    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    try:
        asyncio.run(story(stand))
    finally:
        stand.close()


def test_a_refusal_of_the_hub_is_kept_with_its_proof_of_refusal(tmp_path: Path) -> None:
    async def story(stand: Stand) -> None:
        peer = enrol(stand, "node-a1", ["H90.01"])
        with opened(tmp_path, stand, peer) as node:
            agent = node.agent(ShortLine(stand, peer))
            receipt = node.sender.send(draft(tmp_path, node, "H91.99", "H90"), actor="Lê Thị Hoa")
            assert await agent.push_once() == 1
            shown = node.views.show(receipt.consignment_id)
            assert shown.sent is not None and shown.sent.state == "refused"
            assert [kept.event.short for kept in receipts(node.world.store)] == ["SubmissionRejection"]

    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    try:
        asyncio.run(story(stand))
    finally:
        stand.close()


def test_the_directory_is_followed_by_changes(tmp_path: Path) -> None:
    """Only what changed comes; a copy that changes do not fit is replaced by the whole."""

    def renamed(name: str) -> Directory:
        agencies = [replace(one, name=name) if one.code == "H90" else one for one in DIRECTORY.agencies.values()]
        return Directory.of(agencies, DIRECTORY.hubs.values(), DIRECTORY.nodes.values())

    async def story(stand: Stand) -> None:
        peer = enrol(stand, "node-a1", ["H90.01"])
        with opened(tmp_path, stand, peer) as node:
            agent = node.agent(ShortLine(stand, peer))
            assert await agent.directory_once()
            second = renamed("Tỉnh thử A, tên mới")
            stand.hub.directory.adopt(second, to_toml(second), actor="test")
            news = stand.hub.directory.news(node.directory.version())
            assert news is not None and news.since == DIRECTORY.version
            assert news.document.count("[[agency]]") == 1
            assert await agent.directory_once() and not await agent.directory_once()
            assert node.directory.current() == second

            node.directory.adopt(replace(news, document=news.document.replace("tên mới", "tên khác")))
            assert node.directory.version() is None
            assert await agent.directory_once()
            assert node.directory.current() == second

    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    try:
        asyncio.run(story(stand))
    finally:
        stand.close()


def test_a_later_status_waits_for_the_earlier_one(tmp_path: Path) -> None:
    """Two pushers at work must not let 03 overtake the 01 of the same delivery."""

    async def story(stand: Stand) -> None:
        first, second = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90", "H90.02"])
        with opened(tmp_path, stand, first) as home, opened(tmp_path, stand, second) as away:
            here, there = home.agent(ShortLine(stand, first)), away.agent(ShortLine(stand, second))
            home.sender.send(draft(tmp_path, home, "H90", "H90.02"), actor="Lê Thị Hoa")
            await here.push_once()
            await there.pull_once()
            away.clerk.accept("57/BC-UBND", agency="H90", actor="Trần Văn Bình")
            now = stand.clock.now()
            queued = away.world.store.read(lambda unit: unit.outbox.due(now))
            assert sorted(row.sender for row in queued) == ["H90", "H90.02"]
            assert await there.push_once() == 3
            assert away.world.store.read(lambda unit: unit.outbox.due(now)) == ()

    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    try:
        asyncio.run(story(stand))
    finally:
        stand.close()


def test_the_same_letter_is_known_although_the_directory_came_between(tmp_path: Path) -> None:
    """A second try after a restart must not fail because the node has learned the recipients' names meanwhile."""

    async def story(stand: Stand) -> None:
        peer = enrol(stand, "node-a1", ["H90.01"])
        with opened(tmp_path, stand, peer) as node:
            first = node.sender.send(draft(tmp_path, node, "H90"), actor="Lê Thị Hoa")
            assert await node.agent(ShortLine(stand, peer)).directory_once()
            assert node.directory.name_of("H90")
            again = node.sender.send(draft(tmp_path, node, "H90"), actor="Lê Thị Hoa")
            assert again.consignment_id == first.consignment_id
            with pytest.raises(IdempotencyConflict):
                node.sender.send(draft(tmp_path, node, "H90", "H90.02"), actor="Lê Thị Hoa")

    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    try:
        asyncio.run(story(stand))
    finally:
        stand.close()
