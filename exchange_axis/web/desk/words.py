"""What codes of notices, disposals, statuses, evidence and reasons are called on the pages of the desk (R76).

One table for all of them; a test asks for every member of the enumerations that these codes come from. A code of a
later version is said to be one, with words around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from exchange_axis.domain.disposal import State as Disposal
from exchange_axis.domain.notice import (
    CAME,
    REMINDED,
    REMINDED_ABOVE,
    REMINDED_DUE,
    REMINDER,
    SUBORDINATE,
    SUBORDINATE_CAME,
    NoticeCode,
)
from exchange_axis.domain.reminders import Missing
from exchange_axis.pipeline.story import WORDS
from schemas import codelists
from schemas.gate.refusal import Language

Both = tuple[str, str]
"""Vietnamese, English."""
_ASKED: Final = f"{REMINDER}asked."
MISSING: Final[Mapping[str, Both]] = {
    Missing.ARRIVAL: ("báo đã đến (01)", "the report of arrival (01)"),
    Missing.ANSWER: ("tiếp nhận (03) hoặc từ chối (02)", "the acceptance (03) or refusal (02)"),
    Missing.ASSIGNMENT: ("phân công xử lý (04, 05)", "the assignment (04, 05)"),
    Missing.COMPLETION: ("trả lời hoặc hoàn thành (06)", "the reply or completion (06)"),
    Missing.CANCELLATION: (
        "báo đã hủy bản bị thu hồi (15)",
        "the report that the recalled letter was cancelled (15)",
    ),
}
_NOTICES: Final[Mapping[str, Both]] = {
    NoticeCode.SILENT: ("Hệ thống nơi nhận im lặng", "The recipient's system is silent"),
    NoticeCode.BACK: ("Hệ thống nơi nhận đã hoạt động lại", "The recipient's system is back"),
    NoticeCode.ERASED: ("Trục đã tiêu hủy bản lưu của mình", "The hub has erased its copy"),
}
_BEGINNINGS: Final[tuple[tuple[str, Both], ...]] = (
    # The longer beginning comes first.
    (SUBORDINATE, ("Trục nhắc cấp trên: cấp dưới còn nợ", "The hub told the agency above: still owed below it is")),
    (_ASKED, ("Bên gửi nhờ trục nhắc: còn nợ", "The sender had the hub remind: still owed is")),
    (REMINDER, ("Trục nhắc: còn nợ", "The hub reminds: still owed is")),
    (REMINDED_DUE, ("Trục tự nhắc nơi nhận: còn nợ", "The hub reminded the recipient by itself: still owed is")),
    (
        REMINDED_ABOVE,
        ("Trục tự báo cấp trên của nơi nhận: còn nợ", "The hub by itself told the agency above the recipient: owed is"),
    ),
    (REMINDED, ("Trục đã nhắc theo đề nghị: còn nợ", "The hub reminded the recipient as asked: still owed is")),
    (SUBORDINATE_CAME, ("Cấp dưới đã làm, sau khi được nhắc:", "Done by the agency below, after a reminder:")),
    (CAME, ("Nơi nhận đã làm, sau khi được nhắc:", "Done by the recipient, after a reminder:")),
)
_DISPOSALS: Final[Mapping[str, Both]] = {
    f"erasure.{Disposal.PROPOSED.value}": ("Đề nghị tiêu hủy", "Erasure proposed"),
    f"erasure.{Disposal.WITHDRAWN.value}": ("Rút đề nghị tiêu hủy", "Erasure withdrawn"),
    f"erasure.{Disposal.APPROVED.value}": ("Đã quyết định tiêu hủy, đang thực hiện", "Erasure decided, under way"),
    f"erasure.{Disposal.DONE.value}": ("Đã tiêu hủy nội dung", "Content erased"),
}
_REASONS: Final[Mapping[str, Both]] = {
    "delivery.expired": ("quá thời hạn giao, nơi nhận không đến lấy", "not fetched by the recipient in time"),
    "letter.recalled": ("bên gửi đã thu hồi văn bản", "the sender has recalled the letter"),
    "letter.taken-back": ("bên gửi đã lấy lại văn bản", "the sender has taken the letter back"),
}
_EVENTS: Final = {event.short: words for event, words in WORDS.items()}


def happening_words(language: Language, kind: str, what: str) -> str:
    """What happened, as a line of the timeline says it.

    Args:
        kind: `node.timeline.Happening.kind`.
    """
    if kind == "evidence" and what in _EVENTS:
        return _said(_EVENTS[what], language)
    if kind == "notice":
        return notice_words(language, what)
    found = _DISPOSALS.get(what)
    if found is not None:
        return _said(found, language)
    entry = codelists.load("statuses").get(what.removeprefix("status:"))
    return _other(what, language) if entry is None else f"{entry.code} {entry.label(language)}"


def notice_words(language: Language, code: str) -> str:
    if code in _NOTICES:
        return _said(_NOTICES[code], language)
    for beginning, words in _BEGINNINGS:
        if code.startswith(beginning):
            return f"{_said(words, language)} {missing_words(language, code.removeprefix(beginning))}"
    return _other(code, language)


def missing_words(language: Language, missing: str) -> str:
    """The status that is owed."""
    found = MISSING.get(missing)
    return _other(missing, language) if found is None else _said(found, language)


def reason_words(language: Language, text: str) -> str:
    """Why something failed or was refused: codes between commas become words, what people wrote stays."""
    return ", ".join(_reason(language, part) for part in text.split(", "))


def _reason(language: Language, part: str) -> str:
    if part in _REASONS:
        return _said(_REASONS[part], language)
    entry = codelists.load("refusal-reasons").get(part)
    if entry is not None:
        return f"{entry.code} {entry.label(language)}"
    is_code = "." in part and " " not in part and part.isascii() and part.islower()
    return _said((f"mã lý do {part}", f"reason code {part}"), language) if is_code else part


def _other(code: str, language: Language) -> str:
    return _said((f"việc khác, mã {code}", f"something else, code {code}"), language)


def _said(words: Both, language: Language) -> str:
    return words[language == "en"]
