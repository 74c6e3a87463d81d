"""`axis node send|inbox|outbox|accept|refuse|report|take-back|consent|decline`: a clerk's mail on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from exchange_axis.commands import node_deadlines, node_retry, node_show
from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.handing import handed
from exchange_axis.commands.node_asking import ask, say_decision, say_findings, show_command
from exchange_axis.commands.node_words import (
    ID_SHOWN,
    cut,
    marked,
    number_of,
    owed_next,
    progress_of,
    status_word,
    time_of,
    word,
)
from exchange_axis.commands.output import Exit

LIST_LENGTH = 50


def register(verbs: Any) -> None:
    send = verbs.add_parser("send", help="ký, xếp hàng một văn bản / seal and queue a letter")
    send.add_argument("letter", type=Path, help="letter.toml (docs/schemas/letter-toml.md) | letter.edxml")
    send.add_argument("--attach", type=Path, action="extend", nargs="+", default=[], metavar="TỆP")
    send.add_argument("--idempotency-key", default=None, metavar="KHÓA", help="gửi lại không thành hai / send once")
    _end(send, _send)
    inbox = _list(verbs, "inbox", "văn bản đến / letters received", _inbox)
    inbox.add_argument("--agency", default=None, metavar="MÃ")
    inbox.add_argument("--sort", choices=("urgency", "due"), default="urgency", help="theo độ khẩn | theo hạn")
    node_deadlines.register(verbs)
    outbox = _list(verbs, "outbox", "văn bản đi / letters sent", _outbox)
    note = "đang chờ trục: số lần thử, lần tới, lỗi / what waits for the hub: tries, next try, error"
    outbox.add_argument("--waiting", action="store_true", help=note)
    node_retry.register(verbs)
    show = _letter(verbs, "show", "quá trình một văn bản / what happened to a letter", node_show.show)
    show.add_argument(
        "--save", type=Path, default=None, metavar="DIR", help="lưu gói tin, biên nhận / export all of it"
    )
    accept = _letter(verbs, "accept", "tiếp nhận, vào sổ / accept, enter in the register", _accept)
    accept.add_argument(
        "--number", type=number, default=None, metavar="SỐ", help="số đến, mặc định kế tiếp / default next"
    )
    refuse = _letter(verbs, "refuse", "từ chối tiếp nhận / refuse", _refuse)
    refuse.add_argument("--reason", required=True, metavar="LD01", help="LD01…LD09, LD99")
    refuse.add_argument("--text", default="", help="giải thích, bắt buộc với LD99 / explanation, LD99 needs one")
    report = _letter(verbs, "report", "báo tiến độ / report progress", _report)
    report.add_argument("--status", required=True, metavar="04", help="04 phân công | 05 đang xử lý | 06 hoàn thành")
    report.add_argument("--text", default="")
    take_back = _letter(
        verbs, "take-back", "lấy lại văn bản ở một nơi nhận / ask one recipient for it back", _take_back
    )
    take_back.add_argument("--recipient", required=True, metavar="MÃ", help="nơi nhận / recipient")
    take_back.add_argument(
        "--reason", required=True, metavar="LÝ_DO", help="bên nhận đọc được / the recipient reads it"
    )
    consent = _letter(
        verbs, "consent", "đồng ý thu hồi, lấy lại, cập nhật / agree to recall, take-back, update", _consent
    )
    consent.add_argument("--text", default="")
    decline = _letter(verbs, "decline", "từ chối lấy lại, cập nhật / decline take-back, update", _decline)
    decline.add_argument("--text", required=True, metavar="LÝ_DO", help="bên gửi đọc được / the sender reads it")
    for parser in (show, accept, refuse, report, consent, decline):
        parser.add_argument(
            "--agency", default=None, metavar="MÃ", help="khi nhiều cơ quan cùng nhận / if several got it"
        )


def _list(verbs: Any, name: str, text: str, handler: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text)
    parser.add_argument("--limit", type=number, default=LIST_LENGTH)
    parser.add_argument("--offset", type=number, default=0)
    _end(parser, handler)
    return parser


def _letter(verbs: Any, name: str, text: str, handler: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text)
    parser.add_argument("id", metavar="ID", help="mã (hoặc phần đầu), 57/BC-UBND, DocumentId / id or its beginning")
    _end(parser, handler)
    return parser


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "node")
    parser.set_defaults(handler=handler)


def _send(context: Context, args: argparse.Namespace) -> int:
    folder = context.folder("node", args.data)
    served = context.socket_of(folder).exists()
    with handed(args.letter, args.attach, into=folder if served else None) as arguments:
        sent = ask(context, args, "send", **arguments, key=args.idempotency_key)
    short, next_step = sent["consignment_id"][:ID_SHOWN], show_command(args, sent["consignment_id"])
    context.output.data({**sent, "next": next_step})
    to, lane = ", ".join(sent["recipients"]), word(sent["lane"], context.output.language)
    context.output.say(
        f"Đã ký và xếp hàng {sent['title']} → {to} (mã {short}, {lane}). Đây là phiếu của nút, chưa phải biên nhận "
        f"của trục.\n→ {next_step}",
        f"Sealed and queued {sent['title']} → {to} (id {short}, {lane}). This is the node's own note, not a receipt "
        f"of the axis.\n→ {next_step}",
    )
    say_findings(context, sent["notes"])
    return Exit.OK


def _inbox(context: Context, args: argparse.Namespace) -> int:
    found = ask(context, args, "inbox", agency=args.agency, sort=args.sort, limit=args.limit, offset=args.offset)
    context.output.data(found)
    language = context.output.language
    _say_arriving(context, found["arriving"])
    rows = [
        [
            row["consignment_id"][:ID_SHOWN],
            time_of(row["received_at"]),
            word(row["lane"], language),
            row["sender"],
            row["agency"],
            row["title"],
            marked(status_word(row["status"], language), row, language),
            number_of(row),
            owed_next(row, language),
            cut(row["subject"]),
        ]
        for row in found["letters"]
    ]
    vi = ["mã", "đến lúc", "độ khẩn", "bên gửi", "bên nhận", "số/ký hiệu", "trạng thái", "số đến", "hạn", "trích yếu"]
    en = ["id", "received", "lane", "from", "to", "number", "status", "arrival", "due", "subject"]
    _table(context, rows, en if language == "en" else vi)
    return Exit.OK


def _say_arriving(context: Context, arriving: list[dict[str, Any]]) -> None:
    """Letters of which the annexes are still coming: nobody may act on them yet."""
    language = context.output.language
    rows = [
        [
            row["consignment_id"][:ID_SHOWN],
            f"{row['received'] * 100 // row['size']}% / {-(-row['size'] // 1_000_000)} MB",
            word(row["lane"], language),
            row["sender"],
            ", ".join(row["agencies"]),
            row["title"],
            cut(row["subject"]),
        ]
        for row in arriving
    ]
    if rows:
        vi = ["đang đến", "đã có", "độ khẩn", "bên gửi", "bên nhận", "số/ký hiệu", "trích yếu (chưa kiểm tra hết)"]
        en = ["arriving", "here", "lane", "from", "to", "number", "subject (not fully checked)"]
        context.output.table(rows, en if language == "en" else vi)


def _outbox(context: Context, args: argparse.Namespace) -> int:
    if args.waiting:
        return node_retry.waiting(context, args)
    found = ask(context, args, "outbox", limit=args.limit, offset=args.offset)
    context.output.data(found)
    language = context.output.language
    rows = [
        [
            row["consignment_id"][:ID_SHOWN],
            time_of(row["queued_at"]),
            word(row["lane"], language),
            row["title"],
            marked(word(row["state"], language), row, language),
            progress_of(row["recipients"], language),
            cut(row["subject"]),
        ]
        for row in found["letters"]
    ]
    vi = ["mã", "gửi lúc", "độ khẩn", "số/ký hiệu", "trục", "bên nhận", "trích yếu"]
    en = ["id", "sent", "lane", "number", "hub", "recipients", "subject"]
    _table(context, rows, en if language == "en" else vi)
    return Exit.OK


def _table(context: Context, rows: list[list[str]], head: list[str]) -> None:
    if rows:
        context.output.table(rows, head)
    else:
        context.output.say("Chưa có văn bản nào", "No letters yet")


def _accept(context: Context, args: argparse.Namespace) -> int:
    decision = ask(context, args, "accept", query=args.id, agency=args.agency, number=args.number)
    return say_decision(context, args, decision)


def _refuse(context: Context, args: argparse.Namespace) -> int:
    decision = ask(context, args, "refuse", query=args.id, agency=args.agency, reason=args.reason, text=args.text)
    return say_decision(context, args, decision)


def _report(context: Context, args: argparse.Namespace) -> int:
    decision = ask(context, args, "report", query=args.id, agency=args.agency, status=args.status, text=args.text)
    return say_decision(context, args, decision)


def _take_back(context: Context, args: argparse.Namespace) -> int:
    asked = ask(context, args, "take-back", query=args.id, recipient=args.recipient, reason=args.reason)
    next_step = show_command(args, asked["consignment_id"])
    context.output.data({**asked, "next": next_step})
    context.output.say(
        f"Đã đề nghị {asked['recipient']} trả lại {asked['title']}: {asked['reason']}\n→ {next_step}",
        f"Asked {asked['recipient']} to give {asked['title']} back: {asked['reason']}\n→ {next_step}",
    )
    return Exit.OK


def _consent(context: Context, args: argparse.Namespace) -> int:
    decision = ask(context, args, "consent", query=args.id, agency=args.agency, text=args.text)
    return say_decision(context, args, decision)


def _decline(context: Context, args: argparse.Namespace) -> int:
    decision = ask(context, args, "decline", query=args.id, agency=args.agency, text=args.text)
    return say_decision(context, args, decision)
