"""The checklist for newcomers on the first page of practice mode: what to do, where, and what one has done already.

A lesson is ticked by what was really carried out there: the answer to the form that did it, never by pressing alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from exchange_axis.node.lessons import Lesson
from exchange_axis.node.service import Node
from exchange_axis.web.shared.language import later
from exchange_axis.web.shared.pages import PRACTICE

WORDS: Final[Mapping[Lesson, tuple[str, str, str]]] = {
    Lesson.RECEIVE: (
        later("Đọc một văn bản đến"),
        later("Mở một văn bản ở “Văn bản đến”, xem tệp, giá trị pháp lý và kết quả kiểm tra chữ ký."),
        "/inbox",
    ),
    Lesson.ACCEPT: (
        later("Tiếp nhận"),
        later("Bấm “Tiếp nhận”, xem số đến và dòng sổ điền sẵn, rồi báo bên gửi (03)."),
        "/inbox",
    ),
    Lesson.REFUSE: (
        later("Từ chối có lý do"),
        later("Văn bản 113/STC-QLNS bị sửa sau khi ký: từ chối với LD03 và viết rõ lý do."),
        "/inbox",
    ),
    Lesson.SEND: (
        later("Soạn và gửi"),
        later("Soạn văn bản mới, đưa tệp vào, chọn nơi nhận, xem danh sách kiểm tra, gửi; rồi xem bảng theo dõi."),
        "/drafts",
    ),
    Lesson.REPLY: (
        later("Phúc đáp"),
        later("Ở văn bản đã tiếp nhận, bấm “Phúc đáp…”, điền và gửi văn bản trả lời."),
        "/inbox?pile=all",
    ),
    Lesson.CLOSE: (
        later("Khóa sổ"),
        later("Mở sổ đến của năm trước, bấm “Khóa sổ”; sổ đã khóa có bản PDF kèm mã băm."),
        "/registers?book=incoming&year=",
    ),
}
"""What it is called, how it is done, and where it begins."""
_BY_FORM: Final[Mapping[tuple[str, str], Lesson]] = {
    ("GET", "/inbox/{id}/{agency}"): Lesson.RECEIVE,
    ("POST", "/inbox/{id}/{agency}/accept"): Lesson.ACCEPT,
    ("POST", "/inbox/{id}/{agency}/refuse"): Lesson.REFUSE,
    ("POST", "/drafts/{id}/send"): Lesson.SEND,
    ("POST", "/registers/close"): Lesson.CLOSE,
}


def shown(done: Mapping[Lesson, object], *, last_year: int) -> list[dict[str, object]]:
    """For the page."""
    return [
        {
            "title": title,
            "how": how,
            "address": PRACTICE + (f"{place}{last_year}" if place.endswith("=") else place),
            "done_at": done.get(lesson),
        }
        for lesson, (title, how, place) in WORDS.items()
    ]


def lesson_of(request: web.Request, response: web.StreamResponse, node: Node) -> Lesson | None:
    """What was learnt by this request; None: nothing, or it was not carried out. Reads the store."""
    resource = request.match_info.route.resource
    path = "" if resource is None else resource.canonical.removeprefix(PRACTICE)
    lesson = _BY_FORM.get((request.method, path))
    if lesson is None or response.status != (200 if request.method == "GET" else 303):
        return None
    if lesson is Lesson.SEND and node.drafts.get(request.match_info["id"]).row.form.get("response_for"):
        return Lesson.REPLY
    return lesson
