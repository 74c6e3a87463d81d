"""Statuses: handover (01), what the recipient decides, and take-back (13) from the sender. One evidence answers each.

1. Only the hub that consigned the letter takes a recipient's status in, and only from the node it consigned it to;
   only the first hub takes a take-back in, and only from the sender's node.
2. What is late, repeated, out of order or of unknown meaning is recorded like the rest; the state moves only as the
   tables say. Handover is a fact: a valid 01 is recorded however late, and supersedes a failure. Nothing else is a
   handover: what a recipient decides before its 01 moves how far the reader is, never where the letter is.
3. A second 01 for the same delivery gets the stored ContentHandover: there is one handover.
4. The news goes home in the same transaction.

Source: QĐ 28/2018/QĐ-TTg art. 9 (receipt and processing status are returned); status codes as used on the axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from exchange_axis.domain.deadlines import legal_receipt
from exchange_axis.domain.evidence import STATUS_EVENTS, Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import DELIVERY, DeliveryEvent, DeliveryState, Observed
from exchange_axis.errors import AxisError, CheckFailed
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub import accepting, amending, authority, holding, home, seals, taking_back
from exchange_axis.hub.amending import Effects
from exchange_axis.hub.amendment import NotALetter
from exchange_axis.hub.answers import answer_of, verdict_of
from exchange_axis.hub.taking_back import Asked
from exchange_axis.hub.world import Received, World
from exchange_axis.pipeline.check import Checked
from exchange_axis.pipeline.issue import SealedEvidence, as_document
from exchange_axis.ports import Answer, Document, DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import lives, mail, peers, records, timing
from schemas.findings import Finding, Severity, Stage
from schemas.gate.refusal import Refusal
from signing.roots import RootUse

SEALED = declare("hub.status.sealed", "the answer to a status is sealed, nothing is stored")
COMMITTED = declare("hub.status.committed", "the status and its evidence are durable, the node has not been told")

OPENED, UNOPENED = "letter.opened", "letter.unopened"
"""Verdicts on a consent: had somebody opened the letter that is cancelled?"""
STATUS_LIMIT = 1024 * 1024
"""Bytes of a status container; it carries no attachment and travels inside messages homeward."""


class UnknownDelivery(AxisError):
    code: ClassVar[str] = "status.unknown-delivery"
    vi: ClassVar[str] = "Trục này không giao gói tin {consignment_id} cho {recipient}"
    en: ClassVar[str] = "This hub has not consigned {consignment_id} to {recipient}"


class StatusTooLarge(AxisError):
    code: ClassVar[str] = "status.too-large"
    vi: ClassVar[str] = "Gói trạng thái dài {size} byte, quá mức {limit}"
    en: ClassVar[str] = "The status container has {size} bytes, more than {limit}"


class UnexpectedStatus(AxisError):
    """A warning: recorded, but the state stays as it was."""

    code: ClassVar[str] = "status.unexpected"
    vi: ClassVar[str] = "Trạng thái {status} không đúng lúc, lặp lại hoặc không có trong danh mục; được ghi nhận"
    en: ClassVar[str] = "Status {status} is out of order, repeated or in no list; it is recorded"


class HandoverMissing(AxisError):
    """A warning: recorded, but the letter counts as handed over only from its 01 on."""

    code: ClassVar[str] = "status.before-handover"
    vi: ClassVar[str] = "Trạng thái {status} đến khi lần giao chưa có 01 (đã đến); được ghi nhận, vẫn chờ 01"
    en: ClassVar[str] = "Status {status} came before the handover (01) of this delivery; recorded, 01 is still awaited"
    remedy_vi: ClassVar[str] = "Gửi trạng thái 01"
    remedy_en: ClassVar[str] = "Send status 01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A status that this hub takes in, with what it speaks of."""

    code: str
    claimed_at: datetime | None
    letter: mail.ConsignmentRow
    delivery: mail.DeliveryRow
    upstream: peers.PeerRow
    binding: authority.SealedBinding
    asked: Asked | None = None
    """For a take-back."""
    sent_at: datetime | None = None
    """When the last byte of the letter had been sent to the node, where that is known."""
    decision: int = 0
    """The newest decision when authority was judged."""

    @property
    def observed(self) -> Observed:
        return self.delivery.business.observe(self.code)

    @property
    def findings(self) -> tuple[Finding, ...]:
        if self.code == "01":  # which gets the one answer there is
            return ()
        found: list[AxisError] = []
        if self.asked is None and self.delivery.state is not DeliveryState.HANDED_OVER:
            found.append(HandoverMissing(where="status.edxml", status=self.code))
        if not self.observed.expected:
            found.append(UnexpectedStatus(where="status.edxml", status=self.code))
        return tuple(Finding.of(one, Stage.DIRECTORY, Severity.WARNING) for one in found)


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
                return replace(self._find(connection, checked, peer, binding), decision=decision)
            except Refusal as refusal:
                return refusal

        found = self._world.transactions.read(work)
        if isinstance(found, Refusal):
            raise CheckFailed((Finding.of(found, Stage.DIRECTORY),))
        return found

    def _record(self, peer: peers.PeerRow, checked: Checked, judged: Judged, container: Document) -> bool:
        """One transaction; False when permissions or the delivery moved meanwhile and must be judged again."""
        evidence = self._say(checked, judged)
        effects = self._effects(judged, evidence, [evidence.document, container, _document(judged.binding)])
        heard = seals.Heard(sha256=container.sha256, signer=checked.signer, use=RootUse.NODE_SEAL)
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
                home.store_evidence(connection, [evidence], submitter=peer.id)
                # A take-back goes down without a shipment of its own, so its container stays here as a document.
                records.keep_documents(connection, [container])
                seals.note(connection, [heard], at=self._world.issuer.now())
                amending.apply(connection, self._world, effects)
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
        event = STATUS_EVENTS.get(judged.code, Event.OTHER_STATUS)
        reason = checked.status.reason if checked.status is not None else ""
        reasons = [judged.code] if event is Event.OTHER_STATUS else []
        verdicts = [finding.code for finding in judged.findings]
        if event is Event.CONSENTED:
            verdicts.append(UNOPENED if checked.consignment.opened_at is None else OPENED)
        return self._world.issuer.evidence(
            event,
            holding.subject_of(judged.letter, judged.delivery.recipient),
            claimed_at=_clamped(judged, self._world.issuer.now()),
            reasons=[*reasons, *([reason] if reason else [])],
            verdicts=verdicts,
            previous=judged.delivery.last_evidence or judged.letter.acceptance,
            status_sha256=checked.container_sha256,
        )

    def _effects(self, judged: Judged, evidence: SealedEvidence, documents: Sequence[Document]) -> Effects:
        """What the status does to its delivery, and the news of it."""
        if judged.asked is not None:
            return taking_back.prepare(self._world, judged.asked, evidence.value, documents)
        row = judged.delivery
        handed_over = judged.code == "01"
        after = replace(
            row,
            state=DELIVERY.observe(row.state, DeliveryEvent.HANDED_OVER) if handed_over else row.state,
            business=judged.observed.state,
            last_evidence=evidence.value.id,
            changed_at=evidence.value.recorded_at,
        )
        news = home.prepare(
            self._world,
            judged.upstream,
            consignment_id=judged.letter.consignment_id,
            recipient=row.recipient,
            documents=documents,
        )
        return Effects(
            changes=(lives.Changed(before=row, after=after),),
            posted=(news,),
            shipments=((row.shipment, True),) if handed_over and row.shipment is not None else (),
        )

    def _find(
        self, connection: Connection, checked: Checked, peer: peers.PeerRow, binding: authority.SealedBinding
    ) -> Judged:
        status, consignment = checked.status, checked.consignment
        if status is None or consignment.in_reply_to is None or len(consignment.recipients) != 1:
            raise UnknownDelivery(consignment_id=consignment.in_reply_to, recipient=consignment.sender)
        asked = None
        if status.code == "13":
            asked = self._find_sent(connection, checked)
            letter, delivery = asked.letter, asked.delivery
        else:
            letter, delivery = _find_received(connection, checked, peer)
        upstream = peers.get(connection, delivery.upstream)
        if upstream is None:
            raise AssertionError("whoever brought a delivery has its row for ever")
        if asked is not None and upstream.kind != "node":
            raise UnknownDelivery(consignment_id=letter.consignment_id, recipient=delivery.recipient)
        return Judged(
            code=status.code,
            claimed_at=status.timestamp,
            letter=letter,
            delivery=delivery,
            upstream=upstream,
            binding=binding,
            asked=asked,
            sent_at=timing.last_byte(connection, delivery.shipment) if asked is None and delivery.shipment else None,
        )

    def _find_sent(self, connection: Connection, checked: Checked) -> Asked:
        """The delivery that a sender asks back: to one recipient, as addressed or as its successor."""
        consignment = checked.consignment
        name, code = consignment.in_reply_to or "", consignment.recipients[0]
        letter = mail.consignment(connection, consignment.sender, name)
        rows = () if letter is None else mail.deliveries(connection, letter.seq)
        found = [row for row in rows if row.recipient == code] or [row for row in rows if row.final_recipient == code]
        if letter is None or not found:
            raise UnknownDelivery(consignment_id=name, recipient=code)
        if letter.business_kind is BusinessKind.REVOKE:
            raise NotALetter(where="consignment.xml", consignment_id=name)
        limit = self._world.settings.take_back_limit
        taking_back.require_in_time(letter, at=self._world.issuer.now(), limit=limit)
        asked = taking_back.look(connection, letter, found[0].recipient)
        if asked is None:
            raise AssertionError("a delivery that was found is here")
        return asked


