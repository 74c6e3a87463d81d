"""Recall, take-back, update and replacement where they arrive: in any order the same end, content frozen at once, and
an answer that says whether anybody had read the letter."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from exchange_axis.commands.node_export import export
from exchange_axis.domain.consignment import Consignment
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.lifecycle import Business, Progress, Request, StatusCode
from exchange_axis.node.agent import Agent
from exchange_axis.node.errors import LetterFrozen, NothingAsked, RecallIsFinal, TextMissing
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.node.service import Node
from exchange_axis.pipeline.issue import as_document
from exchange_axis.ports import DocumentKind, HubRefused
from exchange_axis.store.node.rows import InboxRow
from exchange_axis.wire.consignment import read_consignment
from exchange_axis.wire.container import open_container
from tests.node.stand import OTHER, RECIPIENT, SENDER, Line, Stand
from tests.node.test_amending import RECALL, UPDATE, requests, send

CLERK, READER = "Trần Văn Bình", "Phạm Thị Đọc"


@dataclass
class Both:
    """The two nodes, each with its agent and its line."""

    stand: Stand
    home: Node
    away: Node
    here: Agent
    there: Agent
    line: Line

    async def push(self) -> None:
        await self.here.push_once()

    async def deliver(self) -> None:
        """Everything that waits, to the receiver's node, and its news home."""
        await self.here.push_once()
        await self.there.feed_once()
        await self.there.pull_once()
        await self.there.push_once()
        await self.here.feed_once()

    async def answer(self) -> int:
        said = await self.there.duties_once()
        await self.there.push_once()
        await self.here.feed_once()
        return said

    def row(self, receipt: LocalReceipt, agency: str = RECIPIENT) -> InboxRow:
        row = self.away.world.store.read(lambda unit: unit.inbox.get(SENDER, receipt.consignment_id, agency))
        assert row is not None
        return row

    def request(self, receipt: LocalReceipt, agency: str = RECIPIENT) -> str:
        return self.row(receipt, agency).business.request.value

    def codes(self, receipt: LocalReceipt, agency: str = RECIPIENT) -> list[str]:
        said = self.away.world.store.read(lambda unit: unit.outbox.statuses(SENDER, receipt.consignment_id, agency))
        return [row.status_code or "" for row in said]

    def answer_of(self, receipt: LocalReceipt, agency: str = RECIPIENT) -> Consignment:
        said = self.away.world.store.read(lambda unit: unit.outbox.statuses(SENDER, receipt.consignment_id, agency))
        path = self.stand.folder / "answer.asice"
        with self.away.world.blobs.open(said[-1].container_sha256) as blob:
            path.write_bytes(b"".join(blob.chunks()))
        with open_container(path) as container:
            return read_consignment(container.read("consignment.xml"))


@contextmanager
def both(stand: Stand, **settings: Any) -> Iterator[Both]:
    with ExitStack() as stack:
        home = stack.enter_context(stand.sender.open())
        away = stack.enter_context(stand.receiver.open(**settings))
        line = stand.line(stand.receiver)
        yield Both(stand, home, away, home.agent(stand.line(stand.sender)), away.agent(line), line)


def test_a_recall_freezes_the_letter_and_the_node_answers(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home, to=[RECIPIENT, OTHER])
            await two.deliver()
            two.away.reading.look(first.consignment_id, reader=READER, agency=OTHER)
            opened_at = stand.clock.now()
            stand.clock.advance(hours=1)
            assert two.away.reading.content(first.consignment_id, reader=READER, agency=RECIPIENT).title
            send(stand, two.home, to=None, amends="57/BC-UBND", **RECALL)
            await two.deliver()
            assert {two.request(first), two.request(first, OTHER)} == {"recall-asked"}
            assert export(two.away, first.consignment_id, reader=READER)["container"] is None
            for refused in (
                lambda: two.away.reading.content(first.consignment_id, reader=READER),
                lambda: two.away.clerk.accept(first.consignment_id, agency=OTHER, actor=CLERK),
                lambda: two.away.clerk.refuse(first.consignment_id, agency=OTHER, reason="LD01", actor=CLERK),
            ):
                with pytest.raises(LetterFrozen):
                    refused()
            assert two.away.views.show(first.consignment_id).timeline
            assert await two.answer() == 2
            assert await two.answer() == 0
            assert two.codes(first) == two.codes(first, OTHER) == ["01", "15"]
            assert two.answer_of(first, OTHER).opened_at == opened_at
            assert two.answer_of(first).opened_at == opened_at + timedelta(hours=1)
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "withdrawn", OTHER: "withdrawn"}
            with pytest.raises(LetterFrozen):
                two.away.reading.content(first.consignment_id, reader=READER)
            assert two.away.reading.content("9/QĐ-UBND", reader=READER, agency=RECIPIENT).title == "9/QĐ-UBND"

    asyncio.run(story())


