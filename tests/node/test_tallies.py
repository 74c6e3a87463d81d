"""Sender, hubs and recipient compare a day: nodes and hubs as they are, without the network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from exchange_axis.domain.tally import window
from exchange_axis.hub.authority import PeerSealUnknown
from exchange_axis.hub.service import Hub
from exchange_axis.pipeline.issue import as_document
from exchange_axis.pipeline.tally_rounds import TallyRounds
from exchange_axis.pipeline.tallying import DayNotOver, TallyBook, TallyMismatch
from exchange_axis.ports import Document, DocumentKind, HubRefused
from exchange_axis.store import Connection
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.wire.tally import TallyLinesUnreadable, pack, read_tally, unpack, write_tally
from schemas.gate.refusal import Refusal
from signing.xades import sign_enveloped, verify_enveloped_unanchored
from tests.node.test_life_with_hubs import CENTRE, CLERK, FAR, RECALL, Offices, offices

DAY = date(2026, 3, 2)
"""On which the clocks of these tests begin."""


@dataclass
class Exchange:
    """`TallyExchange` that calls the hub's use case."""

    hub: Hub
    peer: PeerRow

    async def exchange(self, tally: Document, lines: bytes) -> tuple[Document, bytes] | None:
        try:
            row = self.hub.tallies.exchange(self.peer, tally, lines)
        except Refusal as refusal:
            raise HubRefused({"code": refusal.code}) from refusal
        return Document(kind=tally.kind, sha256=row.sha256, content=row.document), row.lines


@dataclass
class Pair:
    """One link: the books below and above it."""

    below: TallyBook
    above: TallyBook
    rounds: TallyRounds
    lower: str
    upper: str

    async def compare(self, day: date) -> dict[str, Any]:
        await self.rounds.compare(day)
        mine, theirs = self.below.view(day, self.upper), self.above.view(day, self.lower)
        assert mine.agrees == theirs.agrees and mine.difference_count == theirs.difference_count
        return {
            "agrees": mine.agrees,
            "count": None if mine.own is None else mine.own.count,
            "differences": [(one["kind"], one["consignment_id"], one["recipient"]) for one in mine.differences],
            "there": [(one["kind"], one["consignment_id"], one["recipient"]) for one in theirs.differences],
        }


def pairs(all_: Offices) -> dict[str, Pair]:
    found = {}
    for node in (all_.home, all_.centre, all_.far):
        line, name = all_.lines[node.world.settings.node_id], node.world.settings.node_id
        hub = line.hub
        found[name] = _pair(node.tallies, hub, line.peer, name)
    for stand in (all_.federation.a, all_.federation.b):
        hub, name = all_.federation.top.hub, stand.hub.world.settings.id
        peer = next(row for row in hub.registry.every() if row.id == name)
        found[name] = _pair(stand.hub.tallies, hub, peer, name)
    return found


def _pair(book: TallyBook, hub: Hub, peer: PeerRow, name: str) -> Pair:
    upper = hub.world.settings.id
    rounds = TallyRounds(book, Exchange(hub, peer), upper, asyncio.to_thread)
    return Pair(below=book, above=hub.tallies, rounds=rounds, lower=name, upper=upper)


async def eventful(all_: Offices) -> tuple[str, str]:
    """A letter accepted by one and refused by another, and one that is recalled before a third hub has it.

    The last word is said before midnight, and told after it.
    """
    letter = all_.send(CENTRE, FAR)
    await all_.settle()
    all_.far.clerk.refuse("57/BC-UBND", actor=CLERK, reason="LD01", text="Sai thẩm quyền")
    recalled = all_.send(FAR, number=58)
    await all_.agent(all_.home).push_once()
    all_.send(amends="58/BC-UBND", **RECALL)
    await all_.settle()
    all_.federation.clock.at = window(DAY)[1] - timedelta(minutes=2)
    all_.centre.clerk.accept("57/BC-UBND", actor=CLERK)
    await all_.agent(all_.centre).push_once()
    all_.federation.clock.at = window(DAY)[1] + timedelta(minutes=30)
    return letter.consignment_id, recalled.consignment_id


@dataclass(frozen=True)
class Played:
    all_: Offices
    letter: str
    recalled: str
    late: dict[str, Any]
    """What the sender's link found before the sender had heard the last word."""
    settled: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with offices(tmp_path_factory.mktemp("tallies")) as all_:

        async def story() -> Played:
            letter, recalled = await eventful(all_)
            await all_.push()
            late = await pairs(all_)["node-a1"].compare(DAY)
            await all_.settle()
            found = {name: await pair.compare(DAY) for name, pair in pairs(all_).items()}
            return Played(all_, letter, recalled, late, found)

        yield asyncio.run(story())


def compare(played: Played, name: str) -> dict[str, Any]:
    return asyncio.run(pairs(played.all_)[name].compare(DAY))


def test_every_link_agrees_over_a_day_with_refusals_and_recalls(played: Played) -> None:
    assert {name: (one["agrees"], one["differences"]) for name, one in played.settled.items()} == dict.fromkeys(
        ("node-a1", "node-g", "node-b", "hub-a", "hub-b"), (True, [])
    )
    counts = {
        (one.giver, one.event): one.number for one in pairs(played.all_)["node-a1"].below.view(DAY, "hub-a").counts
    }
    assert counts["node-a1", "SubmissionAcceptance"] == 4
    assert (counts["node-a1", "status:02"], counts["node-a1", "status:03"], counts["node-a1", "withdrawn"]) == (1, 1, 1)


