"""`axis hub retry`, `hand-back`: what waits is tried now, or ends as undeliverable."""

from __future__ import annotations

import argparse
from typing import Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import ID_SHOWN
from exchange_axis.commands.output import Exit
from exchange_axis.domain.consignment import Lane

WHYS = {
    "recipient.gone": "nơi nhận không còn hệ thống nào lấy / no system takes letters for it any more",
    "recipient.wrong": "gửi nhầm nơi / addressed wrongly",
    "sender.asked": "bên gửi đề nghị dừng / its sender asked for it",
    "operator.other": "lý do khác / another reason",
}


def register(verbs: Any) -> None:
    retry = verbs.add_parser("retry", help="thử ngay những gì đang chờ thử lại / try what waits for its next try now")
    what = retry.add_mutually_exclusive_group(required=True)
    what.add_argument("ids", nargs="*", default=[], metavar="ID", help="số trong danh sách, mã gói tin / number or id")
    what.add_argument("--lane", choices=[lane.value for lane in Lane], default="", help="cả một làn / all of a lane")
    retry.add_argument(
        "--peer", default=None, metavar="NÚT", help="của làn, chỉ tới bên này / of the lane, to this peer"
    )
    retry.add_argument("--reason", default="", metavar="LÝ-DO", help="ghi vào sổ / kept with the record")
    add_common(retry, "hub")
    retry.set_defaults(handler=_retry)
    back = verbs.add_parser("hand-back", help="trả lại vì không giao được / end as undeliverable; the sender is told")
    back.add_argument("ids", nargs="+", metavar="ID", help="số trong danh sách, mã gói tin / number or id")
    back.add_argument("--why", required=True, choices=list(WHYS), help=" | ".join(WHYS.values()))
    back.add_argument("--note", default="", metavar="LỜI", help="ghi vào sổ ở đây, không gửi đi / kept here, not sent")
    add_common(back, "hub")
    back.set_defaults(handler=_hand_back)


def _retry(context: Context, args: argparse.Namespace) -> int:
    asked = {"ids": args.ids, "lane": args.lane, "peer": args.peer, "reason": args.reason}
    done = context.operate("hub", context.folder("hub", args.data), "retry", **asked)
    if args.lane:
        context.output.data(done)
        count = done["count"]
        context.output.say(f"{count} gói không phải chờ nữa: thử ngay", f"{count} shipments wait no longer: tried now")
        return Exit.OK
    return _told(context, done, ("thử ngay", "tried now"), ("đã đến lượt từ trước", "was due already"))


def _hand_back(context: Context, args: argparse.Namespace) -> int:
    asked = {"ids": args.ids, "why": args.why, "note": args.note}
    done = context.operate("hub", context.folder("hub", args.data), "hand-back", **asked)
    return _told(context, done, ("đã trả lại, bên gửi được báo", "handed back, its sender is told"), ("", ""))


def _told(context: Context, done: Any, changed: tuple[str, str], same: tuple[str, str]) -> int:
    context.output.data(done)
    for row in done["deliveries"]:
        name, refusal = f"{row['id']}  {row['consignment_id'][:ID_SHOWN]} → {row['recipient']}", row["refusal"]
        words = changed if row["changed"] else same
        if refusal is not None:
            words = refusal["vi"], refusal["en"]
        context.output.say(f"{name}: {words[0]}", f"{name}: {words[1]}")
    if not done["deliveries"]:
        context.output.say("Không có lần giao nào như vậy", "There is no such delivery")
        return Exit.REJECTED
    return Exit.REJECTED if any(row["refusal"] is not None for row in done["deliveries"]) else Exit.OK
