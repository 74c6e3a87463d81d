"""The host's clock and randomness keep the promises of the ports."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from adapters.clock import SystemClock, SystemRng
from exchange_axis.ports import Clock, Rng


def test_time_is_aware_utc_and_the_timer_never_goes_back() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    ticks = [clock.monotonic() for _ in range(100)]
    assert ticks == sorted(ticks)


def test_randomness_has_the_asked_shape_and_does_not_repeat() -> None:
    rng: Rng = SystemRng()
    assert len(rng.token(32)) == 32
    assert len({rng.token(16) for _ in range(1_000)}) == 1_000
    assert uuid.UUID(rng.uuid()).version == 4
    assert all(0 <= rng.uniform() < 1 for _ in range(100))
