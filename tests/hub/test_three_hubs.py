"""A letter goes up, across and down between three hubs, and its proof comes back. The line is a direct call here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.transfer import TransferRecord
from exchange_axis.hub.uplink import Uplink
from exchange_axis.hub.uploads import Announced
from exchange_axis.hub.vouching import TransferMismatch
from exchange_axis.hub.world import Received
from exchange_axis.ports import Answer, Document, DocumentKind, HubUnreachable, OfferedShipment
from exchange_axis.store import Connection
from exchange_axis.store.hub import records
from exchange_axis.store.hub.peers import PeerRow
from tests.hub.line import DirectLine
from tests.hub.stand import (
    HandClock,
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


class Federation:
    """hub-top over hub-a and hub-b, with a node each."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.top = open_stand(folder, "hub-top", clock=self.clock)
        self.a = federate(self.top, open_stand(folder, "hub-a", clock=self.clock), ["H90"])
        self.b = federate(self.top, open_stand(folder, "hub-b", clock=self.clock), ["H91"])
        trust_each_other(self.top, self.a, self.b)
        self.g = enrol(self.top, "node-g", ["G90"])
        self.a1 = enrol(self.a, "node-a1", ["H90.01"])
        self.nb = enrol(self.b, "node-b", ["H91"])
        self.lines = {name: self._uplink(stand) for name, stand in (("a", self.a), ("b", self.b))}

    def _uplink(self, stand: Stand) -> Uplink:
        peer = next(row for row in self.top.hub.registry.every() if row.id == stand.hub.world.settings.id)
        hub = stand.hub
        line = DirectLine(self.top.hub, peer)
        return Uplink(hub.world, line, dispatch=hub.dispatch, relay=hub.relay, returns=hub.returns)

    def settle(self) -> None:
        """Run every loop until nothing moves."""

        async def rounds() -> None:
            while True:
                moved = 0
                for uplink in self.lines.values():
                    moved += await uplink.push_once() + await uplink.pull_once(0)
                    moved += await uplink.home_once() + await uplink.feed_once(0)
                if not moved:
                    return

        asyncio.run(rounds())

    def close(self) -> None:
        for stand in (self.top, self.a, self.b):
            stand.close()


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    federation = Federation(tmp_path)
    yield federation
    federation.close()


def feed_events(stand: Stand, node: str) -> list[str]:
    def work(connection: Connection) -> list[str]:
        found = []
        for entry in records.feed_after(connection, node, 0, 1000):
            for document in records.whole_documents(connection, [digest for _, digest in entry.documents]):
                if document.kind is DocumentKind.EVIDENCE:
                    found.append(event_of(document))
        return found

    return stand.hub.world.transactions.read(work)


def hand_over(stand: Stand, peer: Peer, recipient: str, folder: Path, clock: HandClock) -> OfferedShipment:
    (shipment,) = stand.hub.dispatch.lease(peer.row.id, 10)
    for code in ("01", "03"):
        stand.hub.intake.submit(peer.row, make_status(folder, peer, code, shipment, recipient=recipient, clock=clock))
    return shipment


def test_commune_to_ministry_and_back(federation: Federation, tmp_path: Path) -> None:
    sent = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, sent)
    federation.settle()
    shipment = hand_over(federation.top, federation.g, "G90", tmp_path, federation.clock)
    assert shipment.container_sha256 == sent.sha256
    federation.settle()
    assert feed_events(federation.a, "node-a1") == [
        "RelayAcceptance", "ContentConsignment", "ContentHandover", "status:03",
    ]  # fmt: skip
    (history,) = federation.a.hub.auditing.history("57/BC-UBND")
    assert [(view.state, view.business) for view in history.deliveries] == [("handed-over", "03")]


def test_up_across_and_down(federation: Federation, tmp_path: Path) -> None:
    sent = make_letter(tmp_path, federation.nb, "H91", ["H90.01"], clock=federation.clock)
    federation.b.hub.intake.submit(federation.nb.row, sent)
    federation.settle()
    shipment = hand_over(federation.a, federation.a1, "H90.01", tmp_path, federation.clock)
    with federation.a.hub.world.blobs.open(shipment.container_sha256) as blob:
        assert b"".join(blob.chunks()) == sent.path.read_bytes()
    assert [document.kind.value for document in shipment.documents].count("transfer") == 3
    federation.settle()
    assert feed_events(federation.b, "node-b") == [
        "RelayAcceptance", "RelayAcceptance", "ContentConsignment", "ContentHandover", "status:03",
    ]  # fmt: skip


def test_every_hub_on_the_way_knows_that_it_arrived(federation: Federation, tmp_path: Path) -> None:
    sent = make_letter(tmp_path, federation.nb, "H91", ["H90.01"], clock=federation.clock)
    federation.b.hub.intake.submit(federation.nb.row, sent)
    federation.settle()
    (shipment,) = federation.a.hub.dispatch.lease("node-a1", 10)
    status = make_status(tmp_path, federation.a1, "01", shipment, recipient="H90.01", clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, status)
    federation.settle()
    for stand in (federation.a, federation.top, federation.b):
        (history,) = stand.hub.auditing.history("57/BC-UBND")
        assert [(view.state, view.business) for view in history.deliveries] == [("handed-over", "01")]


def test_evidence_of_other_hubs_is_proved_by_the_log_of_ones_own(federation: Federation, tmp_path: Path) -> None:
    sent = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, sent)
    federation.settle()
    hand_over(federation.top, federation.g, "G90", tmp_path, federation.clock)
    federation.settle()
    hub = federation.a.hub
    hub.log.sequence()
    federation.clock.advance(seconds=10)  # no witness answers here: a proof waits so long and no longer
    (history,) = hub.auditing.history("57/BC-UBND")
    foreign = [view for view in history.evidence if view.issuer == "hub-top"]
    assert len(foreign) == 4
    for view in foreign:
        assert hub.auditing.provable(federation.a1.row, [view.sha256])
        assert hub.log.proof(view.sha256) is not None


