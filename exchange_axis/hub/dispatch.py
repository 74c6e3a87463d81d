"""Passing shipments on: leases for peers that fetch, answers of peers that took over, failure when time is up.

1. A lease orders work and never decides truth: an answer counts whoever holds the lease now.
2. Only signed evidence ends a delivery. A peer that is down or refuses to talk is tried again until expiry.
3. Only the hub that holds a delivery pronounces its failure.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

from exchange_axis.domain.evidence import STATUS_EVENTS, Event, Evidence
from exchange_axis.domain.lanes import LaneScheduler, Waiting
from exchange_axis.domain.lifecycle import DELIVERY, DELIVERY_EVENTS, DeliveryEvent, DeliveryState, ShipmentEvent
from exchange_axis.domain.retry import LAST_CEILING, next_try
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub import authority, holding, home, seals
from exchange_axis.hub.brought_proofs import want
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import SealedEvidence
from exchange_axis.ports import EVERYTHING, Document, OfferedShipment, Wanted
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub import lives, mail, peers, queue, records, timing
from exchange_axis.wire.evidence import read_evidence
from signing.roots import RootUse

log = logging.getLogger("axis.dispatch")

ANSWERED = declare("hub.dispatch.answered", "a peer's relay evidence is verified, nothing is stored")
SETTLED = declare("hub.dispatch.settled", "the peer's answer is durable, the peer has not been told")

_CODES = {event: code for code, event in STATUS_EVENTS.items()} | {Event.OTHER_STATUS: "other"}
"""A handover is a status too (01): every hub on the way knows that the letter has arrived."""
_ENDED_HERE = {DeliveryState.WITHDRAWN, DeliveryState.FAILED}
"""Recipients of a shipment that goes on for the others."""
LINE_BROKE = "line.broke"
"""Error of a lease that its own peer took over."""
PER_LANE = 64
"""Candidates looked at in each lane for one lease call: enough for fair turns, few enough to lock."""


class AnswerMismatch(AxisError):
    code: ClassVar[str] = "relay.answer-mismatch"
    vi: ClassVar[str] = "Trả lời không thuộc về chuyến này: {what}"
    en: ClassVar[str] = "The answer does not belong to this shipment: {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    evidence: Evidence
    document: Document
    heard: seals.Heard


class Dispatch:
    def __init__(self, world: World) -> None:
        self._world = world
        self._turns: dict[str, LaneScheduler] = {}
        self._turn = threading.Lock()

    def lease(self, peer: str, limit: int, *, wanted: Wanted = EVERYTHING) -> tuple[OfferedShipment, ...]:
        """Lend at most `limit` waiting shipments to the peer, urgent ones first, the rest in fair turns."""
        now = self._world.issuer.now()
        until = now + self._world.settings.lease

        def work(connection: Connection) -> list[OfferedShipment]:
            candidates = list(mail.shipment_candidates(connection, peer, now, PER_LANE, wanted=wanted))
            offered: list[OfferedShipment] = []
            while candidates and len(offered) < limit:
                row = self._next(peer, candidates)
                candidates.remove(row)
                leased = mail.lease(connection, row, until)
                if leased is not None:
                    offered.append(_offer(connection, leased))
            return offered

        return tuple(self._world.transactions.run(work))

    def find(self, peer: str, shipment_id: str) -> tuple[mail.ShipmentRow, mail.ConsignmentRow]:
        """A shipment of this peer and its consignment.

        Raises:
            NotFound: also when it is somebody else's.
        """

        def work(connection: Connection) -> tuple[mail.ShipmentRow, mail.ConsignmentRow] | None:
            row = mail.shipment(connection, shipment_id)
            if row is None or row.peer != peer:
                return None
            return row, mail.consignment_by_seq(connection, row.consignment)

        found = self._world.transactions.read(work)
        if found is None:
            raise NotFound(what=shipment_id)
        return found

    def content(self, peer: str, shipment_id: str) -> tuple[mail.ShipmentRow, mail.ConsignmentRow]:
        """As `find`, for handing the container out.

        Raises:
            NotFound.
            ContentFrozen: none of its recipients is to read the letter any more.
        """
        found = self.find(peer, shipment_id)
        rows = self._world.transactions.read(lambda connection: mail.shipment_deliveries(connection, shipment_id))
        if holding.is_frozen(rows):
            self._world.transactions.run(lambda connection: _end(connection, peer, shipment_id))
            raise holding.ContentFrozen(consignment_id=found[1].consignment_id)
        return found

    def sent(self, shipment_id: str) -> None:
        """The last byte of its container has left: nobody can have stored it earlier (design: clocks)."""
        at = self._world.issuer.now()
        try:
            self._world.transactions.run(lambda connection: timing.note_last_byte(connection, shipment_id, at))
        except StoreError as error:  # the container is with its reader all the same
            log.warning("dispatch.last-byte-not-noted shipment=%s code=%s", shipment_id, error.code)

    def release(
        self, peer: str, shipment_id: str, *, fence: int, error: str, longest: timedelta = LAST_CEILING
    ) -> bool:
        """The peer could not take it now; False when the lease was not its own any more.

        Args:
            longest: it is offered again after this time at the latest.
        """
        now = self._world.issuer.now()
        row, _ = self.find(peer, shipment_id)
        due_at = next_try(max(row.attempts, 1), now, self._world.rng.uniform(), longest=longest)
        return self._world.transactions.run(
            lambda connection: mail.release(connection, row, fence=fence, due_at=due_at, error=error[:500])
        )

    def take_over(self, peer: str, shipment_id: str, *, fence: int) -> bool:
        """The peer lost the line and asks again: its own lease ends, and the shipment is offered with a new fence."""
        row, _ = self.find(peer, shipment_id)
        return self._world.transactions.run(
            lambda connection: mail.release(connection, row, fence=fence, due_at=row.due_at, error=LINE_BROKE)
        )

    def begin_anew(self, peer: str) -> int:
        """The peer's program has just begun: whatever was lent to it is offered again; returns how many."""
        return self._world.transactions.run(lambda connection: queue.end_leases(connection, peer, LINE_BROKE))

    def give_back(self, peer: str, shipment_id: str, *, fence: int) -> bool:
        """Untried: the shipment keeps its place in the queue, and no try is counted."""
        row, _ = self.find(peer, shipment_id)
        return self._world.transactions.run(lambda connection: queue.give_back(connection, row, fence=fence))

    def answered(self, peer: peers.PeerRow, shipment_id: str, documents: Sequence[Document]) -> None:
        """A hub peer's evidence about a shipment of ours: stored, logged, acted on, sent home. Safe to repeat.

        Raises:
            Refusal: not the peer's evidence, or not about this shipment.
        """
        _, consignment = self.find(peer.id, shipment_id)
        rows = self._world.transactions.read(lambda connection: mail.shipment_deliveries(connection, shipment_id))
        asked = frozenset(row.recipient for row in rows)
        judged = [self._judge(peer, consignment, document, asked) for document in documents]
        news = self._news(rows, judged)
        leaves, at = [self._world.issuer.leaf(answer.document) for answer in judged], self._world.issuer.now()
        failpoint(ANSWERED)

        def work(connection: Connection) -> None:
            mail.shipment(connection, shipment_id, lock=True)
            current = {row.recipient: row for row in mail.shipment_deliveries(connection, shipment_id, lock=True)}
            posted: list[home.HomeItem] = []
            for answer, leaf in zip(judged, leaves, strict=True):
                if records.add_evidence(connection, answer.evidence, answer.document, own=False, submitter=peer.id):
                    home.add_leaves(connection, "evidence", [leaf])
                    sha256, issuer = answer.document.sha256, answer.evidence.issuer
                    want(connection, sha256=sha256, consignment=consignment.seq, issuer=issuer, peer=peer.id, at=at)
                    seals.note(connection, [answer.heard], at=at)
                    for recipient in answer.evidence.recipients:
                        current[recipient] = observe(connection, current[recipient], answer.evidence)
                        posted.append(news[recipient, answer.evidence.id])
            home.post(connection, self._world, posted)
            holding.settle(connection, shipment_id, local=False)

        self._world.transactions.run(work)
        failpoint(SETTLED)

    def _news(
        self, rows: Sequence[mail.DeliveryRow], judged: Sequence[_Judged]
    ) -> dict[tuple[str, str], home.HomeItem]:
        """What goes home of each answer, by recipient and evidence id."""
        upstreams, by_recipient = self._upstreams(rows), {row.recipient: row for row in rows}
        news = {}
        for answer in judged:
            for recipient in answer.evidence.recipients:
                row = by_recipient[recipient]
                news[recipient, answer.evidence.id] = home.prepare(
                    self._world,
                    upstreams[row.upstream],
                    consignment_id=row.consignment_id,
                    recipient=recipient,
                    documents=[answer.document],
                )
        return news

    def expire(self, limit: int = 50) -> int:
        """Pronounce failure for shipments whose time is up; returns how many."""
        now = self._world.issuer.now()

        def look(
            connection: Connection,
        ) -> list[tuple[mail.ShipmentRow, mail.ConsignmentRow, tuple[mail.DeliveryRow, ...]]]:
            found = []
            for row in mail.expired_shipments(connection, now, limit):
                consignment = mail.consignment_by_seq(connection, row.consignment)
                found.append((row, consignment, mail.shipment_deliveries(connection, row.id)))
            return found

        expired = self._world.transactions.run(look)
        for shipment, consignment, rows in expired:
            self._fail(shipment, consignment, rows)
        return len(expired)

    def queues(self) -> list[tuple[str, str, int]]:
        """(peer, state, count) of shipments."""
        return list(self._world.transactions.read(mail.queue_sizes))

    def _next(self, peer: str, candidates: Sequence[mail.ShipmentRow]) -> mail.ShipmentRow:
        by_id = {row.id: row for row in candidates}
        waiting = [
            Waiting(key=row.id, lane=row.lane, sender=row.sender, order=index) for index, row in enumerate(candidates)
        ]
        with self._turn:
            picked = self._turns.setdefault(peer, LaneScheduler()).pick(waiting)
        return by_id[picked] if picked is not None else candidates[0]

    def _judge(
        self, peer: peers.PeerRow, consignment: mail.ConsignmentRow, document: Document, asked: frozenset[str]
    ) -> _Judged:
        """Evidence of this peer's own about this container, for nobody else than the shipment's recipients."""
        verified = self._world.transactions.read(
            lambda connection: authority.verify_peer(self._world, connection, document, peer=peer.id)
        )
        evidence = read_evidence(verified.root)
        about = is_about(evidence, consignment) and asked.issuperset(evidence.recipients)
        kind = evidence.event in {Event.RELAY_ACCEPTANCE, Event.RELAY_REJECTION}
        if not (about and kind and evidence.issuer == peer.id):
            raise AnswerMismatch(what=evidence.event.short)
        heard = seals.Heard(sha256=document.sha256, signer=verified.signer, use=RootUse.HUB_SEAL)
        return _Judged(evidence=evidence, document=document, heard=heard)

    def _upstreams(self, rows: Sequence[mail.DeliveryRow]) -> dict[str, peers.PeerRow]:
        names = {row.upstream for row in rows}

        def work(connection: Connection) -> dict[str, peers.PeerRow]:
            found = {name: peers.get(connection, name) for name in names}
            return {name: row for name, row in found.items() if row is not None}

        return self._world.transactions.read(work)

    def _fail(
        self, shipment: mail.ShipmentRow, consignment: mail.ConsignmentRow, rows: Sequence[mail.DeliveryRow]
    ) -> None:
        open_rows = [row for row in rows if row.state in {DeliveryState.QUEUED, DeliveryState.CONSIGNED}]
        upstreams = self._upstreams(open_rows)
        said = [(row, self._failure(row, consignment)) for row in open_rows]
        items = [
            home.prepare(
                self._world,
                upstreams[row.upstream],
                consignment_id=row.consignment_id,
                recipient=row.recipient,
                documents=[evidence.document],
            )
            for row, evidence in said
        ]

        def work(connection: Connection) -> None:
            if not lives.close_shipment(connection, shipment.id, ShipmentEvent.EXPIRED, error="expired"):
                return
            true, posted = [], []
            for (row, evidence), item in zip(said, items, strict=True):
                state = DELIVERY.after(row.state, DeliveryEvent.EXPIRED)
                at = evidence.value.recorded_at
                if mail.move_delivery(connection, row, state, at=at, evidence=evidence.value.id):
                    true.append(evidence)
                    posted.append(item)
            home.store_evidence(connection, true)
            home.post(connection, self._world, posted)

        self._world.transactions.run(work)

    def _failure(self, row: mail.DeliveryRow, consignment: mail.ConsignmentRow) -> SealedEvidence:
        local = row.state is DeliveryState.CONSIGNED
        return self._world.issuer.evidence(
            Event.CONTENT_HANDOVER_FAILURE if local else Event.RELAY_FAILURE,
            holding.subject_of(consignment, row.recipient),
            reasons=["delivery.expired"],
            previous=row.last_evidence or consignment.acceptance,
        )


