"""`axis hub node invite …`: who may come to this hub by a code, who asks to, and the decision."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit
from exchange_axis.domain.invite import LIFE

STATES = {
    "open": ("chưa dùng", "not used yet"),
    "ended": ("hết hạn, chưa dùng", "ended, never used"),
    "asked": ("chờ đối chiếu và duyệt", "waits to be compared and approved"),
    "approved": ("đã duyệt", "approved"),
    "refused": ("đã từ chối", "refused"),
    "withdrawn": ("đã hủy", "withdrawn"),
}
TESTED = {"ok": ("được", "ok"), "warn": ("cần xem", "look at it"), "fail": ("không được", "failed")}


def register(acts: Any) -> None:
    """Below `axis hub node`."""
    invite = acts.add_parser("invite", help="mời nút bằng mã / invite a node by a code")
    does = invite.add_subparsers(dest="invite", required=True, metavar="LỆNH")
    _end(does.add_parser("list", help="lời mời đã lập / invites that were made"), _list)
    make = does.add_parser("make", help="lập mã mời, hiện một lần / make a code, shown once")
    make.add_argument("node", metavar="MÃ-NÚT", help="ví dụ / for example nut-xuan-loc")
    make.add_argument("--name", required=True, metavar="TÊN", help="ví dụ / for example UBND xã Xuân Lộc")
    make.add_argument("--code", action="append", required=True, help="cơ quan mà nút phục vụ / agency that it serves")
    make.add_argument("--days", type=number, default=LIFE.days, metavar="NGÀY", help="hiệu lực / how long it is good")
    _end(make, _make)
    show = does.add_parser("show", help="một lời mời: dấu để đối chiếu, thử đường truyền / one, with its row and test")
    show.add_argument("number", type=number, metavar="SỐ")
    _end(show, _show)
    approve = does.add_parser("approve", help="cho vào sau khi đối chiếu / let it in after comparing")
    approve.add_argument("number", type=number, metavar="SỐ")
    approve.add_argument(
        "--compared", required=True, metavar="DẤU", help="dãy mà người ở nút đọc / the row that was read to you"
    )
    _end(approve, _approve)
    refuse = does.add_parser("refuse", help="từ chối, nút đọc được lý do / refuse; the node reads why")
    refuse.add_argument("number", type=number, metavar="SỐ")
    refuse.add_argument("--reason", required=True, metavar="LÝ-DO")
    _end(refuse, _refuse)
    withdraw = does.add_parser("withdraw", help="hủy mã chưa dùng / withdraw a code that was not used")
    withdraw.add_argument("number", type=number, metavar="SỐ")
    _end(withdraw, _withdraw)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _list(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "invite.list")
    context.output.data(found)
    for row in found["invites"]:
        _say(context, row)
    if not found["invites"]:
        context.output.say("Chưa lập lời mời nào", "No invite was made")
    if wrong := found["wrong"]["count"]:
        at, address = time_of(found["wrong"]["last_at"]), found["wrong"]["address"]
        context.output.say(
            f"{wrong} lần thử mã sai từ khi trục chạy, gần nhất {at} từ {address}",
            f"{wrong} wrong codes since the hub runs, the last {at} from {address}",
        )
    return Exit.OK


def _make(context: Context, args: argparse.Namespace) -> int:
    made = _ask(context, args, "invite.make", node=args.node, name=args.name, codes=args.code, days=args.days)
    command = f"axis node join --hub {made['url']} --invite {made['code']}"
    context.output.data({**made, "next": command})
    node, until, code = made["node"], time_of(made["ends_at"]), made["code"]
    context.output.say(
        f"Mã mời cho {node}, dùng một lần, đến {until}; chỉ hiện lần này:\n  {code}\n→ tại nút: {command}",
        f"Code for {node}, for one use, until {until}; shown this once:\n  {code}\n→ at the node: {command}",
    )
    return Exit.OK


def _show(context: Context, args: argparse.Namespace) -> int:
    row = _ask(context, args, "invite.show", number=args.number)
    context.output.data(row)
    _say(context, row)
    for one in row["tested"]:
        vi, en = TESTED[one["state"]]
        context.output.say(f"  {one['step']}: {vi} ({one['vi']})", f"  {one['step']}: {en} ({one['en']})")
    return Exit.OK


def _approve(context: Context, args: argparse.Namespace) -> int:
    return _decided(context, _ask(context, args, "invite.approve", number=args.number, compared=args.compared))


def _refuse(context: Context, args: argparse.Namespace) -> int:
    return _decided(context, _ask(context, args, "invite.refuse", number=args.number, reason=args.reason))


def _withdraw(context: Context, args: argparse.Namespace) -> int:
    return _decided(context, _ask(context, args, "invite.withdraw", number=args.number))


def _decided(context: Context, row: Mapping[str, Any]) -> int:
    context.output.data(row)
    _say(context, row)
    return Exit.OK


def _say(context: Context, row: Mapping[str, Any]) -> None:
    vi, en = STATES[row["state"]]
    head, codes = f"{row['number']}  {row['node']} ({row['name']})", ", ".join(row["codes"])
    lines_vi, lines_en = [f"{head}: {vi}", f"  {codes}"], [f"{head}: {en}", f"  {codes}"]
    if row["state"] == "open":
        lines_vi.append(f"  đến {time_of(row['ends_at'])}, {row['made_by']} mời")
        lines_en.append(f"  until {time_of(row['ends_at'])}, invited by {row['made_by']}")
    if row["state"] == "asked":
        todo = f"axis hub node invite approve {row['number']} --compared “…”"
        lines_vi.append(f"  đối chiếu qua điện thoại: {row['compare']}\n→ {todo}")
        lines_en.append(f"  compare on the telephone: {row['compare']}\n→ {todo}")
    if row["decided_by"]:
        said = f"  {row['decided_by']}, {time_of(row['decided_at'])}" + (f": {row['reason']}" if row["reason"] else "")
        lines_vi.append(said)
        lines_en.append(said)
    context.output.say("\n".join(lines_vi), "\n".join(lines_en))


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
