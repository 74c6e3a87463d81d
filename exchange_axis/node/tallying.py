"""The node's books of each day with its hub (`domain.tally`).

Rules of this file:
1. Of its own letters every receipt counts; of letters received the hub's answers to the statuses said here.
2. The node's seal is on them, as on statuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import TypeVar

from exchange_axis.domain.evidence import Event
from exchange_axis.domain.tally import Said, TallyKey, TallyLine, lines_of, window
from exchange_axis.node.voices import hear_tally
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.tallying import TallyBook
from exchange_axis.ports import Document
from exchange_axis.store.node.tallies import SaidRow
from exchange_axis.store.tally_rows import TallyRow, TallyRows
from exchange_axis.wire.tally import Tally
from signing.xades import sign_enveloped

T = TypeVar("T")


class NodeBook:
    """The node behind a `TallyBook`."""

    element = "Node"

    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        self.id = world.settings.node_id

    def now(self) -> datetime:
        return self._world.now()

    def first(self) -> datetime | None:
        return self._world.store.read(lambda unit: unit.tallies.first())

    def lines(self, peer: str, day: date) -> tuple[TallyLine, ...]:
        rows = self._world.store.read(lambda unit: unit.tallies.said(*window(day)))
        return lines_of(self._said(rows, peer))

    def seal(self, xml: bytes, at: datetime) -> bytes:
        return sign_enveloped(xml, self._world.node_seal, at=at)

    def verified(self, document: Document, peer: str) -> Tally:
        return hear_tally(document, self._world, at=self.now())

    def keep(self, row: TallyRow) -> None:
        self._world.store.run(lambda unit: unit.tallies.add(row))

    def read(self, work: Callable[[TallyRows], T]) -> T:
        return self._world.store.read(lambda unit: work(unit.tallies))

    def write(self, work: Callable[[TallyRows], T]) -> T:
        return self._world.store.run(lambda unit: work(unit.tallies))

    def _said(self, rows: Iterable[SaidRow], hub: str) -> Iterator[Said]:
        for row in rows:
            givers = [self.id] if row.sent or row.event is Event.SUBMISSION_REJECTION else []
            givers += [hub] if row.answers else []
            for giver in givers:
                for recipient in row.recipients or ("",):
                    key = TallyKey(
                        giver=giver, sender=row.sender, consignment_id=row.consignment_id, recipient=recipient
                    )
                    yield Said(
                        key=key,
                        event=row.event,
                        recorded_at=row.recorded_at,
                        sha256=row.sha256,
                        container_sha256=row.container_sha256,
                    )


def node_tallies(world: NodeWorld) -> TallyBook:
    return TallyBook(NodeBook(world))
