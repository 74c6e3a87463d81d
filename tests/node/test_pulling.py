"""What is delivered: only what proves itself gets in, it gets in once, and "handed over" is said once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from exchange_axis.domain.evidence import Event
from exchange_axis.domain.transfer import KeyUse
from exchange_axis.node.audit import delivered
from exchange_axis.node.service import Node
from exchange_axis.pipeline.issue import Subject
from exchange_axis.ports import HubUnreachable, OfferedShipment
from exchange_axis.wire.transfer import read_transfer
from signing.xades import verify_enveloped_unanchored
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand
from tests.signing.pki import AT


def alarms(node: Node) -> dict[str, int]:
    return {alarm.code: alarm.count for alarm in node.views.status().alarms}


async def post(stand: Stand, **values: Any) -> OfferedShipment:
    """A letter on its way: sent, accepted, waiting for the receiver's node."""
    with stand.sender.open() as home:
        home.sender.send(stand.draft(**values), actor="Lê Thị Hoa")
        assert await home.agent(stand.line(stand.sender)).push_once() == 1
    return stand.hub.waiting[stand.receiver.id][-1]


def test_a_broken_download_is_continued(stand: Stand) -> None:
    async def story() -> None:
        await post(stand)
        with stand.receiver.open() as node:
            line = stand.line(stand.receiver)
            line.break_fetch_after = 1000
            agent = node.agent(line)
            with pytest.raises(HubUnreachable):
                await agent.pull_once()
            assert await agent.pull_once() == 1
            assert line.fetched == ["0-", "1000-"]
            assert not list(node.world.settings.staging.iterdir())

    asyncio.run(story())


def test_a_shipment_seen_again_says_the_same_thing_again(stand: Stand) -> None:
    async def story() -> None:
        shipment = await post(stand, to=[RECIPIENT, OTHER])
        with stand.receiver.open() as node:
            line = stand.line(stand.receiver)
            agent = node.agent(line)
            assert await agent.pull_once() == 2
            assert await agent.push_once() == 2
            said = list(line.submitted)
            stand.hub.waiting[stand.receiver.id] = [replace(shipment, fence=2)]
            assert await agent.pull_once() == 0
            assert line.fetched == ["0-"]
            assert await agent.push_once() == 2
            assert sorted(line.submitted) == sorted(said * 2)
            assert len(stand.hub.statuses) == 2
            assert len(node.views.received()) == 2

    asyncio.run(story())


def test_a_second_recipient_here_is_added_to_the_first(stand: Stand) -> None:
    async def story() -> None:
        whole = await post(stand, to=[RECIPIENT, OTHER])
        checked, acceptance = stand.hub.letters[whole.consignment_id]
        with stand.receiver.open() as node:
            agent = node.agent(stand.line(stand.receiver))
            for recipients in ([RECIPIENT], [OTHER], [RECIPIENT, OTHER]):
                shipment = stand.hub.shipment(checked, acceptance.document, stand.receiver, recipients)
                stand.hub.waiting[stand.receiver.id] = [shipment]
                await agent.pull_once()
            assert {line.agency for line in node.views.received()} == {RECIPIENT, OTHER}
            assert len(delivered(node.world.store, node.world.blobs)) == 2

    asyncio.run(story())


Change = Callable[[Stand, OfferedShipment], OfferedShipment]


def _foreign_recipient(_: Stand, shipment: OfferedShipment) -> OfferedShipment:
    return replace(shipment, recipients=(RECIPIENT, "H49.01"))


def _record_for_another_peer(stand: Stand, shipment: OfferedShipment) -> OfferedShipment:
    record = read_transfer(verify_enveloped_unanchored(shipment.documents[0].content).root)
    other = stand.hub.issuer.transfer(replace(record, peer="node-other")).document
    return replace(shipment, documents=(other, *shipment.documents[1:]))


def _record_of_other_recipients(stand: Stand, shipment: OfferedShipment) -> OfferedShipment:
    record = read_transfer(verify_enveloped_unanchored(shipment.documents[0].content).root)
    other = stand.hub.issuer.transfer(replace(record, recipients=(OTHER,))).document
    return replace(shipment, documents=(other, *shipment.documents[1:]))


def _no_acceptance(_: Stand, shipment: OfferedShipment) -> OfferedShipment:
    return replace(shipment, documents=(shipment.documents[0], shipment.documents[2]))


