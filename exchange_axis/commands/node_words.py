"""Codes in the words of people, for the node's lists and timelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from exchange_axis.commands.output import local_time
from exchange_axis.domain.notice import came_of
from schemas import codelists
from schemas.gate.refusal import Language

ID_SHOWN = 8
"""Characters of an id in lists: enough to type."""
TEXT_SHOWN = 60
LANGUAGES: tuple[Language, Language] = ("vi", "en")
_WORDS: Mapping[str, tuple[str, str]] = {
    "content.erased": ("trục đã tiêu hủy bản của mình", "a hub erased its copy"),
    "erasure.proposed": ("đề nghị tiêu hủy", "erasure proposed"),
    "erasure.withdrawn": ("rút đề nghị tiêu hủy", "erasure withdrawn"),
    "erasure.approved": ("đang tiêu hủy", "being erased"),
    "erasure.done": ("đã tiêu hủy", "erased"),
    "hoa-toc": ("hỏa tốc", "hỏa tốc"),
    "thuong-khan": ("thượng khẩn", "thượng khẩn"),
    "khan": ("khẩn", "khẩn"),
    "thuong": ("thường", "thường"),
    # The hub's answer to a letter of ours.
    "queued": ("chờ gửi", "queued"),
    "accepted": ("trục đã nhận", "accepted by the hub"),
    "refused": ("trục từ chối", "refused by the hub"),
    # Where a recipient's copy is.
    "relayed": ("đang chuyển", "relayed"),
    "consigned": ("chờ bên nhận lấy", "consigned"),
    "handed-over": ("đã giao", "handed over"),
    "failed": ("không giao được", "failed"),
    "redirected": ("chuyển đơn vị kế thừa", "redirected"),
    "duplicate": ("trùng", "duplicate"),
    "withdrawn": ("đã rút lại", "withdrawn"),
    # What the sender asked since, and what became of it.
    "none": ("", ""),
    "take-back-asked": ("bên gửi đề nghị lấy lại", "asked back"),
    "recall-asked": ("đang thu hồi", "being recalled"),
    "update-asked": ("bên gửi gửi bản cập nhật", "update sent"),
    "updated": ("đã nhận bản cập nhật", "updated"),
    "replaced": ("đã được thay thế", "replaced"),
    # Letters that have to do with another.
    "new": ("văn bản", "letter"),
    "recall": ("thu hồi", "recall"),
    "update": ("cập nhật", "update"),
    "replace": ("thay thế", "replacement"),
    "resend": ("gửi lại", "sent again"),
    "redistribution": ("chuyển tiếp", "passed on"),
    # What happened.
    "received": ("đến nút", "received here"),
    "SubmissionAcceptance": ("trục tiếp nhận gửi", "submission accepted"),
    "SubmissionRejection": ("trục từ chối gửi", "submission refused"),
    "RelayAcceptance": ("trục kế tiếp nhận", "accepted by the next hub"),
    "RelayRejection": ("trục kế tiếp từ chối", "refused by the next hub"),
    "RelayFailure": ("chuyển tiếp thất bại", "relay failed"),
    "ContentConsignment": ("sẵn sàng giao", "consigned to the recipient"),
    "ContentHandover": ("đã giao bên nhận", "handed over"),
    "ContentHandoverFailure": ("không giao được", "handover failed"),
    "recipient.silent": ("hệ thống nơi nhận im lặng", "the recipient's system is silent"),
    "recipient.back": ("hệ thống nơi nhận đã trở lại", "the recipient's system is back"),
    "redirect": ("chuyển đơn vị kế thừa", "redirected"),
    # What became of a clock.
    "not-started": ("chưa tính", "not started"),
    "running": ("đang chạy", "running"),
    "met": ("đúng hạn", "in time"),
    "late": ("muộn", "late"),
    "missed": ("quá hạn", "overdue"),
    "not-applicable": ("-", "-"),
}
_CLOCKS: Mapping[str, tuple[str, str]] = {
    "K1": ("K1 phát hành", "K1 issue"),
    "K2": ("K2 đến nơi", "K2 delivery"),
    "K3": ("K3 tiếp nhận", "K3 answer"),
    "K4": ("K4 phân công", "K4 assignment"),
    "K5": ("K5 trả lời", "K5 reply"),
    "recall": ("báo đã hủy", "cancellation report"),
}
_MISSING: Mapping[str, tuple[str, str]] = {
    "no-01": ("chưa đến máy bên nhận (01)", "not arrived (01)"),
    "no-02-or-03": ("chưa tiếp nhận hoặc từ chối (03, 02)", "neither accepted nor refused (03, 02)"),
    "no-04": ("chưa phân công (04, 05)", "not assigned (04, 05)"),
    "no-06": ("chưa trả lời, chưa hoàn thành (06)", "neither answered nor completed (06)"),
    "no-15": ("chưa báo đã hủy văn bản bị thu hồi (15)", "recalled, no report that it was cancelled (15)"),
}
_NO_STATUS = "00"


def word(code: str, language: Language) -> str:
    """The words for a state or event; the code itself where there are none."""
    status = code.removeprefix("status:")
    if status.isdecimal():
        return status_word(status, language)
    if (missing := came_of(code)) is not None:
        had = {"vi": "có sau khi nhắc, đã thiếu", "en": "came after a reminder, had been missing"}[language]
        return f"{had}: {missing_word(missing, language)}"
    found = _WORDS.get(code)
    return code if found is None else found[language == "en"]


def status_word(code: str, language: Language) -> str:
    """`03 Đã tiếp nhận`; empty before the first status."""
    if code == _NO_STATUS:
        return ""
    entry = codelists.load("statuses").get(code)
    return code if entry is None else f"{code} {entry.label(language)}"


def marked(text: str, row: Mapping[str, Any], language: Language) -> str:
    """The text with what every reader of a list must see: recalled, taken back, superseded."""
    english, kinds = language == "en", {link["kind"] for link in row["followed_by"]}
    marks = []
    if "recall" in kinds:
        marks.append("recalled" if english else "đã thu hồi")
    elif row.get("frozen"):
        marks.append("taken back" if english else "đã lấy lại")
    if "replace" in kinds:
        marks.append("replaced" if english else "đã được thay thế")
    elif "update" in kinds:
        marks.append("superseded by an update" if english else "đã có bản cập nhật")
    return ", ".join([text, *marks] if text else marks)


def clock_word(clock: str, language: Language) -> str:
    found = _CLOCKS.get(clock)
    return clock if found is None else found[language == "en"]


def owed_next(row: Mapping[str, Any], language: Language) -> str:
    """When the next thing that is owed about a received letter is due; empty when nothing is."""
    due = row["due"]
    if due is None:
        return ""
    overdue = {"vi": "quá hạn ", "en": "overdue "}[language] if due["overdue"] else ""
    return f"{overdue}{time_of(due['at'])[:16]} {due['clock']}"


def missing_word(missing: str, language: Language) -> str:
    """What an open clock waits for."""
    found = _MISSING.get(missing)
    return missing if found is None else found[language == "en"]


def cut(text: str, limit: int = TEXT_SHOWN) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def time_of(text: str) -> str:
    """A time of an operation's answer as people read it, +07:00."""
    return local_time(datetime.fromisoformat(text))