def _end(connection: Connection, peer: str, shipment_id: str) -> None:
    """A frozen letter is lent no more; its answer may have been lost, while returns told how far it came."""
    mail.shipment(connection, shipment_id, lock=True)
    row = peers.get(connection, peer)
    holding.settle(connection, shipment_id, local=row is not None and row.kind == "node")


def is_about(evidence: Evidence, consignment: mail.ConsignmentRow) -> bool:
    """The very container, not only its name."""
    return (
        evidence.consignment_id == consignment.consignment_id
        and evidence.sender == consignment.sender
        and evidence.container_sha256 == consignment.container_sha256
    )


def observe(connection: Connection, row: mail.DeliveryRow, evidence: Evidence) -> mail.DeliveryRow:
    """Let evidence of another hub move our view of a delivery, in whatever order it comes; returns the view after it.

    The row is locked by the caller: a state that moved in between would make the evidence pass unnoticed.
    """
    event = DELIVERY_EVENTS.get(evidence.event)
    if _is_sent_again(row, evidence):
        row = _move(connection, row, DELIVERY.after(row.state, DeliveryEvent.RESENT), evidence)
    if event is not None:
        row = _move(connection, row, DELIVERY.observe(row.state, event), evidence)
    code = _CODES.get(evidence.event)
    if code is not None:
        business = row.business.observe(code).state
        mail.set_business(connection, row, business, at=evidence.recorded_at, evidence=evidence.id)
        row = replace(row, business=business)
    return row


