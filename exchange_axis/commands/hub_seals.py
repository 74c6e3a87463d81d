"""`axis hub seals …`: what an operator does about seals whose revocation could not be checked."""

from __future__ import annotations

import argparse
from typing import Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.output import Exit


def register(verbs: Any) -> None:
    words = "con dấu chưa kiểm tra được thu hồi / seals whose revocation could not be checked"
    acts = verbs.add_parser("seals", help=words).add_subparsers(dest="act", required=True, metavar="LỆNH")
    _end(acts.add_parser("look", help="tra cứu lại ngay / look up at once what is not known"), _look)
    note = acts.add_parser("note", help="nêu lý do để văn bản chưa kiểm tra được / why an unchecked letter stands")
    note.add_argument("query", metavar="VĂN-BẢN", help="mã gói tin, số/ký hiệu / consignment id, number")
    note.add_argument("--reason", required=True, metavar="LÝ-DO")
    _end(note, _note)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _look(context: Context, args: argparse.Namespace) -> int:
    done = _ask(context, args, "seals.look")
    context.output.data(done)
    context.output.say(f"Sẽ tra cứu lại ngay {done['seals']} con dấu", f"{done['seals']} seals are looked up at once")
    return Exit.OK


def _note(context: Context, args: argparse.Namespace) -> int:
    done = _ask(context, args, "seals.note", query=args.query, reason=args.reason)
    context.output.data(done)
    context.output.say(
        f"Đã ghi lý do cho {done['letters']} văn bản; thu hồi vẫn là CHƯA KIỂM TRA ĐƯỢC",
        f"Noted for {done['letters']} letters; their revocation stays NOT CHECKED",
    )
    return Exit.OK


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
