"""How an account stands, for those who look through them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Standing(StrEnum):
    ACTIVE = "active"
    DUE = "due"
    """Will be closed within days unless its owner signs in."""
    LOCKED = "locked"
    """Too many wrong tries: the next one waits."""
    ASLEEP = "asleep"
    """Closed because nobody used it."""
    DISABLED = "disabled"
    """Closed by somebody."""


class Factor(StrEnum):
    """What somebody has beside the password."""

    TOTP = "totp"
    PASSKEY = "passkey"
    OPENID = "openid"


STANDING_WORDS: Final[Mapping[Standing, tuple[str, str]]] = {
    Standing.ACTIVE: ("đang dùng", "active"),
    Standing.DUE: ("sắp bị đóng", "due for closing"),
    Standing.LOCKED: ("tạm khóa", "locked"),
    Standing.ASLEEP: ("đóng vì lâu không dùng", "closed, unused"),
    Standing.DISABLED: ("đã đóng", "closed"),
}