def _is_sent_again(row: mail.DeliveryRow, evidence: Evidence) -> bool:
    """The hub that pronounced the failure that we know of has the letter available once more, and says so."""
    again = evidence.event in {Event.CONTENT_CONSIGNMENT, Event.REDIRECT}
    return again and row.state is DeliveryState.FAILED and evidence.previous == row.last_evidence


def _move(connection: Connection, row: mail.DeliveryRow, state: DeliveryState, evidence: Evidence) -> mail.DeliveryRow:
    if not mail.move_delivery(connection, row, state, at=evidence.recorded_at, evidence=evidence.id):
        raise AssertionError("a locked delivery stays as it was read")
    return replace(row, state=state, last_evidence=evidence.id)


def _offer(connection: Connection, row: mail.ShipmentRow) -> OfferedShipment:
    consignment = mail.consignment_by_seq(connection, row.consignment)
    documents = records.whole_documents(connection, (row.transfer, *consignment.documents))
    peer = peers.get(connection, row.peer)
    to_node = peer is not None and peer.kind == "node"
    leased_until = row.leased_until
    if leased_until is None:
        raise AssertionError("a leased shipment has the end of its lease")
    return OfferedShipment(
        id=row.id,
        fence=row.fence,
        leased_until=leased_until,
        sender=consignment.sender,
        consignment_id=consignment.consignment_id,
        container_sha256=consignment.container_sha256,
        size=consignment.size,
        lane=row.lane,
        recipients=holding.named_to_peer(
            [one for one in mail.shipment_deliveries(connection, row.id) if one.state not in _ENDED_HERE],
            local=to_node,
        ),
        documents=documents,
    )
