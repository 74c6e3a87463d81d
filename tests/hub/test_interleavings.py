"""Two hubs, random steps in random order, a store that fails before or after its commit: nothing is lost or doubled.

The rest of a failing step is simply left undone, as after a crash; the same calls are made again later, as peers do.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from exchange_axis.domain.evidence import FAILURES, Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.uplink import Uplink
from exchange_axis.hub.world import Received
from exchange_axis.ports import HubRefused, HubUnreachable, OfferedShipment
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.store.hub import mail, records
from exchange_axis.store.hub import tables as t
from exchange_axis.store.transactions import Transactions, Work
from tests.hub.life import codes as codes_of
from tests.hub.life import new_id
from tests.hub.line import DirectLine
from tests.hub.stand import HandClock, Peer, Stand, enrol, federate, make_letter, make_status, open_stand, take_back

T = TypeVar("T")
RECIPIENTS = ("G90", "H90", "H90.02", "H90.03", "H77")
STEPS = 150
PENDING = {"queued", "relayed", "consigned", "redirected"}


class Failing:
    """Transactions of which some fail: nothing kept, or everything kept and the caller not told."""

    def __init__(self, inner: Transactions, chance: random.Random) -> None:
        self._inner = inner
        self._chance = chance
        self.rate = 0.25

    def run(self, work: Work[T]) -> T:
        lot = self._chance.random()
        if lot < self.rate / 2:
            raise StoreUnavailable(reason="planned")
        result = self._inner.run(work)
        if lot < self.rate:
            raise StoreUnavailable(reason="planned", outcome="unknown")
        return result

    def read(self, work: Work[T]) -> T:
        return self._inner.read(work)

    def forget(self) -> None:
        self._inner.forget()

    def close(self) -> None:
        self._inner.close()


@dataclass
class Play:
    folder: Path
    chance: random.Random
    clock: HandClock
    top: Stand
    a: Stand
    nodes: dict[str, tuple[Stand, Peer]]
    uplink: Uplink
    sent: list[Received] = field(default_factory=list)
    letters: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Id and recipients of ordinary letters, which are recalled and taken back now and then."""
    held: list[tuple[str, OfferedShipment]] = field(default_factory=list)
    """What a node has fetched, and may report any number of times."""

    def step(self) -> None:
        actions: list[Callable[[], object]] = [
            self.submit,
            self.submit_again,
            self.recall,
            self.take_back,
            self.fetch,
            self.fetch,
            self.hand_over,
            self.hand_over,
            *[lambda: asyncio.run(self.uplink.push_once())] * 2,
            lambda: asyncio.run(self.uplink.pull_once(0)),
            lambda: asyncio.run(self.uplink.home_once()),
            *[lambda: asyncio.run(self.uplink.feed_once(0))] * 4,
            lambda: self.clock.advance(seconds=self.chance.choice((1, 61))),
            lambda: self.clock.advance(days=self.chance.choice((0, 0, 3))),
            self.expire,
        ]
        try:
            self.chance.choice(actions)()
        except (StoreUnavailable, HubRefused, HubUnreachable) as error:
            if isinstance(error, HubRefused):
                assert error.problem["code"] == "store.unavailable", error.problem

    def submit(self) -> None:
        codes = self.chance.sample(RECIPIENTS, self.chance.randint(2, 5))
        number = str(self.chance.randint(1, 12))  # now and then the same document again
        peer, name = self.nodes["node-a1"][1], new_id()
        letter = make_letter(self.folder, peer, "H90.01", codes, clock=self.clock, number=number, consignment_id=name)
        self.letters.append((name, tuple(codes)))
        self.sent.append(letter)
        self.submit_again(letter)

    def recall(self) -> None:
        if self.letters and self.chance.random() < 0.5:
            name, codes = self.chance.choice(self.letters)
            self.sent.append(
                make_letter(
                    self.folder,
                    self.nodes["node-a1"][1],
                    "H90.01",
                    codes,
                    clock=self.clock,
                    number=f"9{len(self.sent)}",
                    kind=BusinessKind.REVOKE,
                    follows=name,
                )
            )
            self.submit_again(self.sent[-1])

    def take_back(self) -> None:
        if self.letters:
            name, codes = self.chance.choice(self.letters)
            stand, peer = self.nodes["node-a1"]
            made = take_back(
                self.folder, peer, name, sender="H90.01", recipient=self.chance.choice(codes), clock=self.clock
            )
            try:
                stand.hub.intake.submit(peer.row, made)
            except SubmissionRefused as refused:  # its letter was never stored, or long ago
                assert codes_of(refused) <= {"status.unknown-delivery", "take-back.too-late"}

    def submit_again(self, letter: Received | None = None) -> None:
        if letter is None and not self.sent:
            return
        stand, peer = self.nodes["node-a1"]
        letter = letter or self.chance.choice(self.sent)
        try:
            stand.hub.intake.submit(peer.row, letter)
        except SubmissionRefused as refused:  # the store failed until its time was up: refused whole, never accepted
            assert "consignment.expired" in {finding.code for finding in refused.findings}
            self.sent.remove(letter)

    def fetch(self) -> None:
        name = self.chance.choice(("node-a", "node-g"))
        self.held += [(name, shipment) for shipment in self.nodes[name][0].hub.dispatch.lease(name, 3)]

    def hand_over(self) -> None:
        if self.held:
            name, shipment = self.chance.choice(self.held)
            stand, peer = self.nodes[name]
            recipient = self.chance.choice(shipment.recipients)
            status = make_status(self.folder, peer, "01", shipment, recipient=recipient, clock=self.clock)
            stand.hub.intake.submit(peer.row, status)

    def expire(self) -> None:
        for stand in (self.a, self.top):
            stand.hub.dispatch.expire()

    def settle(self) -> None:
        """Heal everything and run until nothing moves; nobody reports a handover any more."""
        for stand in (self.a, self.top):
            stand.hub.world.transactions.rate = 0.0  # type: ignore[attr-defined]
        for letter in list(self.sent):
            self.submit_again(letter)

        async def once() -> int:
            moved = await self.uplink.push_once() + await self.uplink.pull_once(0)
            return moved + await self.uplink.home_once() + await self.uplink.feed_once(0)

        for _ in range(20):
            self.clock.advance(minutes=16)  # leases and pauses are over
            parked = sum(stand.hub.returns.retry() for stand in (self.a, self.top))
            if not asyncio.run(once()) + parked:
                return
        raise AssertionError("the hubs never come to rest")


