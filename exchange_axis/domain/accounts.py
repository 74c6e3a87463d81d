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
    EXPIRED = "expired"
    """Closed because nobody reviewed it."""
    REVIEW_ONLY = "review-only"
    """The same, of the last administrator: he may review others and nothing else."""
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
    Standing.EXPIRED: ("hết hạn vì chưa ai rà soát", "expired, not reviewed"),
    Standing.REVIEW_ONLY: ("hết hạn, chỉ còn rà soát được người khác", "expired, may only review others"),
    Standing.DISABLED: ("đã đóng", "closed"),
}

CHANGE_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "add": ("tạo tài khoản", "account made"),
    "roles": ("đổi vai trò", "roles changed"),
    "disable": ("đóng tài khoản", "account closed"),
    "enable": ("mở lại tài khoản", "account opened again"),
    "password": ("tự đổi mật khẩu", "own password changed"),
    "password-reset": ("cấp lại mật khẩu", "password reset"),
    "factor": ("cài lớp xác thực thứ hai", "second factor set up"),
    "factor-reset": ("gỡ lớp xác thực thứ hai", "second factor taken off"),
    "recovery-codes": ("in lại mã dự phòng", "recovery codes made anew"),
    "passkey-add": ("thêm khóa truy cập", "passkey added"),
    "passkey-remove": ("gỡ khóa truy cập", "passkey removed"),
    "passkey-copied": ("KHÓA TRUY CẬP CÓ THỂ ĐÃ BỊ SAO CHÉP", "A PASSKEY MAY HAVE BEEN COPIED"),
    "token-add": ("tạo mã truy cập cho chương trình", "token for a program made"),
    "token-revoke": ("thu hồi mã truy cập", "token revoked"),
    "openid-link": ("nối với đăng nhập chung", "joined to the common sign-in"),
    "review": ("rà soát tài khoản", "account reviewed"),
    "expire": ("hết hạn vì chưa ai rà soát", "expired because nobody reviewed it"),
    "confirm": ("xác nhận thay đổi", "change confirmed"),
}
"""What the record of rights writes down, by its action."""
