"""When a failed attempt is made again, and when a consignment has waited long enough.

Exponential with full jitter: peers that failed together do not come back together.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_CEILING = timedelta(seconds=1)
LAST_CEILING = timedelta(minutes=15)
TIME_TO_LIVE = timedelta(days=15)
"""How long a delivery is tried before its hub pronounces failure, unless the consignment says otherwise.

A node that was off for a week still gets everything (R61), and has as long again for the letters of its first day.
"""
_DOUBLINGS = 10
"""2**10 seconds are above LAST_CEILING; a larger exponent would only grow the number."""


def ceiling(attempts: int) -> timedelta:
    """The longest wait after that many failed attempts, counted from 1."""
    if attempts < 1:
        raise ValueError("attempts are counted from 1")
    doublings = min(attempts - 1, _DOUBLINGS)
    return min(LAST_CEILING, FIRST_CEILING * (1 << doublings))


def next_try(attempts: int, at: datetime, jitter: float, *, longest: timedelta = LAST_CEILING) -> datetime:
    """The time of the next attempt.

    Args:
        attempts: failed attempts so far, from 1.
        at: now.
        jitter: a random number in [0, 1].
        longest: never wait longer; for troubles that end for all at once, as a line that comes back.
    """
    if not 0 <= jitter <= 1:
        raise ValueError("jitter is a number from 0 to 1")
    return at + min(ceiling(attempts) * jitter, longest)


def expiry(at: datetime, time_to_live: timedelta = TIME_TO_LIVE) -> datetime:
    return at + time_to_live


def is_expired(expires_at: datetime, at: datetime) -> bool:
    return at >= expires_at
