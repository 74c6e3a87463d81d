"""What an update or a replacement changed, as reader and sender are shown it; replacements of several letters."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from exchange_axis.node import asking
from exchange_axis.node.changes import Changes
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.node.service import Node
from exchange_axis.store.node.unit import NodeUnit
from tests.node.stand import OTHER, RECIPIENT, Stand
from tests.node.test_amending import RECALL, UPDATE, requests, send
from tests.node.test_asking import Both, both


def differing(changes: Changes) -> dict[str, tuple[str, str]]:
    return {one.field: (one.old, one.new) for one in changes.fields}


def pairs(node: Node, receipt: LocalReceipt) -> list[tuple[str, str, str]]:
    found = node.views.show(receipt.consignment_id).changes
    return [(one.kind, one.old.consignment_id, one.new.consignment_id) for one in found]


def tick(stand: Stand) -> None:
    stand.clock.advance(minutes=1)


async def corrected(two: Both) -> tuple[LocalReceipt, LocalReceipt]:
    """A letter and its update with another subject, one file changed and one more."""
    stand = two.stand
    first = send(stand, two.home, attachments=[stand.attachment("to-trinh.pdf")], subject="V/v báo cáo bão số 4")
    tick(stand)
    files = [stand.attachment("to-trinh.pdf", b"%PDF-1.7\nnew\n%%EOF\n"), stand.attachment("phu-luc.pdf")]
    update = send(stand, two.home, attachments=files, subject="V/v báo cáo bão số 5", **UPDATE)
    await two.deliver()
    return first, update


def test_receiver_and_sender_see_old_and_new_side_by_side(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first, update = await corrected(two)
            for node in (two.home, two.away):
                for letter in (first, update):
                    (changes,) = node.views.show(letter.consignment_id).changes
                    assert (changes.kind, changes.withheld) == ("update", False)
                    assert changes.old.consignment_id == first.consignment_id
                    assert changes.new.consignment_id == update.consignment_id
                    assert differing(changes) == {"subject": ("V/v báo cáo bão số 4", "V/v báo cáo bão số 5")}
                    files = {one.name: (one.change, one.old_sha256 == one.new_sha256) for one in changes.attachments}
                    assert files == {"to-trinh.pdf": ("changed", False), "phu-luc.pdf": ("added", False)}

    asyncio.run(story())


def test_of_what_is_recalled_nothing_is_compared(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first, update = await corrected(two)
            tick(stand)
            send(stand, two.home, to=None, amends=first.consignment_id, **RECALL)
            await two.deliver()
            (changes,) = two.away.views.show(update.consignment_id).changes
            assert changes.withheld and not changes.fields and not changes.attachments
            (own,) = two.home.views.show(update.consignment_id).changes
            assert not own.withheld and own.fields

    asyncio.run(story())


def test_a_late_reader_sees_the_newest_update_and_the_replacement(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first, older = await corrected(two)
            tick(stand)
            newer = send(stand, two.home, **{**UPDATE, "reason": "Sửa lần hai"})
            tick(stand)
            new = send(stand, two.home, kind="replace", amends="57/BC-UBND", number=60)
            await two.deliver()
            one, two_, three, four = (letter.consignment_id for letter in (first, older, newer, new))
            for node in (two.home, two.away):
                assert set(pairs(node, first)) == {("update", one, three), ("replace", one, four)}
                assert set(pairs(node, newer)) == {("update", two_, three), ("replace", three, four)}
                assert pairs(node, new) == [("replace", three, four)]

    asyncio.run(story())


@pytest.mark.parametrize("late", [False, True])
def test_a_replacement_of_several_letters_is_linked_to_all_of_them(stand: Stand, late: bool) -> None:
    """Also where the replacement comes before what it stands for."""

    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            tick(stand)
            second = send(stand, two.home, number=58, to=[RECIPIENT, OTHER])
            if not late:
                await two.deliver()
            tick(stand)
            new = send(stand, two.home, kind="replace", amends=["57/BC-UBND", "58/BC-UBND"], number=60)
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "replaced"}
            assert requests(two.home, second.consignment_id) == {RECIPIENT: "replaced", OTHER: "none"}
            if late:
                await two.here.push_once()
                stand.hub.waiting[stand.receiver.id].reverse()
            await two.deliver()
            assert two.request(first) == two.request(second) == "replaced"
            assert two.request(second, OTHER) == "none"
            for node in (two.home, two.away):
                details = node.views.show(new.consignment_id)
                line = details.received[0] if details.received else details.sent
                assert line is not None and line.about is not None
                assert line.about.consignment_id == first.consignment_id
                assert [one.consignment_id for one in line.also_replaces] == [second.consignment_id]
                assert [one.old.title for one in details.changes] == ["57/BC-UBND", "58/BC-UBND"]
                shown = node.views.show(second.consignment_id)
                old = next((one for one in shown.received if one.agency == RECIPIENT), None) or shown.sent
                assert old is not None
                assert [one.consignment_id for one in old.followed_by] == [new.consignment_id]

    asyncio.run(story())


def test_a_refused_replacement_of_several_letters_marks_none_of_them(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            tick(stand)
            second = send(stand, two.home, number=58)
            await two.deliver()
            tick(stand)
            new = send(stand, two.home, kind="replace", amends=["57/BC-UBND", "58/BC-UBND"], number=60)
            line = stand.line(stand.sender)
            line.refusals.append(stand.hub.reject(new.container_sha256, codes=["directory.unknown"]))
            await two.home.agent(line).push_once()
            assert requests(two.home, first.consignment_id) == {RECIPIENT: "none"}
            assert requests(two.home, second.consignment_id) == {RECIPIENT: "none"}
            assert two.home.views.show(second.consignment_id).sent.followed_by == ()  # type: ignore[union-attr]

    asyncio.run(story())


def test_a_chain_of_updates_is_followed_to_its_end(stand: Stand) -> None:
    """Of updates of updates, as foreign software may write them: the recall of the first covers the last."""
    length = 300

    async def story() -> None:
        with both(stand) as two:
            first = send(stand, two.home)
            await two.deliver()
            tick(stand)
            update = send(stand, two.home, **UPDATE)
            tick(stand)
            recall = send(stand, two.home, to=None, amends=first.consignment_id, **RECALL)
            await two.deliver()
            row, asks = two.row(update), two.row(recall)

            def chain(unit: NodeUnit) -> list[str]:
                before, made = update.consignment_id, []
                for order in range(length):
                    made.append(f"00000000-0000-4000-8000-{order:012d}")
                    link = replace(row, consignment_id=made[-1], in_reply_to=before, business=row.business)
                    unit.inbox.add(replace(link, document_id="", opened_at=None))
                    before = made[-1]
                return made

            made = two.away.world.store.run(chain)

            def last(unit: NodeUnit) -> tuple[str | None, int]:
                found = unit.inbox.get(row.sender, made[-1], RECIPIENT)
                assert found is not None
                covering = asking.recall_of(unit, found)
                below = list(asking._recalled_through(unit, asks))
                return None if covering is None else covering.consignment_id, len(below)

            assert two.away.world.store.read(last) == (recall.consignment_id, length + 2)

    asyncio.run(story())
