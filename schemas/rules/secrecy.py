"""Secrecy marks: documents with state secrets may not travel (Decision 28/2018, scope).

The packet has no element for secrecy, so a mark is looked for where people put one: as a whole value, in brackets,
or after "Độ mật:". Capitals are demanded otherwise, because "bảo vệ bí mật nhà nước" is an ordinary subject.
"""

from __future__ import annotations

import re
import unicodedata
from typing import ClassVar

from schemas.findings import Finding, Stage
from schemas.gate.refusal import Refusal

LEVELS = frozenset({"TUYỆT MẬT", "TỐI MẬT", "MẬT"})
"""The marks of the Law on the protection of state secrets, as stamps show them."""
_LEVEL = r"(?:TUYỆT\s+MẬT|TỐI\s+MẬT|MẬT)"
_MARK = re.compile(
    rf"^\s*{_LEVEL}\s*(?:$|[:.\-–])|[\[(<{{]\s*{_LEVEL}\s*[\])>}}]|(?i:độ\s+mật)\s*:\s*(?i:{_LEVEL})",
)
_MAX_TEXT = 4_000
"""Characters that are looked at: the longest accepted value; normalising costs the square of a run of marks."""


class SecrecyMark(Refusal):
    code: ClassVar[str] = "rules.secrecy-mark"
    vi: ClassVar[str] = "Văn bản mang dấu chỉ độ mật"
    en: ClassVar[str] = "The document bears a secrecy mark"
    remedy_vi: ClassVar[str] = "Không gửi văn bản có nội dung bí mật nhà nước qua trục; dùng kênh dành riêng"
    remedy_en: ClassVar[str] = "Do not send state secrets through the axis; use the channel meant for them"


def is_marked(text: str) -> bool:
    """Whether a text bears a secrecy mark."""
    return _MARK.search(unicodedata.normalize("NFC", text[:_MAX_TEXT])) is not None


def finding(where: str, line: int | None) -> Finding:
    """The error for a mark at a place."""
    return Finding.of(SecrecyMark(where=where, line=line), Stage.RULES)
