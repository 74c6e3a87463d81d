"""Words of the auditor's pages that come from values and not from templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from exchange_axis.domain.deadlines import DeadlineClock
from exchange_axis.domain.lifecycle import DeliveryState, Progress, Request
from exchange_axis.hub.indicators import Number
from exchange_axis.web.shared.language import later, word
from exchange_axis.web.shared.words import span_of
from schemas import codelists
from schemas.gate.refusal import Language

STATES: Final[Mapping[str, tuple[str, str]]] = {
    DeliveryState.QUEUED: (later("Chờ chuyển"), "warn"),
    DeliveryState.RELAYED: (later("Đã chuyển trục khác"), "info"),
    DeliveryState.CONSIGNED: (later("Chờ nơi nhận lấy"), "warn"),
    DeliveryState.HANDED_OVER: (later("Đã giao"), "good"),
    DeliveryState.FAILED: (later("Không giao được"), "bad"),
    DeliveryState.REDIRECTED: (later("Chuyển đơn vị kế thừa"), "info"),
    DeliveryState.DUPLICATE: (later("Trùng, không giao"), "info"),
    DeliveryState.WITHDRAWN: (later("Đã rút trước khi giao"), "info"),
}
"""Words and tone."""
PROGRESS: Final[Mapping[str, tuple[str, str]]] = {
    Progress.ARRIVED: (later("Đã đến"), ""),
    Progress.REFUSED: (later("Từ chối tiếp nhận"), "bad"),
    Progress.ACCEPTED: (later("Đã tiếp nhận"), "good"),
    Progress.ASSIGNED: (later("Phân công"), "good"),
    Progress.PROCESSING: (later("Đang xử lý"), "good"),
    Progress.COMPLETED: (later("Hoàn thành"), "good"),
}
REQUESTS: Final[Mapping[str, tuple[str, str]]] = {
    Request.TAKE_BACK_ASKED: (later("Xin lấy lại"), "warn"),
    Request.RECALL_ASKED: (later("Đã thu hồi, chờ xác nhận hủy"), "warn"),
    Request.UPDATE_ASKED: (later("Có bản cập nhật"), "info"),
    Request.WITHDRAWN: (later("Đã hủy"), "info"),
    Request.UPDATED: (later("Đã cập nhật"), "info"),
    Request.REPLACED: (later("Đã thay thế"), "info"),
}
ALL_STATES: Final[Mapping[str, tuple[str, str]]] = {**STATES, **PROGRESS, **REQUESTS}
SIDES: Final = (
    ("any", later("Bên gửi hoặc bên nhận")),
    ("sender", later("Bên gửi")),
    ("recipient", later("Bên nhận")),
)
UNITS: Final = (
    ("day", later("Ngày")),
    ("week", later("Tuần")),
    ("month", later("Tháng")),
    ("month-15", later("Tháng báo cáo (15 đến 14)")),
    ("quarter", later("Quý")),
    ("quarter-15", later("Quý báo cáo (15 đến 14)")),
    ("year", later("Năm")),
)
TIERS: Final[Mapping[str, str]] = {
    "centre": later("Trung ương"),
    "province": later("Tỉnh, thành phố"),
    "department": later("Sở, ban, ngành"),
    "district": later("Huyện (đến 30/6/2025)"),
    "commune": later("Xã, phường"),
    "party": later("Cơ quan đảng"),
    "enterprise": later("Doanh nghiệp"),
}
PLOTTED: Final = (
    ("letters", later("Văn bản gửi")),
    ("deliveries", later("Lượt gửi")),
    ("handed_over", later("Đã giao")),
    ("refused", later("Từ chối tiếp nhận")),
)
SHARES: Final[Mapping[str, str]] = {
    "k1": later("Phát hành đúng hạn (K1)"),
    "same_day": later("Trong ngày (K3)"),
    "urgent": later("Văn bản khẩn kịp thời"),
    "accepted": later("Trả trạng thái tiếp nhận (03)"),
    "completed": later("Hoàn thành (06)"),
    "refused": later("Từ chối tiếp nhận"),
    "fully_valid": later("Ký số hợp lệ đầy đủ"),
    "paperless": later("Không kèm bản giấy"),
}
SORTS: Final[Mapping[str, str]] = {
    "deliveries": later("Nhiều lượt nhất trước"),
    **SHARES,
}
GROUPS: Final[Mapping[str, str]] = {
    "agency": later("Cơ quan"),
    "node": later("Nút"),
    "vendor": later("Hệ thống văn bản (nhà cung cấp)"),
    "tier": later("Cấp"),
    "lane": later("Độ khẩn"),
    "doc_type": later("Loại văn bản"),
}
AXIS_TIME: Final = later("Thời gian")
AXIS_NUMBER: Final = later("Số lượng")
AXIS_SHARE: Final = later("Phần trăm")
SHARES_TITLE: Final = later("Tỷ lệ đúng hạn và hoàn thành theo thời gian")
OF_ALL: Final = later("tất cả")
DAILY_MEAN: Final = later("lượt nhận, bình quân ngày")
PLOT_TITLE: Final = later("Văn bản và lượt gửi theo thời gian")
FORMS: Final[Mapping[str, str]] = {
    "monthly": later("Báo cáo tháng"),
    "quarterly": later("Báo cáo quý"),
    "signing": later("Tỷ lệ ký số theo cấp"),
}
EVENTS: Final[Mapping[str, str]] = {
    "SubmissionAcceptance": later("Trục tiếp nhận gói tin"),
    "SubmissionRejection": later("Trục từ chối gói tin"),
    "RelayAcceptance": later("Trục kế tiếp đã nhận"),
    "RelayRejection": later("Trục kế tiếp từ chối"),
    "RelayFailure": later("Không chuyển được tới trục kế tiếp"),
    "ContentConsignment": later("Sẵn sàng cho nơi nhận"),
    "ContentHandover": later("Đã vào hệ thống nơi nhận"),
    "ContentHandoverFailure": later("Kết luận không giao được"),
    "redirect": later("Chuyển cho đơn vị kế thừa"),
    "duplicate": later("Nơi nhận đã có văn bản này"),
    "withdrawn": later("Rút trước khi giao"),
    "status:02": later("Nơi nhận từ chối tiếp nhận"),
    "status:03": later("Nơi nhận đã tiếp nhận"),
    "status:04": later("Nơi nhận đã phân công"),
    "status:05": later("Nơi nhận đang xử lý"),
    "status:06": later("Nơi nhận đã hoàn thành"),
    "status:13": later("Bên gửi xin lấy lại"),
    "status:15": later("Nơi nhận đồng ý"),
    "status:16": later("Nơi nhận không đồng ý"),
    "status:other": later("Trạng thái khác"),
}
LONG: Final = 600
"""Seconds that are written as minutes and hours from here on."""
UNKNOWN_REASON: Final = later("lý do ngoài danh mục")
MISSING: Final[Mapping[str, str]] = {
    "no-01": later("chưa đến nơi nhận"),
    "no-02-or-03": later("chưa tiếp nhận"),
    "no-04": later("chưa phân công"),
    "no-06": later("chưa hoàn thành"),
    "no-15": later("chưa xác nhận hủy"),
}
CLOCK_NAMES: Final[Mapping[str, str]] = {
    DeadlineClock.ISSUE: later("Ký đến gửi (K1)"),
    DeadlineClock.DELIVERY: later("Giao tới nơi nhận (K2)"),
    DeadlineClock.ACKNOWLEDGEMENT: later("Tiếp nhận hoặc từ chối (K3)"),
    DeadlineClock.ASSIGNMENT: later("Phân công (K4)"),
    DeadlineClock.REPLY: later("Trả lời (K5)"),
    DeadlineClock.CANCELLATION: later("Xác nhận hủy sau thu hồi"),
}
CLOCKS: Final[Mapping[str, str]] = {
    "not-started": later("chưa bắt đầu"),
    "running": later("đang chạy"),
    "met": later("đúng hạn"),
    "late": later("muộn"),
    "missed": later("quá hạn"),
    "not-applicable": later("không áp dụng"),
}


def reason(code: str, language: Language) -> str:
    """Why a recipient refused: `LD01 — Gửi sai nơi nhận`; what no list knows is said to be that."""
    known = codelists.load("refusal-reasons").get(code)
    return f"{code} — {word(UNKNOWN_REASON, language) if known is None else known.label(language)}"


def value_of(number: Number, language: Language) -> str:
    """An indicator's value as people of that language write it."""
    if number.value is None:
        return "—"
    if number.measure == "share":
        return f"{_digits(number.value * 100, 1, language)} %"
    if number.measure == "ratio":
        return _digits(number.value, 2, language)
    if number.measure == "bytes":
        return f"{_digits(number.value / 1e6, 1, language)} MB"
    if number.measure == "seconds":
        return f"{_digits(number.value, 0, language)} s"
    return _digits(number.value, 0, language)


def spelt(number: Number, language: Language) -> str:
    """As `value_of`, for a page: hours that nobody counts in seconds are hours."""
    if number.measure == "seconds" and number.value is not None and number.value >= LONG:
        return span_of(timedelta(seconds=number.value), language)
    return value_of(number, language)


def share_of(value: float | None, language: Language) -> str:
    return "—" if value is None else f"{_digits(value * 100, 1, language)} %"


def _digits(value: float, places: int, language: Language) -> str:
    text = f"{value:,.{places}f}"
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))
