"""What time-stamps are refused for: one class per refusal, as in signing/errors.py; codes are `timestamp.*`."""

from __future__ import annotations

from typing import ClassVar

from signing.errors import SigningRefusal


class TimestampRefusal(SigningRefusal):
    """A time-stamp, or a request for one, is not what it must be."""

    remedy_vi: ClassVar[str] = "Xin dấu thời gian khác từ dịch vụ; không sửa tay vào tệp dấu thời gian"
    remedy_en: ClassVar[str] = "Ask the service for another time-stamp; do not edit a token by hand"


class TimestampUnreadable(TimestampRefusal):
    """Facts: problem."""

    code: ClassVar[str] = "timestamp.unreadable"
    vi: ClassVar[str] = "Không đọc được dấu thời gian theo RFC 3161: {problem}"
    en: ClassVar[str] = "This cannot be read as a time-stamp of RFC 3161: {problem}"


class TimestampRejected(TimestampRefusal):
    """The service answered, and said no. Facts: status, failure."""

    code: ClassVar[str] = "timestamp.rejected"
    vi: ClassVar[str] = "Dịch vụ dấu thời gian từ chối yêu cầu ({status}: {failure})"
    en: ClassVar[str] = "The time-stamping service refused the request ({status}: {failure})"
    remedy_vi: ClassVar[str] = "Kiểm tra cấu hình dịch vụ dấu thời gian (địa chỉ, chính sách, thuật toán băm)"
    remedy_en: ClassVar[str] = "Check how the time-stamping service is configured (address, policy, digest algorithm)"


class TimestampImprint(TimestampRefusal):
    code: ClassVar[str] = "timestamp.imprint"
    vi: ClassVar[str] = "Dấu thời gian không thuộc dữ liệu này"
    en: ClassVar[str] = "The time-stamp is not for these data"


class TimestampNonce(TimestampRefusal):
    code: ClassVar[str] = "timestamp.nonce"
    vi: ClassVar[str] = "Câu trả lời không mang số ngẫu nhiên của yêu cầu; có thể là câu trả lời cũ"
    en: ClassVar[str] = "The answer does not carry the request's nonce; it may be an old one"


class TimestampPolicy(TimestampRefusal):
    """Facts: policy."""

    code: ClassVar[str] = "timestamp.policy"
    vi: ClassVar[str] = "Không chấp nhận chính sách dấu thời gian {policy}"
    en: ClassVar[str] = "Time-stamping policy {policy} is not accepted"


class TimestampSignature(TimestampRefusal):
    """The token was altered, or was signed by another key than that of the enclosed certificate."""

    code: ClassVar[str] = "timestamp.signature"
    vi: ClassVar[str] = "Chữ ký của dấu thời gian không đúng"
    en: ClassVar[str] = "The signature of the time-stamp does not verify"


class TimestampSigner(TimestampRefusal):
    code: ClassVar[str] = "timestamp.signer"
    vi: ClassVar[str] = "Không có chứng thư của dịch vụ dấu thời gian, hoặc không đúng chứng thư đã được ký cùng"
    en: ClassVar[str] = "The time-stamping service's certificate is missing, or is not the one that was signed along"


class TimestampOrder(TimestampRefusal):
    """A renewal says that it is older than what it renews. Facts: number, gen_time, before."""

    code: ClassVar[str] = "timestamp.order"
    vi: ClassVar[str] = "Dấu gia hạn thứ {number} ({gen_time}) cũ hơn dấu mà nó gia hạn ({before})"
    en: ClassVar[str] = "Renewal {number} ({gen_time}) is older than the time-stamp that it renews ({before})"


class TimestampLapsed(TimestampRefusal):
    """A token was not renewed while it could still be believed. Facts: number, ended, until."""

    code: ClassVar[str] = "timestamp.lapsed"
    vi: ClassVar[str] = "Dấu thời gian thứ {number} hết giá trị lúc {ended}, nhưng được dùng tới {until}"
    en: ClassVar[str] = "Time-stamp {number} could be believed until {ended}, but is relied upon until {until}"
    remedy_vi: ClassVar[str] = "Tìm bản dấu thời gian gia hạn đúng hạn ở nơi lưu khác (trục, đơn vị nhận)"
    remedy_en: ClassVar[str] = "Look for a renewal made in time in another archive (hub, recipient)"


class TimestampMissing(TimestampRefusal):
    code: ClassVar[str] = "timestamp.missing"
    vi: ClassVar[str] = "Chưa có dấu thời gian nào"
    en: ClassVar[str] = "There is no time-stamp yet"


class TimestampFuture(TimestampRefusal):
    """Facts: gen_time, at."""

    code: ClassVar[str] = "timestamp.future"
    vi: ClassVar[str] = "Dấu thời gian ({gen_time}) muộn hơn thời điểm kiểm tra ({at})"
    en: ClassVar[str] = "The time-stamp ({gen_time}) is later than the time of checking ({at})"
    remedy_vi: ClassVar[str] = "Kiểm tra đồng hồ của máy, hoặc kiểm tra tại thời điểm muộn hơn"
    remedy_en: ClassVar[str] = "Check the machine's clock, or verify at a later time"
