"""Test runs on a copy of the project, each in a process of its own that is born with foreign libraries loaded.

Most of a short run goes into loading what is the same each time: pytest, the database layer, the signature libraries.
So one process (`Nursery`) loads them once and forks for each run; modules of the project are loaded after the fork,
from the copy as it is then. A nursery of the second kind has loaded the project and the tests too, from the copy as it
is when the nursery begins; its runs begin with swapped functions (swapping.py) or with none.
It loads nothing that starts a thread: a fork would inherit locks that nobody opens.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__)
OURS = frozenset({"exchange_axis", "adapters", "signing", "schemas", "config", "cli", "tests", "bench", "conftest"})
LIBRARIES = (
    "aiohttp.web",
    "argon2",
    "asn1crypto.tsp",
    "babel.messages.pofile",
    "cryptography.hazmat.primitives.serialization.pkcs12",
    "cryptography.x509.verification",
    "hypothesis",
    "jinja2",
    "lxml.etree",
    "psycopg",
    "pyhanko.sign.validation",
    "pyhanko_certvalidator",
    "pysqlite3.dbapi2",
    "signxml.xades",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "xmlschema",
)
PACKAGES = ("schemas", "signing", "exchange_axis", "adapters", "config")
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist")
Swap = Callable[[str], str]
"""Of a changed file: why it cannot be, or nothing."""
# That a library was loaded before pytest could look at its asserts is what we want here.
QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    code: int
    failed: tuple[str, ...]
    """Tests that ran and failed."""
    broken: bool
    """Something failed around a test: it could not be collected, set up or cleaned up after."""
    text: str

    @property
    def noticed(self) -> bool:
        """Whether a test found something wrong, and nothing else went wrong."""
        return self.code == 1 and bool(self.failed) and not self.broken


class NoAnswer(Exception):
    """A run did not end in its time, or its process is gone; what it printed."""


class NotSwapped(Exception):
    """A run did not begin, because the change asks for a process that loads it; why."""


class Nursery:
    """Runs tests in one folder; used by one thread. `close` ends its process."""

    def __init__(self, folder: Path, environment: Mapping[str, str], loaded: Sequence[str] = ()) -> None:
        """`environment` is added to that of this process; with the tests `loaded` it is one of the second kind."""
        self._said = folder.parent / f"{folder.name}-said-{len(loaded)}"
        environment = {**os.environ, **environment, "PYTHONPATH": str(folder)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._process = subprocess.Popen(
            [sys.executable, str(HERE), str(folder), str(self._said), *loaded],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, tests: Sequence[str], *, seconds: float, swapped: str | None = None) -> Run:
        """Stops at the first failure. `swapped` names a file that was changed since the project was loaded.

        Raises:
            NoAnswer: it took longer; this nursery is of no use any more.
            NotSwapped: nothing ran.
        """
        answer = self._asked({"tests": list(tests), "swapped": swapped}, seconds)
        if reason := answer.get("refused"):
            raise NotSwapped(reason)
        return Run(code=answer["code"], failed=tuple(answer["failed"]), broken=answer["broken"], text=self._text())

    def wait(self, *, seconds: float) -> None:
        """Until everything is loaded; a change of the copy is one from then on.

        Raises:
            NoAnswer: it took longer, or is gone.
        """
        self._asked(None, seconds)

    def _asked(self, question: object, seconds: float) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        overdue = threading.Timer(seconds, self._kill)
        overdue.start()
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            overdue.cancel()
        if not line:
            raise NoAnswer(self._text()[-3000:])
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        self._kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _text(self) -> str:
        return self._said.read_text(encoding="utf-8", errors="replace") if self._said.exists() else ""

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


@dataclass(eq=False)
class _Notes:
    """A plugin of pytest."""

    failed: list[str] = field(default_factory=list)
    broken: bool = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and report.when == "call":
            self.failed.append(report.nodeid)
        elif report.failed:
            self.broken = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.broken |= report.failed


def _serve(folder: Path, said: Path, loaded: Sequence[str]) -> None:
    """In the process that forks: one line of test names in, one line of what became of them out."""
    own = str(HERE.parent)
    sys.path[:] = [str(folder), *(entry for entry in sys.path if entry not in (own, str(folder)))]
    answers = sys.stdout
    for name in LIBRARIES:
        importlib.import_module(name)
    swap = _loaded(folder, said, loaded) if loaded else None
    gc.collect()
    gc.freeze()  # or each fork would look through all of it again, and copy it by looking
    for line in sys.stdin:
        early = {name for name in sys.modules if name.partition(".")[0] in OURS}
        assert bool(early) == bool(loaded), early
        if (question := json.loads(line)) is None:
            answers.write('{"ready": true}\n')
            answers.flush()
            continue
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            _grow(question, said, write, swap)
            return
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as pipe:
            # One line, not all until the end: what a test leaves running holds the pipe open.
            grown: dict[str, Any] = json.loads(pipe.readline() or "{}")
        _, status = os.waitpid(child, 0)
        answers.write(json.dumps({"failed": [], "broken": True, "code": os.waitstatus_to_exitcode(status), **grown}))
        answers.write("\n")
        answers.flush()


def _loaded(folder: Path, said: Path, tests: Sequence[str]) -> Swap:
    """Loads the project and, as pytest does it, these tests."""
    from tests.prove.teeth.swapping import CannotSwap, Loaded, load_project  # noqa: PLC0415 # ours, and not always

    def load() -> None:
        load_project(folder, PACKAGES)
        with said.open("w", encoding="utf-8") as output, redirect_stdout(output):
            code = pytest.main([*OPTIONS, *QUIET, "--collect-only", *tests])
        assert code == pytest.ExitCode.OK, said.read_text(encoding="utf-8")

    project = Loaded(folder, load)

    def swap(file: str) -> str:
        try:
            project.swap(file)
        except CannotSwap as reason:
            return str(reason)
        return ""

    return swap


def _grow(question: Mapping[str, Any], said: Path, answer: int, swap: Swap | None) -> None:
    """In the fork: run, tell, and end as a program ends."""
    with said.open("wb") as output, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    told: dict[str, Any]
    if (file := question["swapped"]) and swap and (refused := swap(file)):
        told = {"refused": refused}
    else:
        notes = _Notes()
        code = pytest.main([*OPTIONS, *QUIET, *question["tests"]], plugins=[notes])
        told = {"code": int(code), "failed": notes.failed, "broken": notes.broken}
    with os.fdopen(answer, "w", encoding="utf-8") as pipe:
        pipe.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
