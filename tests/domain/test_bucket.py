"""Token buckets in the long run and at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.domain.bucket import LONGEST, Bucket, Rate

RATE = Rate(a_second=2.0, burst=3.0)


def test_a_full_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(level=3.0, at=0.0)
    for _ in range(3):
        assert bucket.wait(RATE) == 0
        bucket = bucket.taken()
    assert bucket.wait(RATE) == 0.5
    assert bucket.filled(RATE, 0.5).wait(RATE) == 0
    assert bucket.filled(RATE, 100.0).level == 3.0


def test_more_than_a_bucket_holds_is_had_when_it_is_full_and_paid_back() -> None:
    bucket = Bucket(level=3.0, at=0.0)
    assert bucket.wait(RATE, 10.0) == 0
    owing = bucket.taken(10.0)
    assert owing.wait(RATE) == 4.0


def test_nobody_waits_for_ever() -> None:
    empty = Bucket(level=0.0, at=0.0)
    assert empty.wait(Rate(a_second=0.0, burst=5.0)) == LONGEST
    assert empty.wait(Rate(a_second=1e-9, burst=5.0)) == LONGEST


@given(st.lists(st.floats(0, 10), max_size=60), st.floats(0.1, 10), st.integers(1, 20))
def test_what_is_given_never_exceeds_burst_and_rate(pauses: list[float], a_second: float, burst: int) -> None:
    rate = Rate(a_second=a_second, burst=float(burst))
    bucket, now, given_out = Bucket(level=rate.burst, at=0.0), 0.0, 0
    for pause in pauses:
        now += pause
        bucket = bucket.filled(rate, now)
        if bucket.wait(rate) == 0:
            bucket, given_out = bucket.taken(), given_out + 1
        assert given_out <= burst + now * a_second + 1e-6
