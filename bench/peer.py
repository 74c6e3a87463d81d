"""A peer beside the product in the same run: the `as4` library (Peppol profile), in an environment of its own.

It needs older libraries than the product, so it is fetched into a throw-away folder, only when asked for (`--peer`),
and runs as a process without ours. It takes its turn in every round.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.figures import Figure
from bench.plan import Plan

REQUIREMENT = "as4==0.2.0"
STEPS = ("build", "receive", "check")
INSTALL = 300.0
"""Seconds for fetching and installing."""


class PeerUnavailable(RuntimeError):
    """The peer could not be installed or started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerResult:
    """Milliseconds of CPU a message, both sides, in memory: no network, no database, no hub between them."""

    name: str
    steps: Mapping[int, Mapping[str, Figure]]
    """Payload size → step → ms."""
    sums: Mapping[int, Figure]


class Peer:
    """The peer's process; `close` ends it."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        """
        Raises:
            PeerUnavailable.
        """
        # A round of the peer is an eighth of the floor's repeats: its messages cost tens of times more.
        self._repeats = {size: max(1, repeats // 8) for size, repeats in plan.repeats.items()}
        python = _install(folder)
        script = Path(__file__).with_name("as4_peer.py")
        self._process = subprocess.Popen(
            [python, "-I", script, json.dumps(self._repeats)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._rounds: list[dict[str, dict[str, float]]] = []
        self._answer()

    def measure_round(self) -> None:
        stdin = _open(self._process.stdin)
        stdin.write("\n")
        stdin.flush()
        self._rounds.append(self._answer())

    def result(self) -> PeerResult:
        sizes = list(self._repeats)
        return PeerResult(
            name=REQUIREMENT,
            steps={
                size: {step: Figure.of(found[str(size)][step] for found in self._rounds) for step in STEPS}
                for size in sizes
            },
            sums={size: Figure.of(sum(found[str(size)].values()) for found in self._rounds) for size in sizes},
        )

    def close(self) -> None:
        _open(self._process.stdin).close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _open(self._process.stdout).close()

    def _answer(self) -> dict[str, dict[str, float]]:
        line = _open(self._process.stdout).readline()
        if not line:
            raise PeerUnavailable(f"{REQUIREMENT} ended with code {self._process.wait(timeout=30)}")
        found: dict[str, dict[str, float]] = json.loads(line)
        return found


def _install(folder: Path) -> Path:
    place = folder / "peer"
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", REQUIREMENT]
    try:
        subprocess.run(command, check=True, timeout=INSTALL, stdout=sys.stderr)
    except (subprocess.SubprocessError, OSError) as error:
        raise PeerUnavailable(f"{REQUIREMENT} cannot be installed: {error}") from error
    return python


def _open(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
