"""The breaker's table pair by pair, and the pauses between tries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.domain.breaker import BREAKER, Breaker, BreakerEvent, BreakerState
from exchange_axis.errors import IllegalTransition

LONGEST = timedelta(seconds=30)


@pytest.mark.parametrize("state", list(BreakerState))
@pytest.mark.parametrize("event", list(BreakerEvent))
def test_every_pair_moves_as_the_table_says_or_is_refused(state: BreakerState, event: BreakerEvent) -> None:
    if (state, event) in BREAKER.table:
        assert BREAKER.after(state, event) is BREAKER.table[state, event]
        return
    with pytest.raises(IllegalTransition):
        BREAKER.after(state, event)
    assert event is BreakerEvent.TIMER, "failures and successes are known in every state"


def test_a_failure_opens_it_and_a_try_closes_it() -> None:
    breaker = Breaker().failed(100.0, jitter=1.0, longest=LONGEST)
    assert (breaker.state, breaker.until) == (BreakerState.OPEN, 101.0)
    assert breaker.asked(100.9).state is BreakerState.OPEN
    trying = breaker.asked(101.0)
    assert trying.state is BreakerState.HALF_OPEN
    assert trying.succeeded() == Breaker()
    again = trying.failed(101.0, jitter=1.0, longest=LONGEST)
    assert (again.state, again.failures, again.until) == (BreakerState.OPEN, 2, 103.0)


def test_calls_that_fail_side_by_side_are_one_failure() -> None:
    breaker = Breaker().failed(100.0, jitter=1.0, longest=LONGEST)
    assert breaker.failed(100.1, jitter=1.0, longest=LONGEST) == breaker


@given(st.integers(1, 60), st.floats(0, 1))
def test_pauses_grow_to_their_ceiling_and_never_beyond(failures: int, jitter: float) -> None:
    breaker, now = Breaker(), 0.0
    for _ in range(failures):
        breaker = breaker.asked(now).failed(now, jitter=jitter, longest=LONGEST)
        pause, now = breaker.until - now, breaker.until
        assert 0 < pause <= LONGEST.total_seconds() + 1e-6
    assert breaker.failures == failures
