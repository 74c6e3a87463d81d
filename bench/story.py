"""Wall time of the demonstration, as a person who types `axis demo` waits for it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.figures import Figure

LIMIT = 300.0
"""Seconds after which a demonstration is given up."""
GOAL = 60.0
"""Seconds, on two cores."""


class DemoFailed(RuntimeError):
    """It ended with something else than success; the text is what it said last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    seconds: Figure
    summary: Mapping[str, Any]
    """What the last run counted."""


def measure(rounds: int) -> DemoResult | None:
    """None for no rounds.

    Raises:
        DemoFailed.
    """
    runs = [_run() for _ in range(rounds)]
    if not runs:
        return None
    return DemoResult(seconds=Figure.of(seconds for seconds, _ in runs), summary=runs[-1][1])


def _run() -> tuple[float, dict[str, Any]]:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "cli", "demo", "--json", "--quiet"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired as error:
        raise DemoFailed(f"not done after {LIMIT:g} s") from error
    took = time.perf_counter() - begun
    if done.returncode != 0:
        raise DemoFailed(f"exit code {done.returncode}: {done.stderr[-2_000:]}")
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return took, summary
