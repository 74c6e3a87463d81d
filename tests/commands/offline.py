"""Commands that need neither hub nor node, run with the real argument tree and handlers."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.clock import SystemRng
from exchange_axis.commands import check, verify
from exchange_axis.commands.arguments import Arguments, WronglyCalled
from exchange_axis.commands.context import Context
from exchange_axis.commands.output import Exit, Output
from tests.commands.counter import Told
from tests.hub.stand import START, HandClock


def axis(*argv: str | Path, now: datetime = START) -> Told:
    """One command; what was typed wrongly is its exit code."""
    out, err = io.StringIO(), io.StringIO()
    try:
        code = _run([str(argument) for argument in argv], out, err, now)
    except WronglyCalled as refused:
        Output(err=err).refusal(refused)
        code = Exit.USAGE
    return Told(code=code, out=out.getvalue(), err=err.getvalue())


def _run(argv: list[str], out: io.StringIO, err: io.StringIO, now: datetime) -> int:
    tree = Arguments(prog="axis")
    commands = tree.add_subparsers(required=True)
    verify.register(commands)
    check.register(commands)
    args = tree.parse_args(argv)
    output = Output(language=args.lang or "vi", as_json=args.json, quiet=args.quiet, out=out, err=err)
    context = Context(
        output=output,
        clock=HandClock(at=now),
        rng=SystemRng(),
        actor="kiem-toan",
        default_folder=_nothing,
        socket_of=_nothing,
        open_hub=_nothing,
        open_node=_nothing,
        operations_of=_nothing,
        actions={},
    )
    handler: Callable[[Context, argparse.Namespace], int] = args.handler
    return int(handler(context, args))


def _nothing(*_: Any) -> Any:
    raise AssertionError("verifying and checking need no hub, node or data folder")
