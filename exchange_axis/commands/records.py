"""`axis directory`, `axis audit`: the records a hub keeps."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from exchange_axis.commands import deadlines, directory, dossiers, inquiry, reports
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.file_words import say_files
from exchange_axis.commands.node_words import clock_word, time_of
from exchange_axis.commands.output import Exit
from exchange_axis.commands.seal_words import say_seal, state_words

DISPOSED = {
    "all": ("nội dung đã tiêu hủy", "content erased"),
    "payload": ("nội dung đã tiêu hủy vì hết hạn lưu", "content disposed of"),
    "metadata": ("số, ký hiệu và nhận xét đã tiêu hủy vì hết hạn lưu", "number and remarks disposed of"),
}


def register(commands: Any) -> None:
    directory.register(commands)
    audit = commands.add_parser("audit", help="tra cứu / audit")
    verbs = audit.add_subparsers(dest="verb", required=True, metavar="LỆNH")
    history = verbs.add_parser("history", help="lịch sử một văn bản / history of a letter")
    history.add_argument("query", help="57/BC-UBND, mã gói tin, SHA-256 / number, id, digest")
    _end(history, _history)
    dossiers.register(verbs)
    reports.register(verbs)
    deadlines.register(verbs)
    inquiry.register(verbs)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _history(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "audit.history", query=args.query)
    context.output.data(found)
    for letter in found["letters"]:
        context.output.say(
            f"{letter['title'] or '-'}  {letter['sender']}  {letter['consignment_id']}",
            f"{letter['title'] or '-'}  {letter['sender']}  {letter['consignment_id']}",
        )
        _say_links(context, letter)
        say_files(context.output, letter["files"])
        say_seal(context, letter["seal"])
        rows = [
            [row["recipient"], row["state"], row["business"] or "", row["request"].replace("none", ""), row["peer"]]
            for row in letter["deliveries"]
        ]
        context.output.table(rows, ["recipient", "state", "status", "request", "peer"])
        clocks = [
            [row["recipient"], clock_word(one["clock"], context.output.language), _clock(one), time_of(one["due"])]
            for row in letter["deliveries"]
            for one in row["clocks"]
            if one["due"] is not None
        ]
        if clocks:
            context.output.table(clocks, ["recipient", "clock", "state", "due"])
        events = [
            [time_of(row["recorded_at"]), row["event"], row["recipient"] or "*", row["issuer"], _seals(context, row)]
            for row in letter["evidence"]
        ]
        context.output.table(events, ["time", "event", "recipient", "hub", "seal"])
    if not found["letters"]:
        context.output.say("Không có văn bản nào", "No letter found")
        return Exit.REJECTED
    return Exit.OK


def _seals(context: Context, row: Mapping[str, Any]) -> str:
    """What is known of the hub's seal, and of the node's under the status that it answers."""
    words = [row[name] for name in ("seal", "status_seal") if row[name] is not None]
    return "; ".join(state_words(one["state"], one["why"], context.output.language) for one in words)


def _say_links(context: Context, letter: Mapping[str, Any]) -> None:
    """What became of its content, which letters this one is about, and which are about it."""
    for one in letter["disposals"]:
        vi, en = DISPOSED[one["extent"]]
        tail = f"{time_of(one['at'])}, {one['proposed_by']} / {one['approved_by']}: {one['ground']}"
        context.output.say(f"  {vi} {tail}", f"  {en} {tail}")
    if letter["recalled_by"] is not None:
        context.output.say(f"  đã bị thu hồi bởi {letter['recalled_by']}", f"  recalled by {letter['recalled_by']}")
    for link in letter["superseded_by"]:
        text = f"{link['consignment_id']} ({link['kind']})"
        context.output.say(f"  đã có văn bản sau: {text}", f"  superseded by {text}")
    if letter["follows"] is not None:
        text = f"{letter['follows']['consignment_id']} ({letter['follows']['kind']})"
        context.output.say(f"  nói về văn bản {text}", f"  is about {text}")


def _clock(one: dict[str, Any]) -> str:
    return f"{one['state']} {time_of(one['met_at'])}" if one["met_at"] else str(one["state"])


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
