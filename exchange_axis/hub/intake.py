"""Submission: a node hands in a consignment; the answer is evidence, or all findings of the first stage that refuses.

Steps (design: life of one letter, row 3):
(1) the same bytes again get the same stored answer, before anything that could judge differently today;
(2) gate → container → signature → schema and rules, then the files (`files`);
(3) authority and directory;
(4) one transaction; (5) the stored evidence is what is answered.

A refusal to an authenticated peer is a signed, logged SubmissionRejection with digest and codes; no content is kept.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.tracing import letter_of
from exchange_axis.errors import AxisError, CheckFailed
from exchange_axis.hub import accepting, authority, home, standing
from exchange_axis.hub.acceptance import Acceptance
from exchange_axis.hub.amendment import Judgement, judge
from exchange_axis.hub.answers import answer_of, document_of
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.files import Files, note_stop
from exchange_axis.hub.fronts import front_marks
from exchange_axis.hub.limits import Limits
from exchange_axis.hub.metering import VERIFICATION, note_refused
from exchange_axis.hub.planning import Plan, plan
from exchange_axis.hub.statuses import Statuses
from exchange_axis.hub.urgency import carried_lane
from exchange_axis.hub.verdicts import first_report
from exchange_axis.hub.world import Received, World
from exchange_axis.pipeline.check import Checked, check_container, refuse_on_errors
from exchange_axis.pipeline.file_report import FilesReport
from exchange_axis.pipeline.issue import Subject
from exchange_axis.pipeline.timeliness import issue_findings
from exchange_axis.ports import Answer, Document
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub import mail, records
from exchange_axis.store.hub.peers import PeerRow
from schemas.findings import Finding, Severity, Stage, errors
from schemas.gate.refusal import Refusal


class SubmissionRefused(AxisError):
    """Refused for good, with the signed rejection."""

    code: ClassVar[str] = "submission.refused"
    vi: ClassVar[str] = "Trục từ chối gói tin ở bước {stage}"
    en: ClassVar[str] = "The hub refused the consignment at the {stage} stage"
    remedy_vi: ClassVar[str] = "Sửa các lỗi được liệt kê rồi gửi lại; mã gói tin chưa bị dùng"
    remedy_en: ClassVar[str] = "Mend the listed faults and send again; the id is not consumed"

    def __init__(self, findings: tuple[Finding, ...], *, unchecked: tuple[str, ...], evidence: Document) -> None:
        super().__init__(stage=errors(findings)[0].stage.value)
        self.findings = findings
        self.unchecked = unchecked
        self.evidence = evidence


class SameKeyOtherContent(AxisError):
    """A warning: number, symbol and agency were used before for other content (R48)."""

    code: ClassVar[str] = "document.same-key"
    vi: ClassVar[str] = "Số, ký hiệu và cơ quan ban hành trùng với văn bản đã gửi nhưng nội dung khác"
    en: ClassVar[str] = "Number, symbol and agency were used before for other content"
    remedy_vi: ClassVar[str] = "Kiểm tra lại sổ văn bản đi; nếu là bản sửa, gửi kiểu cập nhật hoặc thay thế"
    remedy_en: ClassVar[str] = "Check the register; a corrected copy is sent as an update or a replacement"


class CameOtherwise(AxisError):
    code: ClassVar[str] = "submission.came-otherwise"
    vi: ClassVar[str] = "Gói tin này đã đến trục qua một trục khác"
    en: ClassVar[str] = "This consignment has come to this hub through another hub"
    remedy_vi: ClassVar[str] = "Không cần gửi lại; biên nhận nằm ở trục đã nhận gói tin lần đầu"
    remedy_en: ClassVar[str] = "There is no need to send it; its receipt is at the hub that took it first"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """Who seals and which way it goes, and the newest decision at that moment."""

    binding: authority.SealedBinding
    plan: Plan
    decision: int
    amendment: Judgement


class Intake:
    def __init__(
        self, world: World, directory: DirectoryService, statuses: Statuses, limits: Limits, *, files: Files
    ) -> None:
        self._world = world
        self._files = files
        self._limits = limits
        self._directory = directory
        self._statuses = statuses

    def submit(self, peer: PeerRow, received: Received) -> Answer:
        """Accept or refuse whole; the file stays the caller's.

        Raises:
            SubmissionRefused: with findings and the signed rejection.
            StoreUnavailable: nothing is certain; submit the same bytes again.
        """
        stored = self.answer_before(peer.id, received.sha256)
        if stored is not None:
            return stored
        began = self._world.clock.monotonic()
        try:
            with self._world.meters.timing(VERIFICATION, "submission"):
                checked = self._check(received)
        except CheckFailed as failed:
            raise self._reject(peer, received, None, failed) from failed
        lasted = max(0.0, self._world.clock.monotonic() - began)
        with self._world.tracer.span("hub.intake", letter_of(checked.consignment), lasted=lasted):
            return self._take_in(peer, checked, received)

    def _take_in(self, peer: PeerRow, checked: Checked, received: Received) -> Answer:
        try:
            letter, span = letter_of(checked.consignment), self._world.tracer.span
            if checked.consignment.kind is ConsignmentClass.STATUS:
                with span("hub.status", letter):
                    return self._statuses.submit(peer, checked, received)
            with span("hub.files", letter):
                files = self._files_of(checked, received)
            with span("hub.accept", letter):
                return self._letter(peer, checked, received, files)
        except CheckFailed as failed:
            raise self._reject(peer, received, checked, failed) from failed
        except StoreError:
            raise  # our trouble, which says nothing about the letter
        except Refusal as refusal:
            known = CheckFailed((Finding.of(refusal, Stage.DIRECTORY),))
            raise self._reject(peer, received, checked, known) from refusal

    def answer_before(self, peer: str, container_sha256: str) -> Answer | None:
        """The answer that these very bytes got before, as stored, if this peer speaks for their sender.

        None for what was refused: it is judged anew.
        """
        at = self._world.issuer.now()

        def work(connection: Connection) -> Answer | None:
            for row in mail.consignments_by_container(connection, container_sha256):
                evidence = records.evidence(connection, row.acceptance)
                if evidence is not None and row.sender in authority.acting_for(connection, peer, at):
                    return answer_of(evidence, row.verdict)
            return None

        return self._world.transactions.read(work)

    def judge_front(self, peer: PeerRow, path: Path, announced_sha256: str) -> bool:
        """Whether the letter at the front of an arriving container was there to be judged.

        Raises:
            SubmissionRefused: it bears a secrecy mark; the rest must not be let in.
        """
        marks = front_marks(path)
        if marks:
            front = Received(path=path, sha256=announced_sha256, size=0)
            raise self._reject(peer, front, None, CheckFailed(marks, unchecked=(Stage.SIGNATURE, Stage.DIRECTORY)))
        return marks is not None

    def dry_run(self, peer: PeerRow, received: Received) -> tuple[Finding, ...]:
        """Everything `submit` would say before it stores; nothing is kept.

        Raises:
            CheckFailed: as `submit` would refuse, without evidence.
        """
        checked = self._check(received)
        if checked.consignment.kind is ConsignmentClass.STATUS:
            return (*checked.findings, *self._statuses.judge(peer, checked).findings)
        files = self._files_of(checked, received)
        judged, carried = self._judge(peer, checked), carried_lane(self._world, checked)
        warnings = (*self._warnings(checked), *(() if files is None else files.findings))
        return (*checked.findings, *warnings, *judged.amendment.findings, *carried.findings)

    def _check(self, received: Received) -> Checked:
        anchors, now = self._world.anchors(), self._world.issuer.now()
        checked = check_container(received.path, sha256=received.sha256, size=received.size, anchors=anchors, at=now)
        standing.require(self._world, checked, at=now)
        return checked

    def _files_of(self, checked: Checked, received: Received) -> FilesReport | None:
        """Raises CheckFailed: a file that must not be stored."""
        report = self._files.judge(checked, received)
        refuse_on_errors(() if report is None else report.findings, unchecked=(Stage.DIRECTORY,))
        return report

    def _letter(self, peer: PeerRow, checked: Checked, received: Received, files: FilesReport | None) -> Answer:
        for _ in range(authority.JUDGEMENTS):
            if accepting.accept(self._world, self._acceptance(peer, checked, received, files)):
                return self._accepted(checked)
        raise authority.unsettled()

    def _acceptance(self, peer: PeerRow, checked: Checked, received: Received, files: FilesReport | None) -> Acceptance:
        judged, carried = self._judge(peer, checked), carried_lane(self._world, checked)
        warnings = (*self._warnings(checked), *(() if files is None else files.findings))
        findings = (*checked.findings, *warnings, *judged.amendment.findings, *carried.findings)
        report = first_report(self._world, findings, files)
        evidence = self._world.issuer.evidence(
            Event.SUBMISSION_ACCEPTANCE,
            accepting.subject_of(checked),
            claimed_at=checked.consignment.signed_at or checked.signing_time,
            verdicts=[*(finding.code for finding in findings), *(() if files is None else files.codes)],
            files=() if files is None else files.verdicts,
            report_sha256=report.sha256,
        )
        return Acceptance(
            checked=checked,
            received=received,
            upstream=peer,
            binding=judged.binding,
            acceptance=evidence.document,
            acceptance_id=evidence.value.id,
            accepted_at=evidence.value.recorded_at,
            judged=judged.decision,
            legs=judged.plan.legs,
            amended=judged.amendment.amended,
            answers=(evidence,),
            findings=findings,
            files=files,
            report=report,
            lane=carried.lane,
        )

    def _judge(self, peer: PeerRow, checked: Checked) -> _Judged:
        """Authority and directory; all their findings at once.

        Raises:
            CheckFailed.
            StoreUnavailable: the hub has no directory yet that it is in itself.
        """
        at = self._world.issuer.now()

        def work(connection: Connection) -> tuple[authority.SealedBinding | Refusal, dict[str, str], int]:
            decision = records.newest_decision(connection)
            try:
                found = authority.local_binding(connection, checked, peer=peer.id, at=at)
            except Refusal as refusal:
                return refusal, {}, decision
            return found, authority.local_nodes(connection, at), decision

        binding, local, decision = self._world.transactions.read(work)
        if isinstance(binding, Refusal):
            # Who may not speak learns nothing about the directory.
            raise CheckFailed((Finding.of(binding, Stage.DIRECTORY),))
        directory = self._directory.of_ours()

        def ways(codes: Collection[str]) -> Plan:
            return plan(tuple(codes), directory, settings=self._world.settings, on=day_of(at), local=local)

        planned = ways(checked.consignment.recipients)
        amendment = self._world.transactions.read(
            lambda connection: judge(connection, checked, lambda codes: [leg.code for leg in ways(codes).legs])
        )
        refused = tuple(Finding.of(refusal, Stage.DIRECTORY) for _, refusal in planned.refused)
        if errors((*refused, *amendment.findings)):
            raise CheckFailed((*refused, *amendment.findings))
        return _Judged(binding=binding, plan=planned, decision=decision, amendment=amendment)

    def _warnings(self, checked: Checked) -> tuple[Finding, ...]:
        at, calendar = self._world.issuer.now(), self._world.calendar()
        late = issue_findings(checked.consignment, checked.signing_time, at=at, calendar=calendar)
        return (*late, *self._same_key(checked))

    def _same_key(self, checked: Checked) -> tuple[Finding, ...]:
        key = checked.document_key
        if key is None:
            return ()
        known = self._world.transactions.read(lambda connection: mail.consignments_by_key(connection, key))
        other = [row for row in known if row.content_digest != checked.content_digest]
        if not other:
            return ()
        warning = SameKeyOtherContent(where="letter.edxml")
        return (Finding.of(warning, Stage.DIRECTORY, Severity.WARNING),)

    def _accepted(self, checked: Checked) -> Answer:
        """What is stored about a consignment that is: the answer leaves only as it is read back.

        Raises:
            CameOtherwise: a hub peer had brought it before; there is no acceptance of ours.
        """

        def work(connection: Connection) -> Answer | None:
            row = mail.consignment(connection, checked.consignment.sender, checked.consignment.id)
            evidence = None if row is None else records.evidence(connection, row.acceptance)
            return None if row is None or evidence is None else answer_of(evidence, row.verdict)

        answer = self._world.transactions.read(work)
        if answer is None:
            raise CameOtherwise(where="consignment.xml")
        return answer

    def _reject(
        self, peer: PeerRow, received: Received, checked: Checked | None, failed: CheckFailed
    ) -> SubmissionRefused:
        """Seal, log and store the rejection; of the content only its digest is kept. A refused id is not consumed."""
        self._limits.refused(peer.id)
        note_refused(self._world.meters, [finding.code for finding in errors(failed.findings)])
        digest = received.sha256
        note_stop(self._world, failed.findings, peer=peer.id, checked=checked, container_sha256=digest)
        sealed = self._world.issuer.evidence(
            Event.SUBMISSION_REJECTION,
            _refused_subject(received, checked),
            reasons=[finding.code for finding in errors(failed.findings)],
        )
        self._world.transactions.run(lambda connection: home.store_evidence(connection, [sealed], submitter=peer.id))
        stored = self._world.transactions.read(lambda connection: records.evidence(connection, sealed.value.id))
        if stored is None:
            raise AssertionError("a rejection that was committed is stored")
        return SubmissionRefused(failed.findings, unchecked=failed.unchecked, evidence=document_of(stored))


def _refused_subject(received: Received, checked: Checked | None) -> Subject:
    if checked is None:
        return Subject(sender="", recipients=(), consignment_id="", container_sha256=received.sha256)
    return Subject(
        sender=checked.consignment.sender,
        recipients=checked.consignment.recipients,
        consignment_id=checked.consignment.id,
        container_sha256=received.sha256,
    )
