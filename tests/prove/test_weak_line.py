"""A large letter over a line that breaks fifty times each way: byte for byte the same, and memory stays flat."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.hub_session import Timeouts
from exchange_axis.domain.consignment import Lane
from exchange_axis.hub.uploads import digest_of
from exchange_axis.ports import HubUnreachable
from exchange_axis.web.shared.bodies import Pace
from tests.hub.stand import Stand
from tests.web.conftest import receiver, sender, stand
from tests.web.stand import QUICK, WebPeer, make_big_letter, serving
from tests.web.weak_line import weak_line

__all__ = ["receiver", "sender", "stand"]

pytestmark = [pytest.mark.prove, pytest.mark.timeout(600)]

MIB = 1 << 20
SIZE = 300 * MIB
CUTS = 50
IN_FLIGHT = MIB
"""Bytes that a cut may cost: on their way, or arrived and not yet written."""
GROWTH = 160 * MIB
"""Of the process: hub, client and the line between them together. Some 115 MiB whatever the size of the letter."""
PATIENT = replace(QUICK, pace=Pace(), busy_wait=60.0, stall=60.0)


class Memory:
    """Resident bytes of this process: what it had, and the most it had since."""

    def __init__(self) -> None:
        self.before = self.most = self._now()

    @property
    def growth(self) -> int:
        return self.most - self.before

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        async def watch() -> None:
            while True:
                self.most = max(self.most, self._now())
                await asyncio.sleep(0.02)

        watching = asyncio.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    @staticmethod
    def _now() -> int:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def test_three_hundred_megabytes_with_fifty_cuts_each_way(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    letter = make_big_letter(tmp_path, sender, SIZE, clock=stand.clock)
    target, every = tmp_path / "fetched", letter.size // (CUTS + 8)
    memory = Memory()

    async def story() -> None:
        async with (
            serving(stand, PATIENT) as served,
            weak_line(served.port, seed=1, every=every, cuts_left=CUTS) as up,
            weak_line(served.port, seed=2, every=every, cuts_left=CUTS) as down,
            memory.watched(),
        ):
            ours = served.line(sender, url=up.url, timeouts=Timeouts())
            answer = None
            while answer is None:
                with contextlib.suppress(HubUnreachable):
                    answer = await ours.submit(letter.path, sha256=letter.sha256, size=letter.size, lane=Lane.THUONG)
            assert up.cuts == CUTS
            assert letter.size < up.passed_up < letter.size + (CUTS + 1) * IN_FLIGHT
            theirs = served.line(receiver, url=served.url)
            (shipment,) = await theirs.shipments(wait=10)
            stand.clock.advance(hours=1)
            weak = served.line(receiver, url=down.url, timeouts=Timeouts())
            while not target.exists() or target.stat().st_size < letter.size:
                with contextlib.suppress(HubUnreachable):
                    await weak.fetch(shipment, target)
            assert down.cuts == CUTS
            assert letter.size < down.passed_down < letter.size + (CUTS + 1) * IN_FLIGHT
            assert await asyncio.to_thread(digest_of, target) == letter.sha256
            assert len(stand.hub.auditing.history(letter.sha256)) == 1

    asyncio.run(story())
    assert memory.growth < GROWTH


def test_the_watch_sees_a_body_that_is_held() -> None:
    async def story() -> int:
        memory = Memory()
        async with memory.watched():
            held = bytearray(os.urandom(MIB)) * (SIZE // MIB)
            await asyncio.sleep(0.1)
            assert len(held) == SIZE
        return memory.growth

    assert asyncio.run(story()) > GROWTH
