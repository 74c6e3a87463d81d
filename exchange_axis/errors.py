"""Refusals of the exchange itself. One class per refusal; the code never changes.

How an error becomes an HTTP answer is decided in `web.shared.problems` and nowhere else.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.findings import Finding
from schemas.gate.refusal import Refusal


class AxisError(Refusal):
    """Base of all refusals of hub, node and command line."""


class CheckFailed(AxisError):
    """A consignment or document did not pass; carries all findings of the first stage that refuses."""

    code: ClassVar[str] = "check.failed"
    vi: ClassVar[str] = "Gói tin không đạt kiểm tra ở bước {stage}"
    en: ClassVar[str] = "The consignment did not pass the {stage} stage"
    remedy_vi: ClassVar[str] = "Sửa các lỗi được liệt kê rồi gửi lại; mã gói tin chưa bị dùng"
    remedy_en: ClassVar[str] = "Mend the listed faults and send again; the id is not consumed"

    def __init__(self, findings: tuple[Finding, ...], *, unchecked: tuple[str, ...] = (), where: str = "") -> None:
        super().__init__(where=where, stage=findings[0].stage.value if findings else "?")
        self.findings = findings
        self.unchecked = unchecked
        """Stages that were not reached."""


class IllegalTransition(AxisError):
    """A (state, event) pair that the lifecycle table does not have: a fault of ours, never of a letter."""

    code: ClassVar[str] = "lifecycle.illegal-transition"
    vi: ClassVar[str] = "Không có bước chuyển cho sự kiện {event} ở trạng thái {state}"
    en: ClassVar[str] = "No transition for event {event} in state {state}"


class NotFound(AxisError):
    """Nothing by that name, or nothing that the asker may see: both look the same."""

    code: ClassVar[str] = "request.not-found"
    vi: ClassVar[str] = "Không tìm thấy {what}"
    en: ClassVar[str] = "Not found: {what}"


class Forbidden(AxisError):
    code: ClassVar[str] = "auth.forbidden"
    vi: ClassVar[str] = "Bên gọi không được phép làm việc này: {what}"
    en: ClassVar[str] = "The caller may not do this: {what}"


class ConsignmentErased(AxisError):
    """Content that was destroyed by decision is not taken in again under the same id."""

    code: ClassVar[str] = "consignment.erased"
    vi: ClassVar[str] = "Nội dung văn bản {consignment_id} đã tiêu hủy ở đây; không nhận lại và không giao nữa"
    en: ClassVar[str] = "The content of letter {consignment_id} was erased here; it is not taken in or delivered"
    remedy_vi: ClassVar[str] = "Nếu vẫn phải gửi, gửi thành văn bản mới; biên nhận và lịch sử vẫn xem được"
    remedy_en: ClassVar[str] = "If it must still be sent, send a new letter; evidence and history can still be read"


class ConsignmentConflict(AxisError):
    """The same (sender, consignment id) with other content: refused and alarmed, never a duplicate."""

    code: ClassVar[str] = "consignment.conflict"
    vi: ClassVar[str] = "Mã gói tin {consignment_id} đã được dùng cho nội dung khác"
    en: ClassVar[str] = "Consignment id {consignment_id} was already used for other content"
    remedy_vi: ClassVar[str] = "Tạo gói tin mới với mã mới; kiểm tra xem phần mềm có dùng lại mã không"
    remedy_en: ClassVar[str] = "Make a new consignment with a new id; check whether the software re-uses ids"
