"""`axis node bulletin …`, `axis hub bulletin …`: who is told outside the machine, of what, and a try of the way."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit

KINDS: Mapping[str, tuple[str, str]] = {
    "most-urgent": ("hỏa tốc", "most urgent"),
    "gathered": ("gộp", "gathered"),
    "digest": ("tóm tắt", "digest"),
    "alarm": ("báo động", "alarm"),
}
STATES: Mapping[str, tuple[str, str]] = {
    "idle": ("không có gì chờ", "nothing waits"),
    "sending": ("đang gửi", "on its way"),
    "waiting": ("chờ thử lại", "is tried again"),
}


def register(verbs: Any, kind: str) -> None:
    """
    Args:
        kind: hub or node.
    """
    bulletin = verbs.add_parser("bulletin", help="tin báo ra ngoài: thư điện tử, SMS / bulletins by mail or webhook")
    acts = bulletin.add_subparsers(dest="act", required=True, metavar="LỆNH")
    show = acts.add_parser("show", help="báo cho ai, khi nào, sẽ nói gì / who is told, when, and what it would say")
    _end(show, kind, _show)
    test = acts.add_parser("test", help="gửi thử một tin báo / send a test bulletin")
    test.add_argument("name", help="tên nơi nhận trong cấu hình / name of the destination in the settings")
    _end(test, kind, _test)


def _end(parser: argparse.ArgumentParser, kind: str, handler: Any) -> None:
    add_common(parser, kind)
    parser.set_defaults(handler=handler, kind=kind)


def _show(context: Context, args: argparse.Namespace) -> int:
    found = context.operate(args.kind, context.folder(args.kind, args.data), "bulletin.show")
    context.output.data(found)
    if not found["destinations"]:
        context.output.say(
            f"Không báo ra ngoài cho ai: {args.kind}.toml không có mục [[bulletin]]",
            f"Nobody is told: {args.kind}.toml has no section [[bulletin]]",
        )
    for one in found["destinations"]:
        _say_destination(context, one)
    return Exit.OK


def _test(context: Context, args: argparse.Namespace) -> int:
    sent = context.operate(args.kind, context.folder(args.kind, args.data), "bulletin.test", name=args.name)
    context.output.data(sent)
    context.output.say(f"{sent['place']} đã nhận tin báo thử:", f"{sent['place']} took the test bulletin:")
    context.output.say(sent["text"], sent["text"])
    if sent["left_out"]:
        context.output.say(
            f"Có {sent['left_out']} người nhận bị từ chối", f"{sent['left_out']} of the recipients were refused"
        )
    return Exit.OK


def _say_destination(context: Context, one: Mapping[str, Any]) -> None:
    english = context.output.language == "en"
    vi, en = _when(one)
    context.output.say(f"{one['name']} → {one['place']}: {vi}", f"{one['name']} → {one['place']}: {en}")
    rows = [_row(row, english=english) for row in one["told"]]
    heads = ["tin", "tình trạng", "đã gửi", "hỏng", "không rõ", "gửi lúc", "lỗi gần nhất"]
    english_heads = ["kind", "state", "sent", "lost", "unknown", "sent at", "last fault"]
    context.output.table(rows, english_heads if english else heads)
    for bulletin in one["would_say"]:
        kind = KINDS[bulletin["kind"]]
        context.output.say(f"Nếu gửi lúc này ({kind[0]}):", f"If it were sent now ({kind[1]}):")
        context.output.say(_indented(bulletin["text"]), _indented(bulletin["text"]))


def _when(one: Mapping[str, Any]) -> tuple[str, str]:
    parts = [
        ("hỏa tốc báo ngay", "hỏa tốc at once") if one["most_urgent"] else None,
        (f"gộp {one['gather_minutes']} phút", f"others gathered for {one['gather_minutes']} minutes")
        if one["gather_minutes"]
        else None,
        (f"tóm tắt lúc {', '.join(one['digest'])}", f"digest at {', '.join(one['digest'])}") if one["digest"] else None,
        (f"yên lặng {one['quiet']}", f"quiet {one['quiet']}") if one["quiet"] else None,
    ]
    given = [part for part in parts if part is not None] or [KINDS["alarm"]]
    return "; ".join(vi for vi, _ in given), "; ".join(en for _, en in given)


def _row(row: Mapping[str, Any], *, english: bool) -> list[str]:
    fault = row["fault"]
    told = "" if fault is None else f"{time_of(fault['at'])} {fault['en' if english else 'vi']}"
    return [
        KINDS[row["kind"]][english],
        STATES[row["state"]][english],
        str(row["sent"]),
        str(row["lost"]),
        str(row["doubtful"]),
        time_of(row["sent_at"]) if row["sent_at"] else "",
        told + (f" ({fault['answer']})" if fault is not None and fault["answer"] else ""),
    ]


def _indented(text: str) -> str:
    return "\n".join(_lines(text.splitlines()))


def _lines(lines: Iterable[str]) -> Iterable[str]:
    return (f"    {line}" if line else "" for line in lines)
