"""The `axis` command: argument tree, exit codes, and nothing else.

A command loads only what it needs: a clerk's second on an old machine is worth more than a tidy import block.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import importlib
import os
import pwd
import sys
from collections.abc import Sequence
from itertools import pairwise

from config.actions import context
from exchange_axis import __version__
from exchange_axis.commands.arguments import Arguments, WronglyCalled
from exchange_axis.commands.common import LANGUAGES
from exchange_axis.commands.output import Exit, Output
from schemas.gate.refusal import Language, Refusal

GROUPS = {
    "hub": ("hub", "trục: khởi tạo, chạy, quản lý nút / make, run and tend a hub"),
    "node": ("node", "nút: gửi, nhận, chạy / send, receive, run a node"),
    "directory": ("records", "danh mục cơ quan / the directory of agencies"),
    "log": ("log", "nhật ký chống sửa / the tamper-evident log"),
    "audit": ("records", "tra cứu lịch sử / history of letters"),
    "check": ("check", "kiểm tra một tệp trước khi gửi / check a file before sending"),
    "gate": ("check", "như check --only gate / same as check --only gate"),
    "validate": ("check", "như check --only schema / same as check --only schema"),
    "verify": ("verify", "kiểm chứng ngoại tuyến / verify offline"),
    "demo": ("demo", "chạy thử cả liên thông trên máy này / run a whole federation here"),
    "doctor": ("doctor", "khám máy và dữ liệu / examine machine and data"),
}
"""Command → (module in exchange_axis.commands, what it is for). A module registers every command that names it."""

# The memory goes with the process; to search all of it for garbage at the end takes a tenth of a command's time.
atexit.register(gc.freeze)
# Nearly all that is made while modules load is kept: looking for garbage every 700 objects takes a sixth of the time.
gc.set_threshold(20_000, 10, 10)

MEND_FIRST = ("usage.", "config.", "calendar.", "key.", "file.", "store.schema-")
"""Beginnings of codes about this machine: nothing was tried, and asking again is no use before something is mended."""


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """The argument tree; with `only`, without the other commands."""
    tree = Arguments(prog="axis", description="Trục liên thông văn bản / exchange of official documents")
    version = f"axis {__version__}"
    tree.add_argument("--version", action="version", version=version, help="in phiên bản / print the version")
    commands = tree.add_subparsers(dest="group", required=True, metavar="LỆNH")
    wanted = {GROUPS[only][0]} if only in GROUPS else {module for module, _ in GROUPS.values()}
    for module in sorted(wanted):
        importlib.import_module(f"exchange_axis.commands.{module}").register(commands)
    return tree


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        args = parser(words[0] if words and words[0] in GROUPS else None).parse_args(words)
    except WronglyCalled as refusal:
        return _wrongly_called(words, refusal)
    output = Output(language=_language(args), as_json=getattr(args, "json", False), quiet=getattr(args, "quiet", False))
    try:
        return int(args.handler(context(output, _actor()), args))
    except Refusal as refusal:
        output.refusal(refusal)
        return _exit_of(refusal.code)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader went away: nothing is left to say
        return Exit.OK


def _wrongly_called(words: Sequence[str], refusal: Refusal) -> Exit:
    """Said in the language that was asked for, as far as the words can be read; in both where none was."""
    asked = [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    asked += [after for word, after in pairwise(words) if word == "--lang"]
    asked += [os.environ.get("AXIS_LANG", "")]
    chosen = next((language for language in LANGUAGES if language in asked), None)
    Output(language=chosen or "vi", as_json="--json" in words).refusal(refusal)
    if chosen is None:
        Output(language="en").refusal(refusal)
    return _exit_of(refusal.code)


def _exit_of(code: str) -> Exit:
    if code == "hub.unreachable":
        return Exit.UNREACHABLE
    return Exit.USAGE if code.startswith(MEND_FIRST) else Exit.REJECTED


def _language(args: argparse.Namespace) -> Language:
    chosen = getattr(args, "lang", None) or os.environ.get("AXIS_LANG")
    return "en" if chosen == "en" else "vi"


def _actor() -> str:
    """Recorded with every decision: the user of the operating system, and behind `sudo` the one who called it.

    Not what the environment says of a name: two people who share a service's account are told apart by sudo alone.
    """
    caller = os.environ.get("SUDO_UID", "")
    number = int(caller) if caller.isdecimal() else os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid:{number}"


if __name__ == "__main__":
    sys.exit(main())
