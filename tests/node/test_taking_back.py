"""Taking one delivery back, and what the sender is shown: who has cancelled, who had opened it, who is silent."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from exchange_axis.errors import NotFound
from exchange_axis.node.errors import (
    ActorMissing,
    Ambiguous,
    NotARecipient,
    NothingToAmend,
    NothingToTakeBack,
    TakeBackLate,
    TextMissing,
)
from exchange_axis.node.service import Node
from exchange_axis.node.taking_back import TakeBack
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand
from tests.node.test_amending import RECALL, UPDATE, asked_back, requests, send
from tests.node.test_asking import READER, both

CLERK = "Trần Văn Bình"


def ask(node: Node, query: str = "57/BC-UBND", recipient: str = RECIPIENT, reason: str = "Gửi nhầm nơi") -> TakeBack:
    return node.take_backs.ask(query, recipient=recipient, reason=reason, actor="Lê Thị Hoa")


def test_one_recipient_is_asked_and_the_others_keep_the_letter(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home, to=[RECIPIENT, OTHER])
            await two.deliver()
            asked = ask(two.home)
            assert (asked.letters, asked.reason) == ((first.consignment_id,), "Gửi nhầm nơi")
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "take-back-asked", OTHER: "none"}
            with pytest.raises(NothingToTakeBack):
                ask(two.home)
            assert len(asked_back(two.home, first.consignment_id)) == 1
            await two.deliver()
            (said,) = [event for event in two.away.views.show("57/BC-UBND").timeline if event.kind == "status"]
            assert (said.what, said.text, said.agencies) == ("13", "Gửi nhầm nơi", (RECIPIENT,))
            assert await two.answer() == 1
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "withdrawn", OTHER: "none"}
            with pytest.raises(NothingToTakeBack):
                ask(two.home)
            two.away.clerk.accept("57/BC-UBND", agency=OTHER, actor=CLERK)

    asyncio.run(story())


def test_who_declined_may_be_asked_again(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            await two.deliver()
            two.away.clerk.accept("57/BC-UBND", actor=CLERK)
            ask(two.home)
            await two.deliver()
            assert await two.answer() == 0
            two.away.clerk.decline("57/BC-UBND", actor=CLERK, text="Đã trình ký")
            await two.answer()
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "none"}
            ask(two.home, reason="Xin lần nữa")
            await two.deliver()
            assert two.request(first) == "take-back-asked"

    asyncio.run(story())


def test_an_answer_that_overtakes_the_hubs_own_is_not_undone_by_it(stand: Stand) -> None:
    """The answer to the 13 is lost on the line; the recipient's 16 is here before it is asked for again."""

    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            await two.deliver()
            two.away.clerk.accept("57/BC-UBND", actor=CLERK)
            await two.there.push_once()
            line = stand.line(stand.sender)
            here = two.home.agent(line)
            ask(two.home)
            line.lose_answers = 1
            with pytest.raises(Exception, match=r"answer lost|hub.unreachable"):
                await here.push_once()
            await two.there.feed_once()
            two.away.clerk.decline("57/BC-UBND", actor=CLERK, text="Đã trình ký")
            await two.there.push_once()
            await here.feed_once()
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "none"}
            stand.clock.advance(hours=1)
            assert await here.push_once() == 1
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "none"}

    asyncio.run(story())


