"""`axis node user review`, `axis hub user review`: who may come in, since when, by whom; and that somebody looked."""

from __future__ import annotations

import argparse
import base64
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from exchange_axis.commands.arguments import LISTINGS, listing
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import write_bytes_new
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit
from exchange_axis.domain.accounts import STANDING_WORDS, Standing

HEADS: Final = (
    ["đăng nhập", "họ tên", "tình trạng", "vai trò", "xác thực", "đăng nhập cuối", "tạo", "rà soát"],
    ["login", "name", "state", "roles", "factors", "last sign-in", "made", "reviewed"],
)


def register(acts: Any, kind: str) -> None:
    review = acts.add_parser("review", help="rà soát mọi tài khoản / look through all accounts")
    which = "đã rà soát, đúng; không ghi: chỉ xem / reviewed, right; none: only look"
    review.add_argument("logins", nargs="*", default=[], metavar="TÊN_ĐĂNG_NHẬP", help=which)
    review.add_argument("--all", action="store_true", help="mọi tài khoản đang mở / every open account")
    review.add_argument("--note", default="", metavar="GHI_CHÚ", help="ví dụ số biên bản / e.g. the minutes' number")
    listed = f"danh sách / the list: {', '.join(LISTINGS)}"
    review.add_argument("--export", type=listing, default=None, metavar="TỆP", help=listed)
    add_common(review, kind)
    review.set_defaults(handler=partial(_review, kind))


def _review(kind: str, context: Context, args: argparse.Namespace) -> int:
    folder = context.folder(kind, args.data)
    suffix = "" if args.export is None else args.export.suffix.lower()
    found = context.operate(
        kind,
        folder,
        "user.review",
        logins=args.logins,
        every=args.all,
        note=args.note,
        suffix=suffix,
        house=str(folder),
    )
    if args.export is not None:
        write_bytes_new(args.export, base64.b64decode(found.pop("file")))
    context.output.data(found)
    context.output.table([_line(context, one) for one in found["accounts"]], HEADS[context.output.language == "en"])
    if found["reviewed"]:
        count = found["reviewed"]
        context.output.say(f"Đã ghi: {count} tài khoản được rà soát", f"On record: {count} accounts reviewed")
    if found["due"]:
        context.output.say(
            f"{found['due']} tài khoản quá hạn rà soát", f"{found['due']} accounts are overdue for review"
        )
    if found["expired"]:
        context.output.say(
            f"{found['expired']} tài khoản đã hết hạn vì chưa ai rà soát: nêu tên để rà soát và mở lại, hoặc đóng",
            f"{found['expired']} accounts expired, not reviewed: name them to review and open them, or close them",
        )
    if args.export is not None:
        context.output.say(f"Danh sách: {args.export}", f"The list: {args.export}")
    return Exit.OK


def _line(context: Context, one: Mapping[str, Any]) -> list[str]:
    state = STANDING_WORDS[Standing(one["state"])][context.output.language == "en"]
    entered = "-" if one["entered_at"] is None else time_of(one["entered_at"])
    factors = ", ".join(one["factors"]) or "-"
    made, reviewed = _done(one["made"]), _done(one["reviewed"]) + (" !" if one["review_due"] else "")
    return [one["login"], one["name"], state, " ".join(one["roles"]), factors, entered, made, reviewed]


def _done(change: Mapping[str, Any] | None) -> str:
    return "-" if change is None else f"{time_of(change['at'])} {change['actor']}"
