"""`axis hub deliveries`, `resend`: the retry desk, with the tray of refused messages; `stops`: secrecy marks."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import ID_SHOWN, time_of, word
from exchange_axis.commands.output import Exit
from exchange_axis.commands.seal_words import state_words

LIST_LENGTH = 100


def register(verbs: Any) -> None:
    shown = verbs.add_parser("deliveries", help="giao đang chờ, thất bại, vì sao / what waits, what failed, and why")
    which = shown.add_mutually_exclusive_group()
    which.add_argument("--waiting", action="store_true", help="chỉ đang chờ / waiting only")
    which.add_argument("--failed", action="store_true", help="chỉ thất bại / failed only")
    which.add_argument("--tray", action="store_true", help="chỉ thông điệp bị từ chối / refused messages only")
    shown.add_argument("--peer", default=None, metavar="NÚT", help="tới nút hay trục này / to this node or hub")
    shown.add_argument("--limit", type=number, default=LIST_LENGTH)
    shown.add_argument("--offset", type=number, default=0)
    _end(shown, _deliveries)
    words = "bị chặn vì dấu mật; con dấu chưa kiểm tra được / stopped for secrecy; seals that could not be checked"
    stops = verbs.add_parser("stops", help=words)
    stops.add_argument("--limit", type=number, default=LIST_LENGTH)
    _end(stops, _stops)
    again = verbs.add_parser(
        "resend", help="gửi lại những gì thất bại, bị từ chối / try what failed or was refused again"
    )
    what = again.add_mutually_exclusive_group(required=True)
    what.add_argument("ids", nargs="*", default=[], metavar="ID", help="số trong danh sách, mã gói tin / number or id")
    what.add_argument("--peer", default=None, metavar="NÚT", help="tất cả tới nút hay trục này / all to this peer")
    what.add_argument("--all-failed", action="store_true", help="tất cả / all of them")
    _end(again, _resend)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _deliveries(context: Context, args: argparse.Namespace) -> int:
    only = next((name for name in ("waiting", "failed", "tray") if getattr(args, name)), "")
    found = _ask(context, args, "deliveries", only=only, peer=args.peer, limit=args.limit, offset=args.offset)
    context.output.data(found)
    for row in found["deliveries"]:
        _say(context, row)
    for row in found["tray"]:
        _say_kept(context, row)
    if not found["deliveries"] and not args.tray:
        context.output.say("Không có lần giao nào đang chờ hay thất bại", "No delivery waits or has failed")
    if not found["tray"] and args.tray:
        context.output.say("Không có thông điệp nào bị từ chối", "No message was refused")
    return Exit.OK


def _say(context: Context, row: Mapping[str, Any]) -> None:
    language = context.output.language
    vi, en = _next_try(row)
    head = f"{row['id']}  {row['title'] or ''}  {row['sender']} → {row['recipient']} ({row['peer']})"
    state = f"{word(row['state'], language)}, {word(row['lane'], language)}, {row['consignment_id'][:ID_SHOWN]}"
    context.output.say(
        f"{head}\n  {state}; đã thử {row['tries']} lần{vi}, lỗi: {row['last_error'] or '-'}\n"
        f"  {row['owner']}: {row['next_vi']}",
        f"{head}\n  {state}; {row['tries']} tries{en}, error: {row['last_error'] or '-'}\n"
        f"  {row['owner']}: {row['next_en']}",
    )


def _next_try(row: Mapping[str, Any]) -> tuple[str, str]:
    line = row["line_tries"]
    vi, en = (f" (đường truyền: {line} lần)", f" (the line: {line})") if line else ("", "")
    if row["next_try_at"]:
        again = time_of(row["next_try_at"])
        return f"{vi}, lần tới {again}", f"{en}, next {again}"
    if row["state"] == "failed":
        return f"{vi}, không tự thử nữa", f"{en}, none by itself"
    return f"{vi}, lần tới khi {row['peer']} đến lấy", f"{en}, next when {row['peer']} asks"


def _say_kept(context: Context, row: Mapping[str, Any]) -> None:
    """A message that somebody refused, or that waits for somebody to be trusted."""
    ways = {"sent": ("trả về cho {peer}", "for {peer}"), "received": ("từ {peer}", "from {peer}")}
    vi, en = (text.format(peer=row["peer"]) for text in ways[row["way"]])
    states = {"refused": ("bị từ chối", "refused"), "parked": ("để chờ", "parked")}
    (state_vi, state_en), again = states[row["state"]], time_of(row["next_try_at"])
    name = f"{row['id'] or '-'}  {row['title'] or row['consignment_id'][:ID_SHOWN]}"
    about, since = f"{row['sender'] or '?'} → {row['recipient'] or '?'}", time_of(row["since"])
    why = {language: f"{row['reason']} {row[f'reason_{language}']}".strip() for language in ("vi", "en")}
    context.output.say(
        f"{name}  {about}: thông điệp {vi}\n"
        f"  {state_vi} từ {since}, đã thử {row['tries']} lần, lần tới {again}, lỗi: {why['vi']}\n"
        f"  {row['owner']}: {row['next_vi']}",
        f"{name}  {about}: message {en}\n"
        f"  {state_en} since {since}, {row['tries']} tries, next {again}, error: {why['en']}\n"
        f"  {row['owner']}: {row['next_en']}",
    )


def _stops(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "stops", limit=args.limit)
    context.output.data(found)
    for row in found["stops"]:
        line = f"{time_of(row['at'])}  {row['peer']}  {row['sender'] or '?'}  {row['code']}  {row['container_sha256']}"
        context.output.say(line, line)
    if not found["stops"]:
        context.output.say("Chưa chặn gói tin nào vì dấu mật", "Nothing has been stopped for a secrecy mark")
    _say_unchecked(context, found["unchecked"])
    return Exit.OK


def _say_unchecked(context: Context, unchecked: Mapping[str, Any]) -> None:
    """Letters and seals of nodes and hubs whose revocation could not be checked within the grace."""
    language = context.output.language
    for row in unchecked["letters"]:
        head = f"{row['sender']} {row['consignment_id']}: {state_words('not-checked', row['why'], language)}"
        until, note = time_of(row["grace_until"]), f"axis hub seals note {row['consignment_id']} --reason"
        context.output.say(
            f"{head}; thời hạn {until} đã qua, thư vẫn có hiệu lực\n  {row['next_vi']}; hoặc: {note} LÝ-DO",
            f"{head}; the grace ended {until}, the letter stands\n  {row['next_en']}; or: {note} WHY",
        )
    for row in unchecked["seals"]:
        head = f"{row['use']} {row['subject']}: {state_words('not-checked', row['why'], language)}"
        since, count = time_of(row["since"]), row["documents"]
        context.output.say(
            f"{head} từ {since}, {count} tài liệu\n  {row['next_vi']}",
            f"{head} since {since}, {count} documents\n  {row['next_en']}",
        )


def _resend(context: Context, args: argparse.Namespace) -> int:
    done = _ask(context, args, "resend", ids=args.ids, peer=args.peer)
    context.output.data(done)
    refused = [row for row in done["deliveries"] if row["refusal"] is not None]
    for row in done["deliveries"]:
        name = f"{row['id']}  {row['consignment_id'][:ID_SHOWN]} → {row['recipient']}"
        if row["refusal"] is None:
            context.output.say(f"{name}: gửi lại qua {row['peer']}", f"{name}: sent again by {row['peer']}")
        else:
            context.output.say(*(f"{name}: {row['refusal'][language]}" for language in ("vi", "en")))
    for row in done["tray"]:
        name = f"{row['id']}  {row['consignment_id'][:ID_SHOWN]} → {row['recipient'] or '?'}"
        context.output.say(f"{name}: thử lại ngay với {row['peer']}", f"{name}: tried again now with {row['peer']}")
    if not done["deliveries"] and not done["tray"]:
        context.output.say("Không có gì thất bại hay bị từ chối như vậy", "Nothing such has failed or was refused")
        return Exit.REJECTED
    return Exit.REJECTED if refused else Exit.OK


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
