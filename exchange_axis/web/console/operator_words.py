"""Words of the operator's pages that come from values and not from templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from exchange_axis.domain.invite import InviteState
from exchange_axis.domain.line_check import LineStep
from exchange_axis.domain.notice import NoticeCode
from exchange_axis.hub.desk import EXPIRED
from exchange_axis.hub.handing_back import HANDED_BACK, Why
from exchange_axis.hub.traffic import Cause
from exchange_axis.web.shared.language import later


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    title: str
    tone: str
    means: str
    todo: str


CAUSES: Final[Mapping[Cause, Said]] = {
    Cause.CLOCK: Said(
        title=later("Đồng hồ của trục sai"),
        tone="bad",
        means=later("Trục không cấp biên nhận khi đồng hồ lệch quá 5 giây, nên không văn bản nào được tiếp nhận."),
        todo=later("Đồng bộ giờ của máy chạy trục (chrony, systemd-timesyncd); trục tự làm tiếp khi giờ đúng."),
    ),
    Cause.LOG: Said(
        title=later("Nhật ký có mâu thuẫn"),
        tone="bad",
        means=later("Trục ngừng ký: không biên nhận mới nào được cấp cho đến khi nhật ký được xử lý."),
        todo=later("Mở trang Nhật ký và nhân chứng, xem mâu thuẫn nào, rồi chạy axis log repair."),
    ),
    Cause.LINE: Said(
        title=later("Mất đường lên trục trên"),
        tone="bad",
        means=later("Trục trên không trả lời. Cả hàng chờ chỉ thử chung một lần mỗi lượt, không thử từng văn bản."),
        todo=later("Kiểm tra đường truyền và trục trên. Có đường lại thì mọi văn bản tự đi, khẩn đi trước."),
    ),
    Cause.SILENT: Said(
        title=later("Nút im lặng"),
        tone="warn",
        means=later("Nút của nơi nhận không tới lấy văn bản. Văn bản nằm ở đây cho đến hạn của làn."),
        todo=later("Gọi người vận hành nút. Nút có lại thì tự lấy, không cần gửi lại."),
    ),
    Cause.FAILING: Said(
        title=later("Bên kia từ chối, đang chờ thử lại"),
        tone="warn",
        means=later("Đã thử mà không được; lần sau cách xa hơn lần trước."),
        todo=later("Xem lỗi bên cạnh và sửa nguyên nhân ở bên đó; trục tự thử lại đúng giờ đã ghi."),
    ),
    Cause.CLOSED: Said(
        title=later("Bên nhận đã bị ngắt khỏi trục"),
        tone="bad",
        means=later("Nút hoặc trục này đã bị thu hồi hay chưa được duyệt, nên không lấy được văn bản."),
        todo=later("Duyệt nút thay thế cho các mã này, rồi gửi lại ở trang Giao nhận."),
    ),
    Cause.BULK: Said(
        title=later("Ngoài giờ gửi văn bản lớn"),
        tone="info",
        means=later("Văn bản thường vượt cỡ chỉ đi trong giờ đã đặt, để đường truyền dành cho văn bản khẩn."),
        todo=later("Không cần làm gì: tới giờ thì tự đi. Đổi giờ ở bulk_hours trong hub.toml."),
    ),
}

PEER_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "approved": (later("Đang nối"), "good"),
    "dark": (later("Im lặng"), "warn"),
    "pending": (later("Chờ duyệt"), "warn"),
    "revoked": (later("Đã ngắt"), "bad"),
}
"""Words and tone."""
PEER_KINDS: Final[Mapping[str, str]] = {
    "node": later("Nút của cơ quan"),
    "child": later("Trục cấp dưới"),
    "parent": later("Trục cấp trên"),
}
INVITE_STATES: Final[Mapping[str, tuple[str, str]]] = {
    InviteState.OPEN: (later("Chưa dùng"), "info"),
    "ended": (later("Hết hạn, chưa dùng"), ""),
    InviteState.ASKED: (later("Chờ đối chiếu và duyệt"), "warn"),
    InviteState.APPROVED: (later("Đã duyệt"), "good"),
    InviteState.REFUSED: (later("Đã từ chối"), "bad"),
    InviteState.WITHDRAWN: (later("Đã hủy"), ""),
}
STEPS: Final[Mapping[str, tuple[str, str]]] = {
    LineStep.DNS: (later("Tên máy"), later("Nút tìm ra địa chỉ của trục")),
    LineStep.TCP: (later("Kết nối"), later("Đường truyền và tường lửa cho qua")),
    LineStep.TLS: (later("Mã hóa"), later("Hai bên thống nhất được đường mã hóa")),
    LineStep.IDENTITY: (later("Đúng trục"), later("Nút chắc chắn đây là trục đã mời, không phải kẻ đứng giữa")),
    LineStep.CLOCK: (later("Đồng hồ"), later("Giờ hai bên lệch không quá 5 giây")),
    LineStep.VERSION: (later("Phiên bản"), later("Hai bên nói cùng một giao thức")),
    LineStep.BINDING: (later("Trục nhận ra nút"), later("Chứng thư mới của nút được trục chấp nhận (sau khi duyệt)")),
    LineStep.LOG: (later("Nhật ký"), later("Nhật ký của trục nhất quán, ký đúng khóa (sau khi duyệt)")),
}
TEST_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "ok": (later("Được"), "good"),
    "warn": (later("Cần xem"), "warn"),
    "fail": (later("Không được"), "bad"),
}
RENEW_NODE: Final = later("Gọi đơn vị vận hành nút: chạy axis node rotate, trục cấp lại bằng axis hub node rotate.")
RENEW_HUB: Final = later("Chạy axis hub rotate trước ngày hết hạn; hai chứng thư cùng có hiệu lực trong lúc đổi.")
USES: Final[Mapping[str, tuple[str, str]]] = {
    "hub-seal": (later("Con dấu của trục"), RENEW_HUB),
    "hub-tls": (
        later("Kết nối của trục"),
        later("Cấp lại chứng thư TLS của trục rồi khởi động lại (docs/operator.md)."),
    ),
    "hub-authority": (later("Gốc của trục"), later("Lập gốc mới và đưa vào danh sách tin cậy trước khi hết hạn.")),
    "hub-tsa": (
        later("Dấu thời gian của trục"),
        later("Cấp lại chứng thư của dịch vụ dấu thời gian (docs/operator.md)."),
    ),
    "tls": (later("Kết nối của nút"), RENEW_NODE),
    "node-seal": (later("Con dấu của nút"), RENEW_NODE),
    "agency-seal": (later("Con dấu của cơ quan"), RENEW_NODE),
    "root": (later("Gốc được tin"), later("Hỏi nơi cấp gốc mới, thêm bằng axis hub trust add, người thứ hai duyệt.")),
    "seen": (later("Con dấu trên văn bản tới"), later("Không phải của ta: báo cơ quan gửi đổi con dấu.")),
}
"""What a certificate is for, and what to do before it ends."""
ROOT_ACTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "add": (later("Tin thêm một gốc"), "warn"),
    "remove": (later("Thôi tin một gốc"), "bad"),
}
DID: Final[Mapping[str, str]] = {
    "retry": later("Không phải chờ nữa: được thử ngay."),
    "resend": later("Được gửi lại từ đầu."),
    "hand-back": later("Đã trả lại: bên gửi nhận biên nhận không giao được."),
}
WHYS: Final[Mapping[Why, str]] = {
    Why.GONE: later("Nơi nhận không còn hệ thống nào lấy văn bản"),
    Why.WRONG: later("Gửi nhầm nơi nhận"),
    Why.ASKED: later("Bên gửi đề nghị dừng"),
    Why.OTHER: later("Lý do khác"),
}
"""Why an operator hands a delivery back; the sender reads it."""
STOPS: Final[Mapping[str, str]] = {
    NoticeCode.SILENT: later("Hệ thống nơi nhận im lặng"),
    EXPIRED: later("Quá thời hạn giao, nơi nhận không đến lấy"),
    HANDED_BACK: later("Người vận hành đã trả lại bên gửi"),
}
"""Why a delivery waits or failed, where one of these codes says it."""