@pytest.fixture(params=range(4))
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Play]:
    clock, chance = HandClock(), random.Random(request.param)
    top = open_stand(tmp_path, "hub-top", clock=clock)
    a = federate(top, open_stand(tmp_path, "hub-a", clock=clock), ["H90"])
    nodes = {
        "node-a1": (a, enrol(a, "node-a1", ["H90.01"])),
        "node-a": (a, enrol(a, "node-a", ["H90", "H90.02"])),
        "node-g": (top, enrol(top, "node-g", ["G90"])),
    }
    child = next(row for row in top.hub.registry.every() if row.id == "hub-a")
    uplink = Uplink(
        a.hub.world, DirectLine(top.hub, child), dispatch=a.hub.dispatch, relay=a.hub.relay, returns=a.hub.returns
    )
    for stand in (a, top):
        object.__setattr__(stand.hub.world, "transactions", Failing(stand.hub.world.transactions, chance))
    yield Play(folder=tmp_path, chance=chance, clock=clock, top=top, a=a, nodes=nodes, uplink=uplink)
    for stand in (a, top):
        stand.close()


def test_nothing_is_lost_and_nothing_is_said_twice(play: Play) -> None:
    for _ in range(STEPS):
        play.step()
    play.settle()
    for stand in (play.a, play.top):
        stand.hub.world.transactions.read(_sound)
    said = play.a.hub.world.transactions.read(_told)
    for letter in play.sent:
        row = play.a.hub.world.transactions.read(lambda connection, one=letter: _accepted(connection, one))  # type: ignore[misc]
        for delivery in play.a.hub.world.transactions.read(
            lambda connection, one=row: mail.deliveries(connection, one.seq)  # type: ignore[misc]
        ):
            events = said[row.consignment_id, delivery.recipient]
            handed, failed = Event.CONTENT_HANDOVER in events, bool(FAILURES & set(events))
            assert events[Event.CONTENT_HANDOVER] <= 1
            match delivery.state.value:
                case "handed-over":
                    assert handed
                case "failed":
                    assert failed
                    assert not handed
                case "duplicate":
                    assert Event.DUPLICATE in events
                case "withdrawn":
                    assert Event.WITHDRAWN in events
                    assert not handed
                case state:
                    assert state in PENDING
                    assert not handed
                    assert not failed
    below = play.a.hub.world.transactions.read(_states)
    for name, state in play.top.hub.world.transactions.read(_states).items():
        # What happened at the hub above has come home; only handover supersedes what was pronounced before.
        assert below[name] == state or (below[name] in {"failed", "withdrawn"} and state != "handed-over")


