"""`axis check FILE`: what would a hub find? With the aliases `axis gate` and `axis validate` for parts of it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exchange_axis.commands.arguments import moment
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.file_words import say_files
from exchange_axis.commands.files import FileUnreadable
from exchange_axis.commands.output import Exit, Output
from exchange_axis.commands.verify import show_findings
from exchange_axis.pipeline.check_file import PDF, STAGES, Checking, CheckReport, StageState, check_file
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.pipeline.verify_result import Kind
from exchange_axis.pipeline.verify_words import KINDS, Both
from schemas.findings import Stage
from schemas.gate.refusal import Refusal
from signing.trust import TrustAnchors

ONLY = {"gate": frozenset({Stage.GATE}), "schema": frozenset({Stage.SCHEMA}), "rules": frozenset({Stage.RULES})}

STAGE_NAMES: Mapping[Stage, Both] = {
    Stage.GATE: ("cổng", "gate"),
    Stage.CONTAINER: ("gói tin", "container"),
    Stage.SIGNATURE: ("chữ ký", "signature"),
    Stage.SCHEMA: ("lược đồ", "schema"),
    Stage.RULES: ("quy tắc", "rules"),
}
STATES: Mapping[StageState, Both] = {
    StageState.PASSED: ("đạt", "passed"),
    StageState.REFUSED: ("không đạt", "refused"),
    StageState.NOT_CHECKED: ("chưa kiểm tra", "not checked"),
    StageState.NOT_APPLICABLE: ("không áp dụng", "not applicable"),
}


def register(commands: Any) -> None:
    check = commands.add_parser("check", help="kiểm tra tệp như trục sẽ kiểm / check a file as a hub would")
    check.add_argument("--only", choices=tuple(ONLY), default=None, help="chỉ một bước / one stage only")
    _finish(check, frozenset(STAGES))
    gate = commands.add_parser("gate", help="như check --only gate / as check --only gate")
    _finish(gate, ONLY["gate"])
    validate = commands.add_parser("validate", help="chỉ lược đồ và quy tắc / schema and rules only")
    _finish(validate, ONLY["schema"] | ONLY["rules"])


def _finish(parser: argparse.ArgumentParser, stages: frozenset[Stage]) -> None:
    parser.add_argument(
        "file", type=Path, help=".edxml, .asice, .pdf, consignment.xml; nhận theo nội dung / by content"
    )
    parser.add_argument(
        "--trust",
        type=Path,
        default=None,
        metavar="PEM|DIR",
        help="chứng thư gốc; thiếu thì không kết luận về chữ ký / roots; without them no word on signatures",
    )
    parser.add_argument(
        "--at", type=moment, default=None, metavar="TIME", help="coi như đang là, mặc định bây giờ / as if it were"
    )
    add_common(parser)
    parser.set_defaults(handler=run, stages=stages)


def run(context: Context, args: argparse.Namespace) -> int:
    only = getattr(args, "only", None)
    try:
        how = Checking(
            at=args.at or context.clock.now(),
            anchors=None if args.trust is None else TrustAnchors.from_path(args.trust),
            files=_tools(context) if args.trust is not None else None,
            monotonic=context.clock.monotonic,
            only=ONLY[only] if only else args.stages,
        )
        report = check_file(args.file, how)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        context.output.refusal(FileUnreadable(path=error.filename or args.file, reason=reason))
        return Exit.USAGE
    except Refusal as refusal:
        # Of the trust that was named; what is wrong with the file is in the report.
        context.output.refusal(refusal)
        return Exit.USAGE
    context.output.data(report.as_dict())
    _show(context.output, report)
    return Exit.OK if report.passed else Exit.REJECTED


def _tools(context: Context) -> FileTools | None:
    make = context.actions.get("files.examiner")
    return None if make is None else FileTools(examiner=make())


def _show(output: Output, report: CheckReport) -> None:
    vi, en = ("ĐẠT", "PASSED") if report.passed else ("KHÔNG ĐẠT", "REFUSED")
    names = ("tệp PDF", "PDF file") if report.kind == PDF else ("", "")
    if report.kind is not None and report.kind != PDF:
        names = KINDS[Kind(report.kind)]
    kind = tuple(f": {name}" if name else "" for name in names)
    output.say(f"{vi}{kind[0]}", f"{en}{kind[1]}")
    for stage, state in report.stages.items():
        name, word = STAGE_NAMES[stage], STATES[state]
        output.say(f"  {name[0]:<10} {word[0]}", f"  {name[1]:<10} {word[1]}")
    say_files(output, report.files)
    show_findings(output, report.findings)