def test_unknown_at_the_top_comes_back_as_rejection(federation: Federation, tmp_path: Path) -> None:
    sent = make_letter(tmp_path, federation.a1, "H90.01", ["G90", "H77"], clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, sent)
    federation.settle()
    (history,) = federation.a.hub.auditing.history("57/BC-UBND")
    assert {view.recipient: view.state for view in history.deliveries} == {"G90": "consigned", "H77": "failed"}
    assert "RelayRejection" in feed_events(federation.a, "node-a1")


def test_a_lost_answer_changes_nothing(federation: Federation, tmp_path: Path) -> None:
    sent = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, sent)
    (shipment,) = federation.a.hub.dispatch.lease("hub-top", 1)
    peer = next(row for row in federation.top.hub.registry.every() if row.id == "hub-a")
    first = asyncio.run(_submit(federation, peer, sent, shipment.documents))
    # The answer was lost; the lease runs out and the normal path sends the same shipment again.
    federation.clock.advance(seconds=61)
    federation.settle()
    (history,) = federation.top.hub.auditing.history("57/BC-UBND")
    assert [view.event for view in history.evidence] == ["RelayAcceptance", "ContentConsignment"]
    again = asyncio.run(_submit(federation, peer, sent, shipment.documents))
    assert again == first
    announced = Announced(
        kind="relay", length=sent.size, sha256=sent.sha256, lane=Lane.THUONG, documents=shipment.documents
    )
    assert federation.top.hub.uploads.create(peer, announced)[1] == sent.size  # known without its bytes
    (taken,) = (row for row in federation.top.hub.registry.every() if row.id == "node-g")
    assert federation.top.hub.uploads.create(taken, announced)[1] == 0
    other = replace(announced, sha256="0" * 64)
    row, _ = federation.top.hub.uploads.create(peer, other)
    with pytest.raises(TransferMismatch):
        federation.top.hub.uploads.commit(peer, row.id)
    assert feed_events(federation.a, "node-a1") == ["RelayAcceptance", "ContentConsignment"]


async def _submit(federation: Federation, peer: PeerRow, sent: Received, documents: Sequence[Document]) -> Answer:
    line = DirectLine(federation.top.hub, peer)
    return await line.submit(sent.path, sha256=sent.sha256, size=sent.size, lane=Lane.THUONG, relay=documents)


class DeadLine(DirectLine):
    async def submit(
        self, container: Path, *, sha256: str, size: int, lane: Lane, relay: Sequence[Document] = ()
    ) -> Answer:
        raise HubUnreachable(reason="planned")


def test_after_a_long_outage_of_the_hub_above_nothing_waits_for_long(federation: Federation, tmp_path: Path) -> None:
    hub, clock = federation.a.hub, federation.clock
    for number in ("57", "58"):
        sent = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=clock, number=number)
        hub.intake.submit(federation.a1.row, sent)
    peer = next(row for row in federation.top.hub.registry.every() if row.id == "hub-a")
    line = DeadLine(federation.top.hub, peer)
    uplink = Uplink(hub.world, line, dispatch=hub.dispatch, relay=hub.relay, returns=hub.returns)
    for _ in range(15):  # each time one is tried, the other not
        with pytest.raises(HubUnreachable):
            asyncio.run(uplink.push_once())
        assert len(hub.dispatch.lease("hub-top", 2)) >= 1  # the one that was not tried
        clock.advance(seconds=61)
    with pytest.raises(HubUnreachable):
        asyncio.run(uplink.push_once())
    clock.advance(seconds=30)
    assert len(hub.dispatch.lease("hub-top", 2)) == 2


def test_a_hub_may_not_relay_for_another_subtree(federation: Federation, tmp_path: Path) -> None:
    """hub-b brings a letter of hub-a's agency: the binding is real, the grant is not."""
    sent = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, sent)
    peer_b = next(row for row in federation.top.hub.registry.every() if row.id == "hub-b")
    forged = _forged_transfer(federation, sent.sha256)
    line = DirectLine(federation.top.hub, peer_b)
    answer = asyncio.run(line.submit(sent.path, sha256=sent.sha256, size=sent.size, lane=Lane.THUONG, relay=forged))
    assert [event_of(document) for document in answer.documents] == ["RelayRejection"]
    assert federation.top.hub.auditing.history("57/BC-UBND") == ()


def _forged_transfer(federation: Federation, sha256: str) -> tuple[Document, ...]:
    (shipment,) = federation.a.hub.dispatch.lease("hub-top", 1)
    by_kind = {document.kind: document for document in shipment.documents}
    acceptance = by_kind[DocumentKind.EVIDENCE]
    binding = by_kind[DocumentKind.BINDING]
    issuer = federation.b.hub.world.issuer
    sealed = issuer.transfer(
        TransferRecord(
            id=issuer.new_id(),
            hub="hub-b",
            peer="hub-top",
            at=issuer.now(),
            consignment_id=shipment.consignment_id,
            container_sha256=sha256,
            recipients=("G90",),
            lane=Lane.THUONG,
            acceptance_sha256=acceptance.sha256,
            bindings=(binding.sha256,),
        )
    )
    return sealed.document, acceptance, binding


def test_expiry_on_a_link_is_signed_and_comes_home(federation: Federation, tmp_path: Path) -> None:
    sent = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, sent)
    federation.clock.advance(days=8)
    assert federation.a.hub.dispatch.expire() == 1
    assert feed_events(federation.a, "node-a1") == ["RelayFailure"]
