"""Is our clock right? Judged by what others said of the time, carried on by a clock that never jumps.

Rules of this file:
1. An observation is "it was so late there when our steady clock stood so". From it follows what time it is now, so a
   jump of our clock shows at once, and a clock that was set right again is right at once: nobody has to ask anew.
2. Only sources that the operator chose count: an outside time-stamping service, the hub above. Peers below do not.
3. Half of the sources may be wrong. A clock is wrong when more of them contradict it than bear it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DRIFT: Final = timedelta(seconds=5)
"""How far a hub's clock may be off before it stops issuing evidence (design: clocks)."""
STALE: Final = 7 * 86_400.0
"""Seconds after which an observation says nothing any more: a steady clock may be off by a second a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    theirs: datetime
    """Aware UTC, as the source said."""
    mark: float
    """Our steady clock (seconds) in the middle of asking."""
    error: timedelta
    """By how much `theirs` may be off: accuracy of the source, and half of the time that asking took."""

    def offset(self, now: datetime, monotonic: float) -> timedelta:
        """How far our clock is ahead of what this source would say now."""
        return now - (self.theirs + timedelta(seconds=monotonic - self.mark))

    def contradicts(self, now: datetime, monotonic: float) -> bool:
        return abs(self.offset(now, monotonic)) - self.error > DRIFT

    def is_stale(self, monotonic: float) -> bool:
        return monotonic - self.mark > STALE


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    right: bool
    source: str
    """Whose word was decisive; empty where there is none."""
    offset: timedelta
    """Ours minus theirs."""


def judge(observations: Mapping[str, Observation], now: datetime, monotonic: float) -> Verdict:
    """What the sources together say; without any word from outside a clock is believed."""
    fresh = {source: one for source, one in observations.items() if not one.is_stale(monotonic)}
    against = {source for source, one in fresh.items() if one.contradicts(now, monotonic)}
    right = 2 * len(against) <= len(fresh)
    decisive = [source for source in fresh if (source in against) is not right]
    if not decisive:
        return Verdict(right=True, source="", offset=timedelta())
    source = max(decisive, key=lambda name: fresh[name].mark)
    return Verdict(right=right, source=source, offset=fresh[source].offset(now, monotonic))
