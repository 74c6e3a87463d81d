"""A hub peer passes a consignment on: this hub judges each recipient alone and answers with relay evidence.

Steps (design: life of one letter, row 6; keys, trust, authority):
(1) the same transfer record again gets the same stored answer;
(2) the record carries the peer's seal, names this hub, this container and the documents beside it;
(3) loop guard: oneself in the trace, or more than 8 hops;
(4) the container is checked as at the first hop: a hub never takes another hub's word for a signature;
(5) the peer may relay for this sender;
(6) the trace, the first hub's SubmissionAcceptance and the sender's binding fit;
(7) each recipient: taken over, or a RelayRejection; ours also for a verdict that this hub's operator refuses.

Trouble of our own (store, directory not imported) is never answered: the shipment stays the peer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.consignment import MAX_HOPS
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.tracing import letter_of
from exchange_axis.domain.transfer import TraceEntry, TransferRecord
from exchange_axis.errors import AxisError, CheckFailed
from exchange_axis.hub import accepting, authority, home, standing
from exchange_axis.hub.acceptance import Acceptance
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.metering import VERIFICATION, note_refused
from exchange_axis.hub.planning import Plan, plan
from exchange_axis.hub.seals import Heard
from exchange_axis.hub.verdicts import first_report
from exchange_axis.hub.vouching import Brought, TransferMismatch, Vouched, gather, vouch
from exchange_axis.hub.world import Received, World
from exchange_axis.pipeline.check import Checked, check_container
from exchange_axis.pipeline.file_refusals import OF_VERDICT
from exchange_axis.pipeline.issue import SealedEvidence, Subject
from exchange_axis.ports import Answer, Document
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub import mail, records
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.transfer import read_transfer
from schemas.findings import errors
from schemas.gate.refusal import Refusal
from signing.roots import RootUse
from signing.trust import TrustAnchors


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
class _Planned:
    plan: Plan
    held: tuple[str, ...]
    """Recipients for whom this peer brought the consignment before: answered as taken, stored once."""


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
        brought = self._brought(peer, received.sha256, documents)
        anchors = self._world.anchors()
        stored = self._stored(peer, brought)
        if stored is not None:
            return stored
        try:
            self._take_over(peer, received, brought, anchors)
        except CheckFailed as failed:
            self._reject_all(peer, received, brought, [finding.code for finding in errors(failed.findings)])
        except StoreError:
            raise  # our trouble, which says nothing about the letter
        except Refusal as refusal:
            self._reject_all(peer, received, brought, [refusal.code])
        stored = self._stored(peer, brought)
        if stored is None:
            raise AssertionError("a relay that was answered has its answer")
        return stored

    def answer_before(self, peer: PeerRow, container_sha256: str, documents: Sequence[Document]) -> Answer | None:
        """What this transfer record was answered with, as stored; None if it was not. Raises as `receive` does."""
        return self._stored(peer, self._brought(peer, container_sha256, documents))

    def has_answered(self, peer: str, transfer_sha256: str) -> bool:
        """Whether this transfer record of the peer has its answer; cheap, and believes nothing."""
        return self._world.transactions.read(
            lambda connection: records.relay_answers(connection, transfer_sha256, peer) is not None
        )

    def _brought(self, peer: PeerRow, container_sha256: str, documents: Sequence[Document]) -> Brought:
        if not documents:
            raise TransferMismatch(what="documents")
        first = documents[0]
        verified = self._world.transactions.read(
            lambda connection: authority.verify_peer(self._world, connection, first, peer=peer.id)
        )
        record = read_transfer(verified.root)
        for what, fits in {
            "hub": record.hub == peer.id,
            "peer": record.peer == self._world.settings.id,
            "container": record.container_sha256 == container_sha256,
        }.items():
            if not fits:
                raise TransferMismatch(what=what)
        heard = Heard(sha256=first.sha256, signer=verified.signer, use=RootUse.HUB_SEAL)
        return gather(record, first, documents, heard=heard)

    def _stored(self, peer: PeerRow, brought: Brought) -> Answer | None:
        def work(connection: Connection) -> Answer | None:
            digests = records.relay_answers(connection, brought.document.sha256, peer.id)
            if digests is None:
                return None
            return Answer(documents=records.whole_documents(connection, digests))

        return self._world.transactions.read(work)

    def _take_over(self, peer: PeerRow, received: Received, brought: Brought, anchors: TrustAnchors) -> None:
        at = self._world.issuer.now()
        self._guard_loop(brought.record)
        with self._world.meters.timing(VERIFICATION, "relay"):
            checked = check_container(
                received.path, sha256=received.sha256, size=received.size, anchors=anchors, at=at, late=True
            )
        with self._world.tracer.span("hub.relay", letter_of(checked.consignment)):
            self._accept(peer, received, brought, checked)

    def _accept(self, peer: PeerRow, received: Received, brought: Brought, checked: Checked) -> None:
        at = self._world.issuer.now()
        for _ in range(authority.JUDGEMENTS):
            decision = self._world.transactions.read(records.newest_decision)
            self._authorise(peer, checked, at)
            vouched = vouch(self._world, self._directory.of_ours(), checked, brought)
            standing.require(self._world, checked, at=vouched.acceptance.recorded_at)
            planned = self._without_refused(self._plan(peer, checked, brought.record, at), vouched.acceptance)
            answers = self._answers(checked, planned, vouched.acceptance)
            if not planned.plan.legs:  # nothing is taken, so nothing is kept but the answers
                return self._answer(peer, brought, answers)
            acceptance = _acceptance(peer, checked, received, brought=brought, vouched=vouched)
            report = first_report(self._world, checked.findings, None)
            ready = replace(acceptance, judged=decision, legs=planned.plan.legs, answers=answers, report=report)
            if accepting.accept(self._world, ready):
                return None
        raise authority.unsettled()

    def _guard_loop(self, record: TransferRecord) -> None:
        passed = {entry.hub for entry in record.trace} | {record.hub}
        if self._world.settings.id in passed or len(record.trace) + 1 > MAX_HOPS:
            raise Loop()

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

    def _plan(self, peer: PeerRow, checked: Checked, record: TransferRecord, at: datetime) -> _Planned:
        def work(connection: Connection) -> tuple[dict[str, str], dict[str, str]]:
            known = accepting.require_unused(connection, checked)
            deliveries = () if known is None else mail.deliveries(connection, known.seq)
            return authority.local_nodes(connection, at), {row.recipient: row.upstream for row in deliveries}

        local, held = self._world.transactions.read(work)
        planned = plan(
            [code for code in record.recipients if code not in held],
            self._directory.of_ours(),
            settings=self._world.settings,
            on=day_of(at),
            local=local,
            came_from=peer.id,
        )
        others = [code for code in record.recipients if held.get(code, peer.id) != peer.id]
        refused = (*planned.refused, *((code, AlreadyHere(recipient=code)) for code in others))
        mine = tuple(code for code in record.recipients if held.get(code) == peer.id)
        return _Planned(plan=replace(planned, refused=refused), held=mine)

    def _without_refused(self, planned: _Planned, acceptance: Evidence) -> _Planned:
        """This hub's own recipients are spared what its operator does not let in; what only passes here, passes.

        By the verdicts that the first hub signed: our own look at the files comes when the letter has been taken.
        """
        tools = self._world.files
        refused = () if tools is None else (OF_VERDICT[one] for one in sorted(tools.refuse_verdicts))
        found = next((one for one in refused if one.code in acceptance.verdicts), None)
        if found is None:
            return planned
        plan = planned.plan
        mine = tuple((leg.code, found(where=leg.code)) for leg in plan.legs if leg.local)
        legs = tuple(leg for leg in plan.legs if not leg.local)
        return replace(planned, plan=replace(plan, legs=legs, refused=(*plan.refused, *mine)))

    def _answers(self, checked: Checked, planned: _Planned, acceptance: Evidence) -> tuple[SealedEvidence, ...]:
        subject, issuer = replace(accepting.subject_of(checked), parts=()), self._world.issuer
        answers = []
        taken = (*(leg.code for leg in planned.plan.legs), *planned.held)
        if taken:
            about = replace(subject, recipients=taken)
            verdicts = [finding.code for finding in checked.findings]
            answers.append(issuer.evidence(Event.RELAY_ACCEPTANCE, about, previous=acceptance.id, verdicts=verdicts))
        for code, refusal in planned.plan.refused:
            about = replace(subject, recipients=(code,))
            answers.append(
                issuer.evidence(Event.RELAY_REJECTION, about, previous=acceptance.id, reasons=[refusal.code])
            )
        return tuple(answers)

    def _reject_all(self, peer: PeerRow, received: Received, brought: Brought, reasons: Sequence[str]) -> None:
        """One RelayRejection a recipient: the hub that holds the deliveries gets an answer for each of them."""
        record = brought.record
        note_refused(self._world.meters, reasons)
        # Whom a rejection speaks of; the acceptance is read without trusting it, as a name only.
        acceptance = read_evidence(brought.acceptance.content)
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
        self._answer(peer, brought, answers)

    def _answer(self, peer: PeerRow, brought: Brought, answers: Sequence[SealedEvidence]) -> None:
        """Store the answers to a record of which nothing is taken; of the content nothing is kept."""
        transfer, at = brought.document.sha256, self._world.issuer.now()
        digests = [answer.document.sha256 for answer in answers]

        def work(connection: Connection) -> None:
            mail.lock_transfer(connection, transfer)
            if records.relay_answers(connection, transfer, peer.id) is None:
                home.store_evidence(connection, answers, submitter=peer.id)
                records.add_relay_answers(connection, transfer, peer=peer.id, answers=digests, at=at)

        self._world.transactions.run(work)


def _acceptance(
    peer: PeerRow, checked: Checked, received: Received, *, brought: Brought, vouched: Vouched
) -> Acceptance:
    record = brought.record
    return Acceptance(
        checked=checked,
        received=received,
        upstream=peer,
        binding=vouched.binding,
        acceptance=brought.acceptance,
        acceptance_id=vouched.acceptance.id,
        accepted_at=vouched.acceptance.recorded_at,
        judged=0,
        legs=(),
        trace=(*record.trace, TraceEntry(hub=record.hub, sha256=brought.document.sha256)),
        transfers=(*brought.trace, brought.document),
        heard=(brought.heard, *vouched.heard),
        relayed=brought.document.sha256,
        lane=record.lane,
        findings=checked.findings,
    )
