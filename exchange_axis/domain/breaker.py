"""The circuit breaker of a line to one peer: after a failure nobody calls for a while, then one call tries the line.

Rules of this file:
1. The table is all there is; pauses grow with the failures in a row and are never part of a state.
2. Only a line that did not answer is a failure. A peer that answers with a refusal is there.
3. A success that comes late, from a call begun before the failure, closes it all the same: the peer is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from exchange_axis.domain.lifecycle import Machine
from exchange_axis.domain.retry import ceiling


class BreakerState(StrEnum):
    CLOSED = "closed"
    """Calls go through."""
    OPEN = "open"
    """Nobody calls until the pause is over."""
    HALF_OPEN = "half-open"
    """One call tries the line; the others wait for what comes of it."""


class BreakerEvent(StrEnum):
    FAILURE = "failure"
    SUCCESS = "success"
    TIMER = "timer"
    """The pause is over and somebody wants to call."""


_S, _E = BreakerState, BreakerEvent

BREAKER: Machine[BreakerState, BreakerEvent] = Machine(
    name="breaker",
    states=BreakerState,
    events=BreakerEvent,
    table={
        (_S.CLOSED, _E.SUCCESS): _S.CLOSED,
        (_S.CLOSED, _E.FAILURE): _S.OPEN,
        (_S.OPEN, _E.FAILURE): _S.OPEN,  # of a call begun before
        (_S.OPEN, _E.SUCCESS): _S.CLOSED,
        (_S.OPEN, _E.TIMER): _S.HALF_OPEN,
        (_S.HALF_OPEN, _E.FAILURE): _S.OPEN,
        (_S.HALF_OPEN, _E.SUCCESS): _S.CLOSED,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The breaker at one moment. Times are seconds of a clock that never goes back."""

    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    """In a row."""
    until: float = 0.0
    """While open: when the line may be tried."""

    def failed(self, now: float, *, jitter: float, longest: timedelta) -> Breaker:
        """After a call that reached nobody.

        Args:
            jitter: in [0, 1]; the pause is between half of its ceiling and the whole.
            longest: pause however often it failed.
        """
        state, failures = BREAKER.after(self.state, BreakerEvent.FAILURE), self.failures
        if self.state is BreakerState.OPEN and now < self.until:
            return self  # calls side by side that fail together are one failure
        pause = min(ceiling(failures + 1), longest).total_seconds() * (0.5 + jitter / 2)
        return replace(self, state=state, failures=failures + 1, until=now + pause)

    def succeeded(self) -> Breaker:
        return Breaker(state=BREAKER.after(self.state, BreakerEvent.SUCCESS))

    def asked(self, now: float) -> Breaker:
        """Somebody wants to call: half-open when the pause is over."""
        if self.state is BreakerState.OPEN and now >= self.until:
            return replace(self, state=BREAKER.after(self.state, BreakerEvent.TIMER))
        return self
