"""The hub's books of each day with each neighbour (`domain.tally`), and what it accepts of the neighbour's.

What is counted between two neighbours is what both were told:
- of letters that the peer brought: every receipt that goes home to it, its refusals too;
- of letters given to a node: this hub's answers to the node's statuses;
- of letters given to a hub: the receipts that come home from it.
What goes down to the recipient (a take-back that was asked for) is in the first of these only, towards a node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import TypeVar

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.tally import Said, TallyKey, TallyLine, lines_of, window
from exchange_axis.domain.transfer import KeyUse
from exchange_axis.errors import NotFound
from exchange_axis.hub import authority, home, seals
from exchange_axis.hub.world import World
from exchange_axis.pipeline.tallying import MARGIN, TallyBook
from exchange_axis.ports import Document
from exchange_axis.store import Connection
from exchange_axis.store.hub import peers, tallies
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.hub.tally_tables import TALLIES
from exchange_axis.store.tally_rows import TallyRow, TallyRows
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.tally import Tally, read_tally
from signing.roots import RootUse
from signing.trust import judge_for
from signing.xades import VerifiedXml, verify_enveloped, verify_enveloped_unanchored

T = TypeVar("T")
_REFUSALS = frozenset({Event.SUBMISSION_REJECTION, Event.RELAY_REJECTION})


class HubBook:
    """The hub behind a `TallyBook`."""

    element = "Hub"

    def __init__(self, world: World) -> None:
        self._world = world
        self.id = world.settings.id

    def now(self) -> datetime:
        return self._world.issuer.now()

    def first(self) -> datetime | None:
        return self._world.transactions.read(tallies.first)

    def lines(self, peer: str, day: date) -> tuple[TallyLine, ...]:
        def work(connection: Connection) -> tuple[TallyLine, ...]:
            row = peers.get(connection, peer)
            if row is None:
                raise NotFound(what=peer)
            found = tallies.said(connection, peer, *window(day))
            return lines_of(_Reading(connection, self.id, row).said(found))

        return self._world.transactions.read(work)

    def seal(self, xml: bytes, at: datetime) -> bytes:
        return self._world.issuer.tally(xml, at).content

    def verified(self, document: Document, peer: str) -> Tally:
        def work(connection: Connection) -> VerifiedXml:
            row = peers.get(connection, peer)
            if row is None:
                raise NotFound(what=peer)
            if row.kind != "node":
                return authority.verify_peer(self._world, connection, document, peer=peer)
            return self._by_node(connection, document, peer)

        return read_tally(self._world.transactions.read(work).root)

    def keep(self, row: TallyRow) -> None:
        leaf = self._world.issuer.leaf_of(row.sha256)

        def work(connection: Connection) -> None:
            if TallyRows(connection, TALLIES).add(row):
                home.add_leaves(connection, "tally", [leaf])

        self._world.transactions.run(work)

    def read(self, work: Callable[[TallyRows], T]) -> T:
        return self._world.transactions.read(lambda connection: work(TallyRows(connection, TALLIES)))

    def write(self, work: Callable[[TallyRows], T]) -> T:
        return self._world.transactions.run(lambda connection: work(TallyRows(connection, TALLIES)))

    def _by_node(self, connection: Connection, document: Document, peer: str) -> VerifiedXml:
        """Raises PeerSealUnknown, and what a signature is refused with."""
        at = self.now()
        verified = judge_for(
            RootUse.NODE_SEAL,
            self._world.anchors(),
            at,
            lambda anchors: verify_enveloped(document.content, anchors, at=at),
        )
        seals.require(connection, verified.signer, sealed_at=verified.signing_time, now=at)
        for bound in peers.bound(connection, verified.signer.fingerprint, at):
            if bound.binding.holder == peer and bound.binding.use is KeyUse.NODE_SEAL:
                return verified
        raise authority.PeerSealUnknown(peer=peer)


class Tallies(TallyBook):
    def __init__(self, world: World) -> None:
        super().__init__(HubBook(world))
        self._world = world

    def exchange(self, peer: PeerRow, document: Document, packed: bytes) -> TallyRow:
        """Take a neighbour's tally of a day, compare, and give ours.

        Raises:
            Refusal: as `hear`.
        """
        row = self.hear(peer.id, document, packed)
        self.reconcile(row.day, peer.id)
        return self.own(row.day, peer.id)

    def daily(self) -> int:
        """Seal the day before for every neighbour with whom there was mail; returns how many were sealed now."""
        return self.seal_day(day_of(self._world.issuer.now() - MARGIN) - date.resolution)

    def seal_day(self, day: date) -> int:
        """The same of any day.

        Raises:
            DayNotOver.
        """
        self.require_over(day)

        def work(connection: Connection) -> list[str]:
            sealed = TallyRows(connection, TALLIES).sealed_for(day)
            return [row.id for row in peers.every(connection) if row.state == "approved" and row.id not in sealed]

        house = HubBook(self._world)
        wanted = [peer for peer in self._world.transactions.read(work) if house.lines(peer, day)]
        for peer in wanted:
            self.own(day, peer)
        return len(wanted)


class _Reading:
    """What receipts of a day say between this hub and one neighbour."""

    def __init__(self, connection: Connection, hub: str, peer: PeerRow) -> None:
        self._connection = connection
        self._hub = hub
        self._peer = peer

    def said(self, rows: Iterable[tallies.SaidRow]) -> Iterator[Said]:
        found = tuple(rows)
        named = self._named(found)
        brought = tallies.bringers(self._connection, {row.consignment for row in found if row.consignment is not None})
        for row in found:
            recipients, container = named.get(row.sha256, ((row.recipient or "",), row.container_sha256 or ""))
            for recipient in recipients:
                bringer = None if row.consignment is None else brought.get((row.consignment, recipient))
                for giver in self._givers(row, bringer):
                    key = TallyKey(
                        giver=giver, sender=row.sender, consignment_id=row.consignment_id, recipient=recipient
                    )
                    yield Said(
                        key=key,
                        event=row.event,
                        recorded_at=row.recorded_at,
                        sha256=row.sha256,
                        container_sha256=container,
                    )

    def _named(self, rows: Iterable[tallies.SaidRow]) -> dict[str, tuple[tuple[str, ...], str]]:
        """Recipients and container of receipts that name several, or of whose letter nothing is here."""
        wanted = {row.sha256 for row in rows if row.recipient is None or row.consignment is None}
        named = {}
        for sha256, document in tallies.documents(self._connection, wanted):
            value = read_evidence(verify_enveloped_unanchored(document).root)
            named[sha256] = (value.recipients or ("",), value.container_sha256)
        return named

    def _givers(self, row: tallies.SaidRow, bringer: str | None) -> Iterator[str]:
        caused, is_node = row.submitter == self._peer.id, self._peer.kind == "node"
        goes_home = is_node or row.event is not Event.TAKE_BACK
        refused = caused and row.own and row.event in _REFUSALS
        if refused or (bringer == self._peer.id and goes_home):
            yield self._peer.id
        if not caused or row.event is Event.TAKE_BACK:
            return
        if (row.own and row.answers) if is_node else not row.own:
            yield self._hub
