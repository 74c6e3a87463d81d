"""Calling one peer through its breaker: the loops of a node or an uplink share one, and a dead line is tried by one.

Rules of this file:
1. `may_call` is asked before a step; a step that may not call is not begun, so that nothing is charged for a dead line.
2. What a call found is told at once (`answered`, `failed`); a step that made no call gives its turn back (`rested`).
3. Belongs to one event loop; only `view` is read from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange_axis.domain.breaker import Breaker, BreakerState
from exchange_axis.ports import Clock, Rng

LONGEST = timedelta(seconds=30)
"""Pause before a line that stays dead is tried again: short, because its return helps everything that waits."""
TRIAL = 5.0
"""Seconds after which a call that tries the line is no longer waited for: it may be a slow one on a line that works."""
LOOK_AGAIN = 0.5
"""Seconds after which a loop asks again while another one tries the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """How the line to the peer is, for people and programs."""

    state: BreakerState
    failures: int
    """In a row."""
    since: datetime | None
    """Of the failure that opened it; None while closed."""
    error: str | None
    next_try_at: datetime | None
    answered_at: datetime | None
    """When the peer last answered this process; None before its first answer."""


class PeerLine:
    def __init__(self, clock: Clock, rng: Rng, *, longest: timedelta = LONGEST) -> None:
        self._clock = clock
        self._rng = rng
        self._longest = longest
        self._breaker = Breaker()
        self._trying: str | None = None
        self._passed: set[str] = set()
        """Loops that had the turn since the line last failed, and nothing to say."""
        self._tried_at = 0.0
        self._since: datetime | None = None
        self._error: str | None = None
        self._answered_at: datetime | None = None

    def may_call(self, who: str) -> bool:
        """Whether the loop `who` may begin a step now."""
        now = self._clock.monotonic()
        self._breaker = self._breaker.asked(now)
        if self._breaker.state is BreakerState.HALF_OPEN and self._is_free(who, now):
            self._trying, self._tried_at = who, now
        return self._breaker.state is BreakerState.CLOSED or self._trying == who

    def _is_free(self, who: str, now: float) -> bool:
        """Loops with nothing to say, which come round quickly, must not keep the turn from those that would call."""
        return now - self._tried_at > TRIAL or (self._trying is None and who not in self._passed)

    @property
    def is_sure(self) -> bool:
        """False while the line is being tried: the answer of a call held open would come late."""
        return self._breaker.state is BreakerState.CLOSED

    def pause(self) -> float:
        """Seconds to wait before asking again."""
        if self._breaker.state is BreakerState.OPEN:
            return max(self._breaker.until - self._clock.monotonic(), 0.0)
        return LOOK_AGAIN

    def answered(self) -> None:
        """The peer answered, if only with a refusal."""
        self._breaker = self._breaker.succeeded()
        self._trying = self._since = self._error = None
        self._passed.clear()
        self._answered_at = self._clock.now()

    def failed(self, error: Exception) -> None:
        """Nobody answered."""
        self._since = self._since or self._clock.now()
        self._error = str(error)
        self._trying = None
        self._passed.clear()
        self._breaker = self._breaker.failed(self._clock.monotonic(), jitter=self._rng.uniform(), longest=self._longest)

    def rested(self, who: str) -> None:
        """The step of `who` is over; if it tried nothing, another loop may try the line."""
        if self._trying == who:
            self._trying = None
            self._passed.add(who)

    def view(self) -> LineView:
        waiting = self._breaker.state is BreakerState.OPEN
        return LineView(
            state=self._breaker.state,
            failures=self._breaker.failures,
            since=self._since,
            error=self._error,
            next_try_at=self._clock.now() + timedelta(seconds=self.pause()) if waiting else None,
            answered_at=self._answered_at,
        )
