"""How bulletins leave the machine."""

from __future__ import annotations

from typing import ClassVar, Protocol

from exchange_axis.domain.bulletin import Bulletin, Fault
from exchange_axis.errors import AxisError


class BulletinFailed(AxisError):
    """Base: what came of a bulletin other than that it was taken. Its texts name the destination, never a letter."""

    remedy_vi: ClassVar[str] = "Xem axis node bulletin show, sửa cấu hình, rồi thử: axis node bulletin test"
    remedy_en: ClassVar[str] = "Look at axis node bulletin show, mend the settings, then try: axis node bulletin test"

    def __init__(self, *, place: str, fault: Fault, answer: int | None = None) -> None:
        """
        Args:
            place: host (and port) of the server that was called, or the destination's name.
            answer: the code that the server gave, of SMTP or HTTP.
        """
        told = "" if answer is None else f" ({answer})"
        super().__init__(place=place, why_vi=fault.words("vi") + told, why_en=fault.words("en") + told)
        self.fault = fault
        self.answer = answer


class BulletinUndelivered(BulletinFailed):
    """It surely did not arrive; the same may be tried again."""

    code: ClassVar[str] = "bulletin.undelivered"
    vi: ClassVar[str] = "Tin báo tới {place} chưa tới nơi: {why_vi}"
    en: ClassVar[str] = "A bulletin for {place} has not arrived: {why_en}"


class BulletinRefused(BulletinFailed):
    """It did not arrive, and the same would be refused again."""

    code: ClassVar[str] = "bulletin.refused"
    vi: ClassVar[str] = "Tin báo tới {place} không được nhận: {why_vi}"
    en: ClassVar[str] = "A bulletin for {place} was not taken: {why_en}"


class BulletinDoubtful(BulletinFailed):
    """It was handed over and no answer came: it may have arrived. Nobody sends it again."""

    code: ClassVar[str] = "bulletin.doubtful"
    vi: ClassVar[str] = "Không rõ tin báo tới {place} đã tới nơi chưa: {why_vi}; không gửi lại"
    en: ClassVar[str] = "Nobody knows whether a bulletin for {place} arrived: {why_en}; it is not sent again"


class Courier(Protocol):
    """Takes bulletins to one destination. Safe to call from any event loop; each call is a connection of its own.

    Guarantees: it returns only after the other side has said that it took the bulletin. What it raises says which of
    three is true: surely not delivered, refused for good, or not known. It ends within a minute and a half whatever
    the other side does. Nothing of it (repr, exceptions, logs) shows a secret.
    """

    @property
    def place(self) -> str:
        """Host and port that it calls, for people."""
        ...

    async def send(self, bulletin: Bulletin) -> int:
        """How many of its recipients were refused while others were not.

        Raises:
            BulletinUndelivered, BulletinRefused, BulletinDoubtful.
        """
        ...
