"""A node of the product on a folder of its own, worked step by step over the real line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from adapters.clock import SystemClock, SystemRng
from config.load import read_node_file
from config.node_setup import NodePlan, init_node, install_node
from config.places import Places
from config.wiring_node import node_line, open_node
from exchange_axis.node.agent import Agent
from exchange_axis.node.service import Node
from exchange_axis.store.node.unit import migrate_node_store
from tests.conformance.hub import RunningHub

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ProductNode:
    node: Node
    places: Places

    def step(self, work: Callable[[Agent], Awaitable[T]]) -> T:
        """One step of the agent over a line of its own."""

        async def run() -> T:
            line = node_line(self.places)
            try:
                return await work(self.node.agent(line))
            finally:
                await line.close()

        return asyncio.run(run())


@contextmanager
def product_node(folder: Path, hub: RunningHub, *, node_id: str, agencies: dict[str, str]) -> Iterator[ProductNode]:
    """Made, enrolled and open until the block ends."""
    places, clock = Places(folder / node_id), SystemClock()
    plan = NodePlan(id=node_id, name=f"Nút {node_id}", agencies=agencies, hub=hub.url, hub_ca=hub.root_pem)
    request = init_node(places, plan)
    migrate_node_store(places.root, at=clock.now())
    install_node(places, read_node_file(places), hub.enrol(json.loads(request.read_text("utf-8"))))
    with closing(open_node(places, clock=clock, rng=SystemRng())) as node:
        yield ProductNode(node=node, places=places)
