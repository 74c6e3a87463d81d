"""`axis hub tally`, `axis node tally`: a day compared with the neighbours, letter by letter."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exchange_axis.commands.arguments import day
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import write_new
from exchange_axis.commands.node_words import ID_SHOWN, time_of
from exchange_axis.commands.output import Exit

KINDS = {
    "missing-here": ("bên này không có", "missing here"),
    "missing-there": ("bên kia không có", "missing there"),
    "other-container": ("khác nội dung (SHA-256)", "another content (SHA-256)"),
    "other-state": ("khác trạng thái", "another state"),
    "other-receipts": ("khác biên nhận", "other receipts"),
}


def register_hub(verbs: Any) -> None:
    parser = _parser(verbs, "hub")
    parser.add_argument("--peer", default=None, metavar="NÚT", help="chỉ với nút hay trục này / only with this peer")


def register_node(verbs: Any) -> None:
    _parser(verbs, "node")


def _parser(verbs: Any, kind: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(
        "tally", help="bảng đối soát ngày có ký, chỗ lệch / the signed daily tally, and what differs"
    )
    parser.add_argument(
        "day",
        nargs="?",
        type=day,
        default=None,
        metavar="YYYY-MM-DD",
        help="mặc định hôm qua / yesterday",
    )
    parser.add_argument("--export", type=Path, default=None, metavar="THƯ-MỤC", help="tệp có ký của hai bên / files")
    add_common(parser, kind)
    parser.set_defaults(handler=_tally, kind=kind, peer=None)
    return parser


def _tally(context: Context, args: argparse.Namespace) -> int:
    day = None if args.day is None else args.day.isoformat()
    folder = context.folder(args.kind, args.data)
    found = context.operate(args.kind, folder, "tally", day=day, peer=args.peer, export=args.export is not None)
    files = found.pop("files")
    if args.export is not None:
        args.export.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_new(args.export / name, content)
    found["files"] = [str(args.export / name) for name in files]
    context.output.data(found)
    for view in found["tallies"]:
        _say(context, view)
    if not found["tallies"]:
        context.output.say(f"{found['day']}: không có gì để đối soát", f"{found['day']}: nothing to compare")
    for name in found["files"]:
        context.output.say(f"→ {name}", f"→ {name}")
    return Exit.REJECTED if any(view["agrees"] is False for view in found["tallies"]) else Exit.OK


def _say(context: Context, view: Mapping[str, Any]) -> None:
    vi, en = _result(view)
    head = f"{view['day']}  {view['peer']}"
    own = 0 if view["own"] is None else view["own"]["count"]
    context.output.say(f"{head}: {vi}; {own} lượt gửi", f"{head}: {en}; {own} deliveries")
    rows = [[one["giver"], one["event"], str(one["number"])] for one in view["counts"]]
    if rows:
        heads = ["giver", "event", "number"] if context.output.language == "en" else ["bên giao", "sự kiện", "số"]
        context.output.table(rows, heads)
    for one in view["differences"]:
        words = KINDS[one["kind"]]
        name = f"  {one['consignment_id'][:ID_SHOWN]}  {one['sender']} → {one['recipient']}"
        here, there = (", ".join(one[side]) or "–" for side in ("here", "there"))
        context.output.say(f"{name}: {words[0]} ({here} | {there})", f"{name}: {words[1]} ({here} | {there})")
    rest = view["difference_count"] - len(view["differences"])
    if rest:
        context.output.say(f"  … và {rest} chỗ lệch nữa", f"  … and {rest} more")


def _result(view: Mapping[str, Any]) -> tuple[str, str]:
    if view["agrees"] is None:
        return "bên kia chưa gửi bảng đối soát", "the other side has sent no tally"
    at = time_of(view["compared_at"])
    if view["agrees"]:
        return f"khớp, lúc {at}", f"agrees, at {at}"
    count = view["difference_count"]
    return f"LỆCH {count}, lúc {at}", f"{count} DIFFERENCES, at {at}"
