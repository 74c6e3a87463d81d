"""`axis node archive export`: the letters of a period for the agency's archive, in one ZIP with a sealed list."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from exchange_axis.commands.arguments import day
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import FileExists
from exchange_axis.commands.handing import take_whole
from exchange_axis.commands.output import Exit
from exchange_axis.domain.ids import canonical_code


def register(verbs: Any) -> None:
    words = "nộp lưu trữ cơ quan / what goes to the agency's archive"
    acts = verbs.add_parser("archive", help=words).add_subparsers(dest="act", required=True, metavar="LỆNH")
    export = acts.add_parser(
        "export", help="văn bản đi, đến của một thời gian / letters of a period, sent and received"
    )
    export.add_argument("--agency", required=True, metavar="CODE", help="cơ quan ở nút này / an agency of this node")
    export.add_argument("--from", dest="first", type=day, required=True, metavar="NGÀY", help="2026-01-01")
    export.add_argument("--to", dest="last", type=day, required=True, metavar="NGÀY", help="2026-03-31")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="luu-tru.zip")
    add_common(export, "node")
    export.set_defaults(handler=_export)


def _export(context: Context, args: argparse.Namespace) -> int:
    if args.out.exists():
        raise FileExists(path=args.out)
    folder, first, last = context.folder("node", args.data), _text(args.first), _text(args.last)
    made = context.operate("node", folder, "archive", agency=canonical_code(args.agency), first=first, last=last)
    take_whole(Path(made["path"]), args.out)
    answer = {name: made[name] for name in ("agency", "documents", "files", "size", "sha256")}
    context.output.data({**answer, "file": str(args.out)})
    letters, files, tail = made["documents"], made["files"], f"SHA-256 {made['sha256']}"
    context.output.say(
        f"{args.out}: {letters} văn bản, {files} tệp, {made['size']} byte, {tail}",
        f"{args.out}: {letters} letters, {files} files, {made['size']} bytes, {tail}",
    )
    return Exit.OK


def _text(one: date) -> str:
    return one.isoformat()
