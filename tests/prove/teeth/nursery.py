"""Test runs on a copy of the project, each in a process of its own that is born with foreign libraries loaded.

Half of a short run goes into loading what is the same each time: pytest, the database layer, the signature libraries.
So one process (`Nursery`) loads them once and forks for each run; modules of the project are loaded after the fork,
from the copy as it is then. It loads nothing that starts a thread: a fork would inherit locks that nobody opens.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
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
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist")
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


class NoAnswer(Exception):
    """A run did not end in its time, or its process is gone; what it printed."""


class Nursery:
    """Runs tests in one folder; used by one thread. `close` ends its process."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """`environment` is added to that of this process."""
        self._said = folder.parent / f"{folder.name}-said"
        environment = {**os.environ, **environment, "PYTHONPATH": str(folder)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._process = subprocess.Popen(
            [sys.executable, str(HERE), str(folder), str(self._said)],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, tests: Sequence[str], *, seconds: float) -> Run:
        """Stops at the first failure.

        Raises:
            NoAnswer: it took longer; this nursery is of no use any more.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        overdue = threading.Timer(seconds, self._kill)
        overdue.start()
        try:
            self._process.stdin.write(json.dumps(list(tests)) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            overdue.cancel()
        text = self._said.read_text(encoding="utf-8", errors="replace")
        if not line:
            raise NoAnswer(text[-3000:])
        answer = json.loads(line)
        return Run(code=answer["code"], failed=tuple(answer["failed"]), broken=answer["broken"], text=text)

    def close(self) -> None:
        self._kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

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


def _serve(folder: Path, said: Path) -> None:
    """In the process that forks: one line of test names in, one line of what became of them out."""
    own = str(HERE.parent)
    sys.path[:] = [str(folder), *(entry for entry in sys.path if entry not in (own, str(folder)))]
    answers = sys.stdout
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        early = {name for name in sys.modules if name.partition(".")[0] in OURS}
        assert not early, early
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            _grow(json.loads(line), said, write)
            return
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as pipe:
            # One line, not all until the end: what a test leaves running holds the pipe open.
            grown: dict[str, Any] = json.loads(pipe.readline() or "{}")
        _, status = os.waitpid(child, 0)
        answers.write(json.dumps({"failed": [], "broken": True, "code": os.waitstatus_to_exitcode(status), **grown}))
        answers.write("\n")
        answers.flush()


def _grow(tests: list[str], said: Path, answer: int) -> None:
    """In the fork: run, tell, and end as a program ends."""
    with said.open("wb") as output, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    notes = _Notes()
    code = pytest.main([*OPTIONS, *QUIET, *tests], plugins=[notes])
    told = {"code": int(code), "failed": notes.failed, "broken": notes.broken}
    with os.fdopen(answer, "w", encoding="utf-8") as pipe:
        pipe.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), Path(sys.argv[2]))
