"""What checking found: one finding per fault, in the reader's words.

Findings are values, because "two warnings" is an ordinary outcome; refusing is done by whoever decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from schemas.gate.refusal import Refusal


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Stage(StrEnum):
    """The stages of checking in the order in which they refuse."""

    GATE = "gate"
    CONTAINER = "container"
    SIGNATURE = "signature"
    SCHEMA = "schema"
    RULES = "rules"
    DIRECTORY = "directory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    code: str
    severity: Severity
    stage: Stage
    vi: str
    en: str
    remedy_vi: str = ""
    remedy_en: str = ""
    where: str = ""
    line: int | None = None

    @classmethod
    def of(cls, refusal: Refusal, stage: Stage, severity: Severity = Severity.ERROR) -> Finding:
        return cls(
            code=refusal.code,
            severity=severity,
            stage=stage,
            vi=refusal.message("vi"),
            en=refusal.message("en"),
            remedy_vi=refusal.remedy("vi"),
            remedy_en=refusal.remedy("en"),
            where=refusal.where,
            line=refusal.line,
        )

    def as_dict(self) -> dict[str, str | int | None]:
        return {
            "code": self.code,
            "severity": self.severity.value,
            "stage": self.stage.value,
            "where": self.where,
            "line": self.line,
            "vi": self.vi,
            "en": self.en,
            "remedy_vi": self.remedy_vi,
            "remedy_en": self.remedy_en,
        }


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)