def test_what_nobody_opened_is_said_to_be_unopened(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            await two.deliver()
            assert two.away.views.received()[0].title and two.row(first).opened_at is None
            send(stand, two.home, to=None, amends="57/BC-UBND", **RECALL)
            await two.deliver()
            two.away.reading.look(first.consignment_id, reader=READER)  # of a frozen letter only what is known about it
            assert await two.answer() == 1
            assert two.answer_of(first).opened_at is None and two.row(first).opened_by is None

    asyncio.run(story())


def test_who_opened_first_is_kept(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            await two.deliver()
            two.away.reading.look("57/BC-UBND", reader=READER)
            at = stand.clock.now()
            stand.clock.advance(hours=1)
            two.away.reading.content("57/BC-UBND", reader="Người sau")
            assert (two.row(first).opened_at, two.row(first).opened_by) == (at, READER)

    asyncio.run(story())


def test_an_accepted_letter_is_answered_by_the_clerk_and_a_recall_is_not_declined(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            await two.deliver()
            with pytest.raises(NothingAsked):
                two.away.clerk.consent("57/BC-UBND", actor=CLERK)
            number = two.away.clerk.accept("57/BC-UBND", actor=CLERK).arrival_number
            send(stand, two.home, to=None, amends="57/BC-UBND", **RECALL)
            await two.deliver()
            assert await two.answer() == 0
            with pytest.raises(TextMissing):
                two.away.clerk.decline("57/BC-UBND", actor=CLERK, text=" ")
            with pytest.raises(RecallIsFinal):
                two.away.clerk.decline("57/BC-UBND", actor=CLERK, text="Đang xử lý rồi")
            with pytest.raises(LetterFrozen):
                two.away.clerk.report("57/BC-UBND", code="05", actor=CLERK)
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "recall-asked"}
            decision = two.away.clerk.consent("57/BC-UBND", actor=CLERK)
            assert (decision.status, decision.repeated) == ("15", False)
            assert two.away.clerk.consent("57/BC-UBND", actor="Người khác").repeated
            assert two.codes(first) == ["01", "03", "15"]
            assert (two.row(first).arrival_number, two.row(first).decided_by) == (number, CLERK)
            await two.answer()
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "withdrawn"}

    asyncio.run(story())


def test_the_node_answers_nothing_where_the_operator_says_so(stand: Stand) -> None:
    async def story() -> None:
        with both(stand, answer_unaccepted=False) as two:
            first = send(stand, two.home)
            await two.deliver()
            send(stand, two.home, to=None, amends="57/BC-UBND", **RECALL)
            await two.deliver()
            assert await two.answer() == 0 and two.request(first) == "recall-asked"
            with pytest.raises(LetterFrozen):
                two.away.reading.content(first.consignment_id, reader=READER)
            two.away.clerk.consent(first.consignment_id, actor=CLERK)
            assert two.request(first) == "withdrawn"

    asyncio.run(story())


def test_an_update_is_taken_over_or_declined(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            taken, kept = send(stand, two.home), send(stand, two.home, number=58)
            await two.deliver()
            two.away.clerk.accept("58/BC-UBND", actor=CLERK)
            send(stand, two.home, **UPDATE)
            send(stand, two.home, **{**UPDATE, "amends": "58/BC-UBND", "number": 58})
            await two.deliver()
            assert await two.answer() == 1
            assert (two.request(taken), two.request(kept)) == ("updated", "update-asked")
            assert two.away.reading.content(taken.consignment_id, reader=READER).title
            two.away.clerk.decline(kept.consignment_id, actor=CLERK, text="Đã trình lãnh đạo bản trước")
            await two.answer()
            assert requests(two.home, taken.consignment_id) == {RECIPIENT: "updated"}
            assert requests(two.home, kept.consignment_id) == {RECIPIENT: "none"}
            assert two.away.clerk.accept(taken.consignment_id, actor=CLERK).actor == CLERK

    asyncio.run(story())


def test_a_take_back_of_who_was_left_out(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home, to=[RECIPIENT, OTHER])
            await two.deliver()
            two.away.clerk.accept("57/BC-UBND", agency=OTHER, actor=CLERK)
            send(stand, two.home, to=[RECIPIENT], **UPDATE)
            await two.deliver()
            assert (two.request(first), two.request(first, OTHER)) == ("update-asked", "take-back-asked")
            assert two.away.reading.content(first.consignment_id, reader=READER, agency=OTHER).title
            assert await two.answer() == 1
            two.away.clerk.decline(first.consignment_id, agency=OTHER, actor=CLERK, text="Đã ban hành văn bản trả lời")
            await two.answer()
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "updated", OTHER: "none"}

    asyncio.run(story())


def test_a_replacement_marks_the_letter_and_everything_can_be_read(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home, to=[RECIPIENT, OTHER])
            await two.deliver()
            send(stand, two.home, kind="replace", amends="57/BC-UBND", number=60)
            await two.deliver()
            assert (two.request(first), two.request(first, OTHER)) == ("replaced", "none")
            assert await two.answer() == 0
            assert two.away.reading.content(first.consignment_id, reader=READER, agency=RECIPIENT).title

    asyncio.run(story())


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_in_whatever_order_letters_come_the_end_is_the_same(stand: Stand, order: tuple[int, ...]) -> None:
    """Letter, update and recall."""

    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            update = send(stand, two.home, **UPDATE)
            send(stand, two.home, to=None, amends="57/BC-UBND", **RECALL)
            await two.here.push_once()
            waiting = sorted(stand.hub.waiting[stand.receiver.id], key=lambda one: one.sender)
            for index in order:
                stand.hub.waiting[stand.receiver.id] = [waiting[index]]
                await two.there.pull_once()
            assert (two.request(first), two.request(update)) == ("recall-asked", "recall-asked")
            with pytest.raises(LetterFrozen):
                two.away.reading.content(update.consignment_id, reader=READER)
            assert await two.there.duties_once() == 2

    asyncio.run(story())


@pytest.mark.parametrize("back_first", [True, False])
def test_a_take_back_before_its_letter_is_as_good_as_after_it(stand: Stand, back_first: bool) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home, to=[RECIPIENT, OTHER])
            send(stand, two.home, to=[OTHER], **UPDATE)
            await two.here.push_once()
            steps = [two.there.feed_once, two.there.pull_once]
            for step in steps if back_first else reversed(steps):
                await step()
            assert (two.request(first), two.request(first, OTHER)) == ("take-back-asked", "update-asked")
            said = [event for event in two.away.views.show(first.consignment_id).timeline if event.kind == "status"]
            assert [(event.what, event.text) for event in said] == [("13", UPDATE["reason"])]

    asyncio.run(story())


