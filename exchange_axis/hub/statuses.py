"""Statuses from a recipient's node: handover (01) and what its clerks decide (02–06). One evidence answers each.

1. Only the hub that holds the delivery takes a status in, and only from the node it consigned the letter to.
2. Handover is a fact: a valid 01 is recorded however late, and supersedes a failure.
3. A second 01 for the same delivery gets the stored ContentHandover: there is one handover.
4. The news goes home in the same transaction.

Source: QĐ 28/2018/QĐ-TTg art. 9 (receipt and processing status are returned); status codes as used on the axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from exchange_axis.domain.evidence import STATUS_EVENTS, Event
from exchange_axis.domain.lifecycle import DELIVERY, DeliveryEvent
from exchange_axis.errors import AxisError, CheckFailed
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub import accepting, authority, holding, home
from exchange_axis.hub.answers import answer_of, verdict_of
from exchange_axis.hub.world import Received, World
from exchange_axis.pipeline.check import Checked
from exchange_axis.pipeline.issue import SealedEvidence, Subject, as_document
from exchange_axis.ports import Answer, Document, DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail, peers, records
from schemas.findings import Finding, Stage
from schemas.gate.refusal import Refusal

SEALED = declare("hub.status.sealed", "the answer to a status is sealed, nothing is stored")
COMMITTED = declare("hub.status.committed", "the status and its evidence are durable, the node has not been told")

TAKEN_IN = frozenset({"01", "02", "03", "04", "05", "06"})
STATUS_LIMIT = 1024 * 1024
"""Bytes of a status container; it carries no attachment and travels inside messages homeward."""


class UnknownDelivery(AxisError):
    code: ClassVar[str] = "status.unknown-delivery"
    vi: ClassVar[str] = "Trục này không giao gói tin {consignment_id} cho {recipient}"
    en: ClassVar[str] = "This hub has not consigned {consignment_id} to {recipient}"


class StatusNotTakenIn(AxisError):
    code: ClassVar[str] = "status.not-taken-in"
    vi: ClassVar[str] = "Trạng thái {status} không dùng cho lần giao này"
    en: ClassVar[str] = "Status {status} does not apply to this delivery"


class StatusTooLarge(AxisError):
    code: ClassVar[str] = "status.too-large"
    vi: ClassVar[str] = "Gói trạng thái dài {size} byte, quá mức {limit}"
    en: ClassVar[str] = "The status container has {size} bytes, more than {limit}"


class HandoverMissing(AxisError):
    code: ClassVar[str] = "status.before-handover"
    vi: ClassVar[str] = "Chưa có trạng thái 01 (đã đến) cho lần giao này"
    en: ClassVar[str] = "There is no handover (01) for this delivery yet"
    remedy_vi: ClassVar[str] = "Gửi trạng thái 01 trước"
    remedy_en: ClassVar[str] = "Send status 01 first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A status that this hub takes in, with what it speaks of."""

    code: str
    claimed_at: datetime | None
    letter: mail.ConsignmentRow
    delivery: mail.DeliveryRow
    upstream: peers.PeerRow
    binding: authority.SealedBinding
    decision: int = 0
    """The newest decision when authority was judged."""


class Statuses:
    def __init__(self, world: World) -> None:
        self._world = world

    def submit(self, peer: peers.PeerRow, checked: Checked, received: Received) -> Answer:
        """Take a checked status in.

        Raises:
            CheckFailed: it may not be said here, by this node, about this delivery.
            ConsignmentConflict: its id was used for other bytes.
        """
        judged = self.judge(peer, checked)
        if received.size > STATUS_LIMIT:
            refusal = StatusTooLarge(size=received.size, limit=STATUS_LIMIT)
            raise CheckFailed((Finding.of(refusal, Stage.DIRECTORY),))
        container = as_document(DocumentKind.STATUS, received.path.read_bytes())
        for _ in range(authority.JUDGEMENTS):
            if self._record(peer, checked, judged, container):
                return self._stored(checked)
            judged = self.judge(peer, checked)
        raise authority.unsettled()

    def judge(self, peer: peers.PeerRow, checked: Checked) -> Judged:
        """Authority, and the delivery the status speaks of. Raises CheckFailed."""
        at = self._world.issuer.now()

        def work(connection: Connection) -> Judged | Refusal:
            try:
                decision = records.newest_decision(connection)
                binding = authority.local_binding(connection, checked, peer=peer.id, at=at)
                return replace(_find(connection, checked, peer, binding), decision=decision)
            except Refusal as refusal:
                return refusal

        found = self._world.transactions.read(work)
        if isinstance(found, Refusal):
            raise CheckFailed((Finding.of(found, Stage.DIRECTORY),))
        return found

    def _record(self, peer: peers.PeerRow, checked: Checked, judged: Judged, container: Document) -> bool:
        """One transaction; False when permissions or the delivery moved meanwhile and must be judged again."""
        evidence = self._say(checked, judged)
        item = home.prepare(
            self._world,
            judged.upstream,
            consignment_id=judged.letter.consignment_id,
            recipient=judged.delivery.recipient,
            documents=[evidence.document, container, _document(judged.binding)],
        )
        failpoint(SEALED)

        def work(connection: Connection) -> bool:
            mail.lock_letter(connection, checked.consignment.sender, checked.consignment.id)
            if accepting.require_unused(connection, checked) is not None:
                return True
            if records.newest_decision(connection) != judged.decision or not _lock(connection, judged):
                return False
            earlier = _handover(connection, judged) if judged.code == "01" else None
            answering = evidence.value.id if earlier is None else earlier.id
            mail.add_consignment(connection, _row(self._world, checked, judged, peer=peer, acceptance=answering))
            if earlier is None:
                _move(connection, judged, evidence)
                home.store_evidence(connection, [evidence], submitter=peer.id)
                home.post(connection, self._world, [item])
            return True

        recorded = self._world.transactions.run(work)
        failpoint(COMMITTED)
        return recorded

    def _stored(self, checked: Checked) -> Answer:
        """The one answer to a status that is stored, read back."""

        def work(connection: Connection) -> Answer:
            known = accepting.require_unused(connection, checked)
            evidence = None if known is None else records.evidence(connection, known.acceptance)
            if known is None or evidence is None:
                raise AssertionError("a status taken in has its evidence")
            return answer_of(evidence, known.verdict)

        return self._world.transactions.read(work)

    def _say(self, checked: Checked, judged: Judged) -> SealedEvidence:
        event = STATUS_EVENTS[judged.code]
        letter = judged.letter
        reason = checked.status.reason if checked.status is not None else ""
        return self._world.issuer.evidence(
            event,
            Subject(
                sender=letter.sender,
                recipients=(judged.delivery.recipient,),
                consignment_id=letter.consignment_id,
                container_sha256=letter.container_sha256,
            ),
            claimed_at=_clamped(judged, self._world.issuer.now()),
            reasons=[reason] if reason else [],
            previous=judged.delivery.last_evidence,
            status_sha256=checked.container_sha256,
        )


