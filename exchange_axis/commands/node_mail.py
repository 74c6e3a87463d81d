"""`axis node send|inbox|outbox|show|accept|refuse|report`: a clerk's mail on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.handing import handed, save
from exchange_axis.commands.node_words import ID_SHOWN, cut, number_of, progress_of, status_word, time_of, word
from exchange_axis.commands.output import Exit
from exchange_axis.errors import AxisError, NotFound
from schemas.gate.refusal import Refusal

LIST_LENGTH = 50


class LetterUnknown(AxisError):
    code: ClassVar[str] = "query.no-letter"
    vi: ClassVar[str] = "Nút này không có văn bản nào là '{query}'"
    en: ClassVar[str] = "This node has no letter that '{query}' names"
    remedy_vi: ClassVar[str] = "Xem danh sách: axis node inbox, axis node outbox"
    remedy_en: ClassVar[str] = "See the lists: axis node inbox, axis node outbox"


def register(verbs: Any) -> None:
    send = verbs.add_parser("send", help="ký, xếp hàng một văn bản / seal and queue a letter")
    send.add_argument("letter", type=Path, help="letter.toml (docs/schemas/letter-toml.md) | letter.edxml")
    send.add_argument("--attach", type=Path, action="extend", nargs="+", default=[], metavar="TỆP")
    send.add_argument("--idempotency-key", default=None, metavar="KHÓA", help="gửi lại không thành hai / send once")
    _end(send, _send)
    _list(verbs, "inbox", "văn bản đến / letters received", _inbox).add_argument("--agency", default=None, metavar="MÃ")
    _list(verbs, "outbox", "văn bản đi / letters sent", _outbox)
    show = _letter(verbs, "show", "quá trình một văn bản / what happened to a letter", _show)
    show.add_argument(
        "--save", type=Path, default=None, metavar="DIR", help="lưu gói tin, biên nhận / export all of it"
    )
    accept = _letter(verbs, "accept", "tiếp nhận, vào sổ / accept, enter in the register", _accept)
    accept.add_argument(
        "--number", type=int, default=None, metavar="SỐ", help="số đến, mặc định kế tiếp / default next"
    )
    refuse = _letter(verbs, "refuse", "từ chối tiếp nhận / refuse", _refuse)
    refuse.add_argument("--reason", required=True, metavar="LD01", help="LD01…LD09, LD99")
    refuse.add_argument("--text", default="", help="giải thích, bắt buộc với LD99 / explanation, LD99 needs one")
    report = _letter(verbs, "report", "báo tiến độ / report progress", _report)
    report.add_argument("--status", required=True, metavar="04", help="04 phân công | 05 đang xử lý | 06 hoàn thành")
    report.add_argument("--text", default="")
    for parser in (accept, refuse, report):
        parser.add_argument(
            "--agency", default=None, metavar="MÃ", help="khi nhiều cơ quan cùng nhận / if several got it"
        )


def _list(verbs: Any, name: str, text: str, handler: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text)
    parser.add_argument("--limit", type=int, default=LIST_LENGTH)
    parser.add_argument("--offset", type=int, default=0)
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
        sent = _ask(context, args, "send", **arguments, key=args.idempotency_key)
    short, next_step = sent["consignment_id"][:ID_SHOWN], _show_command(args, sent["consignment_id"])
    context.output.data({**sent, "next": next_step})
    to, lane = ", ".join(sent["recipients"]), word(sent["lane"], context.output.language)
    context.output.say(
        f"Đã ký và xếp hàng {sent['title']} → {to} (mã {short}, {lane}). Đây là phiếu của nút, chưa phải biên nhận "
        f"của trục.\n→ {next_step}",
        f"Sealed and queued {sent['title']} → {to} (id {short}, {lane}). This is the node's own note, not a receipt "
        f"of the axis.\n→ {next_step}",
    )
    _say_findings(context, sent["notes"])
    return Exit.OK


def _inbox(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "inbox", agency=args.agency, limit=args.limit, offset=args.offset)
    context.output.data(found)
    language = context.output.language
    rows = [
        [
            row["consignment_id"][:ID_SHOWN],
            time_of(row["received_at"]),
            word(row["lane"], language),
            row["sender"],
            row["agency"],
            row["title"],
            status_word(row["status"], language),
            number_of(row),
            cut(row["subject"]),
        ]
        for row in found["letters"]
    ]
    vi = ["mã", "đến lúc", "độ khẩn", "bên gửi", "bên nhận", "số/ký hiệu", "trạng thái", "số đến", "trích yếu"]
    en = ["id", "received", "lane", "from", "to", "number", "status", "arrival", "subject"]
    _table(context, rows, en if language == "en" else vi)
    return Exit.OK


def _outbox(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "outbox", limit=args.limit, offset=args.offset)
    context.output.data(found)
    language = context.output.language
    rows = [
        [
            row["consignment_id"][:ID_SHOWN],
            time_of(row["queued_at"]),
            word(row["lane"], language),
            row["title"],
            word(row["state"], language),
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


def _show(context: Context, args: argparse.Namespace) -> int:
    if args.save is not None:
        return _save(context, args)
    details = _ask(context, args, "show", query=args.id)
    context.output.data(details)
    context.output.say(
        f"{details['title']}  {details['subject']}\nmã gói tin {details['consignment_id']}, {details['size']} byte",
        f"{details['title']}  {details['subject']}\nconsignment {details['consignment_id']}, {details['size']} bytes",
    )
    _say_people(context, details)
    _say_timeline(context, details["timeline"])
    if details["problem"] is not None:
        _say_findings(context, details["problem"].get("findings") or [details["problem"]])
    _say_findings(context, [*details["notes"], *details["warnings"]])
    return Exit.OK


def _say_people(context: Context, details: Mapping[str, Any]) -> None:
    """Recipients of a sent letter, readers of a received one."""
    language = context.output.language
    english = language == "en"
    if details["sent"] is not None:
        rows = [
            [one["agency"], word(one["delivery"], language), status_word(one["status"], language), one["name"]]
            for one in details["sent"]["recipients"]
        ]
        head = ["to", "delivery", "status", "name"] if english else ["bên nhận", "giao", "trạng thái", "tên"]
        context.output.table(rows, head)
        if details["sent"]["last_error"]:
            context.output.say(f"lần gửi trước: {details['sent']['last_error']}", details["sent"]["last_error"])
    if details["received"]:
        rows = [
            [one["agency"], one["sender"], status_word(one["status"], language), number_of(one), one["due_date"] or ""]
            for one in details["received"]
        ]
        vi = ["bên nhận", "bên gửi", "trạng thái", "số đến", "hạn trả lời"]
        context.output.table(rows, ["to", "from", "status", "arrival", "due"] if english else vi)


def _say_timeline(context: Context, timeline: list[Mapping[str, Any]]) -> None:
    language = context.output.language
    rows = [
        [
            time_of(event["at"]),
            word(event["what"], language),
            event["who"],
            ", ".join(event["agencies"][:4]) + (" …" if len(event["agencies"]) > 4 else ""),
            {True: "✓", False: "…", None: ""}[event["proved"]],
            cut(word(event["text"], language) if event["kind"] == "said" else event["text"]),
        ]
        for event in timeline
    ]
    en = ["time", "event", "by", "about", "log", "text"]
    context.output.table(rows, en if language == "en" else ["lúc", "sự kiện", "bởi", "về", "nhật ký", "nội dung"])


def _save(context: Context, args: argparse.Namespace) -> int:
    exported = _ask(context, args, "export", query=args.id)
    files = save(exported, args.save)
    next_step = f"axis verify {files[0]} --trust {context.folder('node', args.data) / 'trust'}"
    context.output.data({"consignment_id": exported["consignment_id"], "files": files, "next": next_step})
    context.output.say(
        f"{exported['title']}: {len(files)} tệp ở {args.save}\n→ {next_step}",
        f"{exported['title']}: {len(files)} files in {args.save}\n→ {next_step}",
    )
    return Exit.OK


def _accept(context: Context, args: argparse.Namespace) -> int:
    decision = _ask(context, args, "accept", query=args.id, agency=args.agency, number=args.number)
    return _say_decision(context, args, decision)


def _refuse(context: Context, args: argparse.Namespace) -> int:
    decision = _ask(context, args, "refuse", query=args.id, agency=args.agency, reason=args.reason, text=args.text)
    return _say_decision(context, args, decision)


def _report(context: Context, args: argparse.Namespace) -> int:
    decision = _ask(context, args, "report", query=args.id, agency=args.agency, status=args.status, text=args.text)
    return _say_decision(context, args, decision)


def _say_decision(context: Context, args: argparse.Namespace, decision: Mapping[str, Any]) -> int:
    next_step = _show_command(args, decision["consignment_id"])
    context.output.data({**decision, "next": next_step})
    said = status_word(decision["status"], context.output.language)
    number, again = number_of(decision), decision["repeated"]
    context.output.say(
        f"{decision['title']} ({decision['agency']}): {said}"
        + (f", số đến {number}" if number else "")
        + (" (đã làm trước đó)" if again else "")
        + f"\n→ {next_step}",
        f"{decision['title']} ({decision['agency']}): {said}"
        + (f", arrival number {number}" if number else "")
        + (" (done before)" if again else "")
        + f"\n→ {next_step}",
    )
    return Exit.OK


def _say_findings(context: Context, findings: list[Mapping[str, Any]]) -> None:
    for finding in findings:
        where = f" [{finding['where']}]" if finding.get("where") else ""
        context.output.say(
            f"  - {finding.get('code', '')}{where}: {finding.get('vi', '')}",
            f"  - {finding.get('code', '')}{where}: {finding.get('en', '')}",
        )


def _show_command(args: argparse.Namespace, consignment_id: str) -> str:
    data = f" --data {args.data}" if args.data else ""
    return f"axis node show {consignment_id[:ID_SHOWN]}{data}"


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    """Raises LetterUnknown besides what the operation refuses with."""
    folder = context.folder("node", args.data)
    try:
        return context.operate("node", folder, operation, **arguments)
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
        raise LetterUnknown(query=arguments.get("query", "")) from refusal
