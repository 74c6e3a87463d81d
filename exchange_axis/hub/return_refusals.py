"""Why a return between hubs is not taken in."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError


class ReturnMismatch(AxisError):
    code: ClassVar[str] = "return.mismatch"
    vi: ClassVar[str] = "Thông điệp trả về không khớp: {what}"
    en: ClassVar[str] = "The return does not fit: {what}"


class LetterNotHere(AxisError):
    """Not refused but parked: a take-back needs no lease, so it may overtake its letter."""

    code: ClassVar[str] = "return.letter-not-here"
    vi: ClassVar[str] = "Gói tin {consignment_id} chưa đến trục này"
    en: ClassVar[str] = "Consignment {consignment_id} has not come to this hub yet"
