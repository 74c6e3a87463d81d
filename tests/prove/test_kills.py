"""Nothing accepted is lost and nothing comes twice, whatever is killed: 30 letters while every process dies ten times.

The same work is done twice: undisturbed, then with a seeded schedule of SIGKILLs, more than half of them inside a
durable step (a failpoint). What is on the nodes' disks afterwards must be the same in both runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config import actions
from config.places import Places
from config.wiring_node import node_line
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.evidence import FAILURES, Event
from exchange_axis.failpoints import FAILPOINTS
from exchange_axis.node import audit
from exchange_axis.node.audit import KeptReceipt
from exchange_axis.node.service import Node
from exchange_axis.ports import HubRefused
from tests.prove.federation import AGENCIES, Federation, Service, letter

pytestmark = [pytest.mark.prove, pytest.mark.timeout(300)]

LETTERS = 30
DEATHS = 10
STRIKE_SECONDS = 2.0
"""How long a failpoint may wait for its step before the process is killed where it is."""
SETTLE_SECONDS = 60.0

COMMON = ("store.before-commit", "store.after-commit")
POINTS = {
    "hub": tuple(name for name in FAILPOINTS if name.startswith("hub.")),
    "node": tuple(name for name in FAILPOINTS if name.startswith("node.")),
}


@dataclass(frozen=True)
class Outcome:
    """What the nodes' own disks say at the end."""

    letters: int
    deliveries: int
    handed_over: int
    failed: int
    refused: int
    pending: int
    lost: int
    duplicated: int


def work() -> list[tuple[str, str, list[str]]]:
    """(node, sender, recipients) of every letter: both directions, some to two recipients, some to nobody known."""
    patterns = itertools.cycle(
        [
            ("node-a", "H90.01", ["G90"]),
            ("node-g", "G90", ["H90.01"]),
            ("node-a", "H90.01", ["G90", "G90.01"]),
            ("node-g", "G90.01", ["H90.01", "G90"]),
            ("node-a", "H90.01", ["G90.01", "H77.01"]),
        ]
    )
    return list(itertools.islice(patterns, LETTERS))


def send_all(federation: Federation, pace: Callable[[], None]) -> None:
    """Every letter is sent until its node has confirmed it: the same form again is the same letter."""
    for number, (node, sender, recipients) in enumerate(work(), 1):
        form = letter(sender, recipients, number)
        while federation.services[node].ask("send", form=form, base="/") is None:
            pace()
        pace()


def _not() -> None:
    """No pause."""


def _breathe() -> None:
    threading.Event().wait(0.1)


def settled(federation: Federation) -> bool:
    """Every letter has its last word."""
    for node in ("node-a", "node-g"):
        service = federation.services[node]
        outbox = service.ask("outbox", limit=500)
        if outbox is None or any(not _ended(row) for row in outbox["letters"]):
            return False
    return True


def _ended(row: Mapping[str, Any]) -> bool:
    if row["state"] == "queued":
        return False
    return all(one["delivery"] in {"handed-over", "failed"} for one in row["recipients"])


def wait_until_settled(federation: Federation) -> None:
    end = time.monotonic() + SETTLE_SECONDS
    while not settled(federation):
        assert time.monotonic() < end, _where_it_hangs(federation)
        threading.Event().wait(0.3)


def _where_it_hangs(federation: Federation) -> str:
    rows = []
    for node in ("node-a", "node-g"):
        outbox = federation.services[node].ask("outbox", limit=500) or {"letters": []}
        rows += [str(row) for row in outbox["letters"] if not _ended(row)]
    tails = [(s.folder / "stderr.log").read_text()[-1500:] for s in federation.services.values()]
    return "\n".join(rows[:5] + tails)


