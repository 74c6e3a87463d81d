"""Does an urgent letter overtake? 10,000 ordinary deliveries wait at the hub for one node; then comes a hỏa tốc letter.

What is timed is the whole way of the urgent letter: from the command at the sending node (sealing included), over TLS,
through the hub's checks, until the hub offers it to the receiving node before all others. The ordinary deliveries are
rows copied in the hub's database from one that went the real way, because how they came does not matter here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from bench.federation import HUB, RECEIVER, SENDER, Federation
from bench.figures import Figure
from bench.plan import Plan
from bench.samples import attachment_file, form
from config import actions, wiring_node
from config.places import Places
from exchange_axis.hub.world import World
from exchange_axis.store.hub import tables as t

GOAL = 2.0
"""Seconds in which an urgent letter is deliverable, whatever waits (R127)."""
SIZE = 20_000
"""Bytes of the attachments."""
PATIENCE = 60.0


class NotOffered(RuntimeError):
    """The urgent letter was not offered in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RushResult:
    queued: int
    seconds: Figure
    """From the command to the offer."""

    @property
    def holds(self) -> bool:
        return self.seconds.high < GOAL


def measure(root: Path, folder: Path, plan: Plan) -> RushResult:
    """In a federation of its own, whose receiving node stays off."""
    federation = Federation(root=root)
    hub, sender = federation.services[HUB], federation.services[SENDER]
    try:
        for service in (hub, sender):
            service.start()
            service.wait_ready()
        file = attachment_file(folder / "ordinary.pdf", SIZE, seed=1)
        _give(federation, file, number=1)
        _until_consigned(federation)
    finally:
        federation.stop()
    with actions.held_hub(hub.folder) as held:
        crowd(held.world, plan.rush_queued - 1)
    try:
        for service in (hub, sender):
            service.start()
            service.wait_ready()
        seconds = asyncio.run(_rounds(federation, folder, plan.rush_rounds))
    finally:
        federation.stop()
    return RushResult(queued=plan.rush_queued, seconds=Figure.of(seconds))


def crowd(world: World, count: int) -> None:
    """Copies of the newest letter that waits: consignment, shipment and delivery each."""

    def work(connection: Connection) -> None:
        newest = select(t.shipment).where(t.shipment.c.state == "queued").order_by(t.shipment.c.due_at.desc())
        shipment = dict(connection.execute(newest.limit(1)).mappings().one())
        letter = _row(connection, select(t.consignment).where(t.consignment.c.seq == shipment["consignment"]))
        delivery = _row(connection, select(t.delivery).where(t.delivery.c.shipment == shipment["id"]))
        del letter["seq"], delivery["seq"]
        ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(count)]
        connection.execute(insert(t.consignment), [letter | {"consignment_id": one, "title": one} for one in ids])
        known = connection.execute(select(t.consignment.c.consignment_id, t.consignment.c.seq))
        seqs: Mapping[str, int] = dict(tuple(row) for row in known)
        connection.execute(insert(t.shipment), [shipment | {"id": f"s{one}", "consignment": seqs[one]} for one in ids])
        connection.execute(
            insert(t.delivery),
            [delivery | {"consignment": seqs[one], "consignment_id": one, "shipment": f"s{one}"} for one in ids],
        )

    world.transactions.run(work)


async def _rounds(federation: Federation, folder: Path, rounds: int) -> list[float]:
    line = wiring_node.node_line(Places(federation.services[RECEIVER].folder))
    try:
        return [await _round(federation, line, folder, number) for number in range(rounds)]
    finally:
        await line.close()


async def _round(federation: Federation, line: Any, folder: Path, number: int) -> float:
    file = attachment_file(folder / f"urgent-{number}.pdf", SIZE, seed=number + 2)
    begun = time.perf_counter()
    urgent = await asyncio.to_thread(_give, federation, file, number=1_000 + number, priority="hoa-toc")
    while time.perf_counter() - begun < PATIENCE:
        offered = await line.shipments(wait=0)
        seconds = time.perf_counter() - begun
        if offered and offered[0].consignment_id == urgent:
            # It stays leased, so that the next round does not see it again.
            await asyncio.gather(*(line.release(one, error="bench.not-now") for one in offered[1:]))
            return seconds
        await asyncio.gather(*(line.release(one, error="bench.not-now") for one in offered))
    raise NotOffered(f"not offered in {PATIENCE:g} s: {federation.services[HUB].tail()}")


def _give(federation: Federation, file: Path, *, number: int, **more: str) -> str:
    """The consignment id."""
    values = form(number, file) | more
    receipt = federation.services[SENDER].ask("send", form=values, base=str(file.parent))
    return str(receipt["consignment_id"])


def _until_consigned(federation: Federation) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        (line,) = federation.services[SENDER].ask("outbox", limit=1)["letters"]
        if line["recipients"][0]["delivery"] == "consigned":
            return
        time.sleep(0.1)
    raise NotOffered("the first letter was not consigned")


def _row(connection: Connection, query: Any) -> dict[str, Any]:
    return dict(connection.execute(query).mappings().one())
