"""Borders of reporting periods, those from the 15th to the 14th among them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.domain.periods import Period, Unit, parts, period_of


@pytest.mark.parametrize(
    ("day", "unit", "first", "last"),
    [
        ("2025-07-14", Unit.DAY, "2025-07-14", "2025-07-14"),
        ("2025-07-16", Unit.WEEK, "2025-07-14", "2025-07-20"),
        ("2024-02-29", Unit.MONTH, "2024-02-01", "2024-02-29"),
        ("2025-07-14", Unit.MONTH_15, "2025-06-15", "2025-07-14"),
        ("2025-07-15", Unit.MONTH_15, "2025-07-15", "2025-08-14"),
        ("2025-12-20", Unit.MONTH_15, "2025-12-15", "2026-01-14"),
        ("2025-09-30", Unit.QUARTER, "2025-07-01", "2025-09-30"),
        ("2025-07-01", Unit.QUARTER_15, "2025-06-15", "2025-09-14"),
        ("2025-12-15", Unit.QUARTER_15, "2025-12-15", "2026-03-14"),
        ("2026-03-14", Unit.QUARTER_15, "2025-12-15", "2026-03-14"),
        ("2026-03-15", Unit.QUARTER_15, "2026-03-15", "2026-06-14"),
        ("2025-12-31", Unit.YEAR, "2025-01-01", "2025-12-31"),
    ],
)
def test_borders(day: str, unit: Unit, first: str, last: str) -> None:
    expected = Period(first=date.fromisoformat(first), last=date.fromisoformat(last))
    assert period_of(date.fromisoformat(day), unit) == expected


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 800), st.sampled_from(Unit))
def test_parts_cover_each_day_once(first: date, days: int, unit: Unit) -> None:
    whole = Period(first=first, last=first + timedelta(days=days))
    found = parts(whole, unit)
    assert (found[0].first, found[-1].last) == (whole.first, whole.last)
    assert all(one.last + timedelta(days=1) == after.first for one, after in pairwise(found))
    assert all(period_of(one.first, unit) == period_of(one.last, unit) for one in found)
