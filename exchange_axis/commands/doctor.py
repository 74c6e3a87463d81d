"""`axis doctor`: is this host and this data folder fit to run? Changes nothing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, ClassVar

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.output import Exit
from exchange_axis.errors import AxisError

KINDS = ("hub", "node")


class InstallationIncomplete(AxisError):
    code: ClassVar[str] = "doctor.incomplete"
    vi: ClassVar[str] = "Thiếu gói Python {module}"
    en: ClassVar[str] = "The Python package {module} is missing"
    remedy_vi: ClassVar[str] = "Cài lại theo requirements.lock (docs/operator.md)"
    remedy_en: ClassVar[str] = "Install again from requirements.lock (docs/operator.md)"


def register(commands: Any) -> None:
    doctor = commands.add_parser("doctor", help="kiểm tra máy và thư mục dữ liệu / check host and data folder")
    add_common(doctor, "doctor")
    doctor.set_defaults(handler=_doctor)


def _doctor(context: Context, args: argparse.Namespace) -> int:
    try:
        from exchange_axis.commands.checkup import folder_checks, host_checks
        from exchange_axis.commands.checkup_values import State
    except ImportError as error:
        raise InstallationIncomplete(module=error.name or error) from error
    found = list(host_checks(context.clock))
    for folder in _folders(context, args.data):
        found += folder_checks(folder, context.clock)
    is_fit = all(one.state is not State.FAIL for one in found)
    context.output.data({"ok": is_fit, "checks": found})
    for one in found:
        context.output.say(_line(one.state, one.vi, one.remedy_vi), _line(one.state, one.en, one.remedy_en))
    return Exit.OK if is_fit else Exit.REJECTED


def _folders(context: Context, given: str | None) -> list[Path]:
    """The one that was named, else every default one that exists."""
    if given is not None:
        return [Path(given)]
    defaults = dict.fromkeys(context.folder(kind, None) for kind in KINDS)
    return [folder for folder in defaults if folder.exists()]


def _line(state: str, text: str, remedy: str) -> str:
    return f"{state:<5} {text}" + (f"\n      → {remedy}" if remedy else "")