def test_only_the_sender_of_a_letter_asks_for_it(stand: Stand) -> None:
    """A 13 of another agency, though a hub vouches for it, moves nothing."""

    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home, to=[RECIPIENT, OTHER])
            await two.deliver()
            send(stand, two.home, to=[OTHER], **UPDATE)
            await two.here.push_once()
            evidence, status, binding = stand.hub.feeds[stand.receiver.id].pop().documents
            checked, _ = stand.hub.letters[first.consignment_id]
            arrival = two.away.world.store.read(lambda unit: unit.outbox.statuses(SENDER, first.consignment_id, OTHER))
            with two.away.world.blobs.open(arrival[0].container_sha256) as blob:
                foreign = as_document(DocumentKind.STATUS, b"".join(blob.chunks()))
            vouched = stand.hub.say(Event.TAKE_BACK, checked, RECIPIENT, status_sha256=foreign.sha256)
            other_event = stand.hub.say(Event.CONSENTED, checked, RECIPIENT, status_sha256=status.sha256)
            for documents in ((vouched, foreign), (other_event, status)):
                stand.hub.tell(stand.receiver.id, first.consignment_id, RECIPIENT, *documents, binding)
            await two.there.feed_once()
            assert two.request(first) == "none"
            assert {alarm.code for alarm in two.away.views.status().alarms} >= {"feed.untrusted"}
            stand.hub.tell(stand.receiver.id, first.consignment_id, RECIPIENT, evidence, status, binding)
            await two.there.feed_once()
            assert two.request(first) == "take-back-asked"

    asyncio.run(story())


