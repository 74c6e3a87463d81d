"""What an update or a replacement changed, as a table with old and new side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import ID_SHOWN, cut
from schemas.gate.refusal import Language

_DIGEST_SHOWN = 12
_FIELDS: Mapping[str, tuple[str, str]] = {
    "number": ("số", "number"),
    "notation": ("ký hiệu", "notation"),
    "date": ("ngày ban hành", "date"),
    "subject": ("trích yếu", "subject"),
    "type": ("loại văn bản", "type"),
    "content": ("nội dung", "content"),
    "place": ("nơi ban hành", "place"),
    "from": ("bên gửi", "from"),
    "to": ("bên nhận", "to"),
    "places": ("nơi nhận in trên văn bản", "printed recipients"),
    "signer": ("người ký", "signer"),
    "due_date": ("hạn trả lời", "due"),
    "due_time": ("giờ hạn", "due at"),
    "priority": ("độ khẩn", "priority"),
    "sphere": ("phạm vi", "circulation"),
    "pages": ("số trang", "pages"),
    "copies": ("số bản", "copies"),
    "appendixes": ("phụ lục", "appendixes"),
    "answers": ("trả lời văn bản", "answers"),
}
_FATES: Mapping[str, tuple[str, str]] = {
    "added": ("thêm tệp", "file added"),
    "removed": ("bỏ tệp", "file removed"),
    "changed": ("đổi tệp", "file changed"),
    "renamed": ("đổi tên tệp", "file renamed"),
}


def say(context: Context, changes: Sequence[Mapping[str, Any]]) -> None:
    for one in changes:
        old, new = (f"{one[side]['title']} ({one[side]['consignment_id'][:ID_SHOWN]})" for side in ("old", "new"))
        vi, en = {"update": ("cập nhật", "update"), "replace": ("thay thế", "replacement")}[one["kind"]]
        context.output.say(f"Khác nhau, {vi}: {old} → {new}", f"What changed, {en}: {old} → {new}")
        if one["withheld"]:
            context.output.say("  không xem: đã thu hồi hoặc lấy lại", "  withheld: recalled or taken back")
        elif rows := _rows(one, context.output.language):
            english = context.output.language == "en"
            context.output.table(rows, ["what", "before", "now"] if english else ["mục", "trước", "nay"])
        else:
            context.output.say("  không có gì khác", "  nothing differs")


def _rows(one: Mapping[str, Any], language: Language) -> list[list[str]]:
    english = language == "en"
    rows = [
        [_word(_FIELDS, change["field"], english), cut(change["old"]), cut(change["new"])] for change in one["fields"]
    ]
    for file in one["attachments"]:
        old, new = _file(file["old_name"], file["old_sha256"]), _file(file["name"], file["new_sha256"])
        rows.append([_word(_FATES, file["change"], english), old, new])
    return rows


def _file(name: str | None, sha256: str | None) -> str:
    return "" if sha256 is None else f"{name} [{sha256[:_DIGEST_SHOWN]}]"


def _word(words: Mapping[str, tuple[str, str]], key: str, english: bool) -> str:
    found = words.get(key)
    return key if found is None else found[english]