def test_updates_are_asked_back_together_with_their_letter(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = send(stand, node, to=[RECIPIENT])
        update = send(stand, node, to=[RECIPIENT, OTHER], **UPDATE)
        assert ask(node).letters == (first.consignment_id, update.consignment_id)
        assert ask(node, update.consignment_id, OTHER).letters == (update.consignment_id,)
        assert {row.about for row in asked_back(node, update.consignment_id)} == {RECIPIENT, OTHER}


def test_what_cannot_be_asked_back_is_refused_with_the_reason(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            line = stand.line(stand.sender)
            send(stand, node)
            for caught, values in (
                (NotARecipient, {"recipient": OTHER}),
                (TextMissing, {"reason": "  "}),
                (NotFound, {"query": "99/BC-UBND"}),
            ):
                with pytest.raises(caught):
                    ask(node, **values)
            with pytest.raises(ActorMissing):
                node.take_backs.ask("57/BC-UBND", recipient=RECIPIENT, reason="x", actor=" ")
            stand.clock.advance(days=30)
            ask(node)
            send(stand, node, number=58)
            stand.clock.advance(days=30, seconds=1)
            with pytest.raises(TakeBackLate):
                ask(node, "58/BC-UBND")
            again = send(stand, node, date="2026-11-19", number=58)
            with pytest.raises(Ambiguous):
                ask(node, "58/BC-UBND")
            refusal = stand.hub.reject(again.container_sha256, codes=["directory.unknown"])
            line.refusals += [refusal] * 3
            await node.agent(line).push_once()
            with pytest.raises(NothingToAmend):
                ask(node, again.consignment_id)

    asyncio.run(story())


def test_the_sender_sees_who_cancelled_who_had_opened_it_and_who_is_silent(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home, to=[RECIPIENT, OTHER])
            await two.deliver()
            stand.clock.advance(hours=1)
            two.away.reading.look(first.consignment_id, reader=READER, agency=RECIPIENT)
            opened_at = stand.clock.now()
            two.away.clerk.accept(first.consignment_id, agency=RECIPIENT, actor=CLERK)
            await two.answer()
            recall = send(stand, two.home, to=None, amends="57/BC-UBND", **RECALL)
            before = two.home.views.show(first.consignment_id)
            assert {one.agency: (one.silent, one.cancelled_at, one.opened_at) for one in before.cancelling} == {
                RECIPIENT: (True, None, None),
                OTHER: (True, None, None),
            }
            stand.clock.advance(hours=1)
            await two.deliver()
            assert await two.answer() == 1
            stand.clock.advance(hours=1)
            shown = two.home.views.show(first.consignment_id)
            told = {one.agency: one for one in shown.cancelling}
            assert told[RECIPIENT].silent and told[RECIPIENT].accepted_at == opened_at
            assert told[OTHER].cancelled_at == opened_at + timedelta(hours=1)
            assert (told[OTHER].opened_at, told[OTHER].accepted_at, told[OTHER].silent) == (None, None, False)
            two.away.clerk.consent(first.consignment_id, agency=RECIPIENT, actor=CLERK)
            await two.answer()
            told = {one.agency: one for one in two.home.views.show(first.consignment_id).cancelling}
            assert told[RECIPIENT].opened_at == opened_at
            assert told[RECIPIENT].cancelled_at == opened_at + timedelta(hours=2)
            assert not two.home.views.show(recall.consignment_id).cancelling

    asyncio.run(story())


def test_letters_are_shown_with_what_has_to_do_with_them(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home, to=[RECIPIENT, OTHER])
            stand.clock.advance(minutes=1)
            update = send(stand, two.home, to=[RECIPIENT, OTHER], **UPDATE)
            stand.clock.advance(minutes=1)
            new = send(stand, two.home, kind="replace", amends="57/BC-UBND", number=60)
            stand.clock.advance(minutes=1)
            recall = send(stand, two.home, to=None, amends=first.consignment_id, **RECALL)
            await two.deliver()
            sent = {line.consignment_id: line for line in two.home.views.sent()}
            followers = [("update", update), ("replace", new), ("recall", recall)]
            expected = [(kind, one.consignment_id) for kind, one in followers]
            assert [(one.kind, one.consignment_id) for one in sent[first.consignment_id].followed_by] == expected
            assert [(one.kind, one.consignment_id) for one in sent[update.consignment_id].followed_by] == expected[1:]
            about = sent[recall.consignment_id].about
            assert about is not None and (about.kind, about.consignment_id) == ("new", first.consignment_id)
            assert sent[recall.consignment_id].stated_reason == RECALL["reason"]
            received = {(one.consignment_id, one.agency): one for one in two.away.views.received()}
            mine, other = (received[first.consignment_id, code] for code in (RECIPIENT, OTHER))
            assert [one.kind for one in mine.followed_by] == ["update", "replace", "recall"]
            assert [one.kind for one in other.followed_by] == ["update", "recall"]
            assert mine.frozen and other.frozen and mine.kind == "new"
            came = received[recall.consignment_id, OTHER]
            assert came.about is not None and came.about.consignment_id == first.consignment_id
            assert (came.kind, came.stated_reason, came.frozen) == ("recall", RECALL["reason"], False)
            assert came.sender == SENDER

    asyncio.run(story())


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_of_two_updates_the_one_made_later_supersedes(stand: Stand, order: tuple[int, ...]) -> None:
    """Whichever came first."""

    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            stand.clock.advance(minutes=1)
            older = send(stand, two.home, **UPDATE)
            stand.clock.advance(minutes=1)
            newer = send(stand, two.home, **{**UPDATE, "reason": "Sửa lần hai"})
            await two.here.push_once()
            waiting = {one.consignment_id: one for one in stand.hub.waiting[stand.receiver.id]}
            letters = [first, older, newer]
            for index in order:
                stand.hub.waiting[stand.receiver.id] = [waiting[letters[index].consignment_id]]
                await two.there.pull_once()
            received = {line.consignment_id: line for line in two.away.views.received()}
            ids = [[link.consignment_id for link in received[one.consignment_id].followed_by] for one in letters]
            assert ids == [[older.consignment_id, newer.consignment_id], [newer.consignment_id], []]

    asyncio.run(story())
