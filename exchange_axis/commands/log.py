"""`axis log`: check, prove and mend the tamper-evident log; check proofs of any log from files alone."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import read_bytes, read_json, write_new
from exchange_axis.commands.output import Exit


def register(commands: Any) -> None:
    log = commands.add_parser("log", help="nhật ký chống sửa / the tamper-evident log")
    verbs = log.add_subparsers(dest="verb", required=True, metavar="LỆNH")
    _end(verbs.add_parser("verify", help="tính lại toàn bộ cây / recompute the whole tree"), _verify)
    _end(verbs.add_parser("fsck", help="đọc lại và đối chiếu tất cả / re-read and compare everything"), _fsck)
    prove = verbs.add_parser("prove", help="chứng minh một biên nhận / prove one receipt")
    prove.add_argument("name", help="mã biên nhận hoặc SHA-256 / evidence id or SHA-256")
    prove.add_argument("--out", type=Path, default=None)
    _end(prove, _prove)
    part = verbs.add_parser("prove-part", help="chứng minh một đoạn nhật ký / prove a part of the log")
    part.add_argument("start", type=number, help="mục đầu / first entry")
    part.add_argument("end", type=number, help="sau mục cuối / behind the last; start: multiple of the power of two")
    part.add_argument("--with", dest="name", default=None, metavar="NAME", help="kèm mục của / with the entry of")
    part.add_argument("--out", type=Path, required=True)
    _end(part, _prove_part)
    repair = verbs.add_parser("repair", help="sửa nhật ký bị lùi hoặc rẽ nhánh / mend a rolled back or forked log")
    repair.add_argument("--copy", type=Path, default=None, metavar="TỆP", help="bản sao từ trục khác / copy from a hub")
    repair.add_argument("--new-epoch", action="store_true", help="đóng kỳ, mở kỳ mới / close the epoch, open the next")
    repair.add_argument("--reason", default="", help="lý do, bắt buộc khi mở kỳ mới / why, needed for a new epoch")
    _end(repair, _repair)
    export = verbs.add_parser(
        "export", help="xuất bản sao nhật ký của trục khác / give out a copy of another hub's log"
    )
    export.add_argument("origin", help="ví dụ / for example truc-h45/log/1")
    export.add_argument("--first", type=number, default=0, help="từ mục này / from this entry on")
    export.add_argument("--out", type=Path, required=True)
    _end(export, _export)
    _register_pure(verbs)


def _register_pure(verbs: Any) -> None:
    inclusion = verbs.add_parser("verify-inclusion", help="kiểm một tệp chứng minh / check a proof file, offline")
    inclusion.add_argument("proof", type=Path, help="*.tlog-proof")
    inclusion.add_argument("--document", type=Path, required=True, help="biên nhận / the receipt")
    _pure(inclusion, _verify_inclusion)
    consistency = verbs.add_parser(
        "verify-consistency", help="kiểm nhật ký chỉ có thêm / check that a log only grew, offline"
    )
    consistency.add_argument("old", type=Path, help="điểm kiểm tra cũ / the older checkpoint")
    consistency.add_argument("new", type=Path, help="điểm kiểm tra mới / the newer checkpoint")
    consistency.add_argument("proof", type=Path, help="mỗi dòng một giá trị băm base64 / one base64 hash a line")
    _pure(consistency, _verify_consistency)

    part = verbs.add_parser("verify-part", help="kiểm một đoạn nhật ký / check a part of the log, offline")
    part.add_argument("part", type=Path, help="tệp của / file of: axis log prove-part")
    part.add_argument("--document", type=Path, default=None, help="biên nhận phải có trong đoạn / a receipt within it")
    _pure(part, _verify_part)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _pure(parser: argparse.ArgumentParser, handler: Any) -> None:
    parser.add_argument("--vkey", type=Path, required=True, help="khóa của nhật ký / key of the log")
    parser.add_argument("--policy", type=Path, default=None, help="chính sách nhân chứng / witness policy (C2SP)")
    add_common(parser)
    parser.set_defaults(handler=handler)


def _verify(context: Context, args: argparse.Namespace) -> int:
    state = _ask(context, args, "log.verify")
    context.output.data(state)
    context.output.say(
        f"Nhật ký {state['origin']}: {state['size']} mục, khớp",
        f"Log {state['origin']}: {state['size']} entries, sound",
    )
    return Exit.OK


def _fsck(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "log.fsck")
    context.output.data(found)
    context.output.say(
        f"Nhật ký {found['origin']}: {found['size']} mục, {found['checkpoints']} điểm kiểm tra, "
        f"{found['documents']} tài liệu, {found['fault_count']} lỗi",
        f"Log {found['origin']}: {found['size']} entries, {found['checkpoints']} checkpoints, "
        f"{found['documents']} documents, {found['fault_count']} faults",
    )
    if found["faults"]:
        context.output.table([[row["kind"], row["place"], row["detail"]] for row in found["faults"]], _FAULT_HEAD)
    return Exit.REJECTED if found["fault_count"] else Exit.OK


_FAULT_HEAD = ["fault", "place", "detail"]


def _prove(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "log.prove", name=args.name)
    if found["proof"] is None:
        context.output.data(found)
        context.output.say("Chưa có điểm kiểm tra nào bao gồm biên nhận này", "No checkpoint covers this receipt yet")
        return Exit.INDETERMINATE
    if args.out is not None:
        write_new(args.out, found["proof"].rstrip("\n"))
    context.output.data(found)
    context.output.say(found["proof"].rstrip("\n"), found["proof"].rstrip("\n"))
    return Exit.OK


def _prove_part(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "log.part", start=args.start, end=args.end, name=args.name)
    write_new(args.out, found["file"].rstrip("\n"))
    context.output.data({"start": found["start"], "end": found["end"], "out": str(args.out)})
    context.output.say(
        f"Mục {args.start} đến {args.end - 1} → {args.out}", f"Entries {args.start} to {args.end - 1} → {args.out}"
    )
    return Exit.OK


def _repair(context: Context, args: argparse.Namespace) -> int:
    pieces = [] if args.copy is None else read_json(args.copy)["pieces"]
    done = _ask(context, args, "log.repair", pieces=pieces, new_epoch=args.new_epoch, reason=args.reason)
    context.output.data(done)
    context.output.say(
        f"Nhật ký tiếp tục: {done['origin']}, {done['size']} mục, {done['lost']} mục mất tài liệu; khởi động lại trục",
        f"The log goes on: {done['origin']}, {done['size']} entries, {done['lost']} without document; restart the hub",
    )
    return Exit.OK


def _export(context: Context, args: argparse.Namespace) -> int:
    found = _ask(context, args, "log.copy", origin=args.origin, first=args.first)
    write_new(args.out, json.dumps(found))
    context.output.data({"origin": args.origin, "pieces": len(found["pieces"]), "out": str(args.out)})
    context.output.say(f"{len(found['pieces'])} phần → {args.out}", f"{len(found['pieces'])} pieces → {args.out}")
    return Exit.OK


def _verify_inclusion(context: Context, args: argparse.Namespace) -> int:
    from exchange_axis.pipeline.log_files import inclusion

    policy = None if args.policy is None else read_bytes(args.policy)
    found = inclusion(read_bytes(args.proof), read_bytes(args.document), read_bytes(args.vkey), policy)
    return _said(context, found)


def _verify_consistency(context: Context, args: argparse.Namespace) -> int:
    from exchange_axis.pipeline.log_files import consistency

    policy = None if args.policy is None else read_bytes(args.policy)
    files = read_bytes(args.old), read_bytes(args.new), read_bytes(args.proof)
    return _said(context, consistency(files, read_bytes(args.vkey), policy))


def _verify_part(context: Context, args: argparse.Namespace) -> int:
    from exchange_axis.pipeline.log_files import part

    policy = None if args.policy is None else read_bytes(args.policy)
    document = None if args.document is None else read_bytes(args.document)
    return _said(context, part(read_bytes(args.part), document, read_bytes(args.vkey), policy))


def _said(context: Context, found: Any) -> int:
    context.output.data(found)
    context.output.say(
        f"Đúng: {found.origin}, kích thước {found.size}; nhân chứng: {found.witnessed} ({len(found.witnesses)})",
        f"It holds: {found.origin}, size {found.size}; witnessed: {found.witnessed} ({len(found.witnesses)})",
    )
    return Exit.REJECTED if found.witnessed == "no" else Exit.OK


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
