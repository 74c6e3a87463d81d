"""`axis hub trust-list …`: whom the federation believes, as its top hub says and signs it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exchange_axis.commands.approving import add_as, claim_arguments
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import read_text, write_new
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit


def register(verbs: Any) -> None:
    lists = verbs.add_parser("trust-list", help="danh sách tin cậy / the trust list")
    acts = lists.add_subparsers(dest="act", required=True, metavar="LỆNH")
    _end(acts.add_parser("show", help="đang dùng và chờ duyệt / in force and waiting"), _show)
    draft = acts.add_parser("draft", help="bản nháp từ những gì trục biết / a draft of what the hub knows")
    draft.add_argument("--out", type=Path, required=True)
    _end(draft, _draft)
    propose = acts.add_parser("propose", help="đề nghị bản nháp / propose a draft")
    propose.add_argument("file", type=Path)
    add_as(propose)
    _end(propose, _propose)
    approve = acts.add_parser("approve", help="người thứ hai duyệt và ký / a second person approves")
    add_as(approve)
    _end(approve, _approve)
    refuse = acts.add_parser("refuse", help="không duyệt, nói lý do / refuse it and say why")
    refuse.add_argument("--reason", required=True, metavar="LÝ-DO")
    add_as(refuse)
    _end(refuse, _refuse)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _show(context: Context, args: argparse.Namespace) -> int:
    state = _ask(context, args, "trust-list.show")
    context.output.data(state)
    if state["version"] is None:
        context.output.say("Chưa có danh sách tin cậy", "There is no trust list yet")
    else:
        at, hubs = time_of(state["issued_at"]), ", ".join(state["hubs"])
        context.output.say(
            f"Danh sách tin cậy số {state['version']} của {state['issuer']}, {at}: {hubs}",
            f"Trust list {state['version']} of {state['issuer']}, {at}: {hubs}",
        )
    waiting: Mapping[str, Any] | None = state["proposal"]
    if waiting is not None:
        context.output.say(
            f"Chờ duyệt: số {waiting['version']}, {waiting['proposed_by']} đề nghị\n{waiting['draft']}",
            f"Waits for approval: {waiting['version']}, proposed by {waiting['proposed_by']}\n{waiting['draft']}",
        )
    refused: Mapping[str, Any] | None = state["refused"]
    if refused is not None:
        at, by, why = time_of(refused["refused_at"]), refused["refused_by"], refused["reason"]
        context.output.say(
            f"Bản số {refused['version']} do {refused['proposed_by']} đề nghị không được duyệt ({by}, {at}): {why}",
            f"Draft {refused['version']} proposed by {refused['proposed_by']} was refused ({by}, {at}): {why}",
        )
    return Exit.OK


def _draft(context: Context, args: argparse.Namespace) -> int:
    write_new(args.out, _ask(context, args, "trust-list.draft")["draft"])
    next_step = f"axis hub trust-list propose {args.out}"
    context.output.data({"draft": str(args.out), "next": next_step})
    context.output.say(
        f"Đã ghi {args.out}: xem và sửa từng mục\n→ {next_step}",
        f"Wrote {args.out}: read and correct every entry\n→ {next_step}",
    )
    return Exit.OK


def _propose(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "trust-list.propose", draft=read_text(args.file), **claim_arguments(context, args))
    next_step = "axis hub trust-list show; axis hub trust-list approve"
    context.output.data({**found, "next": next_step})
    context.output.say(
        f"Đã đề nghị danh sách số {found['version']}; người khác xem và duyệt\n→ {next_step}",
        f"Proposed list {found['version']}; somebody else looks and approves\n→ {next_step}",
    )
    return Exit.OK


def _approve(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "trust-list.approve", **claim_arguments(context, args))
    context.output.data(found)
    context.output.say(
        f"Danh sách tin cậy số {found['version']} có hiệu lực", f"Trust list {found['version']} is in force"
    )
    return Exit.OK


def _refuse(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "trust-list.refuse", reason=args.reason, **claim_arguments(context, args))
    context.output.data(found)
    context.output.say(
        f"Không duyệt danh sách số {found['version']}; bản đang dùng giữ nguyên",
        f"Draft {found['version']} is refused; the list in force stays",
    )
    return Exit.OK


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
