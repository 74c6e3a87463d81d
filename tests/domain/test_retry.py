from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.domain.retry import LAST_CEILING, expiry, is_expired, next_try

AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 1), (2, 2), (5, 16), (10, 512), (11, 900), (12, 900), (10_000, 900)]
)
def test_the_longest_wait_doubles_up_to_a_quarter_of_an_hour(attempts: int, seconds: int) -> None:
    assert next_try(attempts, AT, 1.0) == AT + timedelta(seconds=seconds)
    assert next_try(attempts, AT, 0.5) == AT + timedelta(seconds=seconds / 2)
    assert next_try(attempts, AT, 0.0) == AT


@given(st.integers(min_value=1), st.floats(0, 1))
def test_a_retry_is_never_in_the_past_nor_beyond_the_ceiling(attempts: int, jitter: float) -> None:
    assert AT <= next_try(attempts, AT, jitter) <= AT + LAST_CEILING


@given(st.integers(min_value=1), st.floats(0, 1), st.timedeltas(min_value=timedelta(), max_value=LAST_CEILING))
def test_a_wait_may_be_bounded(attempts: int, jitter: float, longest: timedelta) -> None:
    unbounded = next_try(attempts, AT, jitter)
    assert next_try(attempts, AT, jitter, longest=longest) == min(unbounded, AT + longest)


@pytest.mark.parametrize(("attempts", "jitter"), [(0, 0.5), (1, 1.1), (1, -0.1)])
def test_nonsense_is_refused(attempts: int, jitter: float) -> None:
    with pytest.raises(ValueError, match="from"):
        next_try(attempts, AT, jitter)


def test_a_consignment_waits_fifteen_days_unless_told_otherwise() -> None:
    assert expiry(AT) == AT + timedelta(days=15)
    assert not is_expired(expiry(AT), AT + timedelta(days=15) - timedelta(microseconds=1))
    assert is_expired(expiry(AT), AT + timedelta(days=15))
