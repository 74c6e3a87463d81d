"""`axis hub certificates`, `axis node certificates`: when they end, and whether they were revoked."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit
from exchange_axis.commands.seal_words import end_words, state_words


def register_hub(verbs: Any) -> None:
    parser = verbs.add_parser("certificates", help="hạn và thu hồi chứng thư / ends and revocation of certificates")
    parser.add_argument("--ending", action="store_true", help="chỉ cái sắp hết hạn / only those near their end")
    parser.add_argument("--letter", default=None, help="kiểm lại con dấu của văn bản / judge a letter's seal again")
    add_common(parser, "hub")
    parser.set_defaults(handler=_hub)


def register_node(verbs: Any) -> None:
    parser = verbs.add_parser("certificates", help="hạn chứng thư của nút / ends of the node's certificates")
    parser.add_argument("--ending", action="store_true", help="chỉ cái sắp hết hạn / only those near their end")
    add_common(parser, "node")
    parser.set_defaults(handler=_node)


def _node(context: Context, args: argparse.Namespace) -> int:
    found = context.operate("node", context.folder("node", args.data), "certificates")
    rows = [row for row in found["certificates"] if row["step"] is not None or not args.ending]
    context.output.data({**found, "certificates": rows})
    say_ends(context, rows)
    return Exit.OK


def _hub(context: Context, args: argparse.Namespace) -> int:
    if args.letter is not None:
        return _prove(context, args)
    found = _ask(context, args, "certificates")
    rows = [row for row in found["certificates"] if row["step"] is not None or not args.ending]
    context.output.data({**found, "certificates": rows})
    say_ends(context, rows)
    for letter in found["revoked_letters"]:
        context.output.say(
            f"{letter['sender']} {letter['consignment_id']}: con dấu đã bị thu hồi trước khi tiếp nhận"
            f" (phát hiện {time_of(letter['found_at'])})",
            f"{letter['sender']} {letter['consignment_id']}: the seal was revoked before acceptance"
            f" (found {time_of(letter['found_at'])})",
        )
    return Exit.OK


def say_ends(context: Context, rows: Sequence[Mapping[str, Any]]) -> None:
    """A table of certificates, soonest to end first."""
    language = context.output.language
    table = [
        [
            row["use"],
            row["holder"] or row["subject"],
            ", ".join(row["codes"]),
            time_of(row["not_after"]),
            end_words(row["step"], language),
            "" if row["revocation"] is None else state_words(row["revocation"], row["why"], language),
        ]
        for row in rows
    ]
    context.output.table(table, ["use", "holder", "codes", "until", "", "revocation"])


def _prove(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "certificates.prove", query=args.letter)
    context.output.data(found)
    sound = True
    for letter in found["letters"]:
        again = letter["again"]
        vi, en = (
            letter["refusal"] if again is None else state_words(again["state"], again["why"], language)
            for language in ("vi", "en")
        )
        sound = sound and again is not None and again["state"] == "good"
        at = time_of(letter["known"]["at"])
        context.output.say(
            f"{letter['sender']} {letter['consignment_id']}: lúc {at}: {vi} ({letter['pieces']} tệp CRL/OCSP đã lưu)",
            f"{letter['sender']} {letter['consignment_id']}: at {at}: {en} ({letter['pieces']} CRL/OCSP files kept)",
        )
    return Exit.OK if sound else Exit.INDETERMINATE


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
