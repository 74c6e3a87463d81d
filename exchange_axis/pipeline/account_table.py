"""The accounts of a house as a table, for the minutes of a review: CSV and XLSX."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from exchange_axis.domain.accounts import STANDING_WORDS, Factor
from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.pipeline.account_review import Account
from exchange_axis.pipeline.form_print import Cell, Head, Table, as_csv, as_xlsx
from exchange_axis.pipeline.grants_text import grant_text
from exchange_axis.store.people import Change

PRINTERS: Final[Mapping[str, tuple[str, Callable[[Table], bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}
FACTORS: Final = {Factor.TOTP: "TOTP", Factor.PASSKEY: "passkey", Factor.OPENID: "OpenID"}
_TIME = ("giờ Việt Nam, +07:00", "Vietnam's time, +07:00")


def _head(vi: str, en: str, means_vi: str = "", means_en: str = "") -> Head:
    return Head(vi=vi, en=en, means_vi=means_vi or vi, means_en=means_en or en)


HEADS: Final = (
    _head("Họ tên", "Name"),
    _head("Tên đăng nhập", "Login"),
    _head("Vai trò", "Roles", "vai trò với mã cơ quan và ngày hiệu lực", "roles with agency codes and dates in force"),
    _head(
        "Tình trạng",
        "State",
        "sắp bị đóng: trong 7 ngày tới đủ 45 ngày không đăng nhập; tạm khóa: sai quá nhiều lần",
        "due: 45 days without a sign-in are over within 7 days; locked: too many wrong tries",
    ),
    _head("Xác thực", "Factors", "cách xác thực ngoài mật khẩu; trống: chưa có", "beside the password; empty: none"),
    _head("Đăng nhập cuối", "Last sign-in", *_TIME),
    _head("Tạo lúc", "Made at", *_TIME),
    _head("Người tạo", "Made by"),
    _head("Cấp quyền lúc", "Roles set at", *_TIME),
    _head("Người cấp quyền", "Roles set by"),
    _head("Đóng lúc", "Closed at", *_TIME),
    _head("Người đóng", "Closed by", "“axis (45 days)”: hệ thống, vì lâu không dùng", "`axis (45 days)`: unused"),
    _head("Rà soát lúc", "Reviewed at", *_TIME),
    _head("Người rà soát", "Reviewed by"),
    _head("Quá hạn rà soát", "Review overdue"),
    _head(
        "Hết hạn lúc",
        "Expires at",
        "từ lúc đó không vào được nữa, cho tới khi người khác rà soát; giờ Việt Nam, +07:00",
        "from then on nobody comes in, until another person reviews it; Vietnam's time, +07:00",
    ),
)


def account_table(accounts: Iterable[Account], *, house: str, at: datetime) -> Table:
    return Table(
        title="Danh sách rà soát tài khoản",
        title_en="Accounts under review",
        issuer=house,
        period=_time(at) or "",
        heads=HEADS,
        rows=[_row(one) for one in accounts],
    )


def factors_text(account: Account) -> str:
    words = {**FACTORS, Factor.PASSKEY: f"{FACTORS[Factor.PASSKEY]} ×{account.passkeys}"}
    return ", ".join(words[one] for one in account.factors)


def _row(one: Account) -> tuple[Cell, ...]:
    return (
        one.user.name,
        one.user.login,
        "; ".join(grant_text(grant) for grant in one.user.grants),
        STANDING_WORDS[one.standing][0],
        factors_text(one),
        _time(one.user.entered_at),
        *_done(one.made),
        *_done(one.granted),
        *_done(one.closed),
        *_done(one.reviewed),
        "quá hạn" if one.review_due else "",
        _time(one.expires_at),
    )


def _done(change: Change | None) -> tuple[Cell, Cell]:
    return (None, None) if change is None else (_time(change.at), change.actor)


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M")
