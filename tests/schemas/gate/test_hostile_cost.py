"""What hostile XML costs: little more than good XML, little memory, and neither a file nor a connection.

The corpus is read in a child whose address space is limited. CPU time is compared with that of the good twins, in the
same process, so that a slow machine slows both.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.figures import keep
from tests.judges import require
from tests.schemas.gate.hostile import corpus
from tests.schemas.gate.hostile.child import BEGIN, END

ROOT = Path(__file__).parents[3]
CPU_OF_TWINS = 2.0
"""Times the CPU of the good twins that all hostile documents together may take."""
WORST_CPU = 0.25
"""Seconds of CPU for the dearest single document."""

_CALL = re.compile(r"(\w+)\((?:AT_FDCWD, )?\"([^\"]*)\"")


def _child(*before: str) -> dict[str, float]:
    command = [*before, sys.executable, "-m", "tests.schemas.gate.hostile.child"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def test_hostile_documents_cost_no_more_than_good_ones() -> None:
    figures = _child()
    keep("hostile-xml", documents=len(corpus()), **figures)
    assert figures["refused"] == figures["admitted_twins"] == len(corpus())
    assert figures["hostile_cpu"] <= CPU_OF_TWINS * figures["twins_cpu"]
    assert figures["worst_cpu"] <= WORST_CPU


@pytest.mark.judge
def test_hostile_documents_open_nothing_and_connect_to_nobody(tmp_path: Path) -> None:
    """Of all calls that name a file or touch a socket, between the two marks there may be only Python's own."""
    out = tmp_path / "calls"
    _child(require("strace"), "-f", "-qq", "-e", "trace=%network,%file,%process", "-o", str(out))
    between = _between(out.read_text(encoding="utf-8").splitlines())
    foreign = [line for line in between if not _own(line)]
    assert foreign == []


def test_the_watch_sees_what_it_must_see(tmp_path: Path) -> None:
    """The same filter on calls that a parser with its ears open would make."""
    lines = [
        f'7 newfstatat(AT_FDCWD, "{BEGIN}", 0x7, 0) = -1 ENOENT',
        '7 openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3',
        "7 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 4",
        f'7 openat(AT_FDCWD, "{sys.prefix}/lib/x.py", O_RDONLY) = 3',
        f'7 newfstatat(AT_FDCWD, "{END}", 0x7, 0) = -1 ENOENT',
        '7 openat(AT_FDCWD, "/etc/shadow", O_RDONLY) = 3',
    ]
    assert [line for line in _between(lines) if not _own(line)] == lines[1:3]


def _between(lines: Sequence[str]) -> list[str]:
    begin = [number for number, line in enumerate(lines) if BEGIN in line]
    end = [number for number, line in enumerate(lines) if END in line]
    assert len(begin) == len(end) == 1, "the marks of the child are not in the record"
    return list(lines[begin[0] + 1 : end[0]])


def _own(line: str) -> bool:
    call = _CALL.search(line)
    return call is not None and call.group(2).startswith((sys.prefix, sys.base_prefix, str(ROOT)))