def _states(connection: Connection) -> dict[tuple[str, str], str]:
    """State of each delivery by consignment and recipient."""
    query = select(t.delivery.c.consignment_id, t.delivery.c.recipient, t.delivery.c.state)
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def _accepted(connection: Connection, letter: Received) -> mail.ConsignmentRow:
    (row,) = mail.consignments_by_container(connection, letter.sha256)
    return row


def _told(connection: Connection) -> dict[tuple[str, str], Counter[Event]]:
    """What node-a1 reads in its feed, by letter and recipient; the numbers have no hole."""
    told = _Told()
    entries = records.feed_after(connection, "node-a1", 0, 10_000)
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    for entry in entries:
        digests = [digest for kind, digest in entry.documents if kind == "evidence"]
        found = records.evidence_by_digest(connection, digests)
        counted = told.setdefault((entry.consignment_id, entry.recipient or ""), Counter())
        counted.update(found[digest].event for digest in digests)
    return told


class _Told(dict[tuple[str, str], Counter[Event]]):
    def __missing__(self, key: tuple[str, str]) -> Counter[Event]:
        return Counter()


def _sound(connection: Connection) -> None:
    """What this hub said has one leaf each, no leaf speaks of nothing, no shipment is closed over open deliveries."""
    rows = connection.execute(select(t.evidence.c.sha256, t.evidence.c.own)).all()
    leaves = set(connection.execute(select(t.leaf.c.sha256).where(t.leaf.c.kind == "evidence")).scalars())
    assert {row.sha256 for row in rows if row.own} <= leaves <= {row.sha256 for row in rows}
    once = select(t.evidence.c.consignment_id, t.evidence.c.recipient, t.evidence.c.event)
    once = once.where(
        t.evidence.c.event.in_([Event.CONTENT_CONSIGNMENT.value, Event.CONTENT_HANDOVER.value, Event.DUPLICATE.value])
    )
    once = once.group_by(t.evidence.c.consignment_id, t.evidence.c.recipient, t.evidence.c.event)
    assert connection.execute(once.having(func.count() > 1)).all() == []
    for shipment in connection.execute(select(t.shipment.c.id, t.shipment.c.state, t.shipment.c.peer)):
        states = {row.state.value for row in mail.shipment_deliveries(connection, shipment.id)}
        assert states
        if shipment.state in {"done", "failed", "withdrawn"}:
            # Beyond a hub peer it may be consigned for long; towards a node of ours that is open.
            assert not states & ({"queued", "consigned"} if shipment.peer.startswith("node-") else {"queued"})
