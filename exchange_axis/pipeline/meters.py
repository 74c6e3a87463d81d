"""What a running program counts of its own work: numbers and durations since it began, for whoever watches it.

Rules of this file:
1. A label is one of a closed set (a class of work, a code of ours), never an agency, a peer, a letter or a person.
2. Counting costs a lock and an addition; it never fails and never waits.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from exchange_axis.ports import Clock

STEPS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds; upper ends of the steps of a duration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How many took at most so long, by the steps and one more for all that took longer."""

    counts: tuple[int, ...]
    total: float
    """Seconds of all together."""


@dataclass(slots=True)
class _Measured:
    counts: list[int] = field(default_factory=lambda: [0] * (len(STEPS) + 1))
    total: float = 0.0


class Meters:
    """Safe from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counted: Counter[tuple[str, str]] = Counter()
        self._measured: dict[tuple[str, str], _Measured] = {}

    def count(self, name: str, label: str, number: int = 1) -> None:
        with self._lock:
            self._counted[name, label] += number

    @contextmanager
    def timing(self, name: str, label: str) -> Iterator[None]:
        """Of what happens inside, also when it fails."""
        began = self._clock.monotonic()
        try:
            yield
        finally:
            seconds = max(0.0, self._clock.monotonic() - began)
            with self._lock:
                found = self._measured.setdefault((name, label), _Measured())
                found.counts[bisect_left(STEPS, seconds)] += 1
                found.total += seconds

    def counted(self, name: str) -> Mapping[str, int]:
        """By label."""
        with self._lock:
            return {label: number for (one, label), number in self._counted.items() if one == name}

    def measured(self, name: str) -> Mapping[str, Durations]:
        """By label."""
        with self._lock:
            return {
                label: Durations(counts=tuple(found.counts), total=found.total)
                for (one, label), found in self._measured.items()
                if one == name
            }
