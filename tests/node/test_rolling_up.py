"""A letter that a head office passes on: its sender is told how far those are who got it, once for each step."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from exchange_axis.domain.lifecycle import Progress
from exchange_axis.errors import CheckFailed
from exchange_axis.node.compose import compose
from exchange_axis.node.duties import roll_up
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.node.service import Node
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand
from tests.node.test_amending import send

P = Progress
CLERK = "Trần Văn Bình"


@pytest.mark.parametrize(
    ("progress", "children", "expected"),
    [
        (P.ACCEPTED, [], None),
        (P.ACCEPTED, [P.DELIVERED, P.ARRIVED], None),
        (P.ACCEPTED, [P.REFUSED, P.ARRIVED], None),
        (P.ACCEPTED, [P.ACCEPTED, P.ARRIVED], ("04", "1/2 đơn vị đã tiếp nhận")),
        (P.ASSIGNED, [P.ACCEPTED, P.ACCEPTED], None),
        (P.ASSIGNED, [P.PROCESSING, P.ACCEPTED], ("05", "1/2 đơn vị đang xử lý")),
        (P.ACCEPTED, [P.COMPLETED, P.ARRIVED, P.PROCESSING], ("05", "2/3 đơn vị đang xử lý")),
        (P.PROCESSING, [P.COMPLETED, P.ARRIVED], None),
        (P.PROCESSING, [P.COMPLETED, P.COMPLETED, P.COMPLETED], ("06", "3/3 đơn vị đã hoàn thành")),
        (P.ACCEPTED, [P.COMPLETED], ("06", "1/1 đơn vị đã hoàn thành")),
        (P.PROCESSING, [P.COMPLETED, P.REFUSED], None),
        (P.COMPLETED, [P.COMPLETED], None),
        (P.ARRIVED, [P.COMPLETED], None),
        (P.REFUSED, [P.COMPLETED], None),
    ],
)
def test_what_children_make_true(progress: P, children: list[P], expected: tuple[str, str] | None) -> None:
    rolled = roll_up(progress, children)
    assert (None if rolled is None else (rolled.code, rolled.text)) == expected


@dataclass
class Offices:
    """The ministry's node serves two agencies; G12 passes the commune's letter on to H45.01 and to the commune."""

    stand: Stand
    commune: Node
    centre: Node

    async def exchange(self) -> None:
        here = self.commune.agent(self.stand.line(self.stand.sender))
        there = self.centre.agent(self.stand.line(self.stand.receiver))
        for _ in range(2):
            await here.push_once()
            await there.push_once()
            await there.pull_once()
            await here.pull_once()
            await there.push_once()
            await here.push_once()
            await there.feed_once()
            await here.feed_once()

    async def duties(self) -> int:
        said = await self.centre.agent(self.stand.line(self.stand.receiver)).duties_once()
        await self.exchange()
        return said

    def pass_on(self, first: LocalReceipt, **values: Any) -> LocalReceipt:
        form = {
            "from": RECIPIENT,
            "to": [OTHER, SENDER],
            "number": 101,
            "notation": "BTC-VP",
            "date": "2026-11-20",
            "subject": "V/v triển khai",
            "redistributes": first.consignment_id,
        }
        draft = compose(
            form | values,
            base=self.stand.folder,
            agencies=self.stand.receiver.agencies,
            name_of=lambda code: code,
            earlier=self.centre.earlier,
        )
        return self.centre.sender.send(draft, actor=CLERK)

    def told(self, first: LocalReceipt) -> list[tuple[str, str]]:
        """What the first sender has been told, beyond arrival and acceptance."""
        timeline = self.commune.views.show(first.consignment_id).timeline
        return [(one.what, one.text) for one in timeline if one.kind == "status" and one.what > "03"]


@contextmanager
def offices(stand: Stand) -> Iterator[Offices]:
    with ExitStack() as stack:
        commune, centre = stack.enter_context(stand.sender.open()), stack.enter_context(stand.receiver.open())
        yield Offices(stand, commune, centre)


def test_the_first_sender_is_told_how_far_the_children_are(stand: Stand) -> None:
    async def story() -> None:
        with offices(stand) as all_:
            first = send(stand, all_.commune)
            await all_.exchange()
            all_.centre.clerk.accept("57/BC-UBND", actor=CLERK)
            child = all_.pass_on(first)
            await all_.exchange()
            assert await all_.duties() == 0 and all_.told(first) == []
            all_.centre.clerk.accept(child.consignment_id, agency=OTHER, actor=CLERK)
            await all_.exchange()
            assert await all_.duties() == 1
            assert await all_.duties() == 0
            assert all_.told(first) == [("04", "1/2 đơn vị đã tiếp nhận")]
            all_.commune.clerk.accept(child.consignment_id, actor="Lê Thị Hoa")
            all_.commune.clerk.report(child.consignment_id, code="05", actor="Lê Thị Hoa")
            await all_.exchange()
            assert await all_.duties() == 1
            all_.commune.clerk.report(child.consignment_id, code="06", actor="Lê Thị Hoa")
            await all_.exchange()
            assert await all_.duties() == 0
            all_.centre.clerk.report(child.consignment_id, agency=OTHER, code="06", actor=CLERK)
            await all_.exchange()
            assert await all_.duties() == 1
            assert all_.told(first)[1:] == [("05", "1/2 đơn vị đang xử lý"), ("06", "2/2 đơn vị đã hoàn thành")]
            (line,) = all_.commune.views.sent()
            assert line.recipients[0].status == "06"
            mine = next(one for one in all_.centre.views.received() if one.consignment_id == first.consignment_id)
            assert [(one.kind, one.consignment_id) for one in mine.redistributed_by] == [
                ("redistribution", child.consignment_id)
            ]
            passed_on = all_.centre.views.sent()[0].redistributes
            assert passed_on is not None and passed_on.consignment_id == first.consignment_id

    asyncio.run(story())


def test_nothing_is_reported_before_the_letter_is_accepted_nor_when_it_is_recalled(stand: Stand) -> None:
    async def story() -> None:
        with offices(stand) as all_:
            first = send(stand, all_.commune)
            await all_.exchange()
            child = all_.pass_on(first, to=[OTHER])
            await all_.exchange()
            all_.centre.clerk.accept(child.consignment_id, actor=CLERK)
            await all_.exchange()
            assert await all_.duties() == 0
            all_.centre.clerk.accept(first.consignment_id, actor=CLERK)
            recall = {"kind": "recall", "amends": "57/BC-UBND", "reason": "Sai thẩm quyền", "number": 9}
            send(stand, all_.commune, to=None, **recall)
            await all_.exchange()
            assert await all_.duties() == 0 and all_.told(first) == []

    asyncio.run(story())


def test_who_refused_and_got_it_again_counts_once(stand: Stand) -> None:
    async def story() -> None:
        with offices(stand) as all_:
            first = send(stand, all_.commune)
            await all_.exchange()
            all_.centre.clerk.accept("57/BC-UBND", actor=CLERK)
            child = all_.pass_on(first, to=[OTHER])
            await all_.exchange()
            all_.centre.clerk.refuse(child.consignment_id, reason="LD04", actor=CLERK)
            await all_.exchange()
            assert await all_.duties() == 0
            again = all_.pass_on(first, to=[OTHER], resends=child.consignment_id)
            await all_.exchange()
            all_.centre.clerk.accept(again.consignment_id, actor=CLERK)
            all_.centre.clerk.report(again.consignment_id, code="06", actor=CLERK)
            await all_.exchange()
            assert await all_.duties() == 1
            assert all_.told(first) == [("06", "1/1 đơn vị đã hoàn thành")]

    asyncio.run(story())


def test_only_who_received_a_letter_passes_it_on(stand: Stand) -> None:
    async def story() -> None:
        with offices(stand) as all_:
            first = send(stand, all_.commune)
            await all_.exchange()
            with pytest.raises(CheckFailed) as caught:
                all_.pass_on(first, **{"from": OTHER, "to": [RECIPIENT]})
            assert [finding.code for finding in caught.value.findings] == ["form.received-missing"]

    asyncio.run(story())
