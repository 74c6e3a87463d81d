"""Answers to submissions, always made from what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterable

from exchange_axis.ports import Answer, Document, DocumentKind
from exchange_axis.store.hub.records import EvidenceRow
from schemas.findings import Finding, Severity


def answer_of(evidence: EvidenceRow, verdict: str) -> Answer:
    """The stored evidence, and the warnings of the stored verdict report."""
    warnings = tuple(finding for finding in json.loads(verdict) if finding["severity"] == Severity.WARNING)
    return Answer(documents=(document_of(evidence),), warnings=warnings)


def document_of(evidence: EvidenceRow) -> Document:
    return Document(kind=DocumentKind.EVIDENCE, sha256=evidence.sha256, content=evidence.document)


def verdict_of(findings: Iterable[Finding]) -> str:
    """A verdict report as it is stored."""
    return json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False)
