"""Words of a letter's page: seals, files, clocks, reasons. Every code that a page can meet has its word here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from exchange_axis.domain.disposal import Extent
from exchange_axis.pipeline.verify_result import Verdict
from exchange_axis.web.shared.language import later

RESULT: Final = (("Kết luận", "Lý do", "Ghi nhận"), ("Conclusion", "Reason", "Finding"))
TONES: Final[Mapping[Verdict, str]] = {
    Verdict.ACCEPT: "good",
    Verdict.REJECT: "bad",
    Verdict.INDETERMINATE: "warn",
}
SEALS: Final[Mapping[str, tuple[str, str]]] = {
    "good": (later("chứng thư không bị thu hồi"), "good"),
    "revoked": (later("CHỨNG THƯ ĐÃ BỊ THU HỒI"), "bad"),
    "not-checked": (later("chưa kiểm tra được thu hồi"), "warn"),
}
"""State of a seal's certificate: words and tone."""
UNCHECKED: Final[Mapping[str, str]] = {
    "stale": later("dữ liệu thu hồi đã cũ"),
    "future-dated": later("dữ liệu thu hồi ghi ngày ở tương lai"),
    "expired-before-evidence": later("chứng thư hết hạn trước khi có dữ liệu thu hồi"),
    "unknown-to-responder": later("máy chủ OCSP không biết chứng thư này"),
    "incomplete": later("danh sách thu hồi không đầy đủ"),
    "weak-algorithm": later("dữ liệu thu hồi dùng thuật toán yếu"),
    "untrusted-issuer": later("dữ liệu thu hồi do bên không được tin ký"),
    "nonce-mismatch": later("câu trả lời OCSP không khớp câu hỏi"),
    "unreadable": later("không đọc được dữ liệu thu hồi"),
    "unreachable": later("không liên lạc được nguồn thu hồi"),
    "source-not-allowed": later("nguồn thu hồi ngoài danh sách cho phép"),
    "not-about-it": later("dữ liệu thu hồi nói về chứng thư khác"),
    "path-disputed": later("hai bộ kiểm tra không thống nhất về chuỗi chứng thư"),
    "path-refused": later("chuỗi chứng thư không tới gốc tin cậy"),
    "no-source": later("chứng thư không nêu nguồn thu hồi"),
    "not-yet-asked": later("chưa tới lượt tra cứu"),
    "no-evidence": later("không có dữ liệu thu hồi"),
}
"""Why the revocation of a certificate was not checked."""
EXTENTS: Final[Mapping[str, str]] = {
    Extent.ALL: later("nội dung và thông tin"),
    Extent.PAYLOAD: later("nội dung"),
    Extent.METADATA: later("thông tin"),
}
"""What of a letter was erased."""
SIGNED_BY: Final[Mapping[str, str]] = {
    "person": later("chữ ký cá nhân"),
    "agency": later("chữ ký cơ quan"),
}
FILE_TONES: Final[Mapping[str, str]] = {"valid": "good", "valid-now-expired": "good", "revocation-unknown": "warn"}
"""Of a file's verdict; all others are bad."""
