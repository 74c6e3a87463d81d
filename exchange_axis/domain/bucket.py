"""Token buckets: so many at once, so many a second in the long run. Values only; the clock is the caller's."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 3_600.0
"""Seconds that anybody is asked to wait: by then a setting may have changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Of tokens, whatever one stands for."""

    a_second: float
    burst: float
    """Tokens of a full bucket: what may be taken at once after a rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What is left at one moment. Times are seconds of a clock that never goes back."""

    level: float
    at: float

    def filled(self, rate: Rate, now: float) -> Bucket:
        """As it is now."""
        return Bucket(level=min(rate.burst, self.level + (now - self.at) * rate.a_second), at=now)

    def wait(self, rate: Rate, wanted: float = 1.0) -> float:
        """Seconds until that many tokens are there; more than a full bucket holds are there when it is full."""
        missing = min(wanted, rate.burst) - self.level
        if missing <= 0:
            return 0.0
        return min(missing / rate.a_second, LONGEST) if rate.a_second > 0 else LONGEST

    def taken(self, wanted: float = 1.0) -> Bucket:
        """Afterwards; the level may go below nothing, and is then paid back first."""
        return Bucket(level=self.level - wanted, at=self.at)
