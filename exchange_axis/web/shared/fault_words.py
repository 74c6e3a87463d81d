"""What is wrong with a letter that was written on pages, for who wrote it there: the boxes are called as on the page.

The same faults speak of keys and lines to who writes a file (`node.form_faults`); code and place tell which they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from exchange_axis.web.shared.language import later, word
from schemas.gate.refusal import Language

BOXES: Final[Mapping[str, str]] = {
    "from": later("Cơ quan gửi"),
    "to": later("Nơi nhận"),
    "number": later("Số"),
    "notation": later("Ký hiệu"),
    "date": later("Ngày văn bản"),
    "type": later("Tên loại"),
    "subject": later("Trích yếu"),
    "place": later("Nơi ban hành"),
    "priority": later("Độ khẩn"),
    "due_date": later("Hạn trả lời"),
    "pages": later("Số trang"),
    "copies": later("Số bản"),
    "paper": later("Số bản giấy gửi kèm"),
    "reason": later("Lý do"),
    "signer": later("Người ký"),
    "signer.name": later("Người ký"),
    "signer.position": later("Chức vụ"),
    "signer.competence": later("Thẩm quyền ký (TM., KT., TL.)"),
}
_MISSING: Final = "form.missing-key"
_UNUSABLE: Final = "form.bad-value"
_NOBODY: Final = later("Chưa chọn nơi nhận nào")
_CHOOSE: Final = later("Quay lại bản nháp, thêm nơi nhận ở bước 3")
_EMPTY: Final = later("Chưa ghi “%(box)s”")
_FILL: Final = later("Quay lại bản nháp, điền ô này")
_WRONG: Final = later("Giá trị ở ô “%(box)s” không dùng được")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    text: str
    remedy: str
    place: str
    """Empty where the text names it."""


def fault(finding: Any, language: Language) -> Fault:
    """
    Args:
        finding: a `Finding`, or its `as_dict`.
    """
    given: Mapping[str, Any] = finding if isinstance(finding, Mapping) else finding.as_dict()
    code, where, remedy = given["code"], given.get("where") or "", given.get(f"remedy_{language}") or ""
    box = BOXES.get(where)
    if box is not None and code == _MISSING:
        if where == "to":
            return Fault(text=word(_NOBODY, language), remedy=word(_CHOOSE, language), place="")
        text = word(_EMPTY, language) % {"box": word(box, language)}
        return Fault(text=text, remedy=word(_FILL, language), place="")
    if box is not None and code == _UNUSABLE:
        return Fault(text=word(_WRONG, language) % {"box": word(box, language)}, remedy=remedy, place="")
    return Fault(text=given[language], remedy=remedy, place=where if box is None else word(box, language))
