"""What was measured: a median with its range, and how it is written."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One quantity over several rounds; the unit is said where it is used."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Figure:
        """Raises StatisticsError (a ValueError) for no values."""
        found = list(values)
        return cls(median=statistics.median(found), low=min(found), high=max(found), rounds=len(found))

    def __str__(self) -> str:
        if self.rounds == 1:
            return short(self.median)
        return f"{short(self.median)} ({short(self.low)}–{short(self.high)})"


def short(value: float) -> str:
    """Three digits that mean something: 0.0412, 1.76, 15.8, 131, 2,690."""
    if value == 0:
        return "0"
    size = abs(value)
    for bound, digits in ((100, 0), (10, 1), (1, 2), (0.1, 3)):
        if size >= bound:
            return f"{value:,.{digits}f}"
    return f"{value:.4f}"


def as_json(value: Any) -> Any:
    """Results as JSON takes them; keys that are numbers become text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value
