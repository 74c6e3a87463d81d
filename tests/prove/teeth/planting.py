"""A bug as data, and a copy of the project in which one after another is planted and pulled out again."""

from __future__ import annotations

import itertools
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.prove.teeth.nursery import NoAnswer, Nursery, Run

ROOT = Path(__file__).parents[3]
BUGS_FILE = Path(__file__).parent / "bugs.toml"
COPIED = ("exchange_axis", "adapters", "signing", "schemas", "config", "tests", "scripts", "docs", "deploy", "bench")
FILES = ("cli.py", "pyproject.toml", "Makefile", "README.md", "CHANGELOG.md", "requirements.lock")
PATIENCE, SECONDS = 150, 500
"""For a run; what takes longer is tried once more in a new process."""
_LONG_AGO = itertools.count(1_000_000_000)
"""Times of change, each used once: Python keeps a compiled module for as long as its source's time and size."""


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


def bugs() -> tuple[Bug, ...]:
    rows = tomllib.loads(BUGS_FILE.read_text(encoding="utf-8"))["bug"]
    return tuple(Bug(**{**row, "tests": tuple(row["tests"])}) for row in rows)


class Bed:
    """A copy of the project, and runs of tests in it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        _copy_project(folder)
        self.folder = folder
        self._environment = environment
        self._nursery = Nursery(folder, environment)
        self._sound: set[str] = set()
        """Files with a test that was seen to pass here."""

    def run(self, tests: Sequence[str]) -> Run:
        try:
            return self._nursery.run(tests, seconds=PATIENCE)
        except NoAnswer:
            self._nursery.close()
            self._nursery = Nursery(self.folder, self._environment)
            return self._nursery.run(tests, seconds=SECONDS)

    def with_bug(self, bug: Bug) -> Run:
        with _planted(bug, self.folder / bug.file):
            return self.run(bug.tests)

    def without(self, tests: Sequence[str]) -> Run | None:
        """The same tests where nothing is planted; None if some of each of their files were seen to pass before."""
        files = {test.partition("::")[0] for test in tests}
        if self._sound.issuperset(files):
            return None
        run = self.run(tests)
        if run.code == 0:
            self._sound.update(files)
        return run

    def close(self) -> None:
        self._nursery.close()


@contextmanager
def _planted(bug: Bug, path: Path) -> Iterator[None]:
    sound = path.read_bytes()
    text = sound.decode()
    assert text.count(bug.old) == 1, f"{bug.file} holds {bug.old!r} {text.count(bug.old)} times"
    _write(path, text.replace(bug.old, bug.new).encode())
    try:
        yield
    finally:
        _write(path, sound)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    at = next(_LONG_AGO)
    os.utime(path, (at, at))


def _copy_project(target: Path) -> None:
    for name in COPIED:
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(ROOT / name, target / name)
    if (judges := ROOT / ".judges").exists():
        (target / ".judges").symlink_to(judges.resolve())