def _find(connection: Connection, checked: Checked, peer: peers.PeerRow, binding: authority.SealedBinding) -> Judged:
    status, consignment = checked.status, checked.consignment
    if status is None or consignment.in_reply_to is None or len(consignment.recipients) != 1:
        raise UnknownDelivery(consignment_id=consignment.in_reply_to, recipient=consignment.sender)
    if status.code not in TAKEN_IN:
        raise StatusNotTakenIn(status=status.code)
    letter = mail.consignment(connection, consignment.recipients[0], consignment.in_reply_to)
    rows = () if letter is None else mail.deliveries(connection, letter.seq)
    mine = [
        row
        for row in rows
        # What ended as duplicate was not consigned.
        if consignment.sender in {row.recipient, row.final_recipient} and row.peer == peer.id and row.shipment
    ]
    if letter is None or not mine:
        raise UnknownDelivery(consignment_id=consignment.in_reply_to, recipient=consignment.sender)
    upstream = peers.get(connection, mine[0].upstream)
    if upstream is None:
        raise UnknownDelivery(consignment_id=consignment.in_reply_to, recipient=consignment.sender)
    if status.code != "01" and not mine[0].business.is_begun:
        raise HandoverMissing()
    return Judged(
        code=status.code,
        claimed_at=status.timestamp,
        letter=letter,
        delivery=mine[0],
        upstream=upstream,
        binding=binding,
    )


def _clamped(judged: Judged, now: datetime) -> datetime:
    """The claimed time, but not before we had the letter nor after we heard of it; of a handover the legal time."""
    claimed = judged.claimed_at or now
    return min(max(claimed, judged.delivery.accepted_at), now)


def _lock(connection: Connection, judged: Judged) -> bool:
    """Hold shipment and delivery for this transaction; False when the delivery is not as it was judged."""
    if judged.delivery.shipment is not None:
        mail.shipment(connection, judged.delivery.shipment, lock=True)
    return mail.delivery(connection, judged.letter.seq, judged.delivery.recipient, lock=True) == judged.delivery


def _move(connection: Connection, judged: Judged, evidence: SealedEvidence) -> None:
    delivery, at = judged.delivery, evidence.value.recorded_at
    if judged.code == "01":
        state = DELIVERY.after(delivery.state, DeliveryEvent.HANDED_OVER)
        mail.move_delivery(connection, delivery, state, at=at, evidence=evidence.value.id)
    business = delivery.business.observe(judged.code).state
    mail.set_business(connection, delivery, business, at=at, evidence=evidence.value.id)
    if judged.code == "01" and delivery.shipment is not None:
        holding.settle(connection, delivery.shipment, local=True)


def _handover(connection: Connection, judged: Judged) -> records.EvidenceRow | None:
    for row in records.evidence_for(
        connection, judged.letter.consignment_id, judged.letter.sender, judged.delivery.recipient
    ):
        if row.event is Event.CONTENT_HANDOVER:
            return row
    return None


def _document(binding: authority.SealedBinding) -> Document:
    return Document(kind=DocumentKind.BINDING, sha256=binding.sha256, content=binding.document)


def _row(
    world: World, checked: Checked, judged: Judged, *, peer: peers.PeerRow, acceptance: str
) -> mail.ConsignmentRow:
    consignment = checked.consignment
    return mail.ConsignmentRow(
        sender=consignment.sender,
        consignment_id=consignment.id,
        kind=consignment.kind,
        container_sha256=checked.container_sha256,
        size=checked.size,
        lane=judged.letter.lane,
        origin=consignment.origin,
        in_reply_to=consignment.in_reply_to,
        created_at=consignment.created_at,
        expires_at=consignment.expires_at,
        received_at=world.issuer.now(),
        upstream=peer.id,
        acceptance=acceptance,
        document_key=None,
        content_digest=None,
        title=None,
        parts=checked.parts,
        verdict=verdict_of(checked.findings),
        documents=(judged.binding.sha256,),
    )
