"""A letter of apology from the desk of the agency that owes: kept here, told to the hub, its answer shown (R93)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.apology import ApologyLetter, ApologyUnusable, RecordState
from exchange_axis.errors import NotFound
from exchange_axis.hub.deadlines import Question
from tests.hub.stand import HandClock, Stand, enrol, open_stand
from tests.node.test_with_hub import ShortLine, draft, opened

CLERK = "Trần Văn Bình"


def test_the_agency_that_owes_records_and_sees_what_the_hub_said(tmp_path: Path) -> None:
    async def story(stand: Stand) -> None:
        first, second = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90", "H90.02"])
        with opened(tmp_path, stand, first) as home, opened(tmp_path, stand, second) as away:
            here, there = home.agent(ShortLine(stand, first)), away.agent(ShortLine(stand, second))
            letter = home.sender.send(draft(tmp_path, home, "H90"), actor="Lê Thị Hoa").consignment_id
            await here.push_once()
            await there.pull_once()
            await there.push_once()
            desk, day = away.apologizing, stand.clock.now().date()
            said = ApologyLetter(number="12/XL-UBND", day=day, link="https://a.example/12")
            with pytest.raises(NotFound):
                desk.record(letter, "H90.02", said, actor=CLERK)
            with pytest.raises(ApologyUnusable):
                desk.record(letter, "H90", ApologyLetter(number="12", day=day + timedelta(days=2)), actor=CLERK)
            desk.record(letter, "H90", said, actor=CLERK)
            assert (row := desk.of(letter, "H90")) is not None and row.state is None
            assert await there.apologies_once() == 1
            refused = desk.of(letter, "H90")
            assert refused is not None and refused.state is RecordState.REFUSED and "H90" in refused.said_vi
            assert "Xem danh sách quá hạn" in refused.said_vi, "what to do stands behind what is wrong"
            assert await there.apologies_once() == 0, "a refusal is not asked again"
            stand.clock.advance(days=5)
            stand.hub.log.sequence()
            desk.record(letter, "H90", said, actor=CLERK)
            assert await there.apologies_once() == 1
            recorded = desk.of(letter, "H90")
            assert recorded is not None and (recorded.state, recorded.said_vi) == (RecordState.RECORDED, "")
            (line,) = stand.hub.deadlines.overdue(Question()).lines
            assert line.apology is not None
            assert (line.apology.number, line.apology.recorded_by) == ("12/XL-UBND", f"{CLERK} (node-a)")

    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    try:
        asyncio.run(story(stand))
    finally:
        stand.close()
