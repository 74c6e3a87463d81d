"""What a check of `axis doctor` says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schemas.gate.refusal import Refusal


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    """Stable; what machines look for."""
    state: State
    vi: str
    en: str
    remedy_vi: str = ""
    remedy_en: str = ""

    @classmethod
    def failed(cls, name: str, refusal: Refusal) -> Check:
        return cls(
            name=name,
            state=State.FAIL,
            vi=f"{refusal.code}: {refusal.message('vi')}",
            en=f"{refusal.code}: {refusal.message('en')}",
            remedy_vi=refusal.remedy("vi"),
            remedy_en=refusal.remedy("en"),
        )


def counted(name: str, count: int, *, said: tuple[str, str], remedy: tuple[str, str]) -> Check:
    """Something of which none is well; texts in Vietnamese and English."""
    return Check(
        name=name,
        state=State.WARN if count else State.OK,
        vi=f"{count} {said[0]}",
        en=f"{count} {said[1]}",
        remedy_vi=remedy[0] if count else "",
        remedy_en=remedy[1] if count else "",
    )
