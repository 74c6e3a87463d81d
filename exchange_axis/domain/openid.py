"""Signing in elsewhere (OpenID Connect Core 1.0): what is known about a provider, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from exchange_axis.errors import AxisError

ERRAND: Final = timedelta(minutes=10)
"""How long somebody may take at the provider's own page."""
LEEWAY: Final = timedelta(seconds=60)
"""Between the provider's clock and ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdSettings:
    """What the operator has agreed with the provider."""

    issuer: str
    """Exactly as the provider writes it."""
    client: str
    name: str
    """As people know the provider; on the button."""
    claim: str = "preferred_username"
    """Claim of the identity token whose value is a login name here."""
    factor: tuple[str, ...] = ()
    """Values of `amr` or `acr` that stand for the second factor; none: it is asked for here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPlaces:
    """Where the provider is found (OpenID Connect Discovery 1.0 §3)."""

    authorize: str
    end_session: str = ""
    """Empty: it knows no signing out by others."""
    names_itself: bool = False
    """Its answers say who gives them (RFC 9207), and one that does not is not its own."""


class ProviderUnreachable(AxisError):
    """Facts: reason. Temporary."""

    code: ClassVar[str] = "login.openid-unreachable"
    vi: ClassVar[str] = "Chưa liên lạc được với nơi đăng nhập chung: {reason}"
    en: ClassVar[str] = "The sign-in provider cannot be reached: {reason}"
    remedy_vi: ClassVar[str] = "Đăng nhập bằng mật khẩu của bạn ở đây, hoặc thử lại sau"
    remedy_en: ClassVar[str] = "Sign in with your password here, or try again later"


class OpenIdRefused(AxisError):
    """The same for every answer that does not prove who somebody is; which part was wrong is in the log."""

    code: ClassVar[str] = "login.openid-refused"
    vi: ClassVar[str] = "Nơi đăng nhập chung không xác nhận được bạn"
    en: ClassVar[str] = "The sign-in provider has not confirmed who you are"
    remedy_vi: ClassVar[str] = "Bấm nút rồi thử lại từ đầu, hoặc đăng nhập bằng mật khẩu của bạn ở đây"
    remedy_en: ClassVar[str] = "Press the button and begin again, or sign in with your password here"


class OpenIdStranger(AxisError):
    """Facts: name."""

    code: ClassVar[str] = "login.openid-stranger"
    vi: ClassVar[str] = (
        "“{name}” đã được xác nhận nhưng không có tài khoản nào ở đây dùng tên ấy, hoặc tài khoản đã đóng"
    )
    en: ClassVar[str] = "“{name}” is confirmed, but no account here goes by that name, or it is closed"
    remedy_vi: ClassVar[str] = "Đề nghị quản trị đơn vị thêm tài khoản; không tài khoản nào tự sinh ra"
    remedy_en: ClassVar[str] = "Ask your administrator for an account; none makes itself"
