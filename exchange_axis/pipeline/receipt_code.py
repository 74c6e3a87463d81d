"""The line of text in a certificate's QR code: which receipt, where in which log, under which root.

`AXIS1 ORIGIN INDEX SIZE EVIDENCE ROOT`, one space between. EVIDENCE is the SHA-256 of the receipt's file in lower hex,
as `sha256sum` prints it; ROOT is the root hash of the log at that SIZE in base64, as it stands in the third line of the
checkpoint. So everything can be compared by eye. Before there is a proof, INDEX, SIZE and ROOT are `-`.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import ClassVar, Final

from exchange_axis.errors import AxisError

TAG: Final = "AXIS1"
LONGEST: Final = 500
"""Characters; ours have some 150."""
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class MalformedCode(AxisError):
    code: ClassVar[str] = "verify.qr-malformed"
    vi: ClassVar[str] = "Đây không phải dòng chữ của mã QR trên giấy xác nhận"
    en: ClassVar[str] = "This is not the text of a certificate's QR code"
    remedy_vi: ClassVar[str] = "Dán nguyên dòng bắt đầu bằng AXIS1, để trong dấu nháy"
    remedy_en: ClassVar[str] = "Give the whole line that begins with AXIS1, in quotes"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPlace:
    origin: str
    index: int
    size: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCode:
    evidence_sha256: str
    origin: str
    place: LogPlace | None

    def to_text(self) -> str:
        if self.place is None:
            return f"{TAG} {self.origin} - - {self.evidence_sha256} -"
        root = base64.b64encode(self.place.root).decode()
        return f"{TAG} {self.origin} {self.place.index} {self.place.size} {self.evidence_sha256} {root}"


def read_code(text: str) -> ReceiptCode:
    """
    Raises:
        MalformedCode.
    """
    words = text.strip().split()
    if len(text) > LONGEST or len(words) != 6 or words[0] != TAG or not _DIGEST.fullmatch(words[4]):
        raise MalformedCode
    _, origin, index, size, digest, root = words
    if (index, size, root) == ("-", "-", "-"):
        return ReceiptCode(evidence_sha256=digest, origin=origin, place=None)
    if not _NUMBER.fullmatch(index) or not _NUMBER.fullmatch(size):
        raise MalformedCode
    try:
        hashed = base64.b64decode(root, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise MalformedCode from cause
    if len(hashed) != 32:
        raise MalformedCode
    place = LogPlace(origin=origin, index=int(index), size=int(size), root=hashed)
    return ReceiptCode(evidence_sha256=digest, origin=origin, place=place)
