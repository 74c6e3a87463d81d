"""The cap on a line, on a clock moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from adapters.hub_http import HttpHub
from adapters.throttle import Throttle
from exchange_axis.domain.consignment import Lane
from exchange_axis.web.shared.tls import client_context
from tests.hub.stand import START, HandClock, Stand
from tests.web.conftest import receiver, sender, stand
from tests.web.stand import TIMEOUTS, WebPeer, make_big_letter, serving

__all__ = ["receiver", "sender", "stand"]

MIB = 1 << 20


class Sleeper(HandClock):
    """A clock that sleeping moves."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds=seconds)
        await asyncio.sleep(0)


async def source(sizes: Sequence[int]) -> AsyncIterator[bytes]:
    for number, size in enumerate(sizes):
        yield bytes([number % 251]) * size


@pytest.mark.parametrize("sizes", [[100_000], [1] * 1000, [3, 70_000, 1, 29_996]])
def test_no_more_than_the_rate_and_not_a_byte_changed(sizes: list[int]) -> None:
    async def story() -> None:
        clock = Sleeper()
        throttle = Throttle(1_000, clock, sleep=clock.sleep)
        came = [part async for part in throttle.limit(source(sizes))]
        assert b"".join(came) == b"".join([part async for part in source(sizes)])
        assert max(map(len, came)) <= 250
        assert clock.monotonic() == pytest.approx((sum(sizes) - 250) / 1_000, abs=0.01)

    asyncio.run(story())


def test_an_idle_line_saves_up_a_moment_only() -> None:
    async def story() -> None:
        clock = Sleeper()
        throttle = Throttle(1_000, clock, sleep=clock.sleep)
        assert [part async for part in throttle.limit(source([250]))]
        assert clock.monotonic() == 0
        clock.advance(hours=1)
        begun = clock.monotonic()
        assert [part async for part in throttle.limit(source([1_250]))]
        assert clock.monotonic() - begun == pytest.approx(1.0, abs=0.01)

    asyncio.run(story())


def test_two_at_once_share_the_cap() -> None:
    async def story() -> None:
        clock = Sleeper()
        throttle = Throttle(1_000, clock, sleep=clock.sleep)

        async def run() -> None:
            async for _ in throttle.limit(source([5_000])):
                pass

        await asyncio.gather(run(), run())
        assert clock.monotonic() >= (10_000 - 250) / 1_000

    asyncio.run(story())


def test_a_nodes_line_keeps_to_its_cap_both_ways(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    letter = make_big_letter(tmp_path, sender, 2 * MIB, clock=stand.clock)

    async def story() -> None:
        async with serving(stand) as served:
            ours, theirs = Sleeper(), Sleeper()
            for peer, clock in ((sender, ours), (receiver, theirs)):
                cap = (Throttle(MIB, clock, sleep=clock.sleep), Throttle(MIB, clock, sleep=clock.sleep))
                context = client_context([served.roots], peer.certificate, peer.key)
                served.lines.append(HttpHub(served.url, context, timeouts=TIMEOUTS, cap=cap))
            up, down = served.lines
            await up.submit(letter.path, sha256=letter.sha256, size=letter.size, lane=Lane.THUONG)
            (shipment,) = await down.shipments(wait=2)
            await down.fetch(shipment, tmp_path / "fetched")
            assert (tmp_path / "fetched").read_bytes() == letter.path.read_bytes()
            for clock in (ours, theirs):
                assert (clock.now() - START).total_seconds() >= (letter.size - MIB / 4) / MIB - 0.01

    asyncio.run(story())
