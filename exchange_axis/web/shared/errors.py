"""What the HTTP edge itself refuses: connections, requests and bodies, before any use case is asked."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError


class NoCertificate(AxisError):
    code: ClassVar[str] = "auth.no-certificate"
    vi: ClassVar[str] = "Kết nối không xuất trình chứng thư"
    en: ClassVar[str] = "The connection presents no certificate"
    remedy_vi: ClassVar[str] = "Kết nối bằng chứng thư TLS đã được trục này phê duyệt"
    remedy_en: ClassVar[str] = "Connect with the TLS certificate that this hub approved"


class UnknownCertificate(AxisError):
    code: ClassVar[str] = "auth.unknown-certificate"
    vi: ClassVar[str] = "Chứng thư {fingerprint} không thuộc bên nào được phê duyệt"
    en: ClassVar[str] = "Certificate {fingerprint} belongs to no approved peer"
    remedy_vi: ClassVar[str] = "Đề nghị quản trị trục phê duyệt: axis hub node approve"
    remedy_en: ClassVar[str] = "Ask the hub's operator for approval: axis hub node approve"


class MonitorTokenWrong(AxisError):
    code: ClassVar[str] = "auth.monitor-token"
    vi: ClassVar[str] = "Từ máy khác phải kèm mã truy cập của người giám sát"
    en: ClassVar[str] = "From another host the monitoring token is needed"
    remedy_vi: ClassVar[str] = "Gửi kèm 'Authorization: Bearer …' với nội dung tệp monitor-token trong thư mục dữ liệu"
    remedy_en: ClassVar[str] = "Send 'Authorization: Bearer …' with the content of monitor-token in the data folder"


class NoSuchPage(AxisError):
    code: ClassVar[str] = "request.no-such-page"
    vi: ClassVar[str] = "Không có địa chỉ này"
    en: ClassVar[str] = "There is nothing at this address"
    remedy_vi: ClassVar[str] = "Xem các địa chỉ tại /v1/openapi.yaml"
    remedy_en: ClassVar[str] = "The addresses are listed in /v1/openapi.yaml"


class UnknownName(AxisError):
    """A page of a foreign site whose name was made to point at this host (DNS rebinding) says so in its Host header."""

    code: ClassVar[str] = "request.unknown-name"
    vi: ClassVar[str] = "Máy này không phục vụ dưới tên ấy"
    en: ClassVar[str] = "This host does not serve under that name"
    remedy_vi: ClassVar[str] = "Dùng địa chỉ IP hoặc localhost, hoặc khai tên ở desk_name trong tệp cấu hình"
    remedy_en: ClassVar[str] = "Use the IP address or localhost, or give the name as desk_name in the settings"


class MethodNotAllowed(AxisError):
    code: ClassVar[str] = "request.method"
    vi: ClassVar[str] = "Địa chỉ này không nhận {method}; chỉ nhận {allowed}"
    en: ClassVar[str] = "This address does not take {method}; it takes {allowed}"


class BadRequest(AxisError):
    """The request line or headers are not HTTP; the connection ends."""

    code: ClassVar[str] = "request.not-http"
    vi: ClassVar[str] = "Yêu cầu không đúng giao thức HTTP"
    en: ClassVar[str] = "The request is not well-formed HTTP"


class EncodedBody(AxisError):
    """Compressed bodies are refused, not inflated: what is counted and hashed is what was sent."""

    code: ClassVar[str] = "request.content-encoding"
    vi: ClassVar[str] = "Nội dung yêu cầu không được nén (Content-Encoding)"
    en: ClassVar[str] = "Request bodies are taken as they are, without Content-Encoding"
    remedy_vi: ClassVar[str] = "Gửi lại, bỏ Content-Encoding"
    remedy_en: ClassVar[str] = "Send again without Content-Encoding"


class WrongMediaType(AxisError):
    """Facts: wanted."""

    code: ClassVar[str] = "request.content-type"
    vi: ClassVar[str] = "Nội dung yêu cầu phải có kiểu {wanted}"
    en: ClassVar[str] = "The request body must be of type {wanted}"


class BodyTooLarge(AxisError):
    code: ClassVar[str] = "request.too-large"
    vi: ClassVar[str] = "Nội dung yêu cầu vượt quá {limit} byte"
    en: ClassVar[str] = "The request body exceeds {limit} bytes"


class BodyTooSlow(AxisError):
    code: ClassVar[str] = "request.too-slow"
    vi: ClassVar[str] = "Nội dung yêu cầu đến quá chậm"
    en: ClassVar[str] = "The request body arrives too slowly"
    remedy_vi: ClassVar[str] = "Thử lại; tải lên thì tiếp tục từ vị trí đã nhận"
    remedy_en: ClassVar[str] = "Try again; an upload goes on from the offset received"


class BodyCutOff(AxisError):
    """The peer is gone; nobody reads this answer, the log does."""

    code: ClassVar[str] = "request.cut-off"
    vi: ClassVar[str] = "Đường truyền đứt giữa chừng"
    en: ClassVar[str] = "The line broke in the middle of the body"


class BadParameter(AxisError):
    code: ClassVar[str] = "request.parameter"
    vi: ClassVar[str] = "Tham số {name} không đúng: cần {wanted}"
    en: ClassVar[str] = "Parameter {name} is wrong: {wanted} is wanted"


class DigestMismatch(AxisError):
    code: ClassVar[str] = "request.digest-mismatch"
    vi: ClassVar[str] = "Nội dung nhận được khác với Content-Digest đã báo"
    en: ClassVar[str] = "What arrived does not have the announced Content-Digest"
    remedy_vi: ClassVar[str] = "Gửi lại"
    remedy_en: ClassVar[str] = "Send again"


class RangeUnsatisfiable(AxisError):
    code: ClassVar[str] = "request.range"
    vi: ClassVar[str] = "Khoảng yêu cầu nằm ngoài {size} byte của nội dung"
    en: ClassVar[str] = "The range lies outside the {size} bytes of the content"


class UploadBusy(AxisError):
    code: ClassVar[str] = "upload.busy"
    vi: ClassVar[str] = "Một yêu cầu khác đang ghi vào lần tải lên này"
    en: ClassVar[str] = "Another request is working on this upload"
    remedy_vi: ClassVar[str] = "Chờ yêu cầu kia kết thúc, hỏi lại vị trí rồi tải tiếp"
    remedy_en: ClassVar[str] = "Wait for the other one to end, ask for the offset, then go on"


class Unavailable(AxisError):
    """Trouble of this program's own that passes; what trouble is told to its log only."""

    code: ClassVar[str] = "service.unavailable"
    vi: ClassVar[str] = "Dịch vụ tạm thời không thực hiện được; kết quả chưa chắc chắn, gửi lại không gây trùng"
    en: ClassVar[str] = "The service cannot do this now; nothing is certain, and asking again does no harm"
    remedy_vi: ClassVar[str] = "Thử lại sau ít phút; sự cố {incident} đã được ghi nhật ký"
    remedy_en: ClassVar[str] = "Try again in a few minutes; incident {incident} is in the log"


class Internal(AxisError):
    code: ClassVar[str] = "service.internal"
    vi: ClassVar[str] = "Lỗi bên trong chương trình"
    en: ClassVar[str] = "An internal error"
    remedy_vi: ClassVar[str] = "Báo cho bên vận hành mã sự cố {incident}"
    remedy_en: ClassVar[str] = "Tell the operator the incident number {incident}"
