"""The two files of enrolment, a request and its answer: names that both ends must agree on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from exchange_axis.errors import AxisError

REQUEST_FORMAT = "axis-enrolment-1"
ANSWER_FORMAT = "axis-enrolment-answer-1"
ROTATION_FORMAT = "axis-rotation-1"
"""A request for the places whose keys change; its answer is one of enrolment for those places."""


class MalformedRequest(AxisError):
    code: ClassVar[str] = "enrolment.malformed"
    vi: ClassVar[str] = "Tệp đăng ký không đúng: {what}"
    en: ClassVar[str] = "The enrolment request is wrong: {what}"
    remedy_vi: ClassVar[str] = "Tạo lại bằng: axis node init (hoặc axis hub uplink request)"
    remedy_en: ClassVar[str] = "Make it again with: axis node init (or axis hub uplink request)"


class KeyOfTwoUses(AxisError):
    """A key is for one use (design: keys, trust, authority); one seal may serve several agencies."""

    code: ClassVar[str] = "enrolment.key-of-two-uses"
    vi: ClassVar[str] = "Một khóa được dùng cho cả {first} và {second}"
    en: ClassVar[str] = "One key is given for {first} and for {second}"
    remedy_vi: ClassVar[str] = "Dùng khóa riêng cho con dấu cơ quan, con dấu nút và kết nối TLS"
    remedy_en: ClassVar[str] = "Use separate keys for the agency seal, the node seal and TLS"


def require_one_use(keys: Mapping[str, str]) -> None:
    """No key stands in places of two uses.

    Args:
        keys: place in the request (`tls`, `agency-seal:H45.01`) to the fingerprint of its key.

    Raises:
        KeyOfTwoUses.
    """
    held: dict[str, str] = {}
    for place, key in keys.items():
        first = held.setdefault(key, place)
        if first.partition(":")[0] != place.partition(":")[0]:
            raise KeyOfTwoUses(first=first, second=place)


def rotation_octets(*, peer: str, place: str, key: str) -> bytes:
    """What the key in use at a place signs for the one that follows it; no signed XML begins like this.

    Args:
        key: SHA-256 of the new public key (DER SubjectPublicKeyInfo), lower-case hex.
    """
    return f"{ROTATION_FORMAT}\n{peer}\n{place}\n{key}\n".encode()


def serial_number(token: bytes) -> int:
    """A positive certificate serial of at most 20 octets (RFC 5280 §4.1.2.2) from 16 random bytes."""
    return (int.from_bytes(token) >> 1) | 1
