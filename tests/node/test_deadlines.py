"""What is owed at a node and by when, from its own rows and calendar; with or without a line."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from exchange_axis.domain.calendar import VIETNAM, end_of_day
from exchange_axis.node.clocks import Clocks
from exchange_axis.node.service import Node, assemble
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand
from tests.node.test_decisions import CLERK

MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=VIETNAM).astimezone(UTC)


@pytest.fixture
def stand(stand: Stand) -> Stand:
    stand.clock.at = MONDAY
    return stand


async def deliver(stand: Stand, node: Node, **form: Any) -> str:
    """A letter in the inbox of the receiver's node; its id."""
    with stand.sender.open() as home:
        day = stand.clock.now().astimezone(VIETNAM).date()
        sent = home.sender.send(stand.draft(home, **({"date": day} | form)), actor="Lê Thị Hoa")
        await home.agent(stand.line(stand.sender)).push_once()
    assert await node.agent(stand.line(stand.receiver)).pull_once() > 0
    return sent.consignment_id


def owed(node: Node, **asked: Any) -> list[tuple[str, str, str | None]]:
    return [(one.clock, one.state, one.missing) for one in node.deadlines.overview(**asked).received]


def next_due(node: Node) -> tuple[str, bool] | None:
    (line, *_) = node.views.received(agency=RECIPIENT)
    return None if line.due is None else (line.due.clock, line.due.overdue)


