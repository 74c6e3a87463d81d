"""A node that gets mail and tells of it, with a courier that keeps what it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from exchange_axis.domain.bulletin import Bulletin, BulletinKind, Destination, Fault, Figures
from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.consignment import Lane, Origin
from exchange_axis.node.service import Node
from exchange_axis.pipeline.bulletins import BulletinRounds
from exchange_axis.ports import BulletinDoubtful, BulletinFailed, BulletinRefused, BulletinUndelivered
from exchange_axis.store.node.rows import InboxRow
from exchange_axis.store.node.unit import NodeUnit
from tests.bulletins.stand import DESK
from tests.node.stand import RECIPIENT, SENDER, Stand, open_stand

NAME = "van-thu"
DOWN = BulletinUndelivered(place="thu.test:587", fault=Fault.UNREACHABLE)
REFUSED = BulletinRefused(place="thu.test:587", fault=Fault.REFUSED, answer=550)
DOUBTFUL = BulletinDoubtful(place="thu.test:587", fault=Fault.NO_ANSWER)


@dataclass
class Kept:
    """Takes bulletins, or fails as it is told to."""

    failing: BulletinFailed | None = None
    taken: list[Bulletin] = field(default_factory=list)
    tried: int = 0
    place: str = "thu.test:587"
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, bulletin: Bulletin) -> int:
        self.tried += 1
        if self.failing is not None:
            raise self.failing
        self.taken.append(bulletin)
        self.heard.set()
        return 0

    @property
    def figures(self) -> list[Figures]:
        return [one.figures for one in self.taken if isinstance(one.figures, Figures)]

    @property
    def kinds(self) -> list[BulletinKind]:
        return [one.kind for one in self.taken]


@dataclass
class House:
    stand: Stand
    courier: Kept = field(default_factory=Kept)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1000)))

    @contextmanager
    def open(self, *destinations: Destination) -> Iterator[Node]:
        """The receiving node, from its start on."""
        given = destinations or (Destination(name=NAME),)
        self.stand.receiver.couriers = {
            one.name: self.stand.receiver.couriers.get(one.name, self.courier) for one in given
        }
        with self.stand.receiver.open(bulletins=given) as node:
            node.bulletins.tidy()
            yield node

    def mail(self, node: Node, *lanes: str, to: str = RECIPIENT) -> None:
        """So many letters of these lanes lie in the inbox from now on."""
        rows = [self._row(lane, to) for lane in lanes]

        def work(unit: NodeUnit) -> None:
            for row in rows:
                unit.inbox.add(row)

        node.world.store.run(work)

    def _row(self, lane: str, to: str) -> InboxRow:
        number, at = next(self.numbers), self.stand.clock.now()
        return InboxRow(
            sender=SENDER,
            consignment_id=f"00000000-0000-4000-8000-{number:012}",
            recipient=to,
            container_sha256=f"{number:064x}",
            size=1,
            lane=Lane(lane),
            origin=Origin.SIGNED,
            signer="",
            title=f"{number}/BC-UBND",
            document_id=str(number),
            subject="V/v báo cáo tình hình thiên tai",
            document_date=None,
            made_at=at,
            organ_id=SENDER,
            organ_name=SENDER,
            due_date=None,
            received_at=at,
        )

    def post(self, node: Node, *lanes: str, **values: Any) -> None:
        """The same by way of the hub: sealed, sent, fetched, handed over."""

        async def work() -> None:
            with self.stand.sender.open() as home:
                here = home.agent(self.stand.line(self.stand.sender))
                for lane in lanes:
                    number = next(self.numbers)
                    home.sender.send(self.stand.draft(number=number, priority=lane, **values), actor="Lê Thị Hoa")
                await here.push_once()
                there = node.agent(self.stand.line(self.stand.receiver))
                await there.pull_once()
                await there.push_once()

        asyncio.run(work())

    def accept(self, node: Node, number: int) -> None:
        node.clerk.accept(f"{number}/BC-UBND", agency=RECIPIENT, actor="Trần Văn Bình")

    def round(self, node: Node, name: str = NAME) -> int:
        """How many bulletins were tried."""
        rounds = BulletinRounds(node.bulletins, sign_in=DESK, run_in_thread=asyncio.to_thread)
        return asyncio.run(rounds.round(name))

    def at(self, day: int, hour: int, minute: int = 0) -> None:
        """Move the clock to a time of Vietnam in November 2026."""
        self.stand.clock.at = datetime(2026, 11, day, hour, minute, tzinfo=VIETNAM)


def open_house(folder: Path) -> House:
    return House(stand=open_stand(folder))
