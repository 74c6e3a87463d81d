"""What `axis demo` is given of the world: clock, chance, and the disks of nodes at rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.calendars import shipped_calendar
from exchange_axis.commands.context import Context
from exchange_axis.demo.run import DemoOptions, World, run
from exchange_axis.node import audit
from exchange_axis.node.service import Node
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Verification
from exchange_axis.pipeline.verify_trust import load_trust
from exchange_axis.ports import Clock
from exchange_axis.store.node.unit import NodeUnit
from schemas.gate.refusal import Refusal

log = logging.getLogger("axis.demo")


def run_demo(context: Context, *, out: Path | None, serve: bool) -> int:
    """The whole demonstration; returns the exit code."""
    world = World(
        voice=context.output,
        clock=context.clock,
        calendar=shipped_calendar(),
        rng=context.rng,
        open_disk=lambda folder: open_disk(context, folder),
        open_verifier=lambda trust: open_verifier(trust, context.clock),
        log_size=lambda folder: log_size(context, folder),
    )
    return run(DemoOptions(out=out, serve=serve), world)


def open_verifier(trust: Path, clock: Clock) -> Callable[[Path], Verification]:
    """`axis verify` against that trust folder."""
    question = Question(trust=load_trust(trust), now=clock.now())
    return lambda file: verify_file(file, question)


def log_size(context: Context, folder: Path) -> int | None:
    """What `axis log verify` finds in the data folder of a stopped hub: its log's entries; None: it is not sound."""
    try:
        with context.open_hub(folder) as hub:
            return int(hub.log.verify().size)
    except Refusal as refusal:
        log.error("log.not-sound folder=%s %s", folder, refusal)
        return None


@contextmanager
def open_disk(context: Context, folder: Path) -> Iterator[NodeDisk]:
    """The disk of the stopped node in that data folder.

    Raises:
        DataInUse: the node is running.
    """
    with context.open_node(folder) as node:
        yield NodeDisk(node)


class NodeDisk:
    """`exchange_axis.demo.count.Disk` over a node's store and blobs."""

    def __init__(self, node: Node) -> None:
        self._store = node.world.store
        self._blobs = node.world.blobs

    def sent(self) -> tuple[audit.SentLetter, ...]:
        return audit.sent(self._store, self._blobs)

    def delivered(self) -> tuple[audit.DeliveredCopy, ...]:
        return audit.delivered(self._store, self._blobs)

    def receipts(self) -> tuple[audit.KeptReceipt, ...]:
        return audit.receipts(self._store)

    def statuses(self) -> tuple[tuple[str, str, str], ...]:
        def work(unit: NodeUnit) -> tuple[tuple[str, str, str], ...]:
            return tuple(
                (letter.consignment_id, status.sender, status.code)
                for letter in unit.outbox.letters(limit=None)
                for status in unit.records.statuses(letter.consignment_id)
            )

        return self._store.read(work)

    def containers(self) -> frozenset[str]:
        def work(unit: NodeUnit) -> frozenset[str]:
            found = set()
            for letter in unit.outbox.letters(limit=None):
                found.add(letter.container_sha256)
                found |= {status.sha256 for status in unit.records.statuses(letter.consignment_id)}
                asked = unit.outbox.take_backs(letter.sender, letter.consignment_id)
                found |= {status.container_sha256 for status in asked}
            for row in unit.inbox.letters(limit=None):
                found.add(row.container_sha256)
                said = unit.outbox.statuses(row.sender, row.consignment_id, row.recipient)
                found |= {status.container_sha256 for status in said}
                found |= {status.sha256 for status in unit.records.statuses(row.consignment_id)}
            return frozenset(found)

        return self._store.read(work)

    def export(self, sha256: str, target: Path) -> None:
        document = self._store.read(lambda unit: unit.records.document(sha256))
        with target.open("xb") as file:
            if document is not None:
                file.write(document.content)
                return
            with self._blobs.open(sha256) as blob:
                file.writelines(blob.chunks())
