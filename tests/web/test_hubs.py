"""A hub as a client of the hub above it, over HTTP: letters up and down, relay evidence and returns back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.hub_http import HttpHub
from exchange_axis.hub.uplink import Uplink
from exchange_axis.ports import DocumentKind, HubRefused
from exchange_axis.web.shared.tls import client_context
from tests.hub.stand import (
    Peer,
    Stand,
    enrol,
    event_of,
    federate,
    make_letter,
    make_status,
    open_stand,
    trust_each_other,
)
from tests.web.stand import TIMEOUTS, NowClock, serving


@dataclass
class TwoHubs:
    top: Stand
    child: Stand
    ministry: Peer
    commune: Peer

    @asynccontextmanager
    async def uplink(self) -> AsyncIterator[tuple[Uplink, HttpHub]]:
        places, hub = self.child.places, self.child.hub
        async with serving(self.top) as served:
            context = client_context([served.roots], places.uplink / "tls.pem", places.uplink / "tls.key")
            line = HttpHub(served.url, context, timeouts=TIMEOUTS)
            yield Uplink(hub.world, line, dispatch=hub.dispatch, relay=hub.relay, returns=hub.returns), line
            await line.close()

    def heard(self, stand: Stand, peer: Peer) -> list[str]:
        """Events in a node's feed."""
        return [
            event_of(document)
            for item in stand.hub.feeds.read(peer.row, after=0, limit=50)
            for document in item.documents
            if document.kind is DocumentKind.EVIDENCE
        ]


@pytest.fixture
def hubs(tmp_path: Path) -> Iterator[TwoHubs]:
    clock = NowClock()
    top = open_stand(tmp_path, "hub-top", clock=clock)
    child = federate(top, open_stand(tmp_path, "hub-a", clock=clock), ["H90"])
    trust_each_other(top, child)
    yield TwoHubs(
        top=top,
        child=child,
        ministry=enrol(top, "node-g", ["G90"]),
        commune=enrol(child, "node-a1", ["H90.01"]),
    )
    top.close()
    child.close()


def test_a_letter_goes_up_and_its_handover_comes_down(hubs: TwoHubs, tmp_path: Path) -> None:
    letter = make_letter(tmp_path, hubs.commune, "H90.01", ["G90"], clock=hubs.child.clock)
    hubs.child.hub.intake.submit(hubs.commune.row, letter)

    async def story() -> None:
        async with hubs.uplink() as (uplink, _):
            assert await uplink.push_once() == 1
            (shipment,) = hubs.top.hub.dispatch.lease("node-g", 5)
            assert shipment.container_sha256 == letter.sha256
            status = make_status(tmp_path, hubs.ministry, "01", shipment, recipient="G90", clock=hubs.top.clock)
            hubs.top.hub.intake.submit(hubs.ministry.row, status)
            while await uplink.feed_once(wait=0.2):
                pass
            assert hubs.heard(hubs.child, hubs.commune) == ["RelayAcceptance", "ContentConsignment", "ContentHandover"]

    asyncio.run(story())


def test_a_letter_comes_down_and_its_handover_goes_up(hubs: TwoHubs, tmp_path: Path) -> None:
    letter = make_letter(tmp_path, hubs.ministry, "G90", ["H90.01"], clock=hubs.top.clock)
    hubs.top.hub.intake.submit(hubs.ministry.row, letter)

    async def story() -> None:
        async with hubs.uplink() as (uplink, line):
            assert await uplink.pull_once(wait=2) == 1
            assert await uplink.pull_once(wait=0) == 0
            (shipment,) = hubs.child.hub.dispatch.lease("node-a1", 5)
            status = make_status(tmp_path, hubs.commune, "01", shipment, recipient="H90.01", clock=hubs.child.clock)
            hubs.child.hub.intake.submit(hubs.commune.row, status)
            assert await uplink.home_once() == 2
            assert hubs.heard(hubs.top, hubs.ministry) == ["RelayAcceptance", "ContentConsignment", "ContentHandover"]
            assert await uplink.home_once() == 0
            with pytest.raises(HubRefused) as refused:
                await line.send_return(())
            assert refused.value.problem["code"] == "return.mismatch"

    asyncio.run(story())


def test_a_trust_list_comes_down_the_line(hubs: TwoHubs) -> None:
    lists = hubs.top.hub.trust_lists
    lists.propose(lists.draft(), actor="lan")
    lists.approve(actor="minh")

    async def story() -> None:
        async with hubs.uplink() as (_, line):
            documents = await line.trust_lists(after=0)
            assert hubs.child.hub.trust_lists.take(documents) == 1
            assert await line.trust_lists(after=1) == ()

    asyncio.run(story())
    assert hubs.child.hub.trust_lists.after(0) == lists.after(0)