def test_what_was_said_before_midnight_belongs_to_its_day_however_late_it_comes(played: Played) -> None:
    """The sender's node had not read the acceptance of 23:58: named until it had, and of no other day ever."""
    assert played.late["differences"] == [("other-state", played.letter, CENTRE)]
    pair = pairs(played.all_)["node-a1"]
    tomorrow = DAY + timedelta(days=1)
    with pytest.raises(DayNotOver):
        pair.below.own(tomorrow, "hub-a")
    clock = played.all_.federation.clock
    before = clock.at
    try:
        clock.advance(days=1)
        assert asyncio.run(pair.compare(tomorrow))["count"] == 0
        assert tomorrow not in pair.below.due("hub-a") and DAY not in pair.below.due("hub-a")
    finally:
        clock.at = before


@pytest.mark.parametrize("side", ["node", "hub"])
def test_a_receipt_that_one_side_lost_is_named(played: Played, side: str) -> None:
    node, hub = played.all_.home, played.all_.federation.a.hub
    query = "consignment_id = :id AND event LIKE '%withdrawn'"

    def cut(connection: Connection) -> list[dict[str, Any]]:
        rows = connection.execute(text(f"SELECT * FROM evidence WHERE {query}"), {"id": played.recalled})  # noqa: S608
        kept = [dict(row._mapping) for row in rows]
        connection.execute(text(f"DELETE FROM evidence WHERE {query}"), {"id": played.recalled})  # noqa: S608
        return kept

    def put_back(connection: Connection, kept: list[dict[str, Any]]) -> None:
        for row in kept:
            names = ", ".join(row)
            connection.execute(
                text(f"INSERT INTO evidence ({names}) VALUES ({', '.join(f':{name}' for name in row)})"),  # noqa: S608
                row,
            )

    transactions = node.world.store._transactions if side == "node" else hub.world.transactions
    kept = transactions.run(cut)
    assert len(kept) == 1
    try:
        found = compare(played, "node-a1")
        assert not found["agrees"]
        assert found["differences"] == found["there"] == [("other-state", played.recalled, FAR)]
        assert pairs(played.all_)["node-a1"].below.due("hub-a") == (DAY,)
    finally:
        transactions.run(lambda connection: put_back(connection, kept))
    assert compare(played, "node-a1")["agrees"]


def test_a_letter_that_one_side_does_not_know_is_named(played: Played) -> None:
    """As if the recipient's node had been set back to a copy from before the letter came."""
    node = played.all_.far
    with_far = pairs(played.all_)["node-b"]
    hide = "UPDATE evidence SET recorded_at = recorded_at - :back WHERE consignment_id = :id"
    back = 10 * 86_400_000_000
    values = {"back": back, "id": played.letter}
    transactions = node.world.store._transactions
    transactions.run(lambda connection: connection.execute(text(hide), values))
    try:
        found = asyncio.run(with_far.compare(DAY))
        assert found["differences"] == [("missing-here", played.letter, FAR)]
        assert found["there"] == [("missing-there", played.letter, FAR)]
    finally:
        transactions.run(lambda connection: connection.execute(text(hide), {**values, "back": -back}))
    assert asyncio.run(with_far.compare(DAY))["agrees"]


def test_a_tally_counts_only_under_its_own_seal_and_whole(played: Played) -> None:
    all_ = played.all_
    hub, peer = all_.federation.a.hub, all_.lines["node-a1"].peer
    own = all_.home.tallies.own(DAY, "hub-a")
    document = Document(kind=DocumentKind.TALLY, sha256=own.sha256, content=own.document)
    assert hub.tallies.exchange(peer, document, own.lines).own
    with pytest.raises(TallyMismatch, match="lines"):
        hub.tallies.exchange(peer, document, pack(unpack(own.lines).replace(b"withdrawn", b"status:03")))
    with pytest.raises(TallyLinesUnreadable):
        hub.tallies.exchange(peer, document, own.lines[:-4])
    other = all_.far.tallies.own(DAY, "hub-b")
    foreign = Document(kind=DocumentKind.TALLY, sha256=other.sha256, content=other.document)
    with pytest.raises(PeerSealUnknown):
        hub.tallies.exchange(peer, foreign, other.lines)
    by_agency = sign_enveloped(
        write_tally(read_tally(verify_enveloped_unanchored(own.document).root)),
        next(iter(all_.home.world.seals.values())),
        at=all_.home.world.now(),
    )
    with pytest.raises(PeerSealUnknown):
        hub.tallies.exchange(peer, as_document(DocumentKind.TALLY, by_agency), own.lines)


def test_both_tallies_are_in_the_log_and_stay_as_they_were(played: Played) -> None:
    hub = played.all_.federation.a.hub
    rows = hub.tallies.files(DAY, "node-a1")
    assert [row.own for row in rows] == [True, False]
    assert hub.tallies.own(DAY, "node-a1") == rows[0]
    clock = played.all_.federation.clock
    before = clock.at
    try:
        while hub.log.sequence():
            clock.advance(minutes=1)  # nobody cosigns here
        clock.advance(minutes=1)
        proofs = hub.log.proofs([row.sha256 for row in rows])
        assert len(proofs) == 2 and None not in proofs.values()
    finally:
        clock.at = before


def test_the_hub_seals_the_day_before_by_itself_once(played: Played) -> None:
    top = played.all_.federation.top.hub
    assert top.tallies.daily() == 0  # all of them were asked for already
    clock = played.all_.federation.clock
    before = clock.at
    try:
        clock.advance(days=1)
        assert top.tallies.daily() == 0  # nothing was said on that day
    finally:
        clock.at = before
