"""`axis node access`: who took files, books, dossiers and archives out of this node."""

from __future__ import annotations

import argparse
from typing import Any

from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit
from exchange_axis.domain.taking import TAKEN_WORDS, Taken

LISTED = 100


def register(verbs: Any) -> None:
    words = "ai đã lấy ra tệp, sổ, hồ sơ có tên người / who took out what names people"
    access = verbs.add_parser("access", help=words)
    access.add_argument("--who", default=None, metavar="TÊN", help="của một người / of one person")
    access.add_argument("--before", type=number, default=None, metavar="SỐ", help="trước dòng này / before this entry")
    access.add_argument("--limit", type=number, default=LISTED)
    add_common(access, "node")
    access.set_defaults(handler=_access)


def _access(context: Context, args: argparse.Namespace) -> int:
    folder = context.folder("node", args.data)
    found = context.operate("node", folder, "access", who=args.who, before=args.before, limit=args.limit)
    context.output.data(found)
    english = context.output.language == "en"
    rows = [
        [str(one["seq"]), time_of(one["at"]), one["actor"], TAKEN_WORDS[Taken(one["action"])][english], one["subject"]]
        for one in found["entries"]
    ]
    context.output.table(rows, ["no.", "at", "who", "what", "about"] if english else ["số", "lúc", "ai", "việc", "về"])
    return Exit.OK
