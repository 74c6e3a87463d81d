"""The two files of enrolment, a request and its answer: names that both ends must agree on."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError

REQUEST_FORMAT = "axis-enrolment-1"
ANSWER_FORMAT = "axis-enrolment-answer-1"


class MalformedRequest(AxisError):
    code: ClassVar[str] = "enrolment.malformed"
    vi: ClassVar[str] = "Tệp đăng ký không đúng: {what}"
    en: ClassVar[str] = "The enrolment request is wrong: {what}"
    remedy_vi: ClassVar[str] = "Tạo lại bằng: axis node init (hoặc axis hub uplink request)"
    remedy_en: ClassVar[str] = "Make it again with: axis node init (or axis hub uplink request)"


def serial_number(token: bytes) -> int:
    """A positive certificate serial of at most 20 octets (RFC 5280 §4.1.2.2) from 16 random bytes."""
    return (int.from_bytes(token) >> 1) | 1
