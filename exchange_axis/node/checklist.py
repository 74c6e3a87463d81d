"""The list a clerk sees before sending: what the hub will check, row by row, green, amber or red, each with its remedy.

1. The very checks of sending run on the very letter (`Sender.rehearse`); nothing is queued.
2. Every finding stands in exactly one row; a row without findings is green and says what was looked at.
3. A red row stops the letter at this node as well; an amber one is the clerk's to decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from exchange_axis.domain.calendar import day_of, moment
from exchange_axis.errors import CheckFailed
from exchange_axis.node.compose import Draft
from exchange_axis.node.draft_errors import DraftFilesMissing
from exchange_axis.node.drafts import Drafts, DraftView
from exchange_axis.node.errors import NodeError
from exchange_axis.node.outbox import Sender
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.file_refusals import OF_VERDICT
from exchange_axis.store.node.rows import OutboxRow
from exchange_axis.wire.members import ATTACHMENTS
from schemas.findings import Finding, Severity, Stage
from schemas.rules.signatures import Needed, Role, needed_signers
from signing.pdf_verdict import Verdict

SEAL_WARNING: Final = timedelta(days=30)


class Level(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Row(StrEnum):
    FIELDS = "fields"
    FILES = "files"
    SIGNATURES = "signatures"
    ANNEXES = "annexes"
    SYMBOL = "symbol"
    RECIPIENTS = "recipients"
    DUE = "due"
    PAPER = "paper"
    DUPLICATE = "duplicate"
    SEAL = "seal"
    TIME = "time"
    OTHER = "other"


class SealEnds(NodeError):
    code: ClassVar[str] = "check.seal-ends"
    vi: ClassVar[str] = "Chứng thư con dấu còn {days} ngày (đến {day})"
    en: ClassVar[str] = "The seal's certificate has {days} days left (until {day})"
    remedy_vi: ClassVar[str] = "Xin chứng thư mới trước khi hết hạn"
    remedy_en: ClassVar[str] = "Ask for a new certificate before it ends"


class SentBefore(NodeError):
    """R48: the same number and symbol once more."""

    code: ClassVar[str] = "check.number-sent"
    vi: ClassVar[str] = "Số, ký hiệu {title} đã gửi ngày {day} (gói tin {consignment_id})"
    en: ClassVar[str] = "Number and symbol {title} were sent on {day} (consignment {consignment_id})"
    remedy_vi: ClassVar[str] = "Văn bản khác thì sửa số; bản sửa thì gửi cập nhật hoặc gửi lại"
    remedy_en: ClassVar[str] = "Give another letter its own number; send a correction as an update"


class PaperToo(NodeError):
    """Decision 28/2018/QĐ-TTg, art. 7: who gets the electronic document gets no paper, but for listed cases."""

    code: ClassVar[str] = "check.paper-too"
    vi: ClassVar[str] = "Có gửi kèm {copies} bản giấy"
    en: ClassVar[str] = "{copies} paper copies follow"
    remedy_vi: ClassVar[str] = "Chỉ gửi bản giấy khi pháp luật yêu cầu; không thì bỏ mục này"
    remedy_en: ClassVar[str] = "Send paper only where the law asks for it; otherwise clear this"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    row: Row
    level: Level
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    rows: tuple[Checked, ...]
    recipients: tuple[str, ...] = ()
    """Everybody it would go to, groups resolved."""
    title: str = ""

    @property
    def may_send(self) -> bool:
        return all(row.level is not Level.RED for row in self.rows)


class Checking:
    def __init__(self, world: NodeWorld, drafts: Drafts, sender: Sender) -> None:
        self._world = world
        self._drafts = drafts
        self._sender = sender

    def of(self, draft_id: str) -> Checklist:
        """
        Raises:
            NotFound.
        """
        view = self._drafts.get(draft_id)
        try:
            with self._drafts.composed(view) as draft:
                found = (*self._rehearsed(draft), *self._seal(draft), *self._before(draft, view))
                found = (*found, *_signers(draft, view), *_paper(draft))
                recipients = tuple(organ.id for organ in draft.letter.to)
                return Checklist(rows=_rows(found, draft), recipients=recipients, title=draft.letter.code)
        except CheckFailed as failed:
            return Checklist(rows=_rows(failed.findings, None))
        except DraftFilesMissing as missing:
            return Checklist(rows=_rows((Finding.of(missing, Stage.SCHEMA),), None))

    def _rehearsed(self, draft: Draft) -> Sequence[Finding]:
        try:
            return self._sender.rehearse(draft)
        except CheckFailed as failed:
            return failed.findings
        except NodeError as refused:
            return (Finding.of(refused, Stage.RULES),)

    def _seal(self, draft: Draft) -> Iterator[Finding]:
        seal = self._world.seals.get(draft.letter.from_.id)
        if seal is None:
            return
        ends = seal.certificate.not_valid_after_utc
        left = ends - self._world.now()
        if left < SEAL_WARNING:
            gone = left <= timedelta()
            soon = SealEnds(days=max(left.days, 0), day=f"{day_of(ends):%d/%m/%Y}")
            yield Finding.of(soon, Stage.SIGNATURE, Severity.ERROR if gone else Severity.WARNING)

    def _before(self, draft: Draft, view: DraftView) -> Iterator[Finding]:
        if draft.about is not None:
            return  # an update or what is sent again has the number of the first sending
        for row in self._same_number(draft, view.row.agency):
            known = SentBefore(
                title=row.title, day=f"{day_of(row.created_at):%d/%m/%Y}", consignment_id=row.consignment_id[:8]
            )
            yield Finding.of(known, Stage.RULES, Severity.WARNING)

    def _same_number(self, draft: Draft, agency: str) -> tuple[OutboxRow, ...]:
        issued = draft.letter.promulgation_date
        year = (issued or day_of(self._world.now())).year
        start, end = moment(date(year, 1, 1), time()), moment(date(year + 1, 7, 1), time())
        code = draft.letter.code
        return self._world.store.read(lambda unit: unit.registers.same_number(agency, code, start, end))


def _rows(findings: Sequence[Finding], draft: Draft | None) -> tuple[Checked, ...]:
    """In the order of Row; where the letter could not be made, only rows that have something to say."""
    by_row: dict[Row, list[Finding]] = {}
    for finding in dict.fromkeys(findings):
        by_row.setdefault(_row_of(finding), []).append(finding)
    shown = [row for row in Row if row in by_row or (draft is not None and row is not Row.OTHER)]
    if draft is not None and not draft.letter.references[1:]:
        shown = [row for row in shown if row is not Row.ANNEXES or row in by_row]
    return tuple(
        Checked(row=row, level=_level(by_row.get(row, ())), findings=tuple(by_row.get(row, ()))) for row in shown
    )


def _level(findings: Sequence[Finding]) -> Level:
    if any(one.severity is Severity.ERROR for one in findings):
        return Level.RED
    return Level.AMBER if findings else Level.GREEN


_BY_CODE: Final = {
    "check.seal-ends": Row.SEAL,
    "check.number-sent": Row.DUPLICATE,
    "check.paper-too": Row.PAPER,
    "node.seal-missing": Row.SEAL,
    "rules.symbol-grammar": Row.SYMBOL,
    "rules.symbol-year": Row.SYMBOL,
    "rules.type-symbol-mismatch": Row.SYMBOL,
    "rules.unknown-type": Row.SYMBOL,
    "rules.due-before-issue": Row.DUE,
    "rules.repeated-recipient": Row.RECIPIENTS,
    "rules.too-many-recipients": Row.RECIPIENTS,
    "rules.organ-id": Row.RECIPIENTS,
    "rules.organ-id-form": Row.RECIPIENTS,
    "rules.no-attachment": Row.FILES,
    "rules.attachment-count": Row.FILES,
    "rules.repeated-attachment": Row.FILES,
    "draft.files-arriving": Row.FILES,
}
_BY_FAMILY: Final = {
    "directory": Row.RECIPIENTS,
    "agency": Row.RECIPIENTS,
    "pdf": Row.SIGNATURES,
    "file": Row.FILES,
    "malware": Row.FILES,
    "secrecy": Row.FILES,
    "zip": Row.FILES,
    "envelope": Row.FIELDS,
    "form": Row.FIELDS,
    "schema": Row.FIELDS,
    "rules": Row.FIELDS,
    "edxml": Row.FIELDS,
    "time": Row.TIME,
    "deadline": Row.TIME,
    "certificate": Row.SEAL,
    "signature": Row.SEAL,
}
_MISSING: Final = {Needed.PERSON: Verdict.PERSON_MISSING, Needed.AGENCY: Verdict.AGENCY_MISSING}
_MAIN: Final = "attachments/001"


def _row_of(finding: Finding) -> Row:
    code = finding.code
    if code.startswith("pdf.") and not finding.where.startswith(_MAIN):
        return Row.ANNEXES  # Decree 30, Appendix I: each annex in a file of its own has the agency's signature (R45)
    if code.startswith("form.") and finding.where.startswith("to"):
        return Row.RECIPIENTS
    return _BY_CODE.get(code) or _BY_FAMILY.get(code.partition(".")[0], Row.OTHER)


def _paper(draft: Draft) -> Iterator[Finding]:
    business = draft.letter.business
    if business is not None and business.paper:
        yield Finding.of(PaperToo(copies=business.paper), Stage.RULES, Severity.WARNING)


def _signers(draft: Draft, view: DraftView) -> Iterator[Finding]:
    """Who has not signed which file, also where the signatures that are there are not trusted (R45)."""
    letter = draft.letter
    for place, file in enumerate(view.files, start=1):
        signed = {str(one["kind"]) for one in (file.found or {}).get("signers", ())}
        if not signed:
            continue  # that it has no signature at all is said by the checks themselves
        role = Role.MAIN if place == 1 else Role.ANNEX
        for needed in sorted(needed_signers(letter.document_type.name, letter.code_notation, role)):
            if needed.value not in signed:
                missing = OF_VERDICT[_MISSING[needed]](where=f"{ATTACHMENTS}{place:03d}.pdf")
                yield Finding.of(missing, Stage.RULES, Severity.WARNING)
