"""`axis hub trust …`: which roots are trusted, for what; where two approvers are asked for, by two people."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exchange_axis.commands.approving import add_as, claim_arguments
from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.output import Exit

CLASSES = ("official", "public", "party", "test", "unclassified")
USES = ("agency-seal", "enterprise-seal", "node-seal", "hub-seal", "pdf", "time-stamp")


def register(verbs: Any) -> None:
    trust = verbs.add_parser("trust", help="gốc tin cậy / trust anchors")
    acts = trust.add_subparsers(dest="act", required=True, metavar="LỆNH")
    add = acts.add_parser("add", help="tin một chứng thư gốc, hoặc đề nghị / trust a root, or propose to")
    add.add_argument("file", type=Path)
    add.add_argument("--name", required=True)
    add.add_argument("--class", dest="kind", choices=CLASSES, default=None, help="lớp của gốc / class of the root")
    add.add_argument(
        "--use", action="append", choices=USES, default=[], help="công dụng; mặc định mọi việc / default every use"
    )
    add.add_argument("--from", dest="begins", metavar="YYYY-MM-DD", default=None, help="từ ngày / from this day")
    add.add_argument("--to", dest="ends", metavar="YYYY-MM-DD", default=None, help="tới trước ngày / before this day")
    add_as(add)
    _end(add, _add)
    remove = acts.add_parser("remove", help="thôi tin, hoặc đề nghị / trust no more, or propose to")
    remove.add_argument("name")
    add_as(remove)
    _end(remove, _remove)
    for verb, words in {"approve": "duyệt đề nghị / approve a proposal", "reject": "bác đề nghị / reject one"}.items():
        decide = acts.add_parser(verb, help=words)
        decide.add_argument("number", type=number)
        add_as(decide)
        _end(decide, _decide)
    _end(acts.add_parser("list", help="các gốc và đề nghị / roots and proposals"), _list)
    pin = acts.add_parser("pin", help="ghim người ký danh sách tin cậy / pin who signs the trust list")
    pin.add_argument("fingerprint", help="SHA-256 của chứng thư / of the certificate")
    _end(pin, _pin)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _pin(context: Context, args: argparse.Namespace) -> int:
    found = context.actions["trust.pin"](context.folder("hub", args.data), args.fingerprint)
    context.output.data({"trust_signer": found})
    context.output.say(f"Đã ghim người ký danh sách tin cậy {found}", f"Pinned the trust list's signer {found}")
    return Exit.OK


def _add(context: Context, args: argparse.Namespace) -> int:
    rule: dict[str, Any] = {}
    if args.kind or args.use or args.begins or args.ends:
        uses = args.use or list(USES)
        rule = {"class": args.kind or "unclassified", "uses": uses, "from": args.begins, "to": args.ends}
    pem = args.file.read_text(encoding="ascii")
    return _told(
        context, _ask(context, args, "trust.add", name=args.name, pem=pem, rule=rule, **claim_arguments(context, args))
    )


def _remove(context: Context, args: argparse.Namespace) -> int:
    return _told(context, _ask(context, args, "trust.remove", name=args.name, **claim_arguments(context, args)))


def _decide(context: Context, args: argparse.Namespace) -> int:
    who = claim_arguments(context, args)
    change = _ask(context, args, "trust.decide", number=args.number, approve=args.act == "approve", **who)
    return _told(context, change)


def _told(context: Context, change: Mapping[str, Any]) -> int:
    context.output.data({name: change[name] for name in _MEMBERS})
    number, name = change["seq"], change["name"]
    match change["state"], change["action"]:
        case "approved", "add":
            context.output.say(f"Đã tin gốc {name}", f"Trusting root {name}")
        case "approved", _:
            context.output.say(f"Đã thôi tin gốc {name}", f"Root {name} is trusted no more")
        case "rejected", _:
            context.output.say(f"Đã bác đề nghị {number}", f"Rejected proposal {number}")
        case _:
            context.output.say(
                f"Đề nghị {number} chờ người thứ hai\n→ axis hub trust approve {number}",
                f"Proposal {number} waits for a second person\n→ axis hub trust approve {number}",
            )
    return Exit.OK


def _list(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "trust.list")
    changes = [{name: change[name] for name in _MEMBERS} for change in found["changes"]]
    context.output.data({**found, "changes": changes})
    rows = [
        [row["name"], row["kind"], ", ".join(row["uses"]), row["valid_from"] or "", row["valid_to"] or ""]
        for row in found["roots"]
    ]
    context.output.table(rows, ["name", "class", "uses", "from", "to"])
    if changes:
        table = [
            [one["seq"], one["state"], one["action"], one["name"], one["proposed_by"], one["decided_by"] or ""]
            for one in changes
        ]
        context.output.table(table, ["number", "state", "change", "name", "proposed by", "decided by"])
    return Exit.OK


_MEMBERS = (
    *("seq", "name", "action", "rule", "state"),
    *("proposed_by", "proposed_at", "decided_by", "decided_at"),
)


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
