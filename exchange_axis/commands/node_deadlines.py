"""`axis node deadlines`: what is owed here with the time that is left, and what of our own mail is late."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_asking import ask
from exchange_axis.commands.node_words import ID_SHOWN, clock_word, cut, missing_word, time_of, word
from exchange_axis.commands.output import Exit
from schemas.gate.refusal import Language

LIST_LENGTH = 50
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def register(verbs: Any) -> None:
    parser = verbs.add_parser("deadlines", help="việc đến hạn, quá hạn / what is due, and overdue")
    parser.add_argument("--agency", default=None, metavar="MÃ")
    parser.add_argument("--limit", type=number, default=LIST_LENGTH)
    parser.add_argument("--offset", type=number, default=0, help="văn bản đi đang chờ, bỏ qua / sent ones, pass over")
    parser.add_argument("--count", action="store_true", help="đếm số lần trễ hạn / count what was not kept")
    add_common(parser, "node")
    parser.set_defaults(handler=_deadlines)


def _deadlines(context: Context, args: argparse.Namespace) -> int:
    asked = {"agency": args.agency, "limit": args.limit, "offset": args.offset, "count": args.count}
    found = ask(context, args, "deadlines", **asked)
    context.output.data(found)
    language = context.output.language
    owed = [
        [
            left(row["remaining"], language),
            time_of(row["due"])[:16],
            missing_word(row["missing"], language),
            row["agency"],
            row["title"],
            row["sender"],
            row["consignment_id"][:ID_SHOWN],
            cut(row["subject"]),
        ]
        for row in found["received"]
        if row["missing"] is not None
    ]
    vi = ["còn lại", "hạn", "còn thiếu", "cơ quan", "số/ký hiệu", "bên gửi", "mã", "trích yếu"]
    en = ["left", "due", "missing", "agency", "number", "from", "id", "subject"]
    _table(context, owed, en if language == "en" else vi, ("Không có việc đến hạn", "Nothing is owed"))
    awaited = [
        [
            word(row["state"], language),
            clock_word(row["clock"], language),
            time_of(row["due"])[:16],
            row["title"],
            row["recipient"] or "*",
            row["consignment_id"][:ID_SHOWN],
        ]
        for row in found["sent"]
    ]
    vi = ["tình trạng", "đồng hồ", "hạn", "số/ký hiệu", "bên nhận", "mã"]
    en = ["state", "clock", "due", "number", "to", "id"]
    _table(context, awaited, en if language == "en" else vi, ("Văn bản đi: đúng hạn", "Letters sent: in time"))
    if found["sent_next"] is not None:
        further = f"--offset {found['sent_next']}"
        context.output.say(f"→ văn bản đi đang chờ còn nữa: {further}", f"→ more letters under way: {further}")
    _say_reminders(context, found["reminders"])
    _say_came(context, found["came"])
    if found["misses"] is not None:
        counted = ", ".join(f"{clock_word(clock, language)}: {count}" for clock, count in found["misses"].items())
        context.output.say(f"Số lần trễ hạn: {counted}", f"Not kept: {counted}")
    return Exit.OK


def _say_reminders(context: Context, reminders: list[dict[str, Any]]) -> None:
    language = context.output.language
    whose = {"vi": ("của mình", "cấp dưới"), "en": ("ours", "below us")}[language]
    rows = [
        [
            time_of(row["at"])[:16],
            whose[row["subordinate"]],
            missing_word(row["missing"], language),
            time_of(row["since"])[:16],
            row["recipient"],
            row["title"] or "",
            row["sender"],
            "" if row["came_at"] is None else time_of(row["came_at"])[:16],
        ]
        for row in reminders
    ]
    vi = ["nhắc lúc", "việc", "còn thiếu", "hạn", "bên nhận", "số/ký hiệu", "bên gửi", "đã có lúc"]
    en = ["reminded", "whose", "missing", "due", "recipient", "number", "from", "came"]
    if rows:
        context.output.table(rows, en if language == "en" else vi)


def _say_came(context: Context, came: list[dict[str, Any]]) -> None:
    language = context.output.language
    rows = [
        [time_of(row["came_at"])[:16], missing_word(row["missing"], language), row["recipient"], row["title"] or ""]
        for row in came
    ]
    vi = ["có sau khi nhắc, lúc", "đã thiếu", "bên nhận", "số/ký hiệu"]
    en = ["came after a reminder", "had been missing", "recipient", "number"]
    if rows:
        context.output.table(rows, en if language == "en" else vi)


def left(seconds: int, language: Language) -> str:
    """`2 d 3 h`, `45 min`; with a minus once it is overdue."""
    units = ("ngày", "giờ", "phút") if language == "vi" else ("d", "h", "min")
    amount = abs(int(timedelta(seconds=seconds).total_seconds()))
    days, hours, minutes = amount // _DAY, amount % _DAY // _HOUR, amount % _HOUR // _MINUTE
    parts = [f"{value} {unit}" for value, unit in zip((days, hours, minutes), units, strict=True) if value]
    text = " ".join(parts[:2]) or f"0 {units[2]}"
    return f"-{text}" if seconds < 0 else text


def _table(context: Context, rows: list[list[str]], head: list[str], nothing: tuple[str, str]) -> None:
    if rows:
        context.output.table(rows, head)
    else:
        context.output.say(*nothing)
