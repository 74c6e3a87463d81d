"""`axis hub settings …`, `axis node settings …`: what was changed in the settings file, and why."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit

LISTED = 20


def register(verbs: Any, kind: str) -> None:
    words = "thay đổi cấu hình: ai, trước, sau, lý do / changed settings: whose, before, after, why"
    acts = verbs.add_parser("settings", help=words).add_subparsers(dest="act", required=True, metavar="LỆNH")
    shown = acts.add_parser("list", help="các thay đổi / the changes")
    shown.add_argument("--limit", type=number, default=LISTED)
    _end(shown, _list, kind)
    note = acts.add_parser("note", help="ghi lý do của một thay đổi / say why something was changed")
    note.add_argument("number", type=number, metavar="SỐ")
    note.add_argument("--reason", required=True, metavar="LÝ_DO")
    _end(note, _note, kind)


def _end(parser: argparse.ArgumentParser, handler: Any, kind: str) -> None:
    add_common(parser, kind)
    parser.set_defaults(handler=partial(handler, kind))


def _list(kind: str, context: Context, args: argparse.Namespace) -> int:
    found = _ask(kind, context, args, "settings.list", limit=args.limit)
    context.output.data(found)
    for one in found["changes"]:
        who = ", ".join(one["owners"]) or "-"
        head = f"{one['number']}  {time_of(one['at'])}  {', '.join(one['files'])} ({who})"
        lines = [f"  {each['name']}: {each['before'] or '–'} → {each['after'] or '–'}" for each in one["settings"]]
        why = None if one["reason"] is None else f"  {one['reason']} ({one['reason_by']})"
        vi, en = (
            why or text
            for text in ("  CHƯA CÓ LÝ DO: axis {} settings note {}", "  NO REASON YET: axis {} settings note {}")
        )
        context.output.say(*("\n".join([head, *lines, tail.format(kind, one["number"])]) for tail in (vi, en)))
    if not found["changes"]:
        context.output.say("Cấu hình chưa thay đổi từ lần đầu", "The settings have not changed since the first look")
    return Exit.OK


def _note(kind: str, context: Context, args: argparse.Namespace) -> int:
    done = _ask(kind, context, args, "settings.note", number=args.number, reason=args.reason)
    context.output.data(done)
    context.output.say(f"Đã ghi lý do của thay đổi {args.number}", f"Noted why change {args.number} was made")
    return Exit.OK


def _ask(kind: str, context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate(kind, context.folder(kind, args.data), operation, **arguments)
