"""A hub that asks to wait: nothing is counted as a failure, and what waits keeps its order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.domain.breaker import BreakerState
from exchange_axis.domain.consignment import Lane
from exchange_axis.ports import Answer, HubBusy
from tests.node.stand import Line, Stand
from tests.node.test_agent import QUICK, PollingLine, comes_true, stopped


@dataclass
class BusyLine(Line):
    """Asks to wait, so many times."""

    busy: int = 0
    asked: list[str] = field(default_factory=list)

    async def submit(self, container: Path, *, sha256: str, **rest: Any) -> Answer:
        self.asked.append(sha256)
        if self.busy:
            self.busy -= 1
            raise HubBusy(url="test", seconds=0.05)
        return await super().submit(container, sha256=sha256, **rest)


class BusyPollingLine(BusyLine, PollingLine):
    pass


def test_a_deferred_letter_keeps_its_place_and_no_try_is_counted(stand: Stand) -> None:
    with stand.sender.open() as node:
        receipts = [node.sender.send(stand.draft(number=number), actor="Hoa") for number in (1, 2, 3)]
        line = BusyLine(hub=stand.hub, node=stand.sender.id, busy=2)
        agent = node.agent(line)
        for _ in range(2):
            with pytest.raises(HubBusy):
                asyncio.run(agent.push_once())
        assert [(one.tries, one.last_error) for one in node.retrying.waiting()] == [(0, None)] * 3
        urgent = node.sender.send(stand.draft(number=4, priority="hoa-toc"), actor="Hoa")
        assert asyncio.run(agent.push_once()) == 4
        order = [urgent.container_sha256, *(receipt.container_sha256 for receipt in receipts)]
        assert [sha256 for _, sha256 in line.submitted] == order
        assert line.submitted[0][0] is Lane.HOA_TOC


def test_the_agent_waits_as_long_as_the_hub_asks_and_the_line_counts_as_alive(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open(**(QUICK | {"idle_pause": timedelta(milliseconds=20)})) as node:
            line = BusyPollingLine(hub=stand.hub, node=stand.sender.id, busy=3)
            await asyncio.to_thread(node.sender.send, stand.draft(), actor="Hoa")
            stop = asyncio.Event()
            run = asyncio.create_task(node.agent(line).run(stop))
            assert await comes_true(lambda: node.views.sent()[0].state == "accepted")
            assert node.views.sent()[0].attempts == 0
            assert node.views.status().line.state is BreakerState.CLOSED
            assert len(line.asked) == 4
            await stopped(stop, run)

    asyncio.run(story())
