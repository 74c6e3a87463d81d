"""PDF files: the one place where their signatures are asked about.

Rules of this file:
1. The file is read by whoever was put in charge (`Question.examine`: a process of its own, with limits); without one it
   is not judged.
2. The verdict is that of the closed list of signing/pdf_verdict.py; "revocation could not be checked" is not valid.
3. Who must have signed is a rule about a letter, and not asked of a file alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from cryptography import x509

from exchange_axis.pipeline.verify_case import Case
from exchange_axis.pipeline.verify_refusals import NotJudged, PdfFound
from exchange_axis.pipeline.verify_result import Answer, Kind, Reason, Signer, TimeKind, Why, mask
from exchange_axis.wire.times import to_text
from schemas.findings import Finding, Stage
from schemas.gate.refusal import Refusal
from signing.pdf_verdict import PdfJudgement, Revocation, SignatureJudgement, Trust, Verdict
from signing.pdf_verdict import judge_pdf as judge_facts
from signing.revocation import NOTHING, Evidence
from signing.roots import RootUse
from signing.trust import Purpose, TrustAnchors, check_path

REASONS: Mapping[Verdict, Reason] = {
    Verdict.NOT_INTACT: Reason.ALTERED,
    Verdict.REVOKED: Reason.REVOKED,
    Verdict.EXPIRED_BEFORE_SIGNING: Reason.CERTIFICATE_EXPIRED,
    Verdict.UNKNOWN_ROOT: Reason.UNKNOWN_ROOT,
    Verdict.UNSIGNED: Reason.UNSIGNED,
    Verdict.AGENCY_MISSING: Reason.UNSIGNED,
    Verdict.PERSON_MISSING: Reason.UNSIGNED,
    Verdict.REVOCATION_UNKNOWN: Reason.REVOCATION_UNKNOWN,
    Verdict.VALID_NOW_EXPIRED: Reason.OK,
    Verdict.VALID: Reason.OK,
}
_HELD = frozenset({Verdict.REVOCATION_UNKNOWN, Verdict.VALID_NOW_EXPIRED, Verdict.VALID})


def judge_pdf(case: Case, file: BinaryIO) -> None:
    """
    Raises:
        NotJudged: nobody to read it, or he could not.
        NoAnchors.
    """
    case.document = {"kind": Kind.PDF.value}
    question = case.question
    if question.examine is None or case.path is None:
        raise NotJudged(kind="PDF")
    examined = question.examine(case.path, file.seek(0, 2), case.sha256)
    if examined.pdf is None or examined.problem is not None:
        raise NotJudged(kind=f"PDF ({examined.problem or examined.kind})")
    now = question.now or question.at
    if now is None:
        raise NotJudged(kind="PDF")
    anchors = case.anchors()
    judged = judge_facts(
        examined.pdf,
        Trust(
            anchors=anchors,
            received_at=question.at or now,
            now=now,
            revocation=_Revocations(case=case, anchors=anchors, now=now),
            stamps=_Stamps(anchors),
        ),
    )
    _fill(case, judged, examined.pdf.pages)


def _fill(case: Case, judged: PdfJudgement, pages: int) -> None:
    case.document = {
        "kind": Kind.PDF.value,
        "verdict": judged.verdict.value,
        "pages": pages,
        "covers_whole_file": judged.covers_whole_file,
        "signatures": [_signature(one) for one in judged.signatures],
    }
    case.reason = REASONS[judged.verdict]
    finding = PdfFound(found=judged.verdict.vi, known_as=judged.verdict.en)
    if case.reason is Reason.OK:
        case.remark(finding)
    else:
        case.findings.append(Finding.of(finding, Stage.SIGNATURE))
    if not judged.signatures:
        return
    last = judged.signatures[-1]
    case.proof_time = last.judged_at
    case.proof_time_kind = TimeKind.GIVEN if case.question.at is not None else TimeKind.PRESENT
    if last.signer is not None:
        name = mask(last.signer.name)
        case.signer = Signer(subject=name, fingerprint=last.fingerprint, serial=last.serial, common_name=name)
    case.signed = Answer.YES if judged.verdict in _HELD else Answer.NO
    states = {one.revocation for one in judged.signatures}
    if Revocation.REVOKED in states:
        case.revocation = Answer.NO
    elif states == {Revocation.GOOD}:
        case.revocation = Answer.YES
    if all(one.facts.stamp is not None for one in judged.signatures):
        held = all(one.basis.value == "stamp" for one in judged.signatures)
        case.stamped = Answer.YES if held else Answer.NOT_CHECKED
        if not held:
            case.why["stamped"] = Why.NO_KEY


def _signature(one: SignatureJudgement) -> dict[str, Any]:
    signer = one.signer
    claimed = one.facts.claimed_at
    return {
        "field": mask(one.facts.field),
        "verdict": one.verdict.value,
        "reason": None if one.reason is None else one.reason.value,
        "signer": None if signer is None else mask(signer.name),
        "signer_kind": None if signer is None else signer.kind.value,
        "organization": None if signer is None else mask(signer.organization),
        "issuer": mask(one.issuer),
        "serial": one.serial,
        "fingerprint": one.fingerprint,
        "claimed_at": None if claimed is None else to_text(claimed),
        "judged_at": to_text(one.judged_at),
        "basis": one.basis.value,
        "coverage": one.facts.coverage.value,
        "change": one.facts.change.value,
        "revocation": one.revocation.value,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Revocations:
    """What the lists and answers that were given say of a signer."""

    case: Case
    anchors: TrustAnchors
    now: datetime

    def __call__(
        self, certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime, carried: Evidence
    ) -> Revocation:
        trust = self.case.question.trust
        given = Evidence(crls=trust.crls, ocsp=trust.ocsp)
        if given == carried == NOTHING:
            return Revocation.NOT_CHECKED
        from signing.pdf_revocation import revocation_by  # noqa: PLC0415 - its validator loads slowly

        return revocation_by(self.anchors, given, now=self.now)(certificate, others, at=at, carried=carried)


@dataclass(frozen=True, slots=True)
class _Stamps:
    """A time-stamping authority is believed when it leads to one of the roots."""

    anchors: TrustAnchors

    def __call__(self, certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime) -> bool:
        try:
            allowed = self.anchors.for_use(RootUse.TIME_STAMP, at)
            check_path(certificate, others, allowed, at=at, purpose=Purpose.TIME_STAMPING)
        except Refusal:
            return False
        return True
