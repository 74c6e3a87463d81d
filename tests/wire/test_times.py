from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.wire import times

_HANOI = timezone(timedelta(hours=7))
_FIRST, _LAST = datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-12-31")
_offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def test_a_time_is_utc_with_three_decimals() -> None:
    assert times.to_text(datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)) == "2026-11-22T01:02:03.000Z"
    assert times.to_text(datetime(2026, 11, 22, 8, 2, 3, 456_000, tzinfo=_HANOI)) == "2026-11-22T01:02:03.456Z"


def test_microseconds_are_cut_and_not_rounded() -> None:
    assert times.to_text(datetime(2026, 11, 22, 1, 2, 3, 999_999, tzinfo=UTC)) == "2026-11-22T01:02:03.999Z"


@given(st.datetimes(_FIRST, _LAST, timezones=_offsets))
def test_reading_what_was_written_gives_the_cut_time(at: datetime) -> None:
    read = times.from_text(times.to_text(at))
    assert read == times.cut(at)
    assert read.tzinfo is UTC
    assert timedelta(0) <= at - read < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T08:02:03+07:00", datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)),
        ("2026-11-22T01:02:03.4569Z", datetime(2026, 11, 22, 1, 2, 3, 456_000, tzinfo=UTC)),
        ("2026-11-22T01:02:03.123456789Z", datetime(2026, 11, 22, 1, 2, 3, 123_000, tzinfo=UTC)),
        ("\n 2026-11-22T01:02:03Z\t", datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)),
    ],
)
def test_other_spellings_of_an_instant_are_read(text: str, expected: datetime) -> None:
    assert times.from_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "2026-11-22T01:02:03",
        "2026-02-30T01:02:03Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T01:02:60Z",
        "2026-11-22 01:02:03Z",
        "2026-11-22T01:02:03z",
        "2026-W47-7T01:02:03Z",
        "2026-11-22T01:02:03+25:00",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "٢٠٢٦-11-22T01:02:03Z",
        "\u00a02026-11-22T01:02:03Z",
    ],
)
def test_what_is_not_an_instant_is_refused(text: str) -> None:
    with pytest.raises(times.MalformedTime) as caught:
        times.from_text(text)
    assert caught.value.code == "time.malformed"


def test_a_naive_time_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="naive"):
        times.to_text(datetime.fromisoformat("2026-11-22"))
