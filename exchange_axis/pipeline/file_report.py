"""The part of the verdict report that is about files: full, with names, kept at the hub.

What evidence says of it is codes only. Personal id numbers have been masked before they come here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography.x509 import Certificate

from exchange_axis.domain.evidence import FileVerdict
from exchange_axis.pipeline.envelope import has_words
from exchange_axis.ports import Scan
from exchange_axis.wire.times import to_text
from schemas.findings import Finding
from schemas.rules.signatures import Role
from signing.examined import Examined, Problem
from signing.pdf_verdict import PdfJudgement, SignatureJudgement, Verdict
from signing.revocation import Evidence, RevocationStatus


class Standing(StrEnum):
    """Legal standing of a delivery (Decision 28/2018/QĐ-TTg)."""

    REPLACES_PAPER = "replaces-paper"
    INFORMATION = "information"
    UNDETERMINED = "undetermined"
    """Until what is missing has been checked."""

    @property
    def vi(self) -> str:
        return _STANDINGS[self][0]

    @property
    def en(self) -> str:
        return _STANDINGS[self][1]


_STANDINGS = {
    Standing.REPLACES_PAPER: ("thay văn bản giấy", "replaces paper"),
    Standing.INFORMATION: ("chỉ để biết, tham khảo", "for information only"),
    Standing.UNDETERMINED: ("chưa xác định", "not determined yet"),
}


class MarkState(StrEnum):
    """Whether a secrecy mark was looked for on the first page of a file; one that has a mark is not taken at all."""

    NO_MARK = "no-mark"
    SCAN = "scan"
    NOT_READ = "not-read"
    """A kind of file whose words are not read, or a file that nobody could read."""


_MARKS = {
    MarkState.NO_MARK: ("", ""),
    MarkState.SCAN: ("chưa đọc được dấu mật (bản chụp)", "secrecy marks could not be looked for (a scan)"),
    MarkState.NOT_READ: ("chưa đọc dấu mật", "secrecy marks were not looked for"),
}
_PICTURES = frozenset({"png", "jpeg", "tiff"})
UNCHECKED = ("CHƯA KIỂM TRA ĐƯỢC", "could not be checked")
_LATER = frozenset({Problem.NOT_REACHED, Problem.TIMEOUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One attachment with what the examiner and the scanner said."""

    member: str
    name: str
    role: Role
    sha256: str
    examined: Examined
    scan: Scan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    looked: Looked
    examined: Examined
    """Of the attachment, or of a member inside it."""
    role: Role
    judgement: PdfJudgement | None = None
    verdict: Verdict | None = None
    """None for what is no PDF or could not be checked."""
    members: tuple[Judged, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerStatus:
    """What was known of one who signed, and by what."""

    chain: tuple[Certificate, ...]
    """The signer first."""
    status: RevocationStatus
    evidence: Evidence
    """Among it the pieces that decided; empty where the cache answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesReport:
    document: Mapping[str, Any]
    findings: tuple[Finding, ...]
    codes: tuple[str, ...]
    """For the evidence, besides those of the findings."""
    verdicts: tuple[FileVerdict, ...]
    """For the evidence, file by file."""
    complete: bool
    """False while a file is waiting to be looked at."""
    signers: tuple[SignerStatus, ...] = ()
    """Those whose revocation was asked about, where somebody keeps account of it."""


def report_json(judged: Sequence[Judged], *, standing: Standing | None, at: datetime, complete: bool) -> dict[str, Any]:
    return {
        "judged_at": to_text(at),
        "complete": complete,
        "standing": None if standing is None else standing.value,
        "standing_vi": "" if standing is None else standing.vi,
        "standing_en": "" if standing is None else standing.en,
        "files": [
            {
                "member": one.looked.member,
                "name": one.looked.name,
                "sha256": one.looked.sha256,
                "role": one.role.value,
                "malware": None if one.looked.scan is None else _scan_json(one.looked.scan),
                **_judged_json(one),
            }
            for one in judged
        ],
    }


def _judged_json(one: Judged) -> dict[str, Any]:
    examined = one.examined
    vi, en = _words(one)
    mark = mark_state(examined)
    return {
        "kind": examined.kind,
        "size": examined.size,
        "state": _state(examined),
        "problem": None if examined.problem is None else examined.problem.value,
        "flags": sorted(flag.value for flag in examined.flags),
        "secrecy": mark.value,
        "secrecy_vi": _MARKS[mark][0],
        "secrecy_en": _MARKS[mark][1],
        "verdict": None if one.verdict is None else one.verdict.value,
        "verdict_vi": vi,
        "verdict_en": en,
        "covers_whole_file": None if one.judgement is None else one.judgement.covers_whole_file,
        "signatures": [] if one.judgement is None else [_signature_json(each) for each in one.judgement.signatures],
        "inside": [{"name": member.examined.name, **_judged_json(member)} for member in one.members],
    }


def mark_state(examined: Examined) -> MarkState:
    if examined.kind in _PICTURES:
        return MarkState.SCAN
    if examined.pdf is None or examined.problem is not None:
        return MarkState.NOT_READ
    return MarkState.NO_MARK if has_words(examined.pdf.text) else MarkState.SCAN


def _state(examined: Examined) -> str:
    if examined.problem is None:
        return "checked"
    return "pending" if examined.problem in _LATER else "not-checkable"


def _words(one: Judged) -> tuple[str, str]:
    if one.examined.problem is not None:
        return UNCHECKED
    return ("", "") if one.verdict is None else (one.verdict.vi, one.verdict.en)


def _signature_json(one: SignatureJudgement) -> dict[str, Any]:
    facts, signer = one.facts, one.signer
    return {
        "field": facts.field,
        "verdict": one.verdict.value,
        "verdict_vi": one.verdict.vi,
        "verdict_en": one.verdict.en,
        "reason": None if one.reason is None else one.reason.value,
        "detail": one.detail,
        "signer": None
        if signer is None
        else {
            "kind": signer.kind.value,
            "name": signer.name,
            "position": signer.position,
            "organization": signer.organization,
            "unit": signer.unit,
            "agency_code": signer.agency_code,
            "identifier": signer.identifier,
        },
        "issuer": one.issuer,
        "serial": one.serial,
        "fingerprint": one.fingerprint,
        "claimed_at": None if facts.claimed_at is None else to_text(facts.claimed_at),
        "stamped_at": None if facts.stamp is None else to_text(facts.stamp.at),
        "judged_at": to_text(one.judged_at),
        "basis": one.basis.value,
        "revocation": one.revocation.value,
        "coverage": facts.coverage.value,
        "changed_after": facts.change.value,
        "changed_fields": list(facts.changed_fields),
        "algorithm": f"{facts.scheme}/{facts.digest}".strip("/"),
    }


def _scan_json(scan: Scan) -> dict[str, str]:
    return {"state": scan.state.value, "scanner": scan.scanner, "threat": scan.threat, "reason": scan.reason}