class Killer(threading.Thread):
    """Kills and restarts every process by a seeded schedule until each has died DEATHS times."""

    def __init__(self, federation: Federation, seed: int) -> None:
        super().__init__(daemon=True)
        self._services = list(federation.services.values())
        self._random = random.Random(seed)
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            threads = [
                threading.Thread(target=self._torment, args=(service, random.Random(self._random.random())))
                for service in self._services
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException as error:
            self.fault = error

    def _torment(self, service: Service, chance: random.Random) -> None:
        service.kill()
        while service.deaths < DEATHS or (service.struck * 2 < service.deaths < 3 * DEATHS):
            name = chance.choice((*COMMON, *POINTS[service.kind]))
            hit = chance.randint(1, 4) if name in COMMON else 1
            service.start(f"{name}=kill@{hit};store.after-commit=kill@{chance.randint(3, 7)}")
            if service.wait_ready():
                if chance.random() < 0.75:
                    if not service.has_struck(STRIKE_SECONDS):
                        service.kill()
                else:
                    threading.Event().wait(chance.uniform(0.0, 0.8))
                    if service.process is not None and service.process.poll() is not None:
                        service.has_struck(0)
                    else:
                        service.kill()
            else:
                service.has_struck(5)
        service.start()
        assert service.wait_ready()


@contextmanager
def running(root: Path) -> Iterator[Federation]:
    federation = Federation(root)
    try:
        yield federation
        federation.stop()
    finally:
        federation.abandon()


def outcome(federation: Federation) -> tuple[Outcome, dict[str, list[KeptReceipt]]]:
    """Read from the stopped nodes' disks alone."""
    sent: list[audit.SentLetter] = []
    copies: list[audit.DeliveredCopy] = []
    receipts: dict[str, list[KeptReceipt]] = {}
    for node in ("node-a", "node-g"):
        with actions.held_node(federation.root / node) as opened:
            world = opened.world
            sent += audit.sent(world.store, world.blobs)
            copies += audit.delivered(world.store, world.blobs)
            receipts[node] = list(audit.receipts(world.store))
    known = [receipt for kept in receipts.values() for receipt in kept]
    assert all(receipt.intact for receipt in known)
    said: defaultdict[tuple[str, str], set[Event]] = defaultdict(set)
    for receipt in known:
        for code in receipt.recipients:
            said[receipt.consignment_id, code].add(receipt.event)
    accepted = [one for one in sent if one.state == "accepted"]
    pairs = [(one.consignment_id, code) for one in accepted for code in one.recipients]
    present = {(copy.consignment_id, copy.recipient) for copy in copies if copy.present}
    failures = {pair for pair in pairs if said[pair] & FAILURES}
    handed = {pair for pair in pairs if Event.CONTENT_HANDOVER in said[pair]}
    shown = Counter((copy.container_sha256, copy.recipient) for copy in copies)
    return (
        Outcome(
            letters=len(accepted),
            deliveries=len(pairs),
            handed_over=len(handed),
            failed=len(failures - handed),
            refused=sum(one.state == "refused" for one in sent),
            pending=len(set(pairs) - handed - failures),
            lost=len([pair for pair in pairs if pair not in present and pair not in failures]),
            duplicated=sum(count - 1 for count in shown.values()),
        ),
        receipts,
    )


def first_receipts_again(federation: Federation, receipts: dict[str, list[KeptReceipt]]) -> int:
    """Submit every accepted container once more: the answer must be the very bytes that were answered first."""
    compared = 0
    for node, kept in receipts.items():
        own = [one for one in kept if one.sender in AGENCIES[node]]  # those of received letters lie here too
        first = {one.container_sha256: one for one in own if one.event is Event.SUBMISSION_ACCEPTANCE}
        with actions.held_node(federation.root / node) as opened:
            compared += asyncio.run(_ask_again(Places(federation.root / node), opened, first))
    return compared


async def _ask_again(places: Places, node: Node, first: dict[str, KeptReceipt]) -> int:
    line = node_line(places)
    try:
        for sha256, receipt in first.items():
            path = places.staging / f"again-{sha256}"
            with node.world.blobs.open(sha256) as blob, path.open("wb") as file:
                file.writelines(blob.chunks())
            answer = await line.submit(path, sha256=sha256, size=path.stat().st_size, lane=Lane.THUONG)
            assert answer.documents[0].content == receipt.document
    except HubRefused as refused:
        pytest.fail(f"{refused.problem}")
    finally:
        await line.close()
    return len(first)


def undisturbed(root: Path) -> Outcome:
    with running(root) as federation:
        send_all(federation, _not)
        wait_until_settled(federation)
    return outcome(federation)[0]


def test_kills_change_nothing(tmp_path: Path) -> None:
    expected = undisturbed(tmp_path / "calm")
    assert expected == Outcome(
        letters=30, deliveries=48, handed_over=42, failed=6, refused=0, pending=0, lost=0, duplicated=0
    )
    seed = int(os.environ.get("AXIS_SEED", "20261122"))
    with running(tmp_path / "storm") as federation:
        killer = Killer(federation, seed)
        killer.start()
        send_all(federation, _breathe)
        killer.join(timeout=150)
        assert killer.fault is None
        assert not killer.is_alive()
        wait_until_settled(federation)
        services = federation.services.values()
        assert all(service.deaths >= DEATHS for service in services)
        assert sum(service.struck for service in services) * 2 >= sum(service.deaths for service in services)
        for node in ("node-a", "node-g"):
            federation.services[node].stop()
        found, receipts = outcome(federation)
        assert found == expected
        assert first_receipts_again(federation, receipts) == expected.letters
        with contextlib.suppress(ProcessLookupError):
            federation.stop()
