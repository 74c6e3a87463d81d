"""Who gives way on a line: asserted as order, never as time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.hub_lanes import PIECE, Courtesy
from exchange_axis.domain.consignment import Lane
from exchange_axis.hub.world import Received
from exchange_axis.ports import Answer
from exchange_axis.store.hub.peers import PeerRow
from tests.hub.stand import Stand, make_letter
from tests.web.conftest import receiver, sender, stand
from tests.web.relay import relay
from tests.web.stand import TIMEOUTS, WebPeer, make_big_letter, serving

__all__ = ["receiver", "sender", "stand"]


ENOUGH = 1.5
"""Seconds: many times what four MiB need on loopback. A test that waits in vain has seen that nothing moves."""


async def rounds() -> None:
    """Let everybody who can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


class Moves:
    """Transfers of a few pieces each; what moved, in order."""

    def __init__(self) -> None:
        self.courtesy = Courtesy()
        self.moved: list[Lane] = []
        self.tasks: list[asyncio.Task[None]] = []

    def start(self, lane: Lane, pieces: int, *, gate: asyncio.Event | None = None) -> asyncio.Task[None]:
        async def source() -> AsyncIterator[bytes]:
            for _ in range(pieces):
                if gate is not None:
                    await gate.wait()
                yield b"." * PIECE

        async def transfer() -> None:
            with self.courtesy.moving(lane):
                await self.courtesy.step_aside(lane)
                async for _ in self.courtesy.paced(lane, source()):
                    self.moved.append(lane)
                    await asyncio.sleep(0)

        self.tasks.append(asyncio.create_task(transfer()))
        return self.tasks[-1]


def test_hoa_toc_stops_all_others_and_a_hanging_bulk_stops_nobody() -> None:
    async def story() -> None:
        moves, gate = Moves(), asyncio.Event()
        bulk = moves.start(Lane.THUONG, 5)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        begun = len(moves.moved)
        urgent = moves.start(Lane.HOA_TOC, 2, gate=gate)
        await rounds()
        # The piece that was on its way arrived; the rest waits, however long the urgent one takes.
        held = len(moves.moved)
        assert held <= begun + 1 and not bulk.done()
        gate.set()
        await urgent
        assert moves.moved[held : held + 2] == [Lane.HOA_TOC] * 2
        await bulk
        assert moves.moved.count(Lane.THUONG) == 5

        moves, never = Moves(), asyncio.Event()
        hanging = moves.start(Lane.THUONG, 1, gate=never)
        await moves.start(Lane.KHAN, 3)
        hanging.cancel()

    asyncio.run(story())


def test_the_lower_lanes_get_their_share() -> None:
    """One piece of the ordinary lane for every 8 of thượng khẩn, every 4 of khẩn: slowed, never starved."""

    async def story(lane: Lane, weight: int) -> None:
        moves = Moves()
        urgent, bulk = moves.start(lane, 4 * weight), moves.start(Lane.THUONG, 10)
        await urgent
        assert moves.moved.count(Lane.THUONG) in {3, 4, 5}
        first = moves.moved.index(Lane.THUONG)
        assert first in {weight - 1, weight, weight + 1}
        await bulk

    asyncio.run(story(Lane.THUONG_KHAN, 8))
    asyncio.run(story(Lane.KHAN, 4))


def test_a_transfer_that_fails_lets_the_others_go_on() -> None:
    async def story() -> None:
        moves = Moves()
        urgent = moves.start(Lane.HOA_TOC, 1, gate=asyncio.Event())
        bulk = moves.start(Lane.THUONG, 1)
        await rounds()
        assert moves.moved == []
        urgent.cancel()
        await bulk
        assert moves.moved == [Lane.THUONG]

    asyncio.run(story())


def accepted(stand: Stand, *letters: Received) -> Sequence[bool]:
    return [bool(stand.hub.auditing.history(letter.sha256)) for letter in letters]


class Held:
    """An intake that keeps one letter until it is let go."""

    def __init__(self, stand: Stand, patch: pytest.MonkeyPatch, letter: Received) -> None:
        self.came, self.go_on = threading.Event(), threading.Event()
        submit = stand.hub.intake.submit

        def slowly(peer: PeerRow, received: Received) -> Answer:
            if received.sha256 == letter.sha256:
                self.came.set()
                self.go_on.wait(60)
            return submit(peer, received)

        patch.setattr(stand.hub.intake, "submit", slowly)


def test_an_urgent_letter_passes_a_bulk_upload_on_the_wire(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bulk upload stands in its third MiB when the urgent letter comes; no piece follows before that is answered,
    however long the hub takes for it."""
    bulk = make_big_letter(tmp_path, sender, 6 << 20, clock=stand.clock)
    urgent = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock, number="58", lane=Lane.HOA_TOC)
    held = Held(stand, monkeypatch, urgent)

    async def story() -> None:
        async with serving(stand) as served, relay(served.port) as line:
            ours = served.line(sender, url=line.url, piece=PIECE, timeouts=replace(TIMEOUTS, work=60.0))

            async def send(letter: Received, lane: Lane) -> Answer:
                return await ours.submit(letter.path, sha256=letter.sha256, size=letter.size, lane=lane)

            slow = asyncio.create_task(send(bulk, Lane.THUONG))
            async with asyncio.timeout(60):
                while line.passed_up < 2 * PIECE:  # noqa: ASYNC110 - what to wait for is bytes on a socket
                    await asyncio.sleep(0)
            before = line.passed_up
            fast = asyncio.create_task(send(urgent, Lane.HOA_TOC))
            try:
                assert await asyncio.to_thread(held.came.wait, 60)
                await asyncio.wait({slow}, timeout=ENOUGH)  # all of it would be through by then
                assert not slow.done()
                assert line.passed_up - before < 2 * PIECE + urgent.size + 100_000
            finally:
                held.go_on.set()
                await asyncio.gather(fast, slow)
            assert await asyncio.to_thread(accepted, stand, urgent, bulk) == [True, True]

    asyncio.run(story())
