"""Peak memory for one large letter, each in fresh processes: what hub and nodes hold must not grow with the letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.exchange import Exchange
from bench.federation import ROLES, Federation, serving
from bench.figures import Figure
from bench.plan import MB, Plan

GROWTH = 20 * MB
"""Bytes by which the peak of the largest letter may exceed that of the smallest."""
CEILING = 200 * MB
FIRST = 10_000
"""Number of the first letter, away from those of other measurements in the same federation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakResult:
    """Megabytes of resident memory (VmHWM), the operating system's shared libraries included."""

    at_rest: Mapping[str, Figure]
    """Role → after the start, before any letter."""
    peaks: Mapping[int, Mapping[str, Figure]]
    """Container size → role → at most while the letter went through."""
    seconds: Mapping[int, Figure]
    """Container size → from giving the letter to its receipt."""

    def growth(self, role: str) -> float:
        """Megabytes between the smallest and the largest letter, in medians."""
        sizes = sorted(self.peaks)
        return self.peaks[sizes[-1]][role].median - self.peaks[sizes[0]][role].median

    def holds(self, role: str) -> bool:
        """Whether the requirement is met."""
        top = max(sorted(self.peaks))
        return self.growth(role) * MB <= GROWTH and self.peaks[top][role].high * MB < CEILING


def measure(federation: Federation, folder: Path, plan: Plan) -> PeakResult:
    """The federation must be stopped; it is started anew for every letter."""
    rest: dict[str, list[float]] = {role: [] for role in ROLES}
    peaks: dict[int, dict[str, list[float]]] = {size: {role: [] for role in ROLES} for size in plan.large}
    seconds: dict[int, list[float]] = {size: [] for size in plan.large}
    exchange = Exchange(federation, folder, plan, first=FIRST)
    for _ in range(plan.memory_rounds):
        for size in plan.large:
            with serving(federation):
                for role, value in federation.peaks().items():
                    rest[role].append(value / MB)
                seconds[size].append(exchange.send_one(size))
                for role, value in federation.peaks().items():
                    peaks[size][role].append(value / MB)
    return PeakResult(
        at_rest={role: Figure.of(values) for role, values in rest.items()},
        peaks={size: {role: Figure.of(values) for role, values in roles.items()} for size, roles in peaks.items()},
        seconds={size: Figure.of(values) for size, values in seconds.items()},
    )
