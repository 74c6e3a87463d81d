"""Checking a file that somebody holds in hand, stage by stage, and saying of every stage what came of it.

Rules of this file:
1. The stages and their order are those of the hub; the first that refuses ends the run, but schema and rules run
   together, so that one look shows all there is to mend.
2. A stage that has nothing to say about this kind of file is "not applicable"; one that was not reached, not wanted or
   has no trust anchors is "not checked".
3. Directory and authority are the hub's alone and are not among the stages here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from exchange_axis.domain.consignment import Consignment, ConsignmentClass, PartDigest
from exchange_axis.errors import AxisError, CheckFailed
from exchange_axis.pipeline.attachments import judge, look, look_into
from exchange_axis.pipeline.check import (
    DOCUMENT_LIMIT,
    SMALL_LIMIT,
    ConsignmentExpired,
    ReplyMissing,
    _letter_agreement,
    _sender_agreement,
)
from exchange_axis.pipeline.check_pdf import check_pdf, is_pdf
from exchange_axis.pipeline.file_report import FilesReport
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.pipeline.letter_files import files_inside
from exchange_axis.pipeline.reduced import check_reduced
from exchange_axis.pipeline.verify_read import Found, open_regular, recognise, statement_of
from exchange_axis.pipeline.verify_refusals import Unreadable
from exchange_axis.pipeline.verify_result import Kind, masked
from exchange_axis.wire import members
from exchange_axis.wire.consignment import read_consignment
from exchange_axis.wire.container import Container, check_kind, check_members
from exchange_axis.wire.edxml import kind_of, read_letter
from exchange_axis.wire.status import read_status
from exchange_axis.wire.times import to_text
from schemas.findings import Finding, Stage, errors
from schemas.gate.pdf import admit_pdf
from schemas.gate.refusal import Refusal
from schemas.gate.xml import XmlProfile, read
from schemas.rules import check_letter, check_status
from schemas.validate import validate
from signing.container import verify_members_unanchored
from signing.pdf_verdict import Trust
from signing.trust import TrustAnchors
from signing.verifier import SignerInfo, check_signer
from signing.xades import verify_enveloped_unanchored

PDF = "pdf"
"""Kind of a PDF by itself."""
STAGES = (Stage.GATE, Stage.CONTAINER, Stage.SIGNATURE, Stage.SCHEMA, Stage.RULES)


class StageState(StrEnum):
    PASSED = "passed"
    REFUSED = "refused"
    NOT_CHECKED = "not-checked"
    NOT_APPLICABLE = "not-applicable"


class NothingToCheck(AxisError):
    code: ClassVar[str] = "check.unsupported"
    vi: ClassVar[str] = "Lệnh kiểm tra không dùng cho loại tệp này"
    en: ClassVar[str] = "This kind of file is not for checking"
    remedy_vi: ClassVar[str] = "Dùng axis verify cho chứng minh nhật ký và điểm kiểm tra"
    remedy_en: ClassVar[str] = "Use axis verify for log proofs and checkpoints"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    kind: str | None
    """`letter` and `status` are containers, `edxml` is either alone; None when it could not be told."""
    stages: dict[Stage, StageState]
    findings: tuple[Finding, ...]
    files: Mapping[str, Any] | None = None
    """What was found in the attachments, or in the PDF that was checked; None without trust anchors."""

    @property
    def passed(self) -> bool:
        return StageState.REFUSED not in self.stages.values()

    def as_dict(self) -> dict[str, Any]:
        """The JSON document of `axis check --json`."""
        return {
            "kind": self.kind,
            "stages": {stage.value: state.value for stage, state in self.stages.items()},
            "findings": [finding.as_dict() for finding in self.findings],
            "files": self.files,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """How to check."""

    at: datetime
    """Now, aware UTC: for dates, expiry and certificates, as a hub would see them."""
    anchors: TrustAnchors | None = None
    files: FileTools | None = None
    """What looks into attachments and PDF files."""
    monotonic: Callable[[], float] = lambda: 0.0
    only: frozenset[Stage] = frozenset(STAGES)
    """Gate and container run before any later stage, whatever is wanted."""


def check_file(path: Path, how: Checking) -> CheckReport:
    """
    Raises:
        OSError: the file cannot be read.
    """
    run = _Run(how, path)
    with open_regular(path) as file, run.to_the_end():
        run.judge(file)
    findings = tuple(masked(finding) for finding in run.findings)
    return CheckReport(kind=run.kind, stages=run.stages, findings=findings, files=run.files)


class _Stopped(Exception):
    """A stage refused."""


class _Run:
    def __init__(self, how: Checking, path: Path) -> None:
        self.how = how
        self.path = path
        self.files: Mapping[str, Any] | None = None
        self.kind: str | None = None
        self.stages = dict.fromkeys(STAGES, StageState.NOT_CHECKED)
        self.findings: list[Finding] = []
        self._current = Stage.GATE

    @contextmanager
    def to_the_end(self) -> Iterator[None]:
        """A library's own error, of whatever family, refuses the stage it occurred in."""
        try:
            yield
        except _Stopped:
            pass
        except OSError:
            raise
        except Exception as error:
            self.stages[self._current] = StageState.REFUSED
            self.findings.append(Finding.of(Unreadable(kind=type(error).__name__), self._current))

    @contextmanager
    def stage(self, stage: Stage, *, where: str = "") -> Iterator[None]:
        """Runs the block as part of a stage; `where` names the member for refusals that name no place."""
        self._current = stage
        try:
            yield
        except CheckFailed as failed:
            self.refuse(stage, failed.findings)
        except Refusal as refusal:
            finding = Finding.of(refusal, stage)
            self.refuse(stage, [finding if finding.where else replace(finding, where=where)])
        self.stages[stage] = StageState.PASSED

    def refuse(self, stage: Stage, findings: Iterable[Finding]) -> None:
        self.findings += findings
        self.stages[stage] = StageState.REFUSED
        raise _Stopped

    def does_not_apply(self, *stages: Stage) -> None:
        for stage in stages:
            self.stages[stage] = StageState.NOT_APPLICABLE

    def wants(self, *stages: Stage) -> bool:
        return not self.how.only.isdisjoint(stages)

    def judge(self, file: BinaryIO) -> None:
        head = file.read(1024)
        file.seek(0)
        if is_pdf(head):
            self._pdf(file)
            return
        with self.stage(Stage.GATE):
            found = recognise(file)
            if found.kind in (Kind.PROOF, Kind.CHECKPOINT):
                raise NothingToCheck
        if found.kind is None:
            file.seek(0)
            self._container(file)
        elif found.kind is Kind.EDXML:
            self._edxml(found.data)
        elif found.kind is Kind.CONSIGNMENT:
            self._consignment(found.data)
        else:
            self._sealed(found)

    def _pdf(self, file: BinaryIO) -> None:
        self.kind = PDF
        self.does_not_apply(Stage.CONTAINER, Stage.SCHEMA, Stage.RULES)
        with self.stage(Stage.GATE):
            admit_pdf(file, file.seek(0, 2) - file.seek(0))
        trust = self._trust()
        if self.how.files is None or trust is None or not self.wants(Stage.SIGNATURE):
            return
        checked = check_pdf(self.path, self.how.files, trust)
        self.findings += checked.findings
        self.files = checked.report
        if errors(checked.findings):
            self.stages[Stage.SIGNATURE] = StageState.REFUSED
        elif checked.verdict is not None and checked.verdict.is_valid:
            self.stages[Stage.SIGNATURE] = StageState.PASSED

    def _trust(self) -> Trust | None:
        how = self.how
        if how.files is None or how.anchors is None:
            return None
        return how.files.trust(how.anchors, received_at=how.at, now=how.at)

    def _attachments(self, document: bytes, parts: tuple[PartDigest, ...]) -> None:
        """The files of a letter, as a hub with this trust would judge them."""
        trust, tools = self._trust(), self.how.files
        if tools is None or trust is None or not self.wants(Stage.RULES):
            return
        letter = read_letter(document).letter
        report = look_into(self.path, parts, letter, tools=tools, trust=trust, monotonic=self.how.monotonic)
        if report is not None:
            self._told(report)

    def _inside(self, document: bytes) -> None:
        """The files that a packet outside any container carries inside itself."""
        trust, tools = self._trust(), self.how.files
        if tools is None or trust is None or not self.wants(Stage.RULES):
            return
        with files_inside(document) as files:
            looked = look(files, tools, seconds=tools.seconds, monotonic=self.how.monotonic)
        if looked:
            self._told(judge(read_letter(document).letter, looked, trust, tools))

    def _told(self, report: FilesReport) -> None:
        self.files = report.document
        self.findings += report.findings
        if errors(report.findings):
            self.stages[Stage.RULES] = StageState.REFUSED

    def _edxml(self, data: bytes) -> None:
        self.does_not_apply(Stage.CONTAINER, Stage.SIGNATURE)
        self.kind = Kind.EDXML.value
        kind = kind_of(read(data, XmlProfile.FOREIGN))
        self._document(data, kind, _Around())
        if kind != Kind.STATUS and StageState.REFUSED not in self.stages.values():
            self._inside(data)

    def _consignment(self, data: bytes) -> None:
        self.kind = Kind.CONSIGNMENT.value
        self.does_not_apply(Stage.CONTAINER, Stage.SIGNATURE, Stage.RULES)
        with self.stage(Stage.GATE):
            read(data, XmlProfile.SIGNED)
        if self.wants(Stage.SCHEMA):
            with self.stage(Stage.SCHEMA):
                read_consignment(data)

    def _sealed(self, found: Found) -> None:
        assert found.kind is not None  # noqa: S101 - for the type checker; containers went another way
        self.kind = found.kind.value
        self.does_not_apply(Stage.CONTAINER, Stage.RULES)
        with self.stage(Stage.GATE):
            root = read(found.data, XmlProfile.SIGNED)
        if self.wants(Stage.SIGNATURE):
            with self.stage(Stage.SIGNATURE):
                verified = verify_enveloped_unanchored(found.data)
                self._path(verified.signer)
            root = verified.root
            self._without_anchors()
        if self.wants(Stage.SCHEMA):
            with self.stage(Stage.SCHEMA):
                statement_of(found.kind, root)

    def _container(self, file: BinaryIO) -> None:
        with self.stage(Stage.GATE):
            container = Container(file)
        self.kind = (Kind.STATUS if container.document_name == members.STATUS else Kind.LETTER).value
        self._admit(container, members.CONSIGNMENT, XmlProfile.SIGNED)
        self._admit(container, members.SIGNATURES, XmlProfile.SIGNED)
        document = self._admit(container, container.document_name, XmlProfile.FOREIGN)
        if not self.wants(*STAGES[1:]):
            return
        with self.stage(Stage.CONTAINER):
            consignment = read_consignment(container.read(members.CONSIGNMENT, limit=SMALL_LIMIT))
            check_kind(container, consignment)
        parts = self._members(container)
        if self.wants(Stage.SCHEMA, Stage.RULES):
            with self.stage(Stage.SCHEMA):
                check_reduced(container, parts)
        self._document(document, consignment.kind.value, _Around(consignment=consignment, parts=parts))
        if consignment.kind is ConsignmentClass.LETTER:
            self._attachments(document, parts)

    def _admit(self, container: Container, name: str, profile: XmlProfile) -> bytes:
        with self.stage(Stage.GATE, where=name):
            limit = DOCUMENT_LIMIT if profile is XmlProfile.FOREIGN else SMALL_LIMIT
            data = container.read(name, limit=limit)
            read(data, profile)
        return data

    def _members(self, container: Container) -> tuple[PartDigest, ...]:
        if not self.wants(Stage.SIGNATURE):
            with self.stage(Stage.CONTAINER):
                parts = container.digest_parts()
            return parts
        with self.stage(Stage.SIGNATURE):
            verified = verify_members_unanchored(container.read(members.SIGNATURES, limit=SMALL_LIMIT))
            parts = check_members(container, verified)
            self._path(verified.signer)
        self._without_anchors()
        return parts

    def _path(self, signer: SignerInfo) -> None:
        if self.how.anchors is not None:
            check_signer(signer, self.how.anchors, at=self.how.at)

    def _without_anchors(self) -> None:
        """Mathematics alone prove nobody: the stage has not passed."""
        if self.how.anchors is None:
            self.stages[Stage.SIGNATURE] = StageState.NOT_CHECKED

    def _document(self, data: bytes, kind: str, around: _Around) -> None:
        """Schema and rules together."""
        if not self.wants(Stage.SCHEMA, Stage.RULES):
            return
        judge = _judge_status if kind == Kind.STATUS else _judge_letter
        with self.stage(Stage.SCHEMA):
            found = judge(data, self.how.at, around)
        wanted = [stage for stage in (Stage.SCHEMA, Stage.RULES) if self.wants(stage)]
        self.stages[Stage.SCHEMA] = StageState.NOT_CHECKED
        for stage in wanted:
            faults = errors(finding for finding in found if finding.stage is stage)
            self.stages[stage] = StageState.REFUSED if faults else StageState.PASSED
        self.findings += [finding for finding in dict.fromkeys(found) if finding.stage in wanted]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What stands around a document; no consignment where it came alone."""

    consignment: Consignment | None = None
    parts: tuple[PartDigest, ...] = ()


def _judge_letter(data: bytes, at: datetime, around: _Around) -> tuple[Finding, ...]:
    letter = read_letter(data)
    for inline in letter.inline:
        inline.decode()
    consignment = around.consignment
    attached = sum(part.name.startswith(members.ATTACHMENTS) for part in around.parts) or len(letter.inline)
    found = (
        *validate(letter.normal, "edxml-document"),
        *letter.findings,
        # A bare letter of ours was parted from its attachments: nobody knows how many there were.
        *check_letter(letter.normal, at=at, attachments=None if consignment is None else attached),
    )
    if consignment is None:
        return found
    found = (*found, *_letter_agreement(consignment, letter.letter, attached))
    if consignment.expires_at <= at:
        expired = ConsignmentExpired(where=members.CONSIGNMENT, expires_at=to_text(consignment.expires_at))
        found = (*found, Finding.of(expired, Stage.RULES))
    return found


def _judge_status(data: bytes, at: datetime, around: _Around) -> tuple[Finding, ...]:
    status = read_status(data)
    found = (*validate(status.normal, "edxml-status"), *status.findings, *check_status(status.normal, at=at))
    consignment = around.consignment
    if consignment is None:
        return found
    found = (*found, *_sender_agreement(consignment, status.status.from_.id))
    if consignment.kind is ConsignmentClass.STATUS and consignment.in_reply_to is None:
        found = (*found, Finding.of(ReplyMissing(where=members.CONSIGNMENT), Stage.RULES))
    return found
