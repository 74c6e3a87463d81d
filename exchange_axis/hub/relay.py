"""A hub peer passes a consignment on: this hub judges each recipient alone and answers with relay evidence.

Steps (design: life of one letter, row 6; keys, trust, authority):
(1) the same transfer record again gets the same stored answer;
(2) the record carries the peer's seal, names this hub, this container and the documents beside it;
(3) loop guard: oneself in the trace, or more than 8 hops;
(4) the container is checked as at the first hop: a hub never takes another hub's word for a signature;
(5) the first hub's SubmissionAcceptance and the sender's binding fit;
(6) the peer may relay for this sender;
(7) each recipient: taken over, or a RelayRejection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from exchange_axis.domain.consignment import MAX_HOPS
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.transfer import TraceEntry, TransferRecord
from exchange_axis.errors import AxisError, CheckFailed, ConsignmentConflict
from exchange_axis.hub import accepting, authority
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.planning import Plan, plan
from exchange_axis.hub.world import Received, World
from exchange_axis.pipeline.check import Checked, check_container
from exchange_axis.pipeline.issue import SealedEvidence, Subject
from exchange_axis.ports import Answer, Document, DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail, records
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.transfer import read_transfer
from schemas.findings import errors
from schemas.gate.refusal import Refusal
from signing.xades import verify_enveloped


class TransferMismatch(AxisError):
    code: ClassVar[str] = "relay.transfer-mismatch"
    vi: ClassVar[str] = "Phiếu chuyển không khớp: {what}"
    en: ClassVar[str] = "The transfer record does not fit: {what}"


class Loop(AxisError):
    code: ClassVar[str] = "relay.loop"
    vi: ClassVar[str] = "Gói tin đã đi qua trục này hoặc qua quá nhiều trục"
    en: ClassVar[str] = "The consignment passed this hub before, or too many hubs"
    remedy_vi: ClassVar[str] = "Quản trị hai trục đối chiếu danh mục"
    remedy_en: ClassVar[str] = "The operators of both hubs compare their directories"


class RelayNotGranted(AxisError):
    code: ClassVar[str] = "relay.not-granted"
    vi: ClassVar[str] = "Trục {peer} không được chuyển thay cho {sender}"
    en: ClassVar[str] = "Hub {peer} may not relay for {sender}"


class AlreadyHere(AxisError):
    code: ClassVar[str] = "relay.already-here"
    vi: ClassVar[str] = "Gói tin cho {recipient} đã ở trục này"
    en: ClassVar[str] = "This hub holds the consignment for {recipient} already"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Brought:
    """What the peer brought, after step 2."""

    record: TransferRecord
    document: Document
    documents: Mapping[str, Document]


class Relay:
    def __init__(self, world: World, directory: DirectoryService) -> None:
        self._world = world
        self._directory = directory

    def receive(self, peer: PeerRow, received: Received, documents: Sequence[Document]) -> Answer:
        """Take over what this hub can deliver; answer with RelayAcceptance and RelayRejections, as stored.

        Args:
            documents: transfer record first, then acceptance, bindings and the earlier transfer records.

        Raises:
            Refusal: the record is not the peer's or does not fit; nothing was stored, the shipment stays the peer's.
            StoreUnavailable: nothing is certain; the same call may be made again.
        """
        brought = self._brought(peer, received, documents)
        stored = self._stored(peer, brought)
        if stored is not None:
            return stored
        try:
            self._take_over(peer, received, brought)
        except CheckFailed as failed:
            reasons = [finding.code for finding in errors(failed.findings)]
            self._reject_all(peer, received, brought, reasons)
        except Refusal as refusal:
            self._reject_all(peer, received, brought, [refusal.code])
        stored = self._stored(peer, brought)
        if stored is None:
            raise AssertionError("a relay that was answered has its answer")
        return stored

    def _brought(self, peer: PeerRow, received: Received, documents: Sequence[Document]) -> _Brought:
        if not documents or documents[0].kind is not DocumentKind.TRANSFER:
            raise TransferMismatch(what="documents")
        first, at = documents[0], self._world.issuer.now()
        verified = self._world.transactions.read(
            lambda connection: authority.verify_peer(
                connection, first, peer=peer.id, anchors=self._world.anchors(), at=at
            )
        )
        record = read_transfer(verified.root)
        for what, fits in {
            "hub": record.hub == peer.id,
            "peer": record.peer == self._world.settings.id,
            "container": record.container_sha256 == received.sha256,
        }.items():
            if not fits:
                raise TransferMismatch(what=what)
        by_digest = {document.sha256: document for document in documents}
        for digest in (record.acceptance_sha256, *record.bindings, *(entry.sha256 for entry in record.trace)):
            authority.pick(by_digest, digest)
        return _Brought(record=record, document=first, documents=by_digest)

    def _stored(self, peer: PeerRow, brought: _Brought) -> Answer | None:
        def work(connection: Connection) -> Answer | None:
            digests = records.relay_answers(connection, brought.document.sha256, peer.id)
            if digests is None:
                return None
            return Answer(documents=records.whole_documents(connection, digests))

        return self._world.transactions.read(work)

    def _take_over(self, peer: PeerRow, received: Received, brought: _Brought) -> None:
        record, at = brought.record, self._world.issuer.now()
        self._guard_loop(record)
        checked = check_container(
            received.path,
            sha256=received.sha256,
            size=received.size,
            anchors=self._world.anchors(),
            at=at,
            late=True,
        )
        acceptance = self._acceptance(checked, brought, at)
        bindings = [authority.pick(brought.documents, digest) for digest in record.bindings]
        binding = authority.relayed_binding(checked, bindings, anchors=self._world.anchors(), at=at)
        self._authorise(peer, checked, at)
        planned = self._plan(peer, checked, record, at)
        answers = self._answers(checked, planned, acceptance)
        trace = (*record.trace, TraceEntry(hub=record.hub, sha256=brought.document.sha256))
        earlier = [authority.pick(brought.documents, entry.sha256) for entry in record.trace]
        accepting.accept(
            self._world,
            accepting.Acceptance(
                checked=checked,
                received=received,
                upstream=peer,
                binding=binding,
                acceptance=authority.pick(brought.documents, record.acceptance_sha256),
                acceptance_id=acceptance.id,
                legs=planned.legs,
                trace=trace,
                transfers=(*earlier, brought.document),
                answers=answers,
                relayed=brought.document.sha256,
                findings=checked.findings,
            ),
        )

    def _guard_loop(self, record: TransferRecord) -> None:
        passed = {entry.hub for entry in record.trace} | {record.hub}
        if self._world.settings.id in passed or len(record.trace) + 1 > MAX_HOPS:
            raise Loop()

    def _acceptance(self, checked: Checked, brought: _Brought, at: datetime) -> Evidence:
        """The first hub's SubmissionAcceptance: signed by the hub it names, about this very container."""
        document = authority.pick(brought.documents, brought.record.acceptance_sha256)
        verified = verify_enveloped(document.content, self._world.anchors(), at=at)
        evidence = read_evidence(verified.root)
        authority.require_hub_name(verified, evidence.issuer)
        fits = (
            evidence.event is Event.SUBMISSION_ACCEPTANCE
            and evidence.consignment_id == checked.consignment.id == brought.record.consignment_id
            and evidence.container_sha256 == checked.container_sha256
            and evidence.sender == checked.consignment.sender
            and set(brought.record.recipients) <= set(evidence.recipients)
        )
        if not fits:
            raise TransferMismatch(what="acceptance")
        return evidence

    def _authorise(self, peer: PeerRow, checked: Checked, at: datetime) -> None:
        """A child relays for its delegated subtree; a parent does not bring our own subtree's letters back to us."""
        sender, directory = checked.consignment.sender, self._directory.current()

        def work(connection: Connection) -> bool:
            if peer.kind == "child":
                return authority.may_relay(connection, directory, peer=peer.id, code=sender, at=at)
            if not directory.is_under(sender, self._world.settings.id):
                return True
            known = mail.consignment(connection, sender, checked.consignment.id)
            # Ours comes down again only when it went up through us before (design: authority).
            return known is not None and known.container_sha256 == checked.container_sha256

        if not self._world.transactions.read(work):
            raise RelayNotGranted(peer=peer.id, sender=sender)

    def _plan(self, peer: PeerRow, checked: Checked, record: TransferRecord, at: datetime) -> Plan:
        def work(connection: Connection) -> tuple[dict[str, str], frozenset[str]]:
            known = mail.consignment(connection, checked.consignment.sender, checked.consignment.id)
            if known is not None and known.container_sha256 != checked.container_sha256:
                raise ConsignmentConflict(where="consignment.xml", consignment_id=checked.consignment.id)
            held = () if known is None else mail.deliveries(connection, known.seq)
            return authority.local_nodes(connection, at), frozenset(row.recipient for row in held)

        local, held = self._world.transactions.read(work)
        planned = plan(
            [code for code in record.recipients if code not in held],
            self._directory.current(),
            settings=self._world.settings,
            on=authority.today(at),
            local=local,
            came_from=peer.id,
        )
        here = tuple((code, AlreadyHere(recipient=code)) for code in record.recipients if code in held)
        return replace(planned, refused=(*planned.refused, *here))

    def _answers(self, checked: Checked, planned: Plan, acceptance: Evidence) -> tuple[SealedEvidence, ...]:
        subject, issuer = replace(accepting.subject_of(checked), parts=()), self._world.issuer
        answers = []
        if planned.legs:
            taken = replace(subject, recipients=tuple(leg.code for leg in planned.legs))
            verdicts = [finding.code for finding in checked.findings]
            answers.append(issuer.evidence(Event.RELAY_ACCEPTANCE, taken, previous=acceptance.id, verdicts=verdicts))
        for code, refusal in planned.refused:
            about = replace(subject, recipients=(code,))
            answers.append(
                issuer.evidence(Event.RELAY_REJECTION, about, previous=acceptance.id, reasons=[refusal.code])
            )
        return tuple(answers)

    def _reject_all(self, peer: PeerRow, received: Received, brought: _Brought, reasons: Sequence[str]) -> None:
        """One RelayRejection a recipient: the hub that holds the deliveries gets an answer for each of them."""
        record = brought.record
        acceptance = _sender_of(brought)
        answers = [
            self._world.issuer.evidence(
                Event.RELAY_REJECTION,
                Subject(
                    sender=acceptance.sender,
                    recipients=(code,),
                    consignment_id=record.consignment_id,
                    container_sha256=received.sha256,
                ),
                reasons=reasons,
                previous=acceptance.id,
            )
            for code in record.recipients
        ]
        at = self._world.issuer.now()

        def work(connection: Connection) -> None:
            for answer in answers:
                accepting.store_evidence(connection, answer, submitter=peer.id)
            digests = [answer.document.sha256 for answer in answers]
            records.add_relay_answers(connection, brought.document.sha256, peer=peer.id, answers=digests, at=at)

        self._world.transactions.run(work)


def _sender_of(brought: _Brought) -> Evidence:
    """Whom a rejection speaks of; the acceptance is read without trusting it, as a name only."""
    return read_evidence(brought.documents[brought.record.acceptance_sha256].content)
