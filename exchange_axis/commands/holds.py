"""`axis hub hold`, `axis node hold`: what must not be erased."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from exchange_axis.commands.arguments import number
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit

Ask = Callable[..., Any]
"""(context, arguments typed, operation, **arguments) → what the hub or node answers."""


def register(
    verbs: Any, end: Callable[[argparse.ArgumentParser, Any], None], asking: Ask, *, sender: bool = False
) -> None:
    """
    Args:
        end: gives a command what all of its kind have.
        sender: letters are told apart by their sender, too.
    """
    hold = verbs.add_parser("hold", help="lệnh giữ, không được tiêu hủy / legal holds")
    acts = hold.add_subparsers(dest="act", required=True, metavar="LỆNH")
    add = acts.add_parser("add", help="giữ một văn bản hoặc một cơ quan / hold a letter or an agency")
    what = add.add_mutually_exclusive_group(required=True)
    what.add_argument("--letter", default=None, metavar="MÃ", help="mã gói tin, số/ký hiệu / consignment id, number")
    what.add_argument("--agency", default=None, metavar="MÃ", help="mọi văn bản đi, đến / all letters from and to it")
    if sender:
        add_sender(add)
    add.add_argument("--reason", required=True)
    end(add, partial(_add, asking))
    release = acts.add_parser("release", help="bỏ giữ / release")
    release.add_argument("id", type=number)
    release.add_argument("--reason", required=True)
    end(release, partial(_release, asking))
    shown = acts.add_parser("list", help="danh sách / list")
    shown.add_argument("--all", action="store_true", help="cả lệnh đã bỏ / also released ones")
    end(shown, partial(_list, asking))


def add_sender(parser: argparse.ArgumentParser) -> None:
    words = "nơi gửi, khi hai nơi gửi trùng mã / the sender, where two chose the same id"
    parser.add_argument("--sender", default=None, metavar="MÃ", help=words)


def _add(asking: Ask, context: Context, args: argparse.Namespace) -> int:
    named = {} if getattr(args, "sender", None) is None else {"sender": args.sender}
    done = asking(context, args, "hold.add", letter=args.letter, agency=args.agency, reason=args.reason, **named)
    return _say(context, {"holds": [done]})


def _release(asking: Ask, context: Context, args: argparse.Namespace) -> int:
    return _say(context, {"holds": [asking(context, args, "hold.release", id=args.id, reason=args.reason)]})


def _list(asking: Ask, context: Context, args: argparse.Namespace) -> int:
    return _say(context, asking(context, args, "hold.list", released=args.all))


def _say(context: Context, found: Mapping[str, Any]) -> int:
    context.output.data(found)
    for row in found["holds"]:
        line = f"{row['id']}  {row['consignment_id'] or row['agency']}: {row['reason']} ({row['placed_by']})"
        until = time_of(row["released_at"]) if row["released_at"] else ""
        vi, en = (f", bỏ giữ {until}", f", released {until}") if until else ("", "")
        context.output.say(f"{line}{vi}", f"{line}{en}")
    if not found["holds"]:
        context.output.say("Không có lệnh giữ nào", "No legal hold")
    return Exit.OK
