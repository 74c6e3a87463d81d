"""How much is measured: all of it, or just enough to see that everything still runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KB = 1_000
MB = 1_000_000
"""Bytes. Sizes of containers, as they travel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    rounds: int
    """Of the floor and of the exchange; they take turns."""
    repeats: Mapping[int, int]
    """Container size → how often each part of the floor runs in a round."""
    letters: Mapping[int, int]
    """Container size → letters through the product in a round."""
    warm_up: int
    """Letters before the first round."""
    large: tuple[int, ...]
    """Container sizes whose peak memory is taken, each in fresh processes."""
    memory_rounds: int
    rush_queued: int
    """Ordinary deliveries that wait while an urgent letter comes."""
    rush_rounds: int
    demo_rounds: int
    patience: float
    """Seconds for the letters of one round, or one large letter, to come home."""


FULL = Plan(
    rounds=5,
    repeats={10 * KB: 300, MB: 50, 10 * MB: 8},
    letters={10 * KB: 40, MB: 16, 10 * MB: 4},
    warm_up=4,
    large=(50 * MB, 500 * MB),
    memory_rounds=2,
    rush_queued=10_000,
    rush_rounds=5,
    demo_rounds=3,
    patience=120.0,
)
SMOKE = Plan(
    rounds=1,
    repeats={10 * KB: 2, 100 * KB: 1},
    letters={10 * KB: 2, 100 * KB: 1},
    warm_up=0,
    large=(1 * MB,),
    memory_rounds=1,
    rush_queued=50,
    rush_rounds=1,
    demo_rounds=0,
    patience=30.0,
)


def size_text(size: int) -> str:
    return f"{size // MB} MB" if size >= MB else f"{size // KB} KB"
