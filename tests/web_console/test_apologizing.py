"""Recording a letter of apology on the console: by the operator, shown to the auditor and on the public list (R93)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from exchange_axis.hub.public_board import PublicBoard
from tests.hub.stand import HandClock, enrol, open_stand
from tests.hub.stand import Stand as HubStand
from tests.hub.timed import moment, timed_letter
from tests.web_console.signed_in import two_at_a_console

OVERDUE = "/operator/overdue"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubStand]:
    """A letter that two have not taken in time."""
    clock = HandClock(at=moment("2026-03-02 08:00").astimezone(UTC))
    stand = open_stand(tmp_path, "hub-a", clock=clock)
    sender = enrol(stand, "node-a1", ["H90.01"])
    enrol(stand, "node-a", ["H90", "H90.02"])
    letter = timed_letter(tmp_path, sender, "H90.01", ["H90", "H90.02"], clock=clock, number="57")
    stand.hub.intake.submit(sender.row, letter)
    clock.at = moment("2026-03-05 08:00").astimezone(UTC)
    stand.hub.log.sequence()
    yield stand
    stand.close()


def test_the_operator_records_it_and_an_auditor_reads_it_and_may_not(hub: HubStand) -> None:
    async def journey() -> None:
        async with two_at_a_console(hub) as (lan, minh):
            page = await lan.get(OVERDUE)
            assert page.text.count("is-late") == 2 and page.text.count("Chưa có") == 2
            form = {"letter": "57/BC-UBND", "to": "H90", "number": "12/XL-UBND", "date": "2026-03-04"}
            form |= {"link": "https://coquan.example/12"}
            await lan.get(f"{OVERDUE}?letter=57/BC-UBND&to=H90")
            for wrong in (
                {"date": "hôm qua"},
                {"date": "2026-03-09"},
                {"link": "javascript:alert(1)"},
                {"to": "H90.01"},
            ):
                refused = await lan.send(OVERDUE, form | wrong)
                assert (refused.status, "Chưa ghi được" in refused.text) == (422, True), wrong
                assert 'value="12/XL-UBND"' in refused.text, "what was typed is kept"
            await minh.get("/auditor/overdue")
            assert (await minh.send(OVERDUE, form)).status == 403
            done = await lan.send(OVERDUE, form)
            assert (done.status, "Đã ghi văn bản xin lỗi" in done.text) == (200, True)
            assert "lan" in done.text and done.text.count("Chưa có") == 1
            seen = await minh.get("/auditor/overdue")
            assert 'href="https://coquan.example/12"' in seen.text and OVERDUE not in seen.text

    asyncio.run(journey())
    board = PublicBoard(hub.hub.world, hub.hub.apologies).look()
    sorry = {one.agency: one.apology for one in board.listed.items}
    assert sorry["H90.02"] is None and sorry["H90"] is not None and sorry["H90"].number == "12/XL-UBND"
