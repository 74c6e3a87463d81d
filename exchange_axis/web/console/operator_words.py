"""Words of the operator's pages that come from values and not from templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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
