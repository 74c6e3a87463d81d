"""A captured request, sent again, has no second effect: at once, after a restart, later, by others, to another hub.

A life of letters is spoken over real TLS and every request that changed something is kept as it was sent. Then each is
sent again, many times, and the hub's tables are compared row by row.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, select

from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.hub.world import Received
from exchange_axis.store.hub import tables as t
from exchange_axis.wire.hub_json import load, read_shipment
from tests.figures import keep
from tests.hub.stand import Stand, make_letter, make_status, open_stand, reopen, take_back
from tests.web.asking import ZIP, announcement, ask
from tests.web.replay_shapes import HOW, TIMES, WHAT, index
from tests.web.stand import NowClock, WebPeer, enrol, serving
from tests.web.test_tus import CHUNK, creation

JSON = {"Content-Type": "application/json"}
SCRATCH = frozenset({"upload", "peer", "tree_node", "checkpoint", "shipment", "document"})
"""No effects: announced uploads, when a peer was seen, the tree over the leaves, leases and tries; a document is one
only once a row names it."""


@dataclass(frozen=True)
class Captured:
    what: str
    """One of WHAT."""
    peer: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass
class Speaker:
    """One client for each peer; what it says is kept."""

    clients: dict[str, aiohttp.ClientSession]
    captured: list[Captured] = field(default_factory=list)

    async def say(
        self, peer: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = MappingProxyType({})
    ) -> Any:
        request = Captured(WHAT[len(self.captured)], peer, method, path, tuple(headers.items()), body)
        status, answered, document = await self.again(request, peer)
        assert status < 300, (request.what, document.get("findings", document))
        self.captured.append(request)
        return answered, document

    async def again(self, request: Captured, peer: str) -> Any:
        return await ask(
            self.clients[peer], request.method, request.path, data=request.body, headers=dict(request.headers)
        )

    async def submit(self, peer: str, container: Received) -> Any:
        return await self.say(peer, "POST", "/v1/consignments", container.path.read_bytes(), ZIP)


@dataclass
class House:
    stand: Stand
    peers: dict[str, WebPeer]
    folder: Path
    _number: int = 200

    def letter(self, **options: Any) -> Received:
        self._number += 1
        clock = self.stand.clock
        return make_letter(
            self.folder, self.peers["S"].peer, "H90.01", ["H90.02"], clock=clock, number=str(self._number), **options
        )

    def rows(self) -> dict[str, list[str]]:
        """Every table that holds effects; refusals that others provoked are theirs, not about the letter."""

        def work(connection: Connection) -> dict[str, list[str]]:
            rejections = select(t.evidence.c.sha256).where(t.evidence.c.event == Event.SUBMISSION_REJECTION.value)
            refused = set(connection.execute(rejections).scalars())
            found = {}
            for name, table in t.delivery.metadata.tables.items():
                if name not in SCRATCH:
                    rows = connection.execute(select(table)).mappings()
                    found[name] = sorted(str(dict(row)) for row in rows if row.get("sha256") not in refused)
            return found

        return self.stand.hub.world.transactions.read(work)


@pytest.fixture
def house(stand: Stand, tmp_path: Path) -> House:
    peers = {
        "S": enrol(stand, "node-a1", ["H90.01"], tmp_path),
        "R": enrol(stand, "node-r", ["H90.02"], tmp_path),
        "O": enrol(stand, "node-o", ["H91.07"], tmp_path),
    }
    return House(stand, peers, tmp_path)


@asynccontextmanager
async def speaking(house: House) -> AsyncIterator[Speaker]:
    async with serving(house.stand) as served, AsyncExitStack() as stack:
        yield Speaker({name: await stack.enter_async_context(served.client(one)) for name, one in house.peers.items()})


async def live(house: House, speaker: Speaker) -> None:
    """A letter by every way in; arrival, acceptance, end; one taken back, one recalled, one replaced, one refused."""
    stand, folder = house.stand, house.folder
    first, second, third = house.letter(), house.letter(), house.letter()
    headers, _ = await speaker.say("S", "POST", "/v1/uploads", json.dumps(announcement(first)).encode(), JSON)
    await speaker.say("S", "PATCH", headers["Location"], first.path.read_bytes(), {"Upload-Offset": "0"})
    await speaker.say("S", "POST", f"{headers['Location']}/commit")
    await speaker.submit("S", second)
    headers, _ = await speaker.say("S", "POST", "/v1/uploads", headers=creation(third))
    await speaker.say("S", "PATCH", headers["Location"], third.path.read_bytes(), {**CHUNK, "Upload-Offset": "0"})
    await speaker.say("S", "POST", "/v1/checks", house.letter().path.read_bytes(), ZIP)
    _, _, said = await ask(speaker.clients["R"], "GET", "/v1/shipments")
    offered = [read_shipment(one) for one in load(json.dumps(said).encode()).objects("shipments", most=10)]
    assert len(offered) == 3
    for shipment in offered:
        await ask(speaker.clients["R"], "GET", f"/v1/shipments/{shipment.id}/container")
    peer, clock = house.peers["R"].peer, stand.clock
    for codes, shipment in zip((("01", "03", "06"), ("01", "03"), ("01", "02")), offered, strict=True):
        for code in codes:
            why = "LD01: Gửi sai nơi nhận, đề nghị gửi lại" if code == "02" else ""
            status = make_status(folder, peer, code, shipment, recipient="H90.02", clock=clock, description=why)
            await speaker.submit("R", status)
    about = offered[1]
    await speaker.submit(
        "S",
        take_back(
            folder, house.peers["S"].peer, about.consignment_id, sender="H90.01", recipient="H90.02", clock=clock
        ),
    )
    declined = make_status(folder, peer, "16", about, recipient="H90.02", clock=clock, description="Đã phân công xử lý")
    await speaker.submit("R", declined)
    for kind in (BusinessKind.UPDATE, BusinessKind.REPLACE, BusinessKind.REVOKE):
        await speaker.submit("S", house.letter(kind=kind, follows=offered[0].consignment_id))
    fence = json.dumps({"fence": offered[0].fence, "error": "bận"}).encode()
    await speaker.say("R", "POST", f"/v1/shipments/{offered[0].id}/release", fence, JSON)
    stand.hub.log.sequence()


def test_no_request_of_a_whole_life_has_an_effect_twice(house: House) -> None:
    shapes: dict[str, int] = {}
    before: dict[str, list[str]] = {}

    async def again(speaker: Speaker, captured: Sequence[Captured], how: str) -> None:
        for request in captured:
            shape = f"{request.what}, {how}"
            for _ in range(TIMES):
                await speaker.again(request, request.peer)
                shapes[shape] = shapes.get(shape, 0) + 1
            assert house.rows() == before, shape

    async def story() -> None:
        nonlocal before
        at_once, later, restarted = HOW
        async with speaking(house) as speaker:
            await live(house, speaker)
            before, captured = house.rows(), tuple(speaker.captured)
            await again(speaker, captured, at_once)
            for request in captured:
                for stranger in {"S", "R", "O"} - {request.peer}:
                    await speaker.again(request, stranger)
                assert house.rows() == before, f"{request.what} by others"
            house.stand.clock.advance(hours=2)
            await again(speaker, captured, later)
        house.stand = reopen(house.stand)
        async with speaking(house) as speaker:
            await again(speaker, captured, restarted)

    try:
        asyncio.run(story())
    finally:
        house.stand.close()
    assert shapes == index()
    keep("replay", shapes=len(shapes), requests=sum(shapes.values()), effects=0)


def test_another_hub_takes_nothing_that_was_said_to_this_one(house: House, tmp_path: Path) -> None:
    """It does not know the peer; and where it knows it, the letter is a letter there only once."""

    async def story() -> None:
        async with speaking(house) as speaker:
            await live(house, speaker)
            captured = speaker.captured
        other = open_stand(tmp_path / "other", "hub-b", clock=NowClock())
        there = House(other, {}, tmp_path)
        before = there.rows()
        async with serving(other) as served:
            for peer in house.peers.values():
                try:
                    async with served.client(peer) as client:
                        for request in captured:
                            status, _, _ = await ask(
                                client, request.method, request.path, data=request.body, headers=dict(request.headers)
                            )
                            assert status == 403
                except aiohttp.ClientError:
                    pass  # its authority is not even let through the handshake
        assert there.rows() == before
        other.close()

    asyncio.run(story())
