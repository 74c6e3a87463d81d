"""`axis audit deadlines|overdue|apology`: clocks that run or were not kept, who answers for what is owed, and how they
said sorry for it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exchange_axis.commands.arguments import day, number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import write_new
from exchange_axis.commands.node_words import ID_SHOWN, clock_word, missing_word, time_of, word
from exchange_axis.commands.output import Exit
from exchange_axis.domain.deadlines import DeadlineClock

LIST_LENGTH = 100
STATES = ("running", "missed", "late")


def register(verbs: Any) -> None:
    deadlines = verbs.add_parser("deadlines", help="thời hạn đang chạy, lỡ hạn / clocks that run or were not kept")
    deadlines.add_argument(
        "--state", choices=STATES, default=None, help="đang chạy | quá hạn, chưa làm | làm muộn / default: all"
    )
    _list(deadlines, _deadlines)
    overdue = verbs.add_parser("overdue", help="quá hạn, ai chịu trách nhiệm / overdue, and who answers for it")
    _list(overdue, _overdue)
    overdue.add_argument(
        "--export", type=Path, default=None, metavar="XML", help="danh sách công khai, trục ký / public list, signed"
    )
    apology = verbs.add_parser("apology", help="ghi văn bản xin lỗi vì quá hạn / record the letter of apology")
    apology.add_argument("id", metavar="ID", help="mã gói tin, số/ký hiệu / consignment id, number")
    apology.add_argument("--recipient", required=True, metavar="MÃ", help="nơi nhận đã quá hạn / that was overdue")
    apology.add_argument("--number", required=True, metavar="SỐ", help="số/ký hiệu / of the letter of apology")
    apology.add_argument("--date", required=True, type=day, metavar="YYYY-MM-DD")
    apology.add_argument("--link", default="", metavar="URL", help="nơi đăng / where it can be read")
    add_common(apology, "hub")
    apology.set_defaults(handler=_apology)


def _list(parser: argparse.ArgumentParser, handler: Any) -> None:
    parser.add_argument("--agency", default=None, metavar="MÃ", help="cơ quan phải làm / who has to do it")
    parser.add_argument(
        "--clock", choices=[clock.value for clock in DeadlineClock], default=None, help="một loại / one kind"
    )
    parser.add_argument("--limit", type=number, default=LIST_LENGTH)
    parser.add_argument("--after", default=None, metavar="NEXT", help="next của trang trước / of the page before")
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _deadlines(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "audit.deadlines", state=args.state)
    language = context.output.language
    rows = [
        [
            time_of(row["due"]),
            clock_word(row["clock"], language),
            word(row["state"], language),
            row["agency"],
            row["sender"],
            row["recipient"] or "*",
            row["title"] or "",
            row["consignment_id"][:ID_SHOWN],
            _mark(row),
        ]
        for row in found["deadlines"]
    ]
    vi = ["hạn", "đồng hồ", "tình trạng", "phải làm", "bên gửi", "bên nhận", "số/ký hiệu", "mã", "lịch"]
    en = ["due", "clock", "state", "owed by", "from", "to", "number", "id", "calendar"]
    _show(context, rows, en if language == "en" else vi, found["next"])
    return Exit.OK


def _apology(context: Context, args: argparse.Namespace) -> int:
    given = {"query": args.id, "recipient": args.recipient, "number": args.number, "link": args.link}
    folder = context.folder("hub", args.data)
    done = context.operate("hub", folder, "audit.apology", **given, date=args.date.isoformat())
    context.output.data(done)
    context.output.say(
        f"Đã ghi văn bản xin lỗi {done['number']} ngày {done['date']} của {done['agency']} về {done['title']}",
        f"Recorded letter of apology {done['number']} of {done['date']} by {done['agency']} about {done['title']}",
    )
    return Exit.OK


def _export(context: Context, args: argparse.Namespace) -> int:
    folder = context.folder("hub", args.data)
    found = context.operate("hub", folder, "audit.overdue-list")
    write_new(args.export, found["xml"])
    context.output.data({"file": str(args.export), "count": found["count"]})
    context.output.say(
        f"Danh sách quá hạn đã ký: {args.export} ({found['count']})",
        f"Signed list of what is overdue: {args.export} ({found['count']})",
    )
    return Exit.OK


def _overdue(context: Context, args: argparse.Namespace) -> int:
    if args.export is not None:
        return _export(context, args)
    found = _ask(context, args, "audit.overdue")
    language = context.output.language
    rows = [
        [
            time_of(row["deadline"]["due"]),
            missing_word(row["missing"], language),
            row["agency"],
            row["agency_name"],
            ", ".join(filter(None, (row["head_name"], row["head_title"]))) or "?",
            _sorry(row["apology"]),
            row["deadline"]["title"] or "",
            row["deadline"]["sender"],
            row["deadline"]["consignment_id"][:ID_SHOWN],
        ]
        for row in found["overdue"]
    ]
    vi = ["hạn", "còn thiếu", "mã", "cơ quan", "người đứng đầu", "xin lỗi", "số/ký hiệu", "bên gửi", "gói tin"]
    en = ["due", "missing", "code", "agency", "head", "apology", "number", "from", "id"]
    _show(context, rows, en if language == "en" else vi, found["next"])
    return Exit.OK


def _show(context: Context, rows: list[list[str]], head: list[str], following: str | None) -> None:
    if not rows:
        context.output.say("Không có gì", "Nothing")
        return
    context.output.table(rows, head)
    if following is not None:
        context.output.say(f"→ còn nữa: --after {following}", f"→ there is more: --after {following}")


def _sorry(apology: Mapping[str, Any] | None) -> str:
    return "" if apology is None else " ".join(filter(None, (apology["number"], apology["date"], apology["link"])))


def _mark(row: Mapping[str, Any]) -> str:
    """Only where the days are not certain."""
    return "" if row["certainty"] == "calendar-known" else str(row["certainty"])


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    asked = {"agency": args.agency, "clock": args.clock, "limit": args.limit, "after": args.after, **arguments}
    found = context.operate("hub", context.folder("hub", args.data), operation, **asked)
    context.output.data(found)
    return found
