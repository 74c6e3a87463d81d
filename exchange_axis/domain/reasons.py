"""Why somebody changes what others rely on: one line that is kept with who, when, and what it was before."""

from __future__ import annotations

import unicodedata
from typing import ClassVar, Final

from exchange_axis.errors import AxisError

LEAST: Final = 10
MOST: Final = 500
"""Characters."""


class ChangeReasonMissing(AxisError):
    code: ClassVar[str] = "change.reason-missing"
    vi: ClassVar[str] = "Thay đổi này phải ghi rõ lý do, từ {least} đến {most} ký tự"
    en: ClassVar[str] = "This change needs a stated reason of {least} to {most} characters"
    remedy_vi: ClassVar[str] = "Ghi lý do, ví dụ số quyết định (dòng lệnh: --reason); lý do được lưu cùng thay đổi"
    remedy_en: ClassVar[str] = (
        "State why, such as the decision's number (commands: --reason); it is kept with the change"
    )


def stated(text: str | None) -> str:
    """The reason as it is kept: one line, NFC. Raises ChangeReasonMissing."""
    plain = " ".join(unicodedata.normalize("NFC", text or "").split())
    if not LEAST <= len(plain) <= MOST or not plain.isprintable():
        raise ChangeReasonMissing(least=LEAST, most=MOST)
    return plain
