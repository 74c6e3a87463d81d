"""A bug as data, and a copy of the project in which it is planted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
BUGS_FILE = Path(__file__).parent / "bugs.toml"
COPIED = ("exchange_axis", "adapters", "signing", "schemas", "config", "tests", "scripts", "docs", "deploy", "bench")
FILES = ("cli.py", "pyproject.toml", "Makefile", "README.md", "CHANGELOG.md", "requirements.lock")
SECONDS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    name: str
    promise: str
    """Which promise it breaks: T1 … T18."""
    what: str
    file: str
    old: str
    """Stands there exactly once."""
    new: str
    tests: tuple[str, ...]
    """Files or node ids, of which at least one test must fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    code: int
    text: str

    @property
    def noticed(self) -> bool:
        """Tests ran and some failed: 1 is pytest's word for it. Tests that cannot even be collected prove nothing."""
        return self.code == 1 and " failed" in self.text and "error" not in self.text.splitlines()[-1]


def bugs() -> tuple[Bug, ...]:
    rows = tomllib.loads(BUGS_FILE.read_text(encoding="utf-8"))["bug"]
    return tuple(Bug(**{**row, "tests": tuple(row["tests"])}) for row in rows)


def copy_project(target: Path) -> None:
    for name in COPIED:
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(ROOT / name, target / name)
    if (judges := ROOT / ".judges").exists():
        (target / ".judges").symlink_to(judges.resolve())


def plant(bug: Bug, folder: Path) -> None:
    path = folder / bug.file
    text = path.read_text(encoding="utf-8")
    assert text.count(bug.old) == 1, f"{bug.file} holds {bug.old!r} {text.count(bug.old)} times"
    path.write_text(text.replace(bug.old, bug.new), encoding="utf-8")


def run(bug: Bug, folder: Path) -> Outcome:
    """The bug's tests, in the copy, in a process of their own."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*command, *bug.tests], cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    return Outcome(code=done.returncode, text=done.stdout + done.stderr)
