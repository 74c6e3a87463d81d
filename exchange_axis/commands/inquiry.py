"""`axis audit search|indicators|hints|access`: what an auditor asks without a browser."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from exchange_axis.commands.arguments import day, number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import ID_SHOWN, time_of, word
from exchange_axis.commands.output import Exit
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.periods import Unit

SIDES = ("any", "sender", "recipient", "reader")
SEARCHED = (
    "text", "number", "symbol", "words", "file", "agency", "side", "exact", "since", "until", "state", "lane", "after",
    "limit", "territories",
)  # fmt: skip
COUNTED = (
    "unit", "day", "since", "until", "side", "agency", "tier", "lane", "doc_type", "behind", "after", "territories",
)  # fmt: skip


def register(verbs: Any) -> None:
    search = verbs.add_parser("search", help="tra cứu lượt gửi / search deliveries, newest first")
    search.add_argument("text", nargs="?", default="", help="57/BC-UBND, trích yếu, mã, SHA-256 / number, words, id")
    for name, metavar, said in (
        ("number", "SỐ", "số văn bản / number"),
        ("symbol", "KÝ-HIỆU", "ký hiệu / symbol"),
        ("words", "CHỮ", "chữ trong trích yếu, không cần dấu / words of the subject, without diacritics"),
        ("file", "SHA-256", "của tệp đang có / of a file in hand"),
        ("agency", "CƠ-QUAN", "mã hoặc tên, xưa hay nay / code or name, then or now"),
        ("state", "TRẠNG-THÁI", "trạng thái giao, mã 01–06, yêu cầu / delivery state, 01–06, request"),
    ):
        search.add_argument(f"--{name}", default="", metavar=metavar, help=said)
    search.add_argument("--side", choices=SIDES, default="any", help="bên gửi hay bên nhận / as sender or recipient")
    search.add_argument("--exact", action="store_true", help="chỉ đúng đơn vị đó / not its forerunners and successors")
    _days(search)
    search.add_argument("--lane", choices=[lane.value for lane in Lane], default="", help="độ khẩn / urgency")
    search.add_argument("--limit", type=number, default=50)
    _rest(search, _search)
    indicators = verbs.add_parser("indicators", help="chỉ số I1–I18 của một kỳ / indicators of a period")
    indicators.add_argument("--unit", choices=[unit.value for unit in Unit], default=Unit.MONTH.value)
    indicators.add_argument("--day", type=day, default=None, metavar="YYYY-MM-DD", help="trong kỳ / in it")
    _days(indicators)
    indicators.add_argument("--side", choices=SIDES[1::2], default="sender", help="tính cho bên gửi | bên nhận")
    for name in ("agency", "tier", "doc-type"):
        indicators.add_argument(f"--{name}", default="", help="chỉ phần này / only this part")
    indicators.add_argument("--lane", choices=[lane.value for lane in Lane], default="", help="độ khẩn / urgency")
    indicators.add_argument(
        "--behind", default="", metavar="SỐ-LIỆU", help="kê các lượt sau một con số / list its rows"
    )
    _rest(indicators, _indicators)
    hints = verbs.add_parser("hints", help="dấu hiệu khác thường / hints at what is unusual")
    _days(hints)
    _territory(hints, _hints)
    access = verbs.add_parser("access", help="nhật ký truy cập / who looked at what")
    access.add_argument("--who", default=None, metavar="TÊN", help="của một người / of one person")
    access.add_argument("--subject", default=None, metavar="ID", help="về một văn bản / about one letter")
    access.add_argument("--before", type=number, default=None, metavar="SỐ", help="trước mục này / older than this")
    access.add_argument("--limit", type=number, default=100)
    add_common(access, "hub")
    access.set_defaults(handler=_access)


def _days(parser: argparse.ArgumentParser) -> None:
    for name, said in (("since", "từ ngày / from"), ("until", "đến hết ngày / to")):
        parser.add_argument(f"--{name}", type=day, default=None, metavar="YYYY-MM-DD", help=said)


def _rest(parser: argparse.ArgumentParser, handler: Any) -> None:
    parser.add_argument("--after", default=None, metavar="NEXT", help="next của trang trước / of the page before")
    _territory(parser, handler)


def _territory(parser: argparse.ArgumentParser, handler: Any) -> None:
    parser.add_argument(
        "--territory",
        dest="territories",
        action="append",
        default=[],
        metavar="MÃ",
        help="chỉ trong địa bàn / only in it",
    )
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _given(args: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(args, name) for name in names}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items() if value}


def _ask(context: Context, args: argparse.Namespace, operation: str, names: tuple[str, ...]) -> Any:
    found = context.operate("hub", context.folder("hub", args.data), operation, **_given(args, names))
    context.output.data(found)
    return found


def _search(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "audit.search", SEARCHED)
    _show_lines(context, found)
    return Exit.OK if found["lines"] else Exit.REJECTED


def _indicators(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "audit.indicators", COUNTED)
    if args.behind:
        _show_lines(context, found)
        return Exit.OK
    english = context.output.language == "en"
    rows = [
        [one["code"], one["en" if english else "vi"], shown(one["measure"], one["value"]), one["counted"]]
        for one in found["numbers"]
    ]
    heads = ["", "indicator", "value", "--behind"] if english else ["", "chỉ số", "giá trị", "--behind"]
    context.output.table(rows, heads)
    return Exit.OK


def _hints(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "audit.hints", ("since", "until", "territories"))
    english = context.output.language == "en"
    rows = [
        [one["rule"]["en" if english else "vi"], one["agency"], one["name"], one["day"] or "", str(one["number"])]
        for one in found["hints"]
    ]
    heads = ["hint", "agency", "name", "day", "number"] if english else ["dấu hiệu", "mã", "cơ quan", "ngày", "số"]
    context.output.table(rows, heads)
    return Exit.OK


def _access(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "audit.access", ("who", "subject", "before", "limit"))
    rows = [
        [str(one["number"]), time_of(one["at"]), one["actor"], one["action"], one["subject"], one["reason"]]
        for one in found["entries"]
    ]
    vi, en = ["số", "lúc", "người", "việc", "về", "lý do"], ["no.", "at", "who", "what", "about", "reason"]
    context.output.table(rows, en if context.output.language == "en" else vi)
    return Exit.OK


def _show_lines(context: Context, found: Any) -> None:
    language = context.output.language
    rows = [
        [
            time_of(one["received_at"]),
            one["title"] or "-",
            one["sender"]["code"],
            one["recipient"]["code"],
            one["recipient"]["then"],
            word(one["state"], language),
            one["business"] or "",
            one["consignment_id"][:ID_SHOWN],
        ]
        for one in found["lines"]
    ]
    vi = ["nhận lúc", "số/ký hiệu", "bên gửi", "bên nhận", "tên khi ấy", "giao", "trạng thái", "mã"]
    en = ["received", "number", "from", "to", "name then", "delivery", "status", "id"]
    context.output.table(rows, en if language == "en" else vi)
    if found["next"]:
        context.output.say(f"còn nữa: --after {found['next']}", f"more: --after {found['next']}")


def shown(measure: str, value: float | None) -> str:
    """A value for people, in either language."""
    if value is None:
        return "–"
    if measure == "share":
        return f"{value * 100:.1f} %"
    if measure == "ratio":
        return f"{value:.2f}"
    if measure == "bytes":
        return f"{value / 1e6:,.1f} MB"
    return f"{value:,.0f} s" if measure == "seconds" else f"{value:,.0f}"