def cancelled(node: Node, letter: LocalReceipt) -> dict[str, tuple[str, bool]]:
    """Of each recipient who was asked: how far the delivery is, and whether his answer is still awaited."""
    shown = node.views.show(letter.consignment_id)
    delivery = {one.agency: one.delivery for one in (shown.sent.recipients if shown.sent else ())}
    return {one.agency: (delivery[one.agency], one.silent) for one in shown.cancelling}


def test_a_delivery_that_was_withdrawn_needs_no_answer(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home, to=[RECIPIENT, OTHER])
            await two.here.push_once()
            send(stand, two.home, to=None, amends="57/BC-UBND", **RECALL)
            await two.here.push_once()
            checked, _ = stand.hub.letters[first.consignment_id]
            withdrawn = stand.hub.say(Event.WITHDRAWN, checked, RECIPIENT, reasons=["letter.recalled"])
            stand.hub.tell(stand.sender.id, first.consignment_id, RECIPIENT, withdrawn)
            await two.here.feed_once()
            assert cancelled(two.home, first) == {RECIPIENT: ("withdrawn", False), OTHER: ("consigned", True)}

    asyncio.run(story())


def test_a_handover_after_the_withdrawal_owes_the_answer_again(stand: Stand) -> None:
    """The hub had ended the delivery; the letter was at its reader's all the same, and he reports the cancelling."""

    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            await two.here.push_once()
            send(stand, two.home, to=None, amends="57/BC-UBND", **RECALL)
            await two.here.push_once()
            checked, _ = stand.hub.letters[first.consignment_id]
            withdrawn = stand.hub.say(Event.WITHDRAWN, checked, RECIPIENT, reasons=["letter.recalled"])
            stand.hub.tell(stand.sender.id, first.consignment_id, RECIPIENT, withdrawn)
            await two.here.feed_once()
            assert cancelled(two.home, first) == {RECIPIENT: ("withdrawn", False)}
            await two.deliver()
            assert cancelled(two.home, first) == {RECIPIENT: ("handed-over", True)}
            (addressee,) = two.home.world.store.read(lambda unit: unit.outbox.addressees(first.consignment_id))
            assert addressee.business == Business(progress=Progress.ARRIVED, request=Request.RECALL_ASKED)
            await two.answer()
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "withdrawn"}
            assert cancelled(two.home, first) == {RECIPIENT: ("handed-over", False)}

    asyncio.run(story())


def test_content_withdrawn_while_it_is_fetched_is_no_alarm(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            send(stand, two.home)
            await two.here.push_once()

            async def fetch(*_: object) -> None:
                raise HubRefused({"code": "consignment.frozen", "title": "Văn bản đã bị thu hồi"})

            two.line.fetch = fetch  # type: ignore[method-assign, assignment]
            assert await two.there.pull_once() == 0
            assert not two.away.views.status().alarms and not two.line.released

    asyncio.run(story())


def test_an_answer_sealed_before_somebody_opened_the_letter_is_sealed_anew(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            await two.deliver()
            read = two.row(first)
            two.away.reading.look(first.consignment_id, reader=READER)
            assert not two.away.clerk.answer_for_nobody(replace(read, business=Business(request=Request.RECALL_ASKED)))
            store, at = two.away.world.store, stand.clock.now()
            after = read.business.after(StatusCode.ACCEPTED)
            assert not store.run(lambda unit: unit.inbox.decide(read, after, at=at, actor=CLERK))
            now = two.row(first)
            assert store.run(lambda unit: unit.inbox.decide(now, after, at=at, actor=CLERK))

    asyncio.run(story())
