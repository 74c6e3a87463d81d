"""`axis node outbox --waiting` and `axis node retry`: what waits for the hub, and trying it at once."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_asking import ask
from exchange_axis.commands.node_words import ID_SHOWN, status_word, time_of, word
from exchange_axis.commands.output import Exit


def register(verbs: Any) -> None:
    retry = verbs.add_parser("retry", help="thử lại ngay / try at once what waits for the hub")
    which = retry.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "ids", nargs="*", default=[], metavar="ID", help="mã gói tin hoặc phần đầu / id or its beginning"
    )
    which.add_argument("--all", action="store_true", dest="everything", help="tất cả đang chờ / all that waits")
    add_common(retry, "node")
    retry.set_defaults(handler=_retry)


def waiting(context: Context, args: argparse.Namespace) -> int:
    found = ask(context, args, "waiting", limit=args.limit, offset=args.offset)
    context.output.data(found)
    _say(context, found["waiting"])
    return Exit.OK


def _retry(context: Context, args: argparse.Namespace) -> int:
    tried = ask(context, args, "retry", ids=args.ids, everything=args.everything)
    context.output.data(tried)
    _say(context, tried["waiting"])
    return Exit.OK


def _say(context: Context, rows: list[Mapping[str, Any]]) -> None:
    language = context.output.language
    if not rows:
        context.output.say("Không có gì đang chờ trục", "Nothing waits for the hub")
        return
    shown = [
        [
            row["consignment_id"][:ID_SHOWN],
            row["title"] if row["status"] is None else f"{row['title']}: {status_word(row['status'], language)}",
            word(row["lane"], language),
            row["tries"],
            time_of(row["next_try_at"]),
            row["last_error"] or "",
        ]
        for row in rows
    ]
    vi = ["mã", "văn bản", "độ khẩn", "đã thử", "lần tới", "lỗi"]
    context.output.table(shown, ["id", "letter", "lane", "tries", "next try", "error"] if language == "en" else vi)
