"""What the node's interface refuses before any use case is asked."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError


class TokenWrong(AxisError):
    code: ClassVar[str] = "auth.no-token"
    vi: ClassVar[str] = "Yêu cầu không mang mã truy cập đúng"
    en: ClassVar[str] = "The request carries no valid token"
    remedy_vi: ClassVar[str] = (
        "Gửi kèm 'Authorization: Bearer …' với nội dung tệp api-token trong thư mục dữ liệu của nút"
    )
    remedy_en: ClassVar[str] = "Send 'Authorization: Bearer …' with the content of api-token in the node's data folder"


class NotLocal(AxisError):
    """The interface has no TLS: a token that crosses a network would be everybody's."""

    code: ClassVar[str] = "auth.not-local"
    vi: ClassVar[str] = "Giao diện của nút chỉ nhận kết nối trong cùng máy"
    en: ClassVar[str] = "The node's interface takes connections of its own host only"
    remedy_vi: ClassVar[str] = "Gọi từ máy chạy nút, hoặc qua một đường hầm có xác thực"
    remedy_en: ClassVar[str] = "Call from the node's host, or through a tunnel that authenticates"


class ForeignForm(AxisError):
    code: ClassVar[str] = "request.foreign-form"
    vi: ClassVar[str] = "Biểu mẫu được gửi từ một trang khác, không phải bàn văn thư này"
    en: ClassVar[str] = "The form was sent by another site, not by this desk"
    remedy_vi: ClassVar[str] = "Mở bàn văn thư rồi làm lại ở đó"
    remedy_en: ClassVar[str] = "Open the desk and do it there"


class WrongHost(AxisError):
    """A page of a foreign site whose name was made to point at this host (DNS rebinding) says so in its Host header."""

    code: ClassVar[str] = "request.host"
    vi: ClassVar[str] = "Nút không trả lời dưới tên máy này"
    en: ClassVar[str] = "The node does not answer under this host name"
    remedy_vi: ClassVar[str] = "Dùng http://127.0.0.1:CỔNG hoặc http://localhost:CỔNG"
    remedy_en: ClassVar[str] = "Use http://127.0.0.1:PORT or http://localhost:PORT"
