"""A letter from one node to another and its news back, over a line that works."""

from __future__ import annotations

import asyncio

from exchange_axis.node.audit import delivered, receipts, sent
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand


def test_a_letter_is_sent_delivered_accepted_and_its_proof_comes_back(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            receipt = home.sender.send(stand.draft(to=[RECIPIENT, OTHER]), actor="Lê Thị Hoa")
            here, there = home.agent(stand.line(stand.sender)), away.agent(stand.line(stand.receiver))
            assert home.views.sent()[0].state == "queued"
            assert await here.push_once() == 1
            assert home.views.sent()[0].state == "accepted"

            assert await there.pull_once() == 2
            assert await there.push_once() == 2
            assert await there.pull_once() == 0
            number = away.clerk.accept("57/BC-UBND", agency=RECIPIENT, actor="Trần Văn Bình")
            assert (number.arrival_number, number.arrival_year, number.repeated) == (1, 2026, False)
            refused = away.clerk.refuse(receipt.consignment_id[:10], agency=OTHER, reason="LD01", actor="Trần Văn Bình")
            assert refused.reason == "LD01: Gửi sai nơi nhận"
            assert await there.push_once() == 2

            assert await here.feed_once() == 6
            line = home.views.sent()[0]
            states = {one.agency: (one.delivery, one.status) for one in line.recipients}
            assert states == {RECIPIENT: ("handed-over", "03"), OTHER: ("handed-over", "02")}
            details = home.views.show("57/BC-UBND")
            said = [(event.what, event.who, event.text) for event in details.timeline if event.kind == "status"]
            assert ("03", "Trần Văn Bình", "Số đến 1") in said
            assert ("02", "Trần Văn Bình", "LD01: Gửi sai nơi nhận") in said
            assert sorted(event.what for event in details.timeline if event.kind == "evidence") == [
                "ContentConsignment",
                "ContentConsignment",
                "ContentHandover",
                "ContentHandover",
                "SubmissionAcceptance",
                "status:02",
                "status:03",
            ]
            copies = delivered(away.world.store, away.world.blobs)
            assert {(copy.sender, copy.recipient, copy.container_sha256, copy.present) for copy in copies} == {
                (SENDER, RECIPIENT, receipt.container_sha256, True),
                (SENDER, OTHER, receipt.container_sha256, True),
            }
            assert all(kept.intact for kept in receipts(home.world.store))
            assert [letter.state for letter in sent(home.world.store, home.world.blobs)] == ["accepted"]

    asyncio.run(story())
