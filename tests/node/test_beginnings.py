"""Letters that begin from another one: filled for the clerk, linked to the first, and said once."""

from __future__ import annotations

import asyncio

import pytest

from exchange_axis.domain.lifecycle import Progress
from exchange_axis.errors import NotFound
from exchange_axis.node.beginnings import Mending
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand
from tests.node.test_amending import send
from tests.node.test_asking import both
from tests.node.test_decisions import CLERK, deliver
from tests.node.test_drafts import PDF, add


def test_a_refused_letter_is_mended_and_sent_again_to_who_refused_it(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            attached = stand.attachment("Báo cáo tháng 11.pdf", PDF)
            receipt = send(stand, two.home, to=[RECIPIENT, OTHER], attachments=[attached], due_date=None)
            await two.deliver()
            two.away.clerk.refuse(
                receipt.consignment_id, agency=OTHER, reason="LD04", text="thiếu Phụ lục II", actor=CLERK
            )
            await two.deliver()
            draft = two.home.beginnings.mend(receipt.consignment_id, Mending.RESEND, owner=CLERK)
            view = two.home.drafts.get(draft.id)
            assert view.row.form["to"] == [OTHER]
            assert [file.name for file in view.files] == ["Báo cáo tháng 11.pdf"]
            add(two.home, draft.id, b"%PDF-1.7\nphu luc\n%%EOF\n", "Phụ lục II.pdf")
            again = two.home.drafts.send(draft.id, version=1, actor=CLERK)
            await two.deliver()
            (line,) = [one for one in two.away.views.received(agency=OTHER) if one.status != Progress.REFUSED]
            assert line.consignment_id == again.consignment_id
            sent = two.home.views.show(receipt.consignment_id).sent
            assert sent is not None
            assert [link.consignment_id for link in sent.followed_by] == [again.consignment_id]
            assert not list(two.home.world.settings.staging.iterdir())

    asyncio.run(story())


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Mending.UPDATE, {"reason": "Bổ sung phụ lục"}),
        (Mending.REPLACE, {"number": "58", "date": "2026-11-21"}),
        (Mending.RECALL, {"number": "9", "notation": "QĐ-UBND", "date": "2026-11-21", "reason": "Sai thẩm quyền"}),
    ],
)
def test_update_replacement_and_recall_take_what_only_the_clerk_knows(
    stand: Stand, kind: Mending, given: dict[str, str]
) -> None:
    async def story() -> None:
        with both(stand) as two:
            receipt = send(stand, two.home)
            await two.deliver()
            draft = two.home.beginnings.mend(receipt.consignment_id, kind, owner=CLERK)
            version = two.home.drafts.save(draft.id, dict(draft.form) | given, version=1)
            if kind is Mending.RECALL:
                add(two.home, draft.id, PDF, "thu-hoi.pdf")
            two.home.drafts.send(draft.id, version=version, actor=CLERK)
            sent = two.home.views.show(receipt.consignment_id).sent
            assert sent is not None
            assert [link.kind for link in sent.followed_by] == [kind.value]

    asyncio.run(story())


def test_a_reply_names_what_it_answers(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            (letter,) = await deliver(stand, node, 12)
            node.clerk.accept(letter, actor=CLERK)
            draft = node.beginnings.reply(letter, owner=CLERK, closes=True)
            assert (draft.agency, draft.closes) == (RECIPIENT, letter)
            assert draft.form["to"] == [SENDER]
            assert draft.form["response_for"][0]["code"] == "12/BC-UBND"
            with pytest.raises(NotFound):
                node.beginnings.mend(letter, Mending.UPDATE, owner=CLERK)

    asyncio.run(story())
