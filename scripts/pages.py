"""Writes the pages of docs/ that are made from code: every refusal, the lifecycle tables, the command line.

    python scripts/pages.py [FOLDER]      (default: docs)

The pages are committed; tests/test_pages.py fails when they no longer say what the code says.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable
from enum import StrEnum
from itertools import groupby
from pathlib import Path

from exchange_axis.domain import breaker, bulletin, lifecycle
from exchange_axis.web.console.application import RULES as CONSOLE_RULES
from exchange_axis.web.console.public import PUBLIC_RULES
from exchange_axis.web.desk.application import RULES as DESK_RULES
from exchange_axis.web.hub_api.permissions import RULES as HUB_RULES
from exchange_axis.web.node_api.permissions import RULES as NODE_RULES
from exchange_axis.web.operations.application import OPERATIONS_RULES
from exchange_axis.web.shared.pages import PRACTICE
from exchange_axis.web.shared.permissions import SIGHTS
from schemas.gate.refusal import Refusal
from scripts.cli_page import cli_page

PACKAGES = ("schemas", "signing", "exchange_axis", "adapters", "config")
FRESH = ", with a second factor of the last 5 minutes"
NOTICE = "<!-- Made from code by `make docs`; changes belong there. -->"


def refusals() -> list[type[Refusal]]:
    """Every refusal that has a code of its own, sorted by code."""
    _import_everything()
    found = [
        each for each in _subclasses(Refusal) if "code" in vars(each) and each.__module__.split(".")[0] in PACKAGES
    ]
    return sorted(found, key=lambda each: (each.code, each.__module__))


def machines() -> list[lifecycle.Machine[StrEnum, StrEnum]]:
    found = (*vars(lifecycle).values(), *vars(breaker).values(), *vars(bulletin).values())
    return [value for value in found if isinstance(value, lifecycle.Machine)]


def errors_page() -> str:
    lines = [
        "# Refusals",
        "",
        NOTICE,
        "",
        "Every refusal has a code that never changes. Programs act on the code; the texts may improve.",
        "Words in braces are facts of the case.",
    ]
    for area, group in groupby(refusals(), key=lambda each: each.code.split(".")[0]):
        lines += ["", f"## {area}", "", "| code | Vietnamese | English | what to do |", "|---|---|---|---|"]
        lines += [_row(f"`{each.code}`", each.vi, each.en, _both(each)) for each in group]
    return "\n".join(lines) + "\n"


def lifecycle_page() -> str:
    lines = [
        "# Lifecycle",
        "",
        NOTICE,
        "",
        "One table a machine: the state before, what happens, the state after. In what we emit, any other pair",
        "is refused with `lifecycle.illegal-transition`; in what others report, it is recorded and changes nothing.",
    ]
    for machine in machines():
        lines += ["", f"## {machine.name}", "", "| from | event | to |", "|---|---|---|"]
        lines += [_row(old.value, event.value, new.value) for (old, event), new in machine.table.items()]
    return "\n".join(lines) + "\n"


PRACTICE_NOTE = (
    f"Every page of letters, drafts, sent letters and registers is there once more below `{PRACTICE}`, for the same\n"
    "callers without the second factor: practice mode, with data of its own."
)


def permissions_page() -> str:
    lines = [
        "# Permissions",
        "",
        NOTICE,
        "",
        "Who may ask what. An address without a row is not served. What a caller may not see answers as one that does",
        "not exist. A peer is known by its TLS certificate, a program by the node's token, a person by a session.",
        "",
        "| word | what the answer tells |",
        "|---|---|",
        *(_row(f"`{sight.value}`", meaning) for sight, meaning in SIGHTS.items()),
    ]
    for name, rules in (
        ("Hub", HUB_RULES),
        ("Node", NODE_RULES),
        ("Desk", DESK_RULES),
        ("Console", CONSOLE_RULES),
        ("Operations", OPERATIONS_RULES),
        ("Public", PUBLIC_RULES),
    ):
        lines += ["", f"## {name}", "", "| address | callers | answer |", "|---|---|---|"]
        if name == "Desk":
            lines.insert(-2, PRACTICE_NOTE)
            lines.insert(-2, "")
        for (method, path), rule in rules.items():
            if path.startswith(f"{PRACTICE}/") and (method, path.removeprefix(PRACTICE)) in rules:
                continue
            callers = ", ".join(sorted(caller.value for caller in rule.callers))
            lines.append(_row(f"`{method} {path}`", callers, rule.sight.value + FRESH * rule.fresh))
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "errors.md": errors_page,
    "lifecycle.md": lifecycle_page,
    "permissions.md": permissions_page,
    "cli.md": lambda: cli_page(NOTICE),
}


def main(folder: Path) -> None:
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


def _import_everything() -> None:
    """A refusal is known once its module is."""
    for name in PACKAGES:
        for found in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def _subclasses(base: type[Refusal]) -> set[type[Refusal]]:
    direct = set(base.__subclasses__())
    return direct.union(*map(_subclasses, direct))


def _both(refusal: type[Refusal]) -> str:
    return "<br>".join(filter(None, (refusal.remedy_vi, refusal.remedy_en)))


def _row(*cells: str) -> str:
    return "| " + " | ".join(inspect.cleandoc(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