def _find_received(
    connection: Connection, checked: Checked, peer: peers.PeerRow
) -> tuple[mail.ConsignmentRow, mail.DeliveryRow]:
    """The delivery that a recipient speaks of: one that went to this very node."""
    consignment = checked.consignment
    name = consignment.in_reply_to or ""
    letter = mail.consignment(connection, consignment.recipients[0], name)
    rows = () if letter is None else mail.deliveries(connection, letter.seq)
    mine = [
        row
        for row in rows
        # What ended as duplicate was not consigned.
        if consignment.sender in {row.recipient, row.final_recipient} and row.peer == peer.id and row.shipment
    ]
    if letter is None or not mine:
        raise UnknownDelivery(consignment_id=name, recipient=consignment.sender)
    return letter, mine[0]


def _clamped(judged: Judged, now: datetime) -> datetime:
    """The claimed time, but not before the node can have had the letter nor after we heard of it (design: clocks).

    Of a handover this is the legal time of receipt.
    """
    earliest = judged.sent_at or judged.delivery.accepted_at
    receipt = legal_receipt(claimed=judged.claimed_at or now, last_byte_sent=min(earliest, now), acknowledged=now)
    return receipt.at


def _lock(connection: Connection, judged: Judged) -> bool:
    """Hold shipment and delivery for this transaction; False when the delivery is not as it was judged."""
    if judged.asked is not None:
        return taking_back.is_as_seen(connection, judged.asked)
    if judged.delivery.shipment is not None:
        mail.shipment(connection, judged.delivery.shipment, lock=True)
    return mail.delivery(connection, judged.letter.seq, judged.delivery.recipient, lock=True) == judged.delivery


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
        verdict=verdict_of((*checked.findings, *judged.findings)),
        documents=(judged.binding.sha256,),
    )
