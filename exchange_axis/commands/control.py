"""How a command reaches the running process: one JSON line over a unix socket in the data folder, one line back.

The folder is its owner's alone, so whoever can open the socket could also open the database. An operation is the same
function in both cases; only the process that runs it differs.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from exchange_axis.commands.output import plain
from exchange_axis.errors import AxisError
from schemas.findings import Finding, Severity, Stage
from schemas.gate.refusal import Language

Operation = Callable[[Any, Mapping[str, Any]], Any]
"""(hub or node, arguments) → JSON-able result. Runs in a worker thread of the serving process."""

LINE_LIMIT = 64 * 1024 * 1024
"""Bytes of one request or answer."""
TIMEOUT = 600.0
"""Seconds a command waits for its answer."""


class ControlRefused(AxisError):
    """The running process refused; carries its own code and texts."""

    code: ClassVar[str] = "control.refused"
    vi: ClassVar[str] = "Tiến trình đang chạy đã từ chối"
    en: ClassVar[str] = "The running process refused"

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(where=str(problem.get("where", "")))
        self.code = str(problem["code"])  # type: ignore[misc]  # the refusal of the other process keeps its code
        self.problem = problem
        if "findings" in problem:
            self.findings = tuple(_finding(found) for found in problem["findings"])

    def message(self, language: Language = "vi") -> str:
        return str(self.problem.get(language, ""))

    def remedy(self, language: Language = "vi") -> str:
        return str(self.problem.get(f"remedy_{language}", ""))


def _finding(found: Mapping[str, Any]) -> Finding:
    kinds = {"severity": Severity(found["severity"]), "stage": Stage(found["stage"])}
    return Finding(**{**found, **kinds})


def call(path: Path, operation: str, arguments: Mapping[str, Any]) -> Any | None:
    """Ask the running process; None (as a whole) when nobody listens.

    Returns:
        A pair-like list `[result]`, so that a null result differs from nobody listening.

    Raises:
        ControlRefused: with the code of what the process refused.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT)
        try:
            with short_address(path) as address:
                connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        request = {"operation": operation, "arguments": plain(arguments)}
        connection.sendall(json.dumps(request, ensure_ascii=False).encode() + b"\n")
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as stream:
            answer = json.loads(stream.readline(LINE_LIMIT))
    if "problem" in answer:
        raise ControlRefused(answer["problem"])
    return [answer["result"]]


@contextmanager
def short_address(path: Path) -> Iterator[str]:
    """An address for a socket in a folder with a long name: the system takes 107 bytes and no more."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
