"""`axis directory`: the agencies a hub knows; another directory is brought by one person and approved by another."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exchange_axis.commands.approving import add_as, claim_arguments
from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import read_text
from exchange_axis.commands.output import Exit


def register(commands: Any) -> None:
    directory = commands.add_parser("directory", help="danh mục cơ quan / the directory of agencies")
    verbs = directory.add_subparsers(dest="verb", required=True, metavar="LỆNH")
    words = "đề nghị danh mục TOML hoặc CSV, tất cả hoặc không / propose a TOML or CSV, all or nothing"
    load = verbs.add_parser("import", help=words)
    load.add_argument("file", type=Path)
    why = "vì sao đổi danh mục đang dùng / why the directory in force changes"
    load.add_argument("--reason", default=None, metavar="LÝ_DO", help=why)
    add_as(load)
    _end(load, _import)
    for verb, words in {"approve": "duyệt đề nghị / approve a proposal", "reject": "bỏ đề nghị / drop one"}.items():
        decide = verbs.add_parser(verb, help=words)
        decide.add_argument("number", type=number)
        add_as(decide)
        _end(decide, _decide)
    changes = verbs.add_parser("changes", help="các đề nghị; một số: khác gì / proposals; a number: what differs")
    changes.add_argument("number", type=number, nargs="?", default=None)
    _end(changes, _changes)
    show = verbs.add_parser("show", help="xem / show")
    show.add_argument("code", nargs="?", default=None)
    _end(show, _show)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _import(context: Context, args: argparse.Namespace) -> int:
    kind = "csv" if args.file.suffix.lower() == ".csv" else "toml"
    file = {"text": read_text(args.file), "format": kind, "name": f"{args.file.stem}.{kind}"}
    done = _ask(context, args, "directory.import", **file, reason=args.reason, **claim_arguments(context, args))
    context.output.data(done)
    vi, en = f"{done['agencies']} cơ quan", f"{done['agencies']} agencies"
    vi, en = f"{vi}, phiên bản {done['version'][:12]}", f"{en}, version {done['version'][:12]}"
    if done["state"] is None:
        vi, en = f"{vi} (đang dùng, không đổi)", f"{en} (unchanged)"
    elif not done["changed"]:
        vi = f"{vi}\nĐề nghị {done['proposal']} chờ người thứ hai\n→ axis directory approve {done['proposal']}"
        en = f"{en}\nProposal {done['proposal']} waits for a second person"
        en = f"{en}\n→ axis directory approve {done['proposal']}"
    context.output.say(vi, en)
    return Exit.OK


def _decide(context: Context, args: argparse.Namespace) -> int:
    approve, who = args.verb == "approve", claim_arguments(context, args)
    done = _ask(context, args, "directory.decide", number=args.number, approve=approve, **who)
    context.output.data(done)
    version = done["version"][:12]
    if approve:
        context.output.say(f"Danh mục {version} có hiệu lực", f"The directory {version} is in force")
    else:
        context.output.say(f"Đã bỏ đề nghị {done['number']}", f"Dropped proposal {done['number']}")
    return Exit.OK


def _changes(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "directory.changes", number=args.number)
    context.output.data(found)
    rows = [
        [one["number"], one["state"], one["subject"], one["proposed_by"], one["decided_by"] or "", one["reason"]]
        for one in found["changes"]
    ]
    context.output.table(rows, ["number", "state", "what", "proposed by", "decided by", "reason"])
    if args.number is not None:
        table = [[one["change"], one["code"], one["name"], _fields(one)] for one in found["records"]]
        context.output.table(table, ["change", "code", "name", "before → after"])
    return Exit.OK


def _fields(record: Mapping[str, Any]) -> str:
    return "; ".join(f"{one['field']}: {one['before']} → {one['after']}" for one in record["fields"])


def _show(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "directory.show", code=args.code)
    context.output.data(found)
    rows = [[row["code"], row["name"], row["node"] or "-", row["valid_to"] or ""] for row in found["agencies"]]
    context.output.table(rows, ["code", "name", "node", "closed"])
    return Exit.OK


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
