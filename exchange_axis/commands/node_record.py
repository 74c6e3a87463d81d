"""`axis node record`: whether the node's own record is whole, and its head for whoever wants to hold it to that."""

from __future__ import annotations

import argparse
from typing import Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.output import Exit


def register(verbs: Any) -> None:
    words = "sổ thay đổi và lấy ra còn nguyên không / whether the record of changes and takings is whole"
    record = verbs.add_parser("record", help=words)
    head = "đầu sổ đã chép lần trước / a head that was written down before"
    record.add_argument("--head", default=None, metavar="SỐ:DIGEST", help=head)
    add_common(record, "node")
    record.set_defaults(handler=_record)


def _record(context: Context, args: argparse.Namespace) -> int:
    found = context.operate("node", context.folder("node", args.data), "record", head=args.head)
    context.output.data(found)
    if found["broken"] is not None:
        kind, number = found["broken"]["kind"], found["broken"]["number"]
        vi, en = f"Sổ đã bị sửa: dòng {kind} số {number}", f"The record was altered: {kind} number {number}"
    elif found["matches"] is False:
        vi, en = "Sổ không nối tiếp đầu sổ đã cho", "The record does not go on from the head that was given"
    else:
        vi, en = f"Sổ nguyên vẹn, {found['lines']} dòng", f"The record is whole, {found['lines']} lines"
    context.output.say(f"{vi}\n{found['head']}", f"{en}\n{found['head']}")
    return Exit.OK if found["whole"] else Exit.REJECTED
