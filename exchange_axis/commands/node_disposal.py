"""`axis node erase`, `axis node disposals`: what an agency has destroyed of its own letters, and by whose decision."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from exchange_axis.commands import holds
from exchange_axis.commands.approving import add_as, claim_arguments
from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.hub_disposal import say_disposal, say_related, show_record
from exchange_axis.commands.node_asking import ask, show_command
from exchange_axis.commands.output import Exit


def register(verbs: Any) -> None:
    erase = verbs.add_parser("erase", help="tiêu hủy nội dung một văn bản, hai người / erase a letter, by two people")
    erase.add_argument("id", metavar="ID", help="mã (hoặc phần đầu), 57/BC-UBND / id or its beginning, number")
    what = erase.add_mutually_exclusive_group(required=True)
    what.add_argument("--ground", default=None, metavar="CĂN CỨ", help="đề nghị, nêu căn cứ / propose, on this ground")
    what.add_argument("--approve", action="store_true", help="người thứ hai duyệt / a second person approves")
    what.add_argument("--withdraw", action="store_true", help="rút đề nghị / take the proposal back")
    holds.add_sender(erase)
    add_as(erase)
    _end(erase, _erase)
    holds.register(verbs, _end, _ask, sender=True)
    record = verbs.add_parser("disposals", help="sổ tiêu hủy / the disposal record")
    record.add_argument("--limit", type=number, default=100)
    record.add_argument("--after", type=number, default=0, metavar="SỐ")
    record.add_argument("--export", type=Path, default=None, metavar="TỆP", help="danh sách có ký / a signed list")
    _end(record, _record)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    note = "ai làm, mặc định người dùng hệ thống / who does it, default the system's user"
    parser.add_argument("--actor", default=None, metavar="TÊN", help=note)
    add_common(parser, "node")
    parser.set_defaults(handler=handler)


def _erase(context: Context, args: argparse.Namespace) -> int:
    step = "approve" if args.approve else "withdraw" if args.withdraw else "propose"
    who = claim_arguments(context, args)
    done = _ask(context, args, "erase", query=args.id, step=step, ground=args.ground, sender=args.sender, **who)
    context.output.data(done)
    say_disposal(context, done)
    if done["state"] == "proposed":
        command = f"axis node erase {done['consignment_id']} --approve"
        context.output.say(f"→ người thứ hai: {command}", f"→ a second person: {command}")
    if done["state"] == "done":
        left = show_command(args, done["consignment_id"])
        context.output.say(
            f"  còn lại: biên nhận, dấu vết, sổ tiêu hủy → {left}",
            f"  what is left: evidence, proofs, the disposal record → {left}",
        )
    say_related(context, done)
    return Exit.OK


def _record(context: Context, args: argparse.Namespace) -> int:
    return show_record(context, args, _ask)


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    if args.actor is not None:
        arguments["actor"] = args.actor
    return ask(context, args, operation, **arguments)
