"""The retry desk as an operator uses it: try now, hand back, a second click, and somebody who may only read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.store.hub.desk import Wanted
from tests.hub.stand import HandClock, enrol, make_letter, open_stand
from tests.hub.stand import Stand as HubStand
from tests.web_console.signed_in import two_at_a_console

DESK = "/operator/deliveries"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubStand]:
    """Three letters for one node."""
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    sender = enrol(stand, "node-a", ["H90"])
    enrol(stand, "node-a1", ["H90.01"])
    for number in ("57", "58", "59"):
        stand.hub.intake.submit(
            sender.row, make_letter(tmp_path, sender, "H90", ["H90.01"], clock=stand.clock, number=number)
        )
    yield stand
    stand.close()


def test_an_operator_tries_now_and_hands_back_and_a_reader_does_neither(hub: HubStand) -> None:
    one, two, three = (str(line.id) for line in hub.hub.desk.lines(Wanted()))

    async def journey() -> None:
        async with two_at_a_console(hub) as (lan, minh):
            for lent in hub.hub.dispatch.lease("node-a1", 3):
                hub.hub.dispatch.release("node-a1", lent.id, fence=lent.fence, error="node.disk-full")
            assert (await minh.send(DESK, {"act": "retry", "id": one})).status == 403
            page = await lan.get(DESK)
            assert page.text.count('name="id"') == 3 and 'value="hand-back"' in page.text
            for _ in range(2):
                done = await lan.send(DESK, {"act": "retry", "id": one, "note": "Đĩa đã thay"})
                assert (done.status, "được thử ngay" in done.text) == (200, True)
            assert len(hub.hub.dispatch.lease("node-a1", 5)) == 1
            refused = await lan.send(DESK, {"act": "retry", "id": one})
            assert (refused.status, "đang trên đường" in refused.text) == (422, True)
            await lan.get(DESK)
            assert (await lan.send(DESK, {"act": "hand-back", "id": two})).status == 400  # why?
            await lan.get(DESK)
            back = {"act": "hand-back", "id": two, "why": "recipient.gone", "note": "Đã dỡ máy chủ"}
            done = await lan.send(DESK, back)
            assert (done.status, "bên gửi nhận biên nhận" in done.text) == (200, True)
            assert (await lan.send(DESK, back)).status == 422
            await lan.get(DESK)
            done = await lan.send(DESK, {"act": "retry-lane", "lane": "thuong"})
            assert (done.status, "1 lượt gửi" in done.text) == (200, True)
            assert "delivery.handed-back" in done.text

    asyncio.run(journey())
    assert len(hub.hub.dispatch.lease("node-a1", 5)) == 1
    states = {str(line.id): line.state for line in hub.hub.desk.lines(Wanted())}
    assert states == {one: "consigned", two: "failed", three: "consigned"}
