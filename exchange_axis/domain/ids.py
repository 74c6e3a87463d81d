"""Names of things: agency codes in both generations, consignment ids, digests.

Sources: QCVN 102:2016 (13 characters, level 1 last), Decision 20/2020/QĐ-TTg (level 1 first, at most 35).
"""

from __future__ import annotations

import re
import unicodedata
from typing import ClassVar

from exchange_axis.errors import AxisError

CODE_2016 = re.compile(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}")
CODE_2020 = re.compile(r"[A-Z0-9]{1,12}(\.[A-Z0-9]{1,12})*")
PEER_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
CODE_LENGTH = 35
_ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff"))


class MalformedCode(AxisError):
    code: ClassVar[str] = "agency.malformed-code"
    vi: ClassVar[str] = "Mã định danh không đúng dạng: {value}"
    en: ClassVar[str] = "Malformed agency code: {value}"
    remedy_vi: ClassVar[str] = "Dùng mã theo Quyết định 20/2020/QĐ-TTg, ví dụ H45.32.03"
    remedy_en: ClassVar[str] = "Use a code of Decision 20/2020, for example H45.32.03"


def canonical_code(text: str) -> str:
    """The 2020 form of an agency code of either generation (000.00.17.H36 becomes H36.17).

    The directory's own mapping comes first where there is one; this is the algorithm for the rest.

    Raises:
        MalformedCode: neither form.
    """
    code = unicodedata.normalize("NFC", text).translate(_ZERO_WIDTH).strip().upper()
    if CODE_2016.fullmatch(code):
        groups = [group for group in reversed(code.split(".")) if group.strip("0")]
        return ".".join(groups)
    if len(code) > CODE_LENGTH or not CODE_2020.fullmatch(code):
        raise MalformedCode(value=text[:60])
    return code


def old_alias(code: str) -> str | None:
    """The 13-character form of a 2020 code where its groups fit, else None."""
    level1, *rest = code.split(".")
    if len(rest) > 3 or not re.fullmatch(r"[A-Z][0-9]{2}", level1):
        return None
    widths = (2, 2, 3)
    padded = [*rest, *["0"] * (3 - len(rest))]
    groups = []
    for group, width in zip(padded, widths, strict=True):
        if not group.isdigit() or (len(group) != width and group != "0"):
            return None
        groups.append(group.zfill(width))
    return ".".join([*reversed(groups), level1])


def is_peer_id(text: str) -> bool:
    """Hub and node ids: lower-case letters, digits and hyphens, 2 to 63 characters."""
    return PEER_ID.fullmatch(text) is not None
