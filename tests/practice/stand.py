"""A node with people and its practice area, as `axis node run` puts them together; clocks are moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from aiohttp import web

from adapters.clock import SystemRng
from config import practice
from exchange_axis.node.service import Node
from exchange_axis.practice.area import PracticeArea
from exchange_axis.web.desk.application import desk_application
from tests.node.stand import HandClock, open_stand
from tests.staff.stand import Stand as People


def area(folder: Path, clock: HandClock) -> PracticeArea:
    given = {"clock": clock, "rng": SystemRng()}
    made = partial(practice.make, **given)  # type: ignore[arg-type]
    return PracticeArea(folder, make=made, open_made=partial(practice.open_made, **given))  # type: ignore[arg-type]


@dataclass
class House:
    folder: Path
    node: Node
    clock: HandClock
    people: People
    woken: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        """Made on the loop that serves it."""
        wake = partial(self.woken.append, "woken")
        return desk_application(self.node, wake=wake, practice=area(self.folder / "practice", self.clock))


@contextmanager
def house(folder: Path) -> Iterator[House]:
    stand = open_stand(folder)
    with stand.sender.open() as node:
        people = People(node.staff, stand.clock)
        yield House(folder=stand.sender.folder, node=node, clock=stand.clock, people=people)