def test_what_is_owed_follows_the_clerks_steps(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            letter = await deliver(stand, node, due_date=date(2026, 11, 18))
            assert owed(node) == [
                ("K3", "running", "no-02-or-03"), ("K4", "running", None), ("K5", "running", "no-06"),
            ]  # fmt: skip
            assert next_due(node) == ("K3", False)
            (first, *_) = node.deadlines.overview().received
            assert first.due == end_of_day(date(2026, 11, 16))
            assert first.remaining == int((first.due - stand.clock.now()).total_seconds()) > 0
            stand.clock.at = MONDAY + timedelta(days=1)
            assert next_due(node) == ("K3", True)
            assert owed(node)[0] == ("K3", "missed", "no-02-or-03")
            node.clerk.accept(letter, actor=CLERK)
            assert owed(node) == [("K4", "running", "no-04"), ("K5", "running", "no-06")]
            node.clerk.report(letter, code="04", actor=CLERK)
            assert next_due(node) == ("K5", False)
            node.clerk.report(letter, code="06", actor=CLERK)
            assert (owed(node), next_due(node)) == ([], None)
            assert node.deadlines.misses() == {"K1": 0, "K3": 1, "K4": 0, "K5": 0, "recall": 0}

    asyncio.run(story())


def test_a_refused_letter_owes_nothing(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            letter = await deliver(stand, node, due_date=date(2026, 11, 18))
            node.clerk.refuse(letter, reason="LD01", actor=CLERK)
            assert (owed(node), next_due(node)) == ([], None)

    asyncio.run(story())


def test_the_inbox_is_sorted_by_what_is_due_first(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            done = await deliver(stand, node, number=1)
            node.clerk.accept(done, actor=CLERK)
            node.clerk.report(done, code="04", actor=CLERK)
            stand.clock.advance(hours=1)
            await deliver(stand, node, number=2)
            await deliver(stand, node, number=3, priority="khan")
            stand.clock.advance(hours=9)
            await deliver(stand, node, number=4, priority="khan")
            lines = node.views.received(by_due=True)
            assert [line.title for line in lines] == ["3/BC-UBND", "2/BC-UBND", "4/BC-UBND", "1/BC-UBND"]
            assert [line.title for line in node.views.received()][:2] == ["4/BC-UBND", "3/BC-UBND"], "urgency first"
            assert [line.title for line in node.views.received(by_due=True, limit=1, offset=2)] == ["4/BC-UBND"]

    asyncio.run(story())


def test_an_answering_letter_settles_the_reply_once_the_hub_has_it(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            letter = await deliver(stand, node, due_date=date(2026, 11, 18))
            node.clerk.accept(letter, actor=CLERK)
            node.clerk.report(letter, code="05", actor=CLERK)
            answer = {"agency": SENDER, "code": "57/BC-UBND", "document_id": "x"}
            for number, agency, settled in ((7, OTHER, False), (8, RECIPIENT, True)):
                form = {"from": agency, "to": [SENDER], "number": number, "response_for": [answer]}
                node.sender.send(stand.draft(**form, date=date(2026, 11, 16)), actor=CLERK)
                assert owed(node) == [("K5", "running", "no-06")], "queued is not sent"
                line = stand.line(stand.receiver)
                await node.agent(line).push_once()
                assert (owed(node) == []) is settled
                assert (next_due(node) is None) is settled

    asyncio.run(story())


def test_an_answering_letter_that_the_hub_refused_settles_nothing(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            letter = await deliver(stand, node, due_date=date(2026, 11, 18))
            node.clerk.accept(letter, actor=CLERK)
            node.clerk.report(letter, code="05", actor=CLERK)
            await node.agent(stand.line(stand.receiver)).push_once()
            answer = {"agency": SENDER, "code": "57/BC-UBND", "document_id": "x"}
            form = {"from": RECIPIENT, "to": [SENDER], "number": 8, "response_for": [answer]}
            sent = node.sender.send(stand.draft(**form, date=date(2026, 11, 16)), actor=CLERK)
            line = stand.line(stand.receiver)
            rejection = stand.hub.reject(sent.container_sha256, codes=["rules.x"], consignment_id=sent.consignment_id)
            line.refusals.append(rejection)
            await node.agent(line).push_once()
            assert node.views.answer(sent.consignment_id) == "refused"
            stand.clock.advance(hours=1)
            node.clerk.report(letter, code="05", actor=CLERK)
            assert owed(node) == [("K5", "running", "no-06")]

    asyncio.run(story())


def test_a_recall_ends_what_was_owed_and_asks_for_the_report(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            letter = await deliver(stand, node)
            node.clerk.accept(letter, actor=CLERK)
            assert owed(node) == [("K4", "running", "no-04")]
            await deliver(stand, node, number=58, kind="recall", amends=letter, reason="Sai thẩm quyền")
            assert owed(node) == [("recall", "running", "no-15")]
            node.clerk.consent(letter, actor=CLERK, agency=RECIPIENT)
            assert owed(node) == []

    asyncio.run(story())


def test_sent_letters_show_issue_and_delivery_unless_they_were_kept(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home:
            late = stand.draft(
                number=1, date=date(2026, 11, 12), signed_at=datetime(2026, 11, 12, 16, 58, tzinfo=VIETNAM)
            )
            home.sender.send(late, actor="Lê Thị Hoa")
            home.sender.send(stand.draft(number=2, date=date(2026, 11, 16)), actor="Lê Thị Hoa")

            def told() -> list[tuple[str, str, str, str | None]]:
                sent = home.deadlines.overview().sent
                return [(one.title, one.clock, one.state, one.recipient) for one in sent]

            assert told() == [("1/BC-UBND", "K1", "missed", None), ("2/BC-UBND", "K1", "running", None)]
            agent = home.agent(stand.line(stand.sender))
            await agent.push_once()
            assert told() == [
                ("1/BC-UBND", "K1", "late", None),
                ("1/BC-UBND", "K2", "running", RECIPIENT),
                ("2/BC-UBND", "K2", "running", RECIPIENT),
            ]
            stand.clock.advance(minutes=6)
            with stand.receiver.open() as node:
                there = node.agent(stand.line(stand.receiver))
                await there.pull_once()
                await there.push_once()
            await agent.feed_once()
            assert [row for row in told() if row[1] == "K2"] == [
                ("2/BC-UBND", "K2", "late", RECIPIENT), ("1/BC-UBND", "K2", "late", RECIPIENT),
            ]  # fmt: skip
            assert [line.issue for line in home.views.sent()] == ["met", "late"]
            assert home.deadlines.misses()["K1"] == 1

    asyncio.run(story())


def test_another_calendar_counts_what_is_owed_anew(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            await deliver(stand, node)
            assert next_due(node) == ("K3", False)
            stand.clock.at = MONDAY + timedelta(days=1)
            assert next_due(node) == ("K3", True)
            calendar = node.world.calendar()
            off = {date(2026, 11, 16): next(iter(calendar.holidays.values()))}
            other = replace(calendar, holidays={**calendar.holidays, **off})
            world = replace(node.world, calendar=lambda: other)
            assert next_due(assemble(world)) == ("K3", False), "due on the next working day"
            assert Clocks(world).count() == 0

    asyncio.run(story())


def test_every_letter_under_way_is_found_however_many_came_after_it(stand: Stand) -> None:
    """Page by page, the oldest first; what is settled needs no page."""

    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            here, there = home.agent(stand.line(stand.sender)), away.agent(stand.line(stand.receiver))

            async def send(*numbers: int) -> None:
                for number in numbers:
                    home.sender.send(stand.draft(number=number, date=date(2026, 11, 16)), actor=CLERK)
                await here.push_once()

            await send(1, 2, 3)
            stuck = stand.hub.waiting[stand.receiver.id][:]
            stand.hub.waiting[stand.receiver.id] = []
            await send(4, 5, 6, 7)
            await there.pull_once()
            await there.push_once()
            await here.feed_once()
            stand.hub.waiting[stand.receiver.id] = stuck
            stand.clock.advance(days=2)

            def missed(offset: int) -> tuple[list[str], int | None]:
                page = home.deadlines.overview(limit=2, offset=offset)
                return [one.title for one in page.sent if one.clock == "K2"], page.sent_next

            assert missed(0) == (["1/BC-UBND", "2/BC-UBND"], 2)
            assert missed(2) == (["3/BC-UBND"], None)
            assert home.deadlines.overview(agency=SENDER).sent and not home.deadlines.overview(agency=OTHER).sent
            home.sender.send(stand.draft(number=8, date=date(2026, 11, 16)), actor=CLERK)
            queued = [one.title for one in home.deadlines.overview(limit=2, offset=2).sent]
            assert queued == ["3/BC-UBND", "8/BC-UBND"], "what the hub has not answered is under way too"

    asyncio.run(story())
