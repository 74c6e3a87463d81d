"""A bug as data, and a copy of the project in which one after another is planted and pulled out again."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.prove.teeth.nursery import NoAnswer, NotSwapped, Nursery, Run

ROOT = Path(__file__).parents[3]
BUGS_FILE = Path(__file__).parent / "bugs.toml"
COPIED = ("exchange_axis", "adapters", "signing", "schemas", "config", "tests", "scripts", "docs", "deploy", "bench")
FILES = ("cli.py", "pyproject.toml", "Makefile", "README.md", "CHANGELOG.md", "requirements.lock")
PATIENCE, SECONDS = 150, 280
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
    """A copy of the project, and runs of tests in it.

    A run loads the project, or begins with it loaded and the changed functions swapped, where that is the same.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], seen: Path) -> None:
        """In folder `seen` all beds of a test run note which tests passed in such a copy."""
        _copy_project(folder)
        self.folder = folder
        self._environment = environment
        self._seen = seen / _digest(folder)
        self._seen.mkdir(parents=True, exist_ok=True)
        self._loading = Nursery(folder, environment)
        self._loaded = self._new_loaded()

    def with_bug(self, bug: Bug) -> Run:
        """Swapped in, which is quicker, or else loaded: some bugs do not show where all is loaded already."""
        with suppress(NotSwapped, NoAnswer):
            run = self.with_bug_swapped(bug)
            if run.noticed:
                return run
        return self.with_bug_loaded(bug)

    def with_bug_swapped(self, bug: Bug) -> Run:
        """
        Raises:
            NotSwapped: this bug is not one of functions only.
            NoAnswer: the run took too long.
        """
        self._wait()
        with _planted(bug, self.folder / bug.file):
            return self._loaded.run(bug.tests, seconds=PATIENCE, swapped=bug.file)

    def with_bug_loaded(self, bug: Bug) -> Run:
        with _planted(bug, self.folder / bug.file):
            try:
                return self._loading.run(bug.tests, seconds=PATIENCE)
            except NoAnswer:
                self._loading.close()
                self._loading = Nursery(self.folder, self._environment)
                return self._loading.run(bug.tests, seconds=SECONDS)

    def without(self, tests: Sequence[str]) -> Run | None:
        """The same tests where nothing is planted; None if some of each of their files were seen to pass before."""
        notes = [self._seen / test.partition("::")[0].replace("/", "-") for test in tests]
        if all(note.exists() for note in notes):
            return None
        self._wait()
        run = self._loaded.run(tests, seconds=SECONDS)
        if run.code == 0:
            for note in notes:
                note.touch()
        return run

    def close(self) -> None:
        self._loading.close()
        self._loaded.close()

    def _new_loaded(self) -> Nursery:
        files = sorted({test.partition("::")[0] for bug in bugs() for test in bug.tests})
        return Nursery(self.folder, self._environment, files)

    def _wait(self) -> None:
        """Nothing may be planted until the project is loaded as it is."""
        try:
            self._loaded.wait(seconds=SECONDS)
        except NoAnswer:
            self._loaded.close()
            self._loaded = self._new_loaded()
            self._loaded.wait(seconds=SECONDS)


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
        shutil.copytree(ROOT / name, target / name)  # with what Python has compiled: times of change are copied too
    for name in FILES:
        shutil.copy2(ROOT / name, target / name)
    if (judges := ROOT / ".judges").exists():
        (target / ".judges").symlink_to(judges.resolve())


def _digest(folder: Path) -> str:
    """Of a copy, by what shows whether it is whole."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    known = "\n".join(f"{path.relative_to(folder)} {path.stat().st_size}" for path in files)
    return hashlib.sha256(known.encode()).hexdigest()
