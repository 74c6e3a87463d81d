"""`axis hub erase`, `disposals`, `hold`, `retention`: what is destroyed, by whose decision, and what must not be."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from exchange_axis.commands import holds
from exchange_axis.commands.approving import add_as, claim_arguments
from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import write_new
from exchange_axis.commands.node_words import ID_SHOWN, time_of
from exchange_axis.commands.output import Exit
from exchange_axis.domain.disposal import ErasureUnusable

STATES = {
    "proposed": ("chờ duyệt", "waits for approval"),
    "withdrawn": ("đã rút", "withdrawn"),
    "approved": ("đang tiêu hủy", "being destroyed"),
    "done": ("đã tiêu hủy", "destroyed"),
}


LEFT = {
    "statistics": (
        "thống kê cột: chủ cơ sở dữ liệu chạy VACUUM FULL pg_statistic",
        "statistics: the owner of the database runs VACUUM FULL pg_statistic",
    ),
    "checkpoint": (
        "nhật ký WAL: quản trị PostgreSQL chạy CHECKPOINT; SELECT pg_switch_wal(); CHECKPOINT",
        "write-ahead log: a superuser runs CHECKPOINT; SELECT pg_switch_wal(); CHECKPOINT",
    ),
    "wal-recycle": (
        "tệp WAL cũ được dùng lại, còn nội dung cũ: đặt wal_recycle = off",
        "old WAL files are used again with what is in them: set wal_recycle = off",
    ),
    "wal-archive": ("kho lưu WAL: xóa theo quy tắc của kho", "the WAL archive: by its own rules"),
    "wal-slots": ("bản sao PostgreSQL giữ WAL: kiểm tra từng bản", "replicas keep WAL: look at each of them"),
}
"""What `scrub` leaves to those who run the server (docs/operator.md)."""


def register(verbs: Any) -> None:
    erase = verbs.add_parser("erase", help="tiêu hủy nội dung một văn bản, hai người / erase a letter, by two people")
    words = (
        "mã gói tin, số/ký hiệu; không ghi: nơi khác đã tiêu hủy gì / consignment id, number; none: erased elsewhere"
    )
    erase.add_argument("letter", nargs="?", default=None, help=words)
    what = erase.add_mutually_exclusive_group()
    what.add_argument("--ground", default=None, metavar="CĂN CỨ", help="đề nghị, nêu căn cứ / propose, on this ground")
    what.add_argument("--approve", action="store_true", help="người thứ hai duyệt / a second person approves")
    what.add_argument("--withdraw", action="store_true", help="rút đề nghị / take the proposal back")
    kept = "nơi khác đã tiêu hủy, ở đây giữ lại / erased elsewhere, kept here"
    what.add_argument("--keep", default=None, metavar="LÝ_DO", help=kept)
    erase.add_argument(
        "--salts", action="store_true", help="hủy cả muối của biên nhận / also the salts of its receipts"
    )
    add_as(erase)
    _end(erase, _erase)
    record = verbs.add_parser("disposals", help="sổ tiêu hủy / the disposal record")
    record.add_argument("--limit", type=number, default=100)
    record.add_argument("--after", type=number, default=0, metavar="SỐ")
    record.add_argument("--export", type=Path, default=None, metavar="TỆP", help="danh sách có ký / a signed list")
    _end(record, _record)
    scrub = verbs.add_parser("scrub", help="PostgreSQL: viết lại các bảng đã tiêu hủy / rewrite what erasures left")
    _end(scrub, _scrub)
    holds.register(verbs, _end, _ask)
    kept = verbs.add_parser("retention", help="thời hạn lưu, gì đến hạn / how long is kept, what is due")
    step = kept.add_mutually_exclusive_group()
    step.add_argument("--run", action="store_true", help="tiêu hủy ngay gì đến hạn / dispose of what is due now")
    words = "đề nghị thời hạn ghi trong hub.toml / propose what hub.toml says"
    step.add_argument("--propose", default=None, metavar="LÝ_DO", help=words)
    step.add_argument("--approve", action="store_true", help="người thứ hai duyệt / a second person approves")
    step.add_argument("--reject", action="store_true", help="bỏ đề nghị / drop the proposal")
    add_as(kept)
    _end(kept, _retention)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    note = "ai làm, mặc định người dùng hệ thống / who does it, default the system's user"
    parser.add_argument("--actor", default=None, metavar="TÊN", help=note)
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _erase(context: Context, args: argparse.Namespace) -> int:
    if args.letter is None and not (args.ground or args.approve or args.withdraw or args.keep):
        return _say_asked(context, args)
    if args.letter is None or not (args.ground is not None or args.approve or args.withdraw or args.keep is not None):
        raise ErasureUnusable(field="erase", wanted="ID + --ground | --approve | --withdraw | --keep")
    if args.keep is not None:
        return _keep(context, args)
    step = "approve" if args.approve else "withdraw" if args.withdraw else "propose"
    who = claim_arguments(context, args)
    done = _ask(context, args, "erase", query=args.letter, step=step, ground=args.ground, salts=args.salts, **who)
    context.output.data(done)
    say_disposal(context, done)
    if done["state"] == "proposed":
        command = f"axis hub erase {done['consignment_id']} --approve"
        context.output.say(f"→ người thứ hai: {command}", f"→ a second person: {command}")
    say_related(context, done)
    if done["state"] == "done":
        _say_scrub_due(context, args)
    return Exit.OK


def _say_asked(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "erase.asked")
    context.output.data(found)
    for row in found["asked"]:
        head = f"{row['consignment_id'][:ID_SHOWN]}  {row['sender']}"
        context.output.say(
            f"{head}: {row['told_by']} báo đã tiêu hủy {time_of(row['since'])}; bản ở đây còn, chờ quyết định",
            f"{head}: erased since {time_of(row['since'])}, says {row['told_by']}; the copy here waits for a decision",
        )
    if found["asked"]:
        steps = "axis hub erase ID --ground … | axis hub erase ID --keep …"
        context.output.say(f"→ {steps}", f"→ {steps}")
    else:
        context.output.say(
            "Không có tiêu hủy nào của nơi khác chờ quyết định", "No erasure elsewhere waits for a decision"
        )
    return Exit.OK


def _keep(context: Context, args: argparse.Namespace) -> int:
    who = claim_arguments(context, args)
    done = _ask(context, args, "erase.keep", query=args.letter, reason=args.keep, **who)
    context.output.data(done)
    context.output.say(f"Giữ lại {done['kept']}", f"Kept {done['kept']}")
    return Exit.OK


def _scrub(context: Context, args: argparse.Namespace) -> int:
    done = _ask(context, args, "scrub")
    context.output.data(done)
    tables = ", ".join(done["tables"])
    if tables:
        context.output.say(f"Đã viết lại các bảng: {tables}", f"Rewrote the tables {tables}")
    else:
        context.output.say("SQLite tự ghi đè, không phải làm gì", "SQLite overwrites by itself: nothing to do")
    for one in done["left"]:
        context.output.say(*(f"  → {words}" for words in LEFT[one]))
    return Exit.OK


def _say_scrub_due(context: Context, args: argparse.Namespace) -> None:
    if _ask(context, args, "scrub.due")["due"]:
        context.output.say(
            "→ PostgreSQL còn giữ dòng cũ trên đĩa; vào giờ vắng: axis hub scrub",
            "→ PostgreSQL still has the old rows on disk; in a quiet hour: axis hub scrub",
        )


def say_related(context: Context, done: Mapping[str, Any]) -> None:
    if done["related"]:
        names = ", ".join(done["related"])
        context.output.say(
            f"  văn bản liên quan, không bị hủy theo: {names}", f"  related, not erased with it: {names}"
        )


def say_disposal(context: Context, row: Mapping[str, Any]) -> None:
    vi, en = STATES[row["state"]]
    who = " / ".join(filter(None, (row["proposed_by"], row["decided_by"])))
    at = time_of(row["done_at"] or row["decided_at"] or row["proposed_at"])
    head = f"{row['id']}  {row['consignment_id'][:ID_SHOWN]}  {row['extent']}"
    context.output.say(f"{head}: {vi} {at}, {who}: {row['ground']}", f"{head}: {en} {at}, {who}: {row['ground']}")


def _record(context: Context, args: argparse.Namespace) -> int:
    return show_record(context, args, _ask)


def show_record(context: Context, args: argparse.Namespace, asking: Callable[..., Any]) -> int:
    """The disposal record of a hub or a node, listed or exported; `asking` as `_ask`."""
    if args.export is not None:
        signed = asking(context, args, "disposals.export")
        write_new(args.export, signed["xml"])
        context.output.data({"file": str(args.export), "count": signed["count"]})
        count = signed["count"]
        context.output.say(
            f"Sổ tiêu hủy đã ký: {args.export} ({count})", f"Signed disposal record: {args.export} ({count})"
        )
        return Exit.OK
    found = asking(context, args, "disposals", limit=args.limit, after=args.after)
    context.output.data(found)
    for row in found["disposals"]:
        say_disposal(context, row)
    if not found["disposals"]:
        context.output.say("Chưa tiêu hủy gì", "Nothing has been disposed of")
    return Exit.OK


def _retention(context: Context, args: argparse.Namespace) -> int:
    step = "propose" if args.propose is not None else "approve" if args.approve else "reject" if args.reject else None
    who = {} if step is None else claim_arguments(context, args)
    found = _ask(context, args, "retention", run=args.run, step=step, reason=args.propose, **who)
    context.output.data(found)
    rows = [[name, str(days)] for name, days in found["days"].items()]
    context.output.table(rows, ["class", "days"])
    state = ("bật", "on") if found["dispose"] else ("tắt", "off")
    context.output.say(
        f"Tự tiêu hủy: {state[0]}; vừa tiêu hủy {found['disposed']}, đến hạn {len(found['due'])}",
        f"Disposes by itself: {state[1]}; disposed of {found['disposed']} now, {len(found['due'])} due",
    )
    _say_wanted(context, found)
    for row in found["due"]:
        held = ("  (đang bị giữ)", "  (on hold)") if row["held"] else ("", "")
        line = f"  {row['extent']}  {row['consignment_id']}  {row['sender']}  {time_of(row['received_at'])}"
        context.output.say(*(f"{line}{words}" for words in held))
    return Exit.OK


def _say_wanted(context: Context, found: Mapping[str, Any]) -> None:
    """What waits for a second person, or was written into hub.toml and holds nothing yet."""
    waiting, said = found["waiting"], (found["dispose"], found["days"])
    if waiting is not None:
        days = ", ".join(f"{name} {days}" for name, days in waiting["days"].items())
        context.output.say(
            f"Chờ người thứ hai duyệt (đề nghị {waiting['number']} của {waiting['by']}): {days}; {waiting['reason']}",
            f"Waits for a second person (proposal {waiting['number']} of {waiting['by']}): {days}; {waiting['reason']}",
        )
    elif (found["file"]["dispose"], found["file"]["days"]) != said:
        context.output.say(
            "hub.toml ghi khác, chưa có hiệu lực; đề nghị: axis hub retention --propose LÝ_DO",
            "hub.toml says otherwise, which does not hold yet; propose it: axis hub retention --propose REASON",
        )


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    if args.actor is not None:
        arguments["actor"] = args.actor
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
