"""`axis hub authority …`: the hub's own certificate authority: what it revoked, its list, and the lists of others."""

from __future__ import annotations

import argparse
import base64
from pathlib import Path
from typing import Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import write_new
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit

REASONS = ("unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation")


def register(verbs: Any) -> None:
    words = "CA của trục: thu hồi, danh sách thu hồi / the hub's own authority"
    acts = verbs.add_parser("authority", help=words).add_subparsers(dest="act", required=True, metavar="LỆNH")
    revoke = acts.add_parser("revoke", help="thu hồi một chứng thư do trục cấp / revoke a certificate it issued")
    revoke.add_argument("certificate", metavar="CHỨNG-THƯ", help="đầu SHA-256, hoặc tệp PEM / fingerprint or file")
    revoke.add_argument("--reason", choices=REASONS, default="unspecified", help="lý do / RFC 5280, 5.3.1")
    _end(revoke, _revoke)
    crl = acts.add_parser("crl", help="ghi danh sách thu hồi của trục ra tệp / write the hub's own list to a file")
    crl.add_argument("--out", type=Path, required=True)
    _end(crl, _crl)
    take = acts.add_parser("take", help="nhận danh sách của CA khác từ tệp / take another authority's list from a file")
    take.add_argument("file", type=Path)
    _end(take, _take)
    _end(acts.add_parser("lists", help="các danh sách đang giữ, hạn / lists held, and their ends"), _lists)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _revoke(context: Context, args: argparse.Namespace) -> int:
    path = Path(args.certificate)
    named = path.read_text(encoding="ascii") if path.is_file() else args.certificate
    done = _ask(context, args, "authority.revoke", certificate=named, reason=args.reason)
    context.output.data(done)
    context.output.say(f"Đã thu hồi {done['subject']}", f"Revoked {done['subject']}")
    return Exit.OK


def _crl(context: Context, args: argparse.Namespace) -> int:
    write_new(args.out, _ask(context, args, "authority.crl")["pem"])
    context.output.data({"out": str(args.out)})
    context.output.say(f"Đã ghi {args.out}", f"Wrote {args.out}")
    return Exit.OK


def _take(context: Context, args: argparse.Namespace) -> int:
    content = base64.b64encode(args.file.read_bytes()).decode("ascii")
    done = _ask(context, args, "authority.take", content=content)
    context.output.data(done)
    if not done["taken"]:
        context.output.say(
            "Không nhận: không do gốc nào ta tin ký, hoặc không mới hơn",
            "Not taken: signed by no root that we trust, or not newer",
        )
        return Exit.REJECTED
    context.output.say("Đã nhận", "Taken")
    return Exit.OK


def _lists(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "authority.lists")
    context.output.data(found)
    rows = [
        [
            one["subject"],
            time_of(one["this_update"]),
            time_of(one["next_update"]),
            "!" if one["ended"] else "",
            str(one["size"]),
            one["source"] or "-",
        ]
        for one in found["lists"]
    ]
    context.output.table(rows, ["authority", "issued", "next", "", "revoked", "from"])
    return Exit.OK


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