def reply_due_of(row: Mapping[str, Any]) -> str:
    """The reply deadline: a day, or the hour that the letter sets."""
    return time_of(row["due_at"]) if row["due_at"] else row["due_date"] or ""


def number_of(row: Mapping[str, Any]) -> str:
    """Arrival number, `12/2026`; empty without one."""
    return f"{row['arrival_number']}/{row['arrival_year']}" if row["arrival_number"] else ""


def notice_text(notice: Mapping[str, Any] | None, language: Language) -> str:
    """What the hub last told about a recipient, in words; empty without a notice."""
    if notice is None:
        return ""
    since = time_of(notice["since"])
    if notice["code"] == "recipient.silent":
        vi, en = "hệ thống của nơi nhận im lặng từ {since}", "the recipient's system has been silent since {since}"
        return (en if language == "en" else vi).format(since=since)
    return f"{word(notice['code'], language)} ({since})"


def progress_of(addressees: Sequence[Mapping[str, Any]], language: Language) -> str:
    """How far a sent letter is with its recipients: each of a few, counts of many."""
    told = [_how_far(one, language) for one in addressees]
    if len(told) <= 2:
        return "; ".join(f"{one['agency']}: {text}" for one, text in zip(addressees, told, strict=True))
    counts = {text: told.count(text) for text in dict.fromkeys(told)}
    return "; ".join(f"{count} {text}" for text, count in counts.items())


def _how_far(addressee: Mapping[str, Any], language: Language) -> str:
    """The last status, and beside it where the letter is as long as nobody has signed for its arrival."""
    status, delivery = status_word(addressee["status"], language), word(addressee["delivery"], language)
    if not status:
        return delivery
    return status if addressee["delivery"] == "handed-over" else f"{status} ({delivery})"
