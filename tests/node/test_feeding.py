"""The hub's feed: everything once, in any order, and nothing believed that does not prove itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.node.audit import receipts
from exchange_axis.node.service import Node
from exchange_axis.pipeline.issue import as_document
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.wire.evidence import write_evidence
from signing.xades import sign_enveloped
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand


def alarms(node: Node) -> dict[str, int]:
    return {alarm.code: alarm.count for alarm in node.views.status().alarms}


def delivery(node: Node, agency: str = RECIPIENT) -> tuple[str, str]:
    (line,) = node.views.sent()
    return next((one.delivery, one.status) for one in line.recipients if one.agency == agency)


async def sent(stand: Stand, node: Node, *recipients: str) -> str:
    receipt = node.sender.send(stand.draft(to=list(recipients or [RECIPIENT])), actor="Lê Thị Hoa")
    assert await node.agent(stand.line(stand.sender)).push_once() == 1
    return receipt.consignment_id


def test_a_failure_that_came_before_the_handover_does_not_undo_it(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            letter = await sent(stand, node)
            checked, _ = stand.hub.letters[letter]
            agent = node.agent(stand.line(stand.sender))
            failure = stand.hub.say(Event.CONTENT_HANDOVER_FAILURE, checked, RECIPIENT)
            stand.hub.tell(stand.sender.id, letter, RECIPIENT, failure)
            await agent.feed_once()
            assert delivery(node) == ("failed", "00")
            handover = stand.hub.say(Event.CONTENT_HANDOVER, checked, RECIPIENT)
            stand.hub.tell(stand.sender.id, letter, RECIPIENT, handover)
            stand.hub.tell(stand.sender.id, letter, RECIPIENT, failure, handover)
            await agent.feed_once()
            assert delivery(node) == ("handed-over", "01")
            assert len(receipts(node.world.store)) == 4

    asyncio.run(story())


def test_a_redirect_names_the_successor(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            letter = await sent(stand, node)
            checked, _ = stand.hub.letters[letter]
            redirect = stand.hub.say(Event.REDIRECT, checked, RECIPIENT, successor="G12.18")
            stand.hub.tell(stand.sender.id, letter, RECIPIENT, redirect)
            await node.agent(stand.line(stand.sender)).feed_once()
            assert node.views.sent()[0].recipients[0].redirected_to == "G12.18"

    asyncio.run(story())


def test_reading_the_same_entries_again_changes_nothing(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            await sent(stand, node, RECIPIENT, OTHER)
            agent = node.agent(stand.line(stand.sender))
            assert await agent.feed_once() == 2
            assert await agent.feed_once() == 0
            assert node.views.status().feed_position == 2

    asyncio.run(story())


def test_what_does_not_verify_is_kept_with_an_alarm_and_the_feed_goes_on(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            letter = await sent(stand, node)
            checked, _ = stand.hub.letters[letter]
            sound = stand.hub.say(Event.CONTENT_HANDOVER, checked, RECIPIENT)
            spoiled = sound.content.replace(b"ContentHandover<", b"ContentConsignment<")
            forged = as_document(DocumentKind.EVIDENCE, spoiled)
            stand.hub.tell(stand.sender.id, letter, RECIPIENT, forged)
            stand.hub.tell(stand.sender.id, letter, RECIPIENT, as_document(DocumentKind.EVIDENCE, b"<x/>"))
            by_agency = as_document(DocumentKind.EVIDENCE, _sealed_by_agency(stand, sound))
            stand.hub.tell(stand.sender.id, letter, RECIPIENT, by_agency)
            agent = node.agent(stand.line(stand.sender))
            assert await agent.feed_once() == 4
            assert delivery(node) == ("consigned", "00")
            assert alarms(node) == {"feed.untrusted": 1}
            assert len(node.views.status().alarms) == 3
            kept = node.world.store.read(lambda unit: unit.records.document(forged.sha256))
            assert kept is not None and kept.content == spoiled
            stand.hub.tell(stand.sender.id, letter, RECIPIENT, sound)
            assert await agent.feed_once() == 1
            assert delivery(node) == ("handed-over", "01")

    asyncio.run(story())


def _sealed_by_agency(stand: Stand, sound: Document) -> bytes:
    letter, _ = next(iter(stand.hub.letters.values()))
    value = Evidence(
        id=stand.hub.issuer.new_id(),
        event=Event.CONTENT_HANDOVER,
        issuer="hub-h45",
        recorded_at=stand.clock.now(),
        sender=SENDER,
        recipients=(RECIPIENT,),
        consignment_id=letter.consignment.id,
        container_sha256=letter.container_sha256,
    )
    assert sound.kind is DocumentKind.EVIDENCE
    return sign_enveloped(write_evidence(value), stand.receiver.seals[RECIPIENT], at=stand.clock.now())


def test_evidence_about_other_bytes_moves_nobody(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            letter = await sent(stand, node)
            checked, _ = stand.hub.letters[letter]
            other = replace(checked, container_sha256="0" * 64)
            stand.hub.tell(stand.sender.id, letter, RECIPIENT, stand.hub.say(Event.CONTENT_HANDOVER, other, RECIPIENT))
            agent = node.agent(stand.line(stand.sender))
            await agent.feed_once()
            assert delivery(node) == ("consigned", "00")

    asyncio.run(story())


def test_a_status_counts_only_with_evidence_that_quotes_it(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            letter = await sent(stand, home)
            there = away.agent(stand.line(stand.receiver))
            await there.pull_once()
            await there.push_once()
            sound = stand.hub.feeds[stand.sender.id].pop()
            evidence, status, binding = sound.documents
            checked, _ = stand.hub.letters[letter]
            unquoting = stand.hub.say(Event.CONTENT_HANDOVER, checked, RECIPIENT)
            stand.hub.tell(stand.sender.id, letter, RECIPIENT, unquoting, status, binding)
            agent = home.agent(stand.line(stand.sender))
            await agent.feed_once()
            assert alarms(home) == {"feed.untrusted": 1}
            assert not [event for event in home.views.show(letter).timeline if event.kind == "status"]
            stand.hub.tell(stand.sender.id, letter, RECIPIENT, evidence, status, binding)
            await agent.feed_once()
            (said,) = [event for event in home.views.show(letter).timeline if event.kind == "status"]
            assert (said.what, said.who, said.agencies) == ("01", stand.receiver.id, (RECIPIENT,))

    asyncio.run(story())


def test_a_gap_in_the_numbers_is_alarmed(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            await sent(stand, node, RECIPIENT, OTHER)
            del stand.hub.feeds[stand.sender.id][0]
            agent = node.agent(stand.line(stand.sender))
            assert await agent.feed_once() == 1
            assert alarms(node) == {"feed.gap": 1}
            assert await agent.feed_once() == 0

    asyncio.run(story())
