"""A letter, its receipts and its proofs over lines that break, stall and change their address: nothing is lost, nothing
comes twice, nothing is sent again from the beginning."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from exchange_axis.node.audit import delivered, receipts
from exchange_axis.node.compose import Draft, compose
from exchange_axis.node.service import Node
from exchange_axis.ports import HubUnreachable
from exchange_axis.web.shared.bodies import Pace
from tests.hub.stand import Stand
from tests.node.test_with_hub import opened
from tests.web.stand import QUICK, WebPeer, serving
from tests.web.weak_line import WeakLine, weak_line

MIB = 1 << 20
SIZE = 3 * MIB
HANDSHAKES = 30_000
"""Bytes of TLS and messages that a connection carries beside a body, in one direction, at most."""
IN_FLIGHT = 256 * 1024
"""Bytes that a cut may cost: on their way, or arrived and not yet written."""
PATIENT = replace(QUICK, pace=Pace(), busy_wait=20.0, stall=60.0)
ROUNDS = 400


def large(folder: Path, node: Node) -> Draft:
    (folder / "lon.pdf").write_bytes(b"%PDF-1.7\n" + random.Random(7).randbytes(SIZE) + b"\n%%EOF\n")
    values: dict[str, object] = {
        "to": ["H90", "H90.02"],
        "number": 57,
        "notation": "BC-UBND",
        "date": "2026-03-01",
        "subject": "V/v đường truyền yếu",
        "type": "Báo cáo",
        "attachments": ["lon.pdf"],
    }
    return compose(values, base=folder, agencies=node.world.settings.agencies, name_of=node.directory.name_of)


async def go_on(steps: Sequence[Callable[[], Awaitable[object]]], stand: Stand, done: Callable[[], bool]) -> None:
    """Every step again and again, as an agent does, on a clock that runs ahead; a dead line is no end."""
    for _ in range(ROUNDS):
        for step in steps:
            with suppress(HubUnreachable):
                await step()
        await asyncio.to_thread(stand.hub.log.sequence)
        stand.clock.advance(seconds=61)  # leases run out meanwhile
        if await asyncio.to_thread(done):
            return
    raise AssertionError("it does not come to an end")


def whole(node: Node, sha256: str) -> bytes:
    with node.world.blobs.open(sha256) as blob:
        return b"".join(blob.chunks())


def bounded(line: WeakLine, up: int, down: int) -> bool:
    """What went through is each body once, what a cut costs, and the talk around it."""
    spent = line.cuts * IN_FLIGHT + line.connections * HANDSHAKES
    return line.passed_up < up + spent and line.passed_down < down + spent


@pytest.mark.parametrize("weakness", [(1, 0.2), (2, 0.5), (3, 0.5)])
def test_a_letter_survives(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path, weakness: tuple[int, float]
) -> None:
    seed, cut = weakness
    faults = {"cut": cut, "stall": 0.3, "rate": 8 * MIB}

    async def story() -> None:
        async with (
            serving(stand, PATIENT) as served,
            weak_line(served.port, seed=seed, **faults) as up,
            weak_line(served.port, seed=seed + 100, **faults) as down,
        ):
            with opened(tmp_path, stand, sender.peer) as home, opened(tmp_path, stand, receiver.peer) as away:
                here = home.agent(served.line(sender, url=up.url))
                there = away.agent(served.line(receiver, url=down.url))
                sent = home.sender.send(large(tmp_path, home), actor="Lê Thị Hoa")

                def handed_over() -> bool:
                    return {one.delivery for one in home.views.sent()[0].recipients} == {"handed-over"}

                steps = (here.push_once, there.pull_once, there.push_once, here.feed_once)
                await go_on(steps, stand, handed_over)

                def proved() -> bool:
                    return all(one.proof is not None for one in receipts(home.world.store))

                await go_on((here.feed_once, here.proofs_once), stand, proved)

                # The same bytes, once for each recipient.
                copies = delivered(away.world.store, away.world.blobs)
                assert sorted(copy.recipient for copy in copies) == ["H90", "H90.02"]
                assert {copy.container_sha256 for copy in copies} == {sent.container_sha256}
                assert whole(away, sent.container_sha256) == whole(home, sent.container_sha256)
                # The hub's evidence, byte for byte: what it holds is what the sender holds, and none of it twice.
                (history,) = stand.hub.auditing.history(sent.container_sha256)
                at_hub = sorted(one.sha256 for one in history.evidence)
                assert at_hub == sorted(one.sha256 for one in receipts(home.world.store))
                assert len(at_hub) == len(set(at_hub)) == 5
                assert not home.views.status().alarms and not away.views.status().alarms

                size = home.views.show(sent.consignment_id).size
                assert up.cuts and down.cuts and up.stalls + down.stalls and len(up.addresses | down.addresses) > 2
                assert bounded(up, size, 0) and bounded(down, 0, size)

    asyncio.run(story())


def test_the_bound_would_see_a_letter_sent_twice() -> None:
    line = WeakLine(port=0, seed=0, connections=4, cuts=2, passed_up=2 * SIZE)
    assert not bounded(line, SIZE, 0)
    line.passed_up = SIZE + IN_FLIGHT
    assert bounded(line, SIZE, 0)
