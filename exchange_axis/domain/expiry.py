"""When the end of a certificate is told: 60, 30, 7 and 1 days before, and when it has come (R44)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

STEPS: Final = (60, 30, 7, 1)
"""Days before the end."""


def step(not_after: datetime, now: datetime) -> int | None:
    """The step that is reached: the fewest days; 0 once it has ended; None while it is further off than the first."""
    left = not_after - now
    if left <= timedelta():
        return 0
    return min((days for days in STEPS if left <= timedelta(days=days)), default=None)
