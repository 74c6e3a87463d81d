"""`axis audit dossier`, `axis node dossier`: all proof of a letter in one archive that `axis verify` checks offline."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import FileExists
from exchange_axis.commands.handing import take_whole
from exchange_axis.commands.output import Exit
from exchange_axis.domain.dossier import MadeBy
from exchange_axis.domain.ids import canonical_code


def register(verbs: Any) -> None:
    """Below `axis audit`: all letters that a query names, as the hub holds them."""
    dossier = verbs.add_parser("dossier", help="xuất hồ sơ chứng cứ một văn bản / export all proof of a letter")
    _add_arguments(dossier)
    dossier.add_argument(
        "--for", dest="agency", default=None, metavar="CODE", help="chỉ phần cơ quan này được xem / cut to its rights"
    )
    add_common(dossier, "hub")
    dossier.set_defaults(handler=lambda context, args: _run(context, args, "hub"))


def register_node(verbs: Any) -> None:
    """Below `axis node`: one letter, as this agency can prove it."""
    dossier = verbs.add_parser("dossier", help="xuất hồ sơ chứng cứ một văn bản / export all proof of a letter")
    _add_arguments(dossier)
    dossier.add_argument(
        "--agency", default=None, metavar="CODE", help="cơ quan ở nút này xem hồ sơ / the agency here that asks"
    )
    dossier.add_argument(
        "--from",
        dest="made_by",
        type=MadeBy,
        choices=list(MadeBy),
        default=MadeBy.ANY,
        help="hồ sơ của trục nếu lấy được, hoặc chỉ một bên / the hub's where it can be had, or only one of the two",
    )
    add_common(dossier, "node")
    dossier.set_defaults(handler=lambda context, args: _run(context, args, "node"))


def _add_arguments(dossier: argparse.ArgumentParser) -> None:
    dossier.add_argument("query", help="57/BC-UBND, mã gói tin, SHA-256 / number, id, digest")
    dossier.add_argument("--out", type=Path, required=True, metavar="FILE", help="hoso.zip")


def _run(context: Context, args: argparse.Namespace, kind: str) -> int:
    if args.out.exists():
        raise FileExists(path=args.out)
    folder = context.folder(kind, args.data)
    agency = canonical_code(args.agency) if args.agency else None
    operation = "audit.dossier" if kind == "hub" else "dossier"
    asked = {} if kind == "hub" else {"made_by": args.made_by.value}
    made = context.operate(kind, folder, operation, query=args.query, agency=agency, **asked)
    take_whole(Path(made["path"]), args.out)
    next_step = f"axis verify {args.out} --trust {folder / 'trust' if kind == 'node' else 'trust/'}"
    answer = {name: made[name] for name in ("id", "issuer", "issuer_kind", "size", "sha256", "letters")}
    context.output.data({**answer, "file": str(args.out), "next": next_step})
    count = len(made["letters"])
    context.output.say(
        f"{args.out}: {count} văn bản, {made['size']} byte, SHA-256 {made['sha256']}, do {made['issuer']} lập"
        f"\n→ {next_step}",
        f"{args.out}: letters: {count}, {made['size']} bytes, SHA-256 {made['sha256']}, made by {made['issuer']}"
        f"\n→ {next_step}",
    )
    return Exit.OK
