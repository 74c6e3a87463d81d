"""Times as they stand in our own documents: UTC, milliseconds, `2026-11-22T01:02:03.456Z`.

Rules of this file:
1. What is written is cut to milliseconds, never rounded: a written time is never later than the event.
2. A time without an offset is nobody's time; it is refused in both directions.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import ClassVar

from exchange_axis.errors import AxisError

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_XML_SPACE = " \t\r\n"


class MalformedTime(AxisError):
    code: ClassVar[str] = "time.malformed"
    vi: ClassVar[str] = "Thời điểm không đúng dạng: {value}"
    en: ClassVar[str] = "Malformed time: {value}"
    remedy_vi: ClassVar[str] = "Dùng giờ UTC hoặc giờ có độ lệch, ví dụ 2026-11-22T01:02:03.456Z"
    remedy_en: ClassVar[str] = "Use UTC or a time with its offset, for example 2026-11-22T01:02:03.456Z"


def cut(at: datetime) -> datetime:
    """The same instant in UTC, cut to milliseconds: what a reader of the written text will have.

    Raises:
        ValueError: the time is naive; a fault of ours, not of a document.
    """
    if at.utcoffset() is None:
        raise ValueError("a naive time cannot be written")
    utc = at.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def to_text(at: datetime) -> str:
    """Always three decimals and `Z`."""
    return cut(at).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_text(text: str) -> datetime:
    """Aware UTC, cut to milliseconds; any offset is accepted, a missing one is not.

    Raises:
        MalformedTime: not an xs:dateTime with an offset, or a day or hour that does not exist.
    """
    trimmed = text.strip(_XML_SPACE)
    if not _DATE_TIME.fullmatch(trimmed):
        raise MalformedTime(value=trimmed[:40])
    try:
        return cut(datetime.fromisoformat(trimmed))
    except (ValueError, OverflowError) as error:
        raise MalformedTime(value=trimmed[:40]) from error
