"""A week without a line, in virtual time: everything comes, in order, once, and nobody has to do anything."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.ports import HubUnreachable, OfferedShipment
from tests.hub.stand import HandClock, enrol, open_stand
from tests.node.stand import Stand
from tests.node.test_with_hub import ShortLine, draft, opened

T = TypeVar("T")

DAYS = 7
A_DAY = ("thuong", "khan", "thuong", "hoa-toc", "thuong-khan")
"""Written in this order, every day."""


@dataclass
class NotingLine(ShortLine):
    """Notes what is fetched, in order."""

    fetched: list[OfferedShipment] = field(default_factory=list)

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        self.fetched.append(shipment)
        for _ in range(50):  # others may begin meanwhile
            await asyncio.sleep(0)
        await super().fetch(shipment, target, upto=upto)


def test_a_receiver_that_was_off_for_a_week_gets_everything_in_order(tmp_path: Path) -> None:
    async def story() -> None:
        first, second = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90", "H90.02"])
        written: list[str] = []
        with opened(tmp_path, stand, first) as home, opened(tmp_path, stand, second) as away:
            here, numbers = home.agent(ShortLine(stand, first)), count(1)
            for _ in range(DAYS):
                for priority in A_DAY:
                    letter = draft(tmp_path, home, "H90", number=next(numbers), priority=priority)
                    written.append(home.sender.send(letter, actor="Lê Thị Hoa").consignment_id)
                    stand.clock.advance(hours=4)
                    assert await here.push_once() == 1
                stand.clock.advance(hours=4)
                assert stand.hub.dispatch.expire() == 0
            assert (await here.feed_once(), stand.hub.dispatch.expire()) == (len(written), 0)

            line = NotingLine(stand, second)
            there, came = away.agent(line, run_in_thread=in_place), 0
            while moved := await there.pull_once():
                came += moved
            assert came == len(written) == len(away.views.received())
            assert await there.push_once() == len(written)
            await here.feed_once()

            order = [shipment.consignment_id for shipment in line.fetched]
            assert Counter(order) == Counter(written)
            lanes = [shipment.lane for shipment in line.fetched]
            assert lanes[:DAYS] == [Lane.HOA_TOC] * DAYS
            for lane in Lane:
                of_lane = [shipment.consignment_id for shipment in line.fetched if shipment.lane is lane]
                assert of_lane == sorted(of_lane, key=written.index)
            last = [len(lanes) - 1 - lanes[::-1].index(lane) for lane in Lane]
            assert last == sorted(last)
            assert {one.delivery for sent in home.views.sent() for one in sent.recipients} == {"handed-over"}
            assert not home.views.status().alarms and not away.views.status().alarms

    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    try:
        asyncio.run(story())
    finally:
        stand.close()


def test_a_sender_that_was_off_for_a_week_hands_in_everything_in_order(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home:
            line, numbers = stand.line(stand.sender), count(1)
            agent = home.agent(line)
            line.down = True
            for _ in range(DAYS):
                for priority in A_DAY:
                    home.sender.send(stand.draft(number=next(numbers), priority=priority), actor="Lê Thị Hoa")
                    stand.clock.advance(hours=4, minutes=48)
                    with pytest.raises(HubUnreachable):
                        await agent.push_once()
            line.down = False
            stand.clock.advance(minutes=1)
            assert await agent.push_once() == DAYS * len(A_DAY)
            sent = {one.consignment_id: one for one in home.views.sent(limit=100)}
            hashes = [sha256 for _, sha256 in line.submitted]
            assert len(set(hashes)) == len(hashes) == len(sent)
            by_hash = {home.views.show(name).container_sha256: one for name, one in sent.items()}
            titles = [(by_hash[sha256].lane, number(by_hash[sha256].title)) for sha256 in hashes]
            assert titles == sorted(titles, key=lambda one: (Lane(one[0]).rank, one[1]))
            assert {one.state for one in sent.values()} == {"accepted"}
            assert not home.views.status().alarms

    asyncio.run(story())


async def in_place(work: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Instead of threads, whose turns nobody can foretell."""
    return work(*args, **kwargs)


def number(title: str) -> int:
    match = re.match(r"[0-9]+", title)
    assert match is not None
    return int(match[0])
