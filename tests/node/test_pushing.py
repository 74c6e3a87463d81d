"""The hub's answers: believed only when they prove what they should, and kept byte for byte."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.node.audit import receipts
from exchange_axis.node.pushing import Pusher
from exchange_axis.node.service import Node
from exchange_axis.pipeline.issue import as_document
from exchange_axis.ports import Answer, Document, DocumentKind, HubRefused, HubUnreachable
from exchange_axis.wire.evidence import read_evidence, write_evidence
from signing.keys import LocalSigner
from signing.xades import sign_enveloped, verify_enveloped_unanchored
from tests.node.stand import OTHER, SENDER, Line, Stand
from tests.signing.pki import TestPki


def alarms(node: Node) -> dict[str, int]:
    return {alarm.code: alarm.count for alarm in node.views.status().alarms}


def test_urgent_mail_goes_first_and_statuses_ride_their_letters_lane(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            for number, priority in enumerate(["thuong", "hoa-toc", "khan", "thuong-khan", "hoa-toc"], start=1):
                node.sender.send(stand.draft(number=number, priority=priority), actor="Lê Thị Hoa")
            line = stand.line(stand.sender)
            agent = node.agent(line)
            assert await agent.push_once(Lane.HOA_TOC) == 2
            assert await agent.push_once() == 3
            lanes = [lane for lane, _ in line.submitted]
            assert lanes == [Lane.HOA_TOC, Lane.HOA_TOC, Lane.THUONG_KHAN, Lane.KHAN, Lane.THUONG]

    asyncio.run(story())


def test_a_lost_answer_costs_nothing(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            receipt = node.sender.send(stand.draft(), actor="Lê Thị Hoa")
            line = stand.line(stand.sender)
            line.lose_answers = 1
            agent = node.agent(line)
            with pytest.raises(HubUnreachable):
                await agent.push_once()
            (row,) = node.views.sent()
            assert (row.state, row.attempts) == ("queued", 1)
            assert row.last_error is not None and "hub.unreachable" in row.last_error
            stand.clock.advance(minutes=1)
            assert await agent.push_once() == 1
            assert [sha256 for _, sha256 in line.submitted] == [receipt.container_sha256] * 2
            assert len(stand.hub.letters) == 1
            (kept,) = receipts(node.world.store)
            assert kept.document == stand.hub.answers[receipt.container_sha256].documents[0].content
            assert hashlib.sha256(kept.document).hexdigest() == kept.sha256

    asyncio.run(story())


def test_without_a_line_mail_waits_and_the_pause_stays_short(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open(line_pause=timedelta(seconds=30)) as node:
            node.sender.send(stand.draft(), actor="Lê Thị Hoa")
            line = stand.line(stand.sender)
            line.down = True
            agent = node.agent(line)
            for attempt in range(1, 20):
                with pytest.raises(HubUnreachable):
                    await agent.push_once()
                assert node.views.sent()[0].attempts == attempt
                stand.clock.advance(seconds=31)
            assert "outbox.overdue" not in alarms(node)
            stand.clock.advance(days=16)
            with pytest.raises(HubUnreachable):
                await agent.push_once()
            assert alarms(node)["outbox.overdue"] == 1
            assert node.views.sent()[0].state == "queued"

    asyncio.run(story())


def test_a_signed_refusal_is_final_and_kept(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            receipt = node.sender.send(stand.draft(), actor="Lê Thị Hoa")
            line = stand.line(stand.sender)
            line.refusals.append(stand.hub.reject(receipt.container_sha256, codes=["authority.not-granted"]))
            agent = node.agent(line)
            assert await agent.push_once() == 1
            assert await agent.push_once() == 0
            (kept,) = receipts(node.world.store)
            assert kept.event is Event.SUBMISSION_REJECTION
            assert node.views.sent()[0].state == "refused"

    asyncio.run(story())


@pytest.mark.parametrize("code", ["auth.unknown-certificate", "auth.no-certificate"])
def test_a_refusal_of_the_caller_is_not_one_of_the_letter(stand: Stand, code: str) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            node.sender.send(stand.draft(), actor="Lê Thị Hoa")
            line = stand.line(stand.sender)
            line.refusals.append(HubRefused({"code": code, "title": "Chưa được duyệt"}))
            agent = node.agent(line)
            assert await agent.push_once() == 0
            assert (node.views.sent()[0].state, alarms(node)) == ("queued", {"hub.refused": 1})
            stand.clock.advance(minutes=20)
            assert await agent.push_once() == 1
            assert node.views.sent()[0].state == "accepted"

    asyncio.run(story())


def test_a_rejection_of_other_bytes_does_not_refuse_this_letter(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            node.sender.send(stand.draft(), actor="Lê Thị Hoa")
            line = stand.line(stand.sender)
            line.refusals.append(stand.hub.reject("0" * 64, codes=["rules.future-date"]))
            agent = node.agent(line)
            assert await agent.push_once() == 0
            assert (node.views.sent()[0].state, alarms(node)) == ("queued", {"answer.untrusted": 1})
            stand.clock.advance(minutes=20)
            assert await agent.push_once() == 1

    asyncio.run(story())


def hand_over(node: Node, line: Line) -> None:
    """Bring what is queued to the hub, as if the answer had been lost."""
    pusher = Pusher(node.world)
    for row in pusher.due():
        line.hub.submit(line.node, pusher.export(row))


def reissued(stand: Stand, signer: LocalSigner | None = None, **changes: Any) -> Document:
    """The acceptance the hub would give, with some of it changed, sealed by `signer` (the hub itself by default)."""
    answer = next(iter(stand.hub.answers.values()))
    evidence: Evidence = read_evidence(verify_enveloped_unanchored(answer.documents[0].content).root)
    xml = write_evidence(replace(evidence, **changes))
    seal = signer or stand.pki.signer("hub-h45")
    return as_document(DocumentKind.EVIDENCE, sign_enveloped(xml, seal, at=stand.clock.now()))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"consignment_id": "5d0f1a9e-0000-4000-8000-000000000000"}, "consignment id"),
        ({"container_sha256": "0" * 64}, "container"),
        ({"recipients": (OTHER,)}, "recipients"),
        ({"sender": OTHER}, "sender"),
        ({"event": Event.RELAY_ACCEPTANCE}, "event"),
    ],
)
def test_an_answer_about_something_else_is_not_believed(stand: Stand, changes: dict[str, Any], reason: str) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            node.sender.send(stand.draft(), actor="Lê Thị Hoa")
            line = stand.line(stand.sender)
            hand_over(node, line)
            line.answers.append(Answer(documents=(reissued(stand, **changes),)))
            agent = node.agent(line)
            assert await agent.push_once() == 0
            (row,) = node.views.sent()
            assert row.state == "queued" and row.last_error is not None
            assert "answer.untrusted" in row.last_error and reason in row.last_error
            assert not receipts(node.world.store)
            stand.clock.advance(minutes=20)
            assert await agent.push_once() == 1
            assert len(receipts(node.world.store)) == 1

    asyncio.run(story())


def test_only_the_hubs_own_seal_accepts(stand: Stand) -> None:
    """Also a sound signature under the same root, by somebody who is not that hub, proves nothing."""

    async def story() -> None:
        with stand.sender.open() as node:
            node.sender.send(stand.draft(), actor="Lê Thị Hoa")
            line = stand.line(stand.sender)
            agent = node.agent(line)
            hand_over(node, line)
            other_hub = stand.pki.signer("hub-h49")
            stranger = TestPki("Nơi khác").signer()
            for document, code in [
                (reissued(stand, stand.sender.seals[SENDER]), "document.not-by-hub"),
                (reissued(stand, other_hub, issuer="hub-h49"), "answer.untrusted"),
                (reissued(stand, stranger), "certificate.untrusted"),
                (replace(reissued(stand), sha256="0" * 64), "document.altered"),
            ]:
                line.answers.append(Answer(documents=(document,)))
                assert await agent.push_once() == 0
                last_error = node.views.sent()[0].last_error
                assert last_error is not None and last_error.startswith(code), last_error
                stand.clock.advance(minutes=20)
            assert not receipts(node.world.store)
            line.answers.append(Answer(documents=(reissued(stand),)))
            assert await agent.push_once() == 1

    asyncio.run(story())


def test_evidence_and_status_must_speak_of_each_other(stand: Stand) -> None:
    """The answer to a status of one letter does not settle that of another."""

    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            here, there = home.agent(stand.line(stand.sender)), away.agent(stand.line(stand.receiver))
            first = home.sender.send(stand.draft(number=1), actor="Lê Thị Hoa")
            await here.push_once()
            await there.pull_once()
            await there.push_once()
            home.sender.send(stand.draft(number=2), actor="Lê Thị Hoa")
            await here.push_once()
            await there.pull_once()
            handover = next(
                kept
                for kept in receipts(away.world.store)
                if kept.event is Event.CONTENT_HANDOVER and kept.consignment_id == first.consignment_id
            )
            wrong = Answer(
                documents=(Document(kind=DocumentKind.EVIDENCE, sha256=handover.sha256, content=handover.document),)
            )
            line = stand.line(stand.receiver)
            line.answers.append(wrong)
            assert await away.agent(line).push_once() == 0
            assert alarms(away) == {"answer.untrusted": 1}
            stand.clock.advance(minutes=20)
            assert await away.agent(line).push_once() == 1

    asyncio.run(story())