def _acceptance_of_another(stand: Stand, shipment: OfferedShipment) -> OfferedShipment:
    about = Subject(
        sender=SENDER, recipients=(RECIPIENT,), consignment_id=shipment.consignment_id, container_sha256="0" * 64
    )
    other = stand.hub.issuer.evidence(Event.SUBMISSION_ACCEPTANCE, about).document
    record = read_transfer(verify_enveloped_unanchored(shipment.documents[0].content).root)
    transfer = stand.hub.issuer.transfer(replace(record, acceptance_sha256=other.sha256)).document
    return replace(shipment, documents=(transfer, other, shipment.documents[2]))


def _binding(stand: Stand, shipment: OfferedShipment, **changes: Any) -> OfferedShipment:
    usual: dict[str, Any] = {
        "codes": [SENDER],
        "signer": stand.sender.seals[SENDER],
        "use": KeyUse.AGENCY_SEAL,
    }
    binding = stand.hub.binding(stand.sender, **(usual | changes))
    record = read_transfer(verify_enveloped_unanchored(shipment.documents[0].content).root)
    transfer = stand.hub.issuer.transfer(replace(record, bindings=(binding.sha256,))).document
    return replace(shipment, documents=(transfer, shipment.documents[1], binding))


def _binding_of_another_agency(stand: Stand, shipment: OfferedShipment) -> OfferedShipment:
    return _binding(stand, shipment, codes=[OTHER])


def _binding_of_another_seal(stand: Stand, shipment: OfferedShipment) -> OfferedShipment:
    return _binding(stand, shipment, signer=stand.sender.node_seal)


def _binding_for_another_use(stand: Stand, shipment: OfferedShipment) -> OfferedShipment:
    return _binding(stand, shipment, use=KeyUse.NODE_SEAL)


def _sound_binding(stand: Stand, shipment: OfferedShipment) -> OfferedShipment:
    return _binding(stand, shipment)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_foreign_recipient, "shipment.not-ours"),
        (_record_for_another_peer, "shipment.untrusted"),
        (_record_of_other_recipients, "shipment.untrusted"),
        (_no_acceptance, "shipment.untrusted"),
        (_acceptance_of_another, "shipment.untrusted"),
        (_binding_of_another_agency, "shipment.seal-not-bound"),
        (_binding_of_another_seal, "shipment.seal-not-bound"),
        (_binding_for_another_use, "shipment.seal-not-bound"),
    ],
)
def test_what_does_not_prove_itself_stays_out(stand: Stand, change: Change, code: str) -> None:
    async def story() -> None:
        sound = await post(stand)
        with stand.receiver.open() as node:
            line = stand.line(stand.receiver)
            agent = node.agent(line)
            stand.hub.waiting[stand.receiver.id] = [change(stand, sound)]
            assert await agent.pull_once() == 0
            assert (alarms(node), [error for _, error in line.released]) == ({code: 1}, [code])
            assert not node.views.received() and await agent.push_once() == 0
            stand.hub.waiting[stand.receiver.id] = [_sound_binding(stand, sound)]
            assert await agent.pull_once() == 1

    asyncio.run(story())


def test_bytes_changed_on_the_way_stay_out_and_are_fetched_anew(stand: Stand) -> None:
    async def story() -> None:
        await post(stand)
        with stand.receiver.open() as node:
            line = stand.line(stand.receiver)
            line.spoil_fetch = True
            agent = node.agent(line)
            assert await agent.pull_once() == 0
            assert alarms(node) == {"shipment.altered": 1}
            line.spoil_fetch = False
            assert await agent.pull_once() == 1
            assert line.fetched == ["0-", "0-"]

    asyncio.run(story())


def test_the_same_id_with_other_bytes_is_alarmed_not_shown(stand: Stand) -> None:
    async def story() -> None:
        shipment = await post(stand)
        with stand.receiver.open() as node:
            line = stand.line(stand.receiver)
            agent = node.agent(line)
            assert await agent.pull_once() == 1
            stand.hub.waiting[stand.receiver.id] = [replace(shipment, container_sha256="1" * 64)]
            assert await agent.pull_once() == 0
            assert alarms(node) == {"shipment.conflict": 1}
            assert len(node.views.received()) == 1

    asyncio.run(story())


def test_a_seal_that_expired_under_way_was_good_when_the_hub_took_the_letter(stand: Stand) -> None:
    async def story() -> None:
        stand.sender.seals[SENDER] = stand.pki.signer("short", not_after=AT + timedelta(days=1))
        await post(stand)
        stand.clock.advance(days=2)
        with stand.receiver.open() as node:
            assert await node.agent(stand.line(stand.receiver)).pull_once() == 1
            assert node.views.received()[0].origin == "signed"

    asyncio.run(story())
