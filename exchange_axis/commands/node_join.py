"""`axis node join`: come to a hub by its invite. Each step is named and said as it happens."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from exchange_axis.commands.common import add_common, add_passphrase
from exchange_axis.commands.context import Context
from exchange_axis.commands.output import Exit
from exchange_axis.commands.own_keys import add_own_keys, own_keys
from exchange_axis.domain.invite import InviteState
from exchange_axis.domain.line_check import LineStep, StepFound, StepState

ASK_EVERY = 3.0
"""Seconds between two questions for the answer."""
NAMES = {
    LineStep.DNS: ("tên máy", "name"),
    LineStep.TCP: ("kết nối", "connection"),
    LineStep.TLS: ("mã hóa", "encryption"),
    LineStep.IDENTITY: ("đúng trục", "identity"),
    LineStep.CLOCK: ("đồng hồ", "clock"),
    LineStep.VERSION: ("phiên bản", "version"),
    LineStep.BINDING: ("trục nhận ra", "binding"),
    LineStep.LOG: ("nhật ký", "log"),
}
MARKS = {StepState.OK: "✓", StepState.WARN: "!", StepState.FAIL: "✗"}


def register(verbs: Any) -> None:
    join = verbs.add_parser("join", help="vào trục bằng mã mời / come to a hub by its invite")
    join.add_argument("--hub", metavar="URL", default=None, help="https://HOST:PORT của trục / of the hub")
    join.add_argument("--invite", metavar="MÃ", default=None, help="mã mời, tám nhóm bốn ký tự / the invite's code")
    join.add_argument(
        "--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="API nội bộ, cổng 0: bất kỳ / local API, 0: any"
    )
    join.add_argument(
        "--no-wait", action="store_true", help="gửi rồi thôi; chạy lại để lấy trả lời / send, ask again later"
    )
    add_own_keys(join)
    add_passphrase(join)
    add_common(join, "node")
    join.set_defaults(handler=_join)


def _join(context: Context, args: argparse.Namespace) -> int:
    folder, found = context.folder("node", args.data), list[StepFound]()

    def tell(one: StepFound) -> None:
        found.append(one)
        vi, en = NAMES[one.step]
        context.output.say(f"{MARKS[one.state]} {vi}: {one.vi}", f"{MARKS[one.state]} {en}: {one.en}")

    asked = _ask(context, args, folder, tell)
    if asked.state is InviteState.ASKED:
        context.output.say(
            f"Đã gửi yêu cầu của nút {asked.node} tới trục {asked.hub}.\n"
            f"Đọc dãy này cho người vận hành trục qua điện thoại: {asked.compare}\n"
            "Chờ họ duyệt; Ctrl-C cũng được, chạy lại lệnh này thì tiếp tục.",
            f"The request of node {asked.node} is at hub {asked.hub}.\n"
            f"Read this to the hub's operator on the telephone: {asked.compare}\n"
            "Waiting for them to decide; Ctrl-C is fine, the same command goes on.",
        )
    while asked.state is InviteState.ASKED and not args.no_wait:
        asked = context.actions["node.join.ask"](folder, after=ASK_EVERY)
    if asked.state is InviteState.APPROVED:
        context.output.say("✓ đã được duyệt", "✓ approved")
        context.actions["node.join.finish"](folder, asked, tell=tell)
    return _end(context, folder, asked, found)


def _ask(context: Context, args: argparse.Namespace, folder: Path, tell: Any) -> Any:
    """What was asked before is asked for again, without the code."""
    if context.actions["node.join.has-asked"](folder):
        asked = context.actions["node.join.ask"](folder)
        if asked.state is not InviteState.REFUSED or not args.invite:
            return asked
        context.actions["node.join.forget"](folder)
    invitation = context.actions["node.join.look"](folder, args.hub, args.invite, tell=tell)
    agencies = dict(invitation.agencies)
    context.output.say(
        f"Trục {invitation.hub} mời nút {invitation.node} ({invitation.name}) phục vụ {', '.join(agencies)}",
        f"Hub {invitation.hub} invites node {invitation.node} ({invitation.name}) to serve {', '.join(agencies)}",
    )
    taken = own_keys(args, agencies, at=context.clock.now())
    asked = context.actions["node.join.send"](
        folder, invitation, listen=args.listen, passphrase_file=args.passphrase_file, taken=taken
    )
    context.output.say(f"✓ khóa: đã tạo trong {folder}", f"✓ keys: made in {folder}")
    return asked


def _end(context: Context, folder: Path, asked: Any, found: list[StepFound]) -> int:
    data = {"node": asked.node, "hub": asked.hub, "state": asked.state.value, "compare": asked.compare}
    if asked.state is InviteState.REFUSED:
        context.output.data({**data, "reason": asked.reason, "tested": found})
        context.output.say(f"Trục từ chối: {asked.reason}", f"The hub refused: {asked.reason}")
        return Exit.REJECTED
    if asked.state is not InviteState.APPROVED:
        context.output.data({**data, "tested": found})
        return Exit.INDETERMINATE
    next_step = f"axis node serve --data {folder}"
    context.output.data({**data, "tested": found, "next": next_step})
    is_fit = all(one.state is not StepState.FAIL for one in found)
    context.output.say(f"→ {next_step}", f"→ {next_step}")
    return Exit.OK if is_fit else Exit.REJECTED
