"""A PDF that somebody holds in hand: what it is worth by itself, without a letter around it.

Who must have signed is a question of the letter's type, so only the signatures themselves are judged here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange_axis.pipeline.file_refusals import OF_VERDICT, FileNotChecked
from exchange_axis.pipeline.file_report import Judged, Looked, report_json
from exchange_axis.pipeline.file_tools import FileTools
from schemas.findings import Finding, Severity, Stage
from schemas.rules.signatures import Role
from signing.pdf_verdict import Trust, Verdict, judge_pdf

_UNDECIDED = frozenset({Verdict.REVOCATION_UNKNOWN, Verdict.UNSIGNED, Verdict.VALID_NOW_EXPIRED})
"""Said, and no refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfChecked:
    verdict: Verdict | None
    """None: it could not be checked."""
    findings: tuple[Finding, ...]
    report: Mapping[str, Any]
    """Of the same form as that of a letter's files."""


def is_pdf(head: bytes) -> bool:
    return b"%PDF-" in head


def check_pdf(path: Path, tools: FileTools, trust: Trust) -> PdfChecked:
    """
    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        sha256, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    examined = tools.examiner.examine(path, offset=0, size=size, sha256=sha256, seconds=tools.seconds)
    looked = Looked(member=path.name, name=path.name, role=Role.MAIN, sha256=sha256, examined=examined)
    judgement = None if examined.pdf is None or examined.problem is not None else judge_pdf(examined.pdf, trust)
    verdict = None if judgement is None else judgement.verdict
    judged = Judged(looked=looked, examined=examined, role=Role.MAIN, judgement=judgement, verdict=verdict)
    report = report_json([judged], standing=None, at=trust.now, complete=True)
    return PdfChecked(verdict=verdict, findings=tuple(_findings(judged)), report=report)


def _findings(judged: Judged) -> list[Finding]:
    if judged.verdict is None:
        problem = judged.examined.detail or "unreadable"
        return [Finding.of(FileNotChecked(problem=problem), Stage.SIGNATURE, Severity.WARNING)]
    if judged.verdict is Verdict.VALID:
        return []
    severity = Severity.WARNING if judged.verdict in _UNDECIDED else Severity.ERROR
    return [Finding.of(OF_VERDICT[judged.verdict](), Stage.SIGNATURE, severity)]
