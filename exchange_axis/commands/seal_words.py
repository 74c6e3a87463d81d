"""What is known of a certificate's revocation and end, in words. "Not checked" is never worded as good or revoked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import time_of

_STATES = {
    "good": ("không bị thu hồi", "not revoked"),
    "revoked": ("ĐÃ BỊ THU HỒI", "REVOKED"),
    "not-checked": ("CHƯA KIỂM TRA ĐƯỢC THU HỒI", "revocation NOT CHECKED"),
}


def state_words(state: str, why: str | None, language: str) -> str:
    vi, en = _STATES[state]
    text = en if language == "en" else vi
    return f"{text} ({why})" if why else text


def say_seal(context: Context, seal: Mapping[str, Any] | None) -> None:
    """The seal of a letter: at acceptance, and what was learned since."""
    if seal is None:
        return
    vi, en = (state_words(seal["state"], seal["why"], language) for language in ("vi", "en"))
    at = time_of(seal["at"])
    context.output.say(f"  chứng thư lúc tiếp nhận {at}: {vi}", f"  certificate at acceptance {at}: {en}")
    if seal["later_state"] is not None:
        vi, en = (state_words(seal["later_state"], None, language) for language in ("vi", "en"))
        later = time_of(seal["later_at"])
        context.output.say(f"  tra cứu lại lúc {later}: {vi}", f"  looked up again at {later}: {en}")
    elif seal["overdue"]:
        until, noted = time_of(seal["grace_until"]), f" ({seal['noted']})" if seal.get("noted") else ""
        context.output.say(
            f"  QUÁ HẠN tra cứu {until}, vẫn CHƯA KIỂM TRA ĐƯỢC; thư vẫn có hiệu lực{noted}",
            f"  PAST THE GRACE of {until}, still NOT CHECKED; the letter stands{noted}",
        )
    elif seal["grace_until"] is not None:
        until = time_of(seal["grace_until"])
        context.output.say(f"  sẽ tra cứu lại, hạn {until}", f"  to be looked up by {until}")


def end_words(step: int | None, language: str) -> str:
    """How near the end of a certificate is."""
    if step is None:
        return ""
    if step == 0:
        return "expired" if language == "en" else "ĐÃ HẾT HẠN"
    return f"within {step} days" if language == "en" else f"còn không quá {step} ngày"
