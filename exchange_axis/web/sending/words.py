"""What the states of sending are called on pages, and their tones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from exchange_axis.domain.registers import Book
from exchange_axis.domain.stages import Stage
from exchange_axis.node.checklist import Level, Row
from exchange_axis.web.shared.language import later

STAGES: Final[Mapping[str, tuple[str, str]]] = {
    Stage.QUEUED: (later("Chờ gửi lên trục"), ""),
    Stage.STOPPED: (later("Trục từ chối"), "bad"),
    Stage.UNDER_WAY: (later("Đang chuyển"), "info"),
    Stage.ARRIVED: (later("Đã đến"), "info"),
    Stage.ACCEPTED: (later("Đã tiếp nhận"), "good"),
    Stage.WORKING: (later("Đang xử lý"), "good"),
    Stage.COMPLETED: (later("Đã hoàn thành"), "good"),
    Stage.REFUSED: (later("Bị từ chối"), "bad"),
    Stage.FAILED: (later("Không giao được"), "bad"),
    Stage.GONE: (later("Đã thu hồi, lấy lại"), "warn"),
}
ASKED: Final[Mapping[str, str]] = {
    "take-back-asked": later("Đã đề nghị lấy lại, chờ trả lời"),
    "recall-asked": later("Đã thu hồi, chờ báo hủy"),
    "update-asked": later("Đã gửi bản cập nhật, chờ trả lời"),
    "updated": later("Theo bản cập nhật"),
    "replaced": later("Đã có văn bản thay thế"),
    "withdrawn": later("Đã hủy bản đã nhận"),
}
REMINDED: Final[Mapping[str, str]] = {
    "sent": later("đã nhắc lúc"),
    "passed-on": later("đã chuyển lời nhắc tới trục nơi nhận lúc"),
    "too-soon": later("vừa nhắc lúc"),
    "nothing-owed": later("không còn nợ gì để nhắc"),
    "elsewhere": later("trục không nhắc thay được: nơi nhận vẫn được nhắc theo hạn"),
    "unknown": later("trục không thấy lượt gửi này"),
}
LEVELS: Final[Mapping[str, tuple[str, str]]] = {
    Level.GREEN: (later("Đạt"), "good"),
    Level.AMBER: (later("Cần xem"), "warn"),
    Level.RED: (later("Phải sửa"), "bad"),
}
ROWS: Final[Mapping[str, str]] = {
    Row.FIELDS: later("Thông tin văn bản, khớp với tệp"),
    Row.FILES: later("Tệp đính kèm"),
    Row.SIGNATURES: later("Chữ ký trên văn bản"),
    Row.ANNEXES: later("Chữ ký cơ quan trên phụ lục tách rời"),
    Row.SYMBOL: later("Số, ký hiệu và loại văn bản"),
    Row.RECIPIENTS: later("Nơi nhận"),
    Row.DUE: later("Hạn trả lời"),
    Row.PAPER: later("Bản giấy"),
    Row.DUPLICATE: later("Trùng số, ký hiệu"),
    Row.SEAL: later("Con dấu của cơ quan"),
    Row.TIME: later("Thời hạn phát hành"),
    Row.OTHER: later("Khác"),
}
BOOKS: Final[Mapping[str, str]] = {
    Book.OUTGOING: later("Sổ đăng ký văn bản đi"),
    Book.INCOMING: later("Sổ đăng ký văn bản đến"),
    Book.FOLLOW_UP: later("Sổ theo dõi giải quyết"),
}
KINDS: Final[Mapping[str, str]] = {
    "recall": later("Văn bản thu hồi"),
    "update": later("Bản cập nhật"),
    "replace": later("Văn bản thay thế"),
}
SOURCES: Final[Mapping[str, str]] = {
    "page": later("trang đầu của tệp"),
    "signature": later("chứng thư chữ ký"),
    "symbol": later("suy từ ký hiệu"),
}
FIELDS: Final[Mapping[str, str]] = {
    "number": later("Số"),
    "notation": later("Ký hiệu"),
    "date": later("Ngày văn bản"),
    "type": later("Tên loại"),
    "subject": later("Trích yếu"),
    "place": later("Nơi ban hành"),
    "due_date": later("Hạn trả lời"),
    "signer.name": later("Người ký"),
    "signer.position": later("Chức vụ"),
    "agency_name": later("Cơ quan ký"),
    "from": later("Mã cơ quan ký"),
    "pages": later("Số trang"),
    "signed_at": later("Ký lúc"),
}
STANDINGS: Final[Mapping[str, str]] = {
    "closed": later("Đã đóng mã"),
    "early": later("Chưa có hiệu lực"),
    "open": "",
}
