"""`axis demo`: a whole federation on this machine, with real letters."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context


def register(commands: Any) -> None:
    demo = commands.add_parser("demo", help="trình diễn: 3 trục, 10 nút, văn bản thật / three hubs, ten nodes, letters")
    demo.add_argument(
        "--out", type=Path, default=None, metavar="DIR", help="giữ lại tất cả trong thư mục mới / keep everything"
    )
    demo.add_argument(
        "--serve", action="store_true", help="giữ liên trục chạy tới khi Ctrl-C / keep it running until Ctrl-C"
    )
    add_common(demo)
    demo.set_defaults(handler=run)


def run(context: Context, args: argparse.Namespace) -> int:
    return int(context.actions["demo.run"](context, out=args.out, serve=args.serve))
