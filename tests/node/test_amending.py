"""Letters about earlier ones: what each kind says on the wire, and what it does to the recipients of the first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import BusinessKind, Letter, Receiver
from exchange_axis.domain.lifecycle import Progress
from exchange_axis.errors import CheckFailed
from exchange_axis.node.compose import Draft
from exchange_axis.node.errors import (
    LetterRecalled,
    NothingToAmend,
    RecallIncomplete,
    ResendNotNeeded,
    TakeBackLate,
)
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.node.service import Node
from exchange_axis.store.node.rows import OutboxRow
from exchange_axis.wire.consignment import read_consignment
from exchange_axis.wire.container import open_container
from exchange_axis.wire.edxml import read_letter, write_letter
from exchange_axis.wire.status import read_status
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand

CLERK = "Lê Thị Hoa"
RECALL: dict[str, Any] = {"kind": "recall", "number": 9, "notation": "QĐ-UBND", "reason": "Ban hành sai thẩm quyền"}
UPDATE: dict[str, Any] = {"kind": "update", "amends": "57/BC-UBND", "reason": "Sửa lỗi phụ lục"}


def send(stand: Stand, node: Node, **values: Any) -> LocalReceipt:
    return node.sender.send(stand.draft(node, **values), actor=CLERK)


def requests(node: Node, consignment_id: str) -> dict[str, str]:
    rows = node.world.store.read(lambda unit: unit.outbox.addressees(consignment_id))
    return {row.recipient: row.business.request.value for row in rows}


def opened(stand: Stand, node: Node, sha256: str) -> Any:
    path = stand.folder / "look.asice"
    with node.world.blobs.open(sha256) as blob:
        path.write_bytes(b"".join(blob.chunks()))
    return open_container(path)


def letter_of(stand: Stand, node: Node, receipt: LocalReceipt) -> Letter:
    with opened(stand, node, receipt.container_sha256) as container:
        return read_letter(container.read("letter.edxml")).letter


def about_of(stand: Stand, node: Node, receipt: LocalReceipt) -> str | None:
    with opened(stand, node, receipt.container_sha256) as container:
        return read_consignment(container.read("consignment.xml")).in_reply_to


def asked_back(node: Node, consignment_id: str) -> tuple[OutboxRow, ...]:
    return node.world.store.read(lambda unit: unit.outbox.take_backs(SENDER, consignment_id))


def codes(caught: pytest.ExceptionInfo[CheckFailed]) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in caught.value.findings]


def test_a_recall_names_its_letter_and_goes_to_everybody(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = send(stand, node, to=[RECIPIENT, OTHER], priority="khan")
        recall = send(stand, node, to=None, amends=first.consignment_id[:8], **RECALL)
        assert set(recall.recipients) == {RECIPIENT, OTHER}
        assert recall.lane is Lane.KHAN
        assert about_of(stand, node, recall) == first.consignment_id
        letter = letter_of(stand, node, recall)
        assert letter.kind is BusinessKind.REVOKE
        assert letter.business is not None and letter.business.reason == RECALL["reason"]
        (named,) = letter.response_for
        assert (named.organ_id, named.code, named.document_id) == (SENDER, "57/BC-UBND", first.document_id)
        assert requests(node, first.consignment_id) == {RECIPIENT: "recall-asked", OTHER: "recall-asked"}
        assert requests(node, recall.consignment_id) == {RECIPIENT: "none", OTHER: "none"}


def test_a_recall_leaves_nobody_out(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = send(stand, node, to=[RECIPIENT])
        send(stand, node, to=[RECIPIENT, OTHER], **UPDATE)
        with pytest.raises(RecallIncomplete) as caught:
            send(stand, node, to=[RECIPIENT], amends="57/BC-UBND", **RECALL)
        assert OTHER in caught.value.message() and RECIPIENT not in caught.value.message()
        assert requests(node, first.consignment_id) == {RECIPIENT: "update-asked"}
        assert send(stand, node, to=[RECIPIENT, OTHER], amends="57/BC-UBND", **RECALL).consignment_id


def test_a_recall_of_an_update_recalls_the_letter_and_all_its_updates_once(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = send(stand, node, to=[RECIPIENT])
        update = send(stand, node, to=[RECIPIENT, OTHER], **UPDATE)
        assert about_of(stand, node, update) == first.consignment_id
        recall = send(stand, node, to=None, amends=update.consignment_id, **RECALL)
        assert about_of(stand, node, recall) == first.consignment_id
        assert requests(node, first.consignment_id) == {RECIPIENT: "recall-asked"}
        assert requests(node, update.consignment_id) == {RECIPIENT: "recall-asked", OTHER: "recall-asked"}
        again = send(stand, node, to=None, amends=update.consignment_id, **RECALL)
        assert again.consignment_id == recall.consignment_id
        with pytest.raises(LetterRecalled):
            send(stand, node, to=None, amends="57/BC-UBND", **{**RECALL, "number": 10})
        with pytest.raises(LetterRecalled):
            send(stand, node, to=[RECIPIENT], **{**UPDATE, "reason": "Sửa lần nữa"})


def test_an_update_lists_who_is_new_and_asks_back_from_who_is_left_out(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = send(stand, node, to=[RECIPIENT])
        update = send(stand, node, to=[OTHER], priority="hoa-toc", **UPDATE)
        assert update.recipients == (OTHER,) and update.lane is Lane.HOA_TOC
        business = letter_of(stand, node, update).business
        assert business is not None and business.change is not None
        assert (business.kind, business.document_id) == (BusinessKind.UPDATE, first.document_id)
        assert set(business.change.receiver_list) == {
            Receiver(organ_id=OTHER, added=True),
            Receiver(organ_id=RECIPIENT, added=False),
        }
        assert requests(node, first.consignment_id) == {RECIPIENT: "take-back-asked"}
        (asked,) = asked_back(node, first.consignment_id)
        assert (asked.about, asked.sender, asked.stated_reason) == (RECIPIENT, SENDER, UPDATE["reason"])
        with opened(stand, node, asked.container_sha256) as container:
            consignment = read_consignment(container.read("consignment.xml"))
            status = read_status(container.read("status.edxml")).status
        assert consignment.recipients == (RECIPIENT,) and consignment.in_reply_to == first.consignment_id
        assert (status.code, status.description, status.from_.id) == ("13", UPDATE["reason"], SENDER)
        # The axis reverses the pair of a 13: OrganId is who is asked, number and id stay the issuer's.
        assert status.response_for.organ_id == RECIPIENT
        assert (status.response_for.code, status.response_for.document_id) == ("57/BC-UBND", first.document_id)


def test_a_second_update_is_another_letter_and_the_same_one_again_is_not(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = send(stand, node, to=[RECIPIENT, OTHER])
        update = send(stand, node, to=[RECIPIENT], **UPDATE)
        assert send(stand, node, to=[RECIPIENT], **UPDATE).consignment_id == update.consignment_id
        second = send(stand, node, to=[RECIPIENT], **{**UPDATE, "reason": "Sửa lần hai"})
        assert second.consignment_id != update.consignment_id
        assert about_of(stand, node, second) == first.consignment_id
        assert len(asked_back(node, first.consignment_id)) == 1
        assert requests(node, first.consignment_id) == {RECIPIENT: "update-asked", OTHER: "take-back-asked"}


def test_nobody_is_left_out_after_thirty_days(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = send(stand, node, to=[RECIPIENT, OTHER])
        stand.clock.advance(days=30, seconds=1)
        with pytest.raises(TakeBackLate):
            send(stand, node, to=[RECIPIENT], **UPDATE)
        assert requests(node, first.consignment_id) == {RECIPIENT: "none", OTHER: "none"}
        send(stand, node, to=[RECIPIENT, OTHER], **UPDATE)
        assert requests(node, first.consignment_id) == {RECIPIENT: "update-asked", OTHER: "update-asked"}


def test_a_replacement_marks_the_letter_for_who_gets_it(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = send(stand, node, to=[RECIPIENT, OTHER])
        new = send(stand, node, to=[RECIPIENT], kind="replace", amends="57/BC-UBND", number=58)
        business = letter_of(stand, node, new).business
        assert business is not None
        (replaced,) = business.replacements
        assert (replaced.document_id, replaced.organ_ids) == (first.document_id, (RECIPIENT,))
        assert about_of(stand, node, new) == first.consignment_id
        assert requests(node, first.consignment_id) == {RECIPIENT: "replaced", OTHER: "none"}
        recall = send(stand, node, to=None, amends="58/BC-UBND", **RECALL)
        assert about_of(stand, node, recall) == new.consignment_id
        assert requests(node, first.consignment_id) == {RECIPIENT: "replaced", OTHER: "none"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"kind": "recall", "amends": "1/X"}, [("form.missing-key", "reason"), ("form.amended-missing", "amends")]),
        ({"kind": "update"}, [("form.missing-key", "reason"), ("form.missing-key", "amends")]),
        ({"kind": "correct", "amends": "57/BC-UBND"}, [("form.bad-value", "kind")]),
        (
            {"amends": "57/BC-UBND", "reason": "x"},
            [("form.key-needs-kind", "amends"), ("form.key-needs-kind", "reason")],
        ),
        ({**UPDATE, "resends": "57/BC-UBND"}, [("form.key-of-new-letter", "resends")]),
        ({"redistributes": "57/BC-UBND"}, [("form.received-missing", "redistributes")]),
        ({"resends": "1/X"}, [("form.amended-missing", "resends")]),
    ],
)
def test_the_form_says_what_does_not_fit(stand: Stand, values: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    with stand.sender.open() as node:
        send(stand, node)
        with pytest.raises(CheckFailed) as caught:
            stand.draft(node, **values)
        assert codes(caught) == expected


def test_an_unclear_name_is_told_with_its_candidates(stand: Stand) -> None:
    with stand.sender.open() as node:
        first, second = (send(stand, node, date=f"2026-11-{day}") for day in (19, 20))
        with pytest.raises(CheckFailed) as caught:
            stand.draft(node, **UPDATE)
        assert codes(caught) == [("form.amended-unclear", "amends")]
        assert first.consignment_id[:8] in caught.value.findings[0].vi
        assert second.consignment_id[:8] in caught.value.findings[0].vi
        assert stand.draft(node, **{**UPDATE, "amends": first.document_id}).about == first.consignment_id


def packet(
    stand: Stand, node: Node, change: Callable[[Letter], Letter] = lambda letter: letter, **values: Any
) -> Draft:
    """The same letter as agency software would hand it in: ready bytes, no form."""
    draft = stand.draft(node, **values)
    return replace(draft, packet=write_letter(change(draft.letter)), about=None)


@pytest.mark.parametrize("values", [{**RECALL, "amends": "57/BC-UBND"}, UPDATE, {**UPDATE, "kind": "replace"}])
def test_a_ready_packet_finds_its_letter_by_document_id(stand: Stand, values: dict[str, Any]) -> None:
    with stand.sender.open() as node:
        first = send(stand, node)
        sent = node.sender.send(packet(stand, node, **values), actor=CLERK)
        assert about_of(stand, node, sent) == first.consignment_id
        assert requests(node, first.consignment_id) != {RECIPIENT: "none"}


def test_a_ready_packet_about_nothing_sent_from_here_is_refused(stand: Stand) -> None:
    def elsewhere(letter: Letter) -> Letter:
        return replace(letter, response_for=(replace(letter.response_for[0], document_id="Ở-NƠI-KHÁC"),))

    with stand.sender.open() as node:
        send(stand, node)
        draft = packet(stand, node, elsewhere, amends="57/BC-UBND", **RECALL)
        with pytest.raises(CheckFailed) as caught:
            node.sender.send(replace(draft, letter=elsewhere(draft.letter)), actor=CLERK)
        assert codes(caught) == [("letter.amended-unknown", "letter.edxml")]
        assert len(node.views.sent()) == 1


def test_what_was_refused_may_be_sent_again_with_its_link(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            first = send(stand, home)
            here, there = home.agent(stand.line(stand.sender)), away.agent(stand.line(stand.receiver))
            await here.push_once()
            with pytest.raises(ResendNotNeeded):
                send(stand, home, resends="57/BC-UBND")
            await there.pull_once()
            away.clerk.refuse("57/BC-UBND", reason="LD04", actor="Trần Văn Bình")
            await there.push_once()
            await here.feed_once()
            (before,) = home.world.store.read(lambda unit: unit.outbox.addressees(first.consignment_id))
            assert before.business.progress is Progress.REFUSED
            again = send(stand, home, resends="57/BC-UBND")
            assert about_of(stand, home, again) == first.consignment_id != again.consignment_id
            assert letter_of(stand, home, again).kind is BusinessKind.NEW
            assert send(stand, home, resends=first.consignment_id).consignment_id == again.consignment_id

    asyncio.run(story())


def test_what_the_hub_refused_is_amended_by_nobody_and_sent_again(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            first = send(stand, node)
            line = stand.line(stand.sender)
            line.refusals.append(stand.hub.reject(first.container_sha256, codes=["directory.unknown"]))
            await node.agent(line).push_once()
            with pytest.raises(NothingToAmend):
                send(stand, node, **UPDATE)
            assert about_of(stand, node, send(stand, node, resends="57/BC-UBND")) == first.consignment_id

    asyncio.run(story())


def test_an_update_that_the_hub_refuses_asks_nobody(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            line = stand.line(stand.sender)
            agent = node.agent(line)
            first = send(stand, node, to=[RECIPIENT, OTHER])
            await agent.push_once()
            update = send(stand, node, to=[RECIPIENT], **UPDATE)
            (asked,) = asked_back(node, first.consignment_id)
            line.refusals.append(stand.hub.reject(update.container_sha256, codes=["status.late"]))
            assert requests(node, first.consignment_id) == {RECIPIENT: "update-asked", OTHER: "take-back-asked"}
            await agent.push_once()
            assert requests(node, first.consignment_id) == {RECIPIENT: "none", OTHER: "none"}
            await agent.push_once()
            assert stand.hub.statuses == [], "the question goes with the update, or not at all"
            (kept,) = asked_back(node, first.consignment_id)
            assert (kept.consignment_id, kept.state.value) == (asked.consignment_id, "refused")
            assert json.loads(kept.problem or "")["code"] == "take-back.not-asked"
            assert send(stand, node, to=[RECIPIENT], **UPDATE).consignment_id != update.consignment_id

    asyncio.run(story())


def test_a_letter_that_waits_is_taken_back_after_it_went(stand: Stand) -> None:
    """The hub cannot take in a 13 about a letter that it has not seen."""

    async def story() -> None:
        with stand.sender.open() as node:
            first = send(stand, node, to=[RECIPIENT, OTHER])
            send(stand, node, to=[RECIPIENT], priority="hoa-toc", **UPDATE)
            now = stand.clock.now()
            due = [row.status_code for row in node.world.store.read(lambda unit: unit.outbox.due(now))]
            assert due == [None, None]
            line = stand.line(stand.sender)
            assert await node.agent(line).push_once() == 3
            assert stand.hub.statuses == [(SENDER, first.consignment_id, "13")]

    asyncio.run(story())
