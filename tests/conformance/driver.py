"""Drives a node under test by its command line: the small one here, or the one named by AXIS_CONFORMANCE_NODE."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.hub import RunningHub

HERE = Path(__file__).resolve().parent
COMMAND = "AXIS_CONFORMANCE_NODE"
PATIENCE = 60.0
"""Seconds for one command."""


class NodeRefused(Exception):
    """The hub refused; `problem` is its problem document."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["code"])
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class NodeUnderTest:
    folder: Path

    def __call__(self, *arguments: str | Path) -> Any:
        """What the command prints. Raises NodeRefused."""
        command = [*_command(), str(self.folder), *map(str, arguments)]
        # Of the environment nothing that could bring the project into reach.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode == 1 and done.stdout.startswith('{"refused"'):
            raise NodeRefused(json.loads(done.stdout)["refused"])
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def enrolled(folder: Path, hub: RunningHub, *, node_id: str, agencies: dict[str, str]) -> NodeUnderTest:
    """Keys, request, approval, answer: the whole way of a newcomer."""
    node = NodeUnderTest(folder=folder / node_id)
    named = [part for code, name in agencies.items() for part in ("--agency", f"{code}={name}")]
    made = node("init", "--id", node_id, "--name", f"Nút {node_id}", "--hub", hub.url, *named)
    answer = folder / f"{node_id}.answer.json"
    answer.write_text(json.dumps(hub.enrol(json.loads(Path(made["request"]).read_text("utf-8")))))
    node("install", answer)
    return node


def is_ours() -> bool:
    """Whether the node under test is the small one of this folder."""
    return COMMAND not in os.environ


def _command() -> list[str]:
    return shlex.split(os.environ[COMMAND]) if not is_ours() else [sys.executable, "-m", "mininode"]
