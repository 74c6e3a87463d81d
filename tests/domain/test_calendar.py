from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.domain.calendar import Certainty, WorkingCalendar, day_of, end_of_day
from tests.domain.calendars import SHIPPED, at, calendars, host_zone, moments, office_times, shown

NOTHING = timedelta(0)
MINUTE = timedelta(minutes=1)


# ---- days, checked by hand against the government's announcements ------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2025-01-01", "2025-01-01"),
        ("2025-01-25", "2025-02-02"),  # Tết Ất Tỵ, nine days
        ("2025-04-05", "2025-04-07"),  # Giỗ Tổ on a Monday
        ("2025-04-30", "2025-05-04"),  # Friday 2 May swapped
        ("2025-08-30", "2025-09-02"),
        ("2026-01-01", "2026-01-04"),  # Friday 2 January swapped
        ("2026-02-14", "2026-02-22"),  # Tết Bính Ngọ, nine days
        ("2026-04-25", "2026-04-27"),  # Giỗ Tổ on a Sunday, Monday in lieu
        ("2026-04-30", "2026-05-03"),
        ("2026-08-29", "2026-09-02"),  # Monday 31 August swapped
        ("2027-02-05", "2027-02-10"),  # Tết Đinh Mùi, as far as the law tells
        ("2027-04-16", "2027-04-18"),
        ("2027-04-30", "2027-05-03"),  # 1 May on a Saturday, Monday in lieu
        ("2027-09-02", "2027-09-02"),
    ],
)
def test_the_shipped_calendar_is_off_from_the_first_day_to_the_last_and_works_on_both_sides(
    first: str, last: str
) -> None:
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    assert SHIPPED.is_working(day - timedelta(days=1))
    while day <= end:
        assert not SHIPPED.is_working(day), day
        day += timedelta(days=1)
    assert SHIPPED.is_working(day)


@pytest.mark.parametrize("saturday", ["2025-04-26", "2026-01-10", "2026-08-22"])
def test_a_swapped_saturday_is_worked_like_the_day_it_stands_for(saturday: str) -> None:
    day = date.fromisoformat(saturday)
    assert SHIPPED.is_working(day)
    assert SHIPPED.hours_on(day) == SHIPPED.hours_on(date(2025, 6, 5))
    assert not SHIPPED.is_working(day + timedelta(days=7)), "an ordinary Saturday is not"
    assert SHIPPED.next_working_day(day - timedelta(days=1)) == day


def test_how_many_days_were_worked_in_the_years_that_are_known() -> None:
    # 261 weekdays; 11 days of law, all on weekdays in 2025; in 2026 12 with the lieu of 26 April and Culture Day.
    assert _worked(2025) == 261 - 11
    assert _worked(2026) == 261 - 12


def _worked(year: int) -> int:
    return sum(SHIPPED.is_working(date(year, 1, 1) + timedelta(days=day)) for day in range(365))


# ---- the law's moments -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signed", "noon"),
    [
        ("2025-06-05 16:55", "2025-06-06 12:00"),  # a Thursday
        ("2025-06-06 08:00", "2025-06-09 12:00"),  # over a weekend
        ("2025-06-07 10:00", "2025-06-09 12:00"),  # signed on a Saturday
        ("2026-02-13 16:55", "2026-02-23 12:00"),  # over Tết
        ("2026-02-17 00:00", "2026-02-23 12:00"),  # on the first minute of Tết
        ("2026-08-21 09:00", "2026-08-22 12:00"),  # the next day is a Saturday, worked
        ("2026-08-28 09:00", "2026-09-03 12:00"),  # the Monday is swapped, Tuesday and Wednesday are National Day
        ("2025-06-05 23:59", "2025-06-06 12:00"),
        ("2025-06-06 00:00", "2025-06-09 12:00"),  # midnight belongs to the new day
    ],
)
def test_noon_of_the_next_working_day(signed: str, noon: str) -> None:
    assert shown(SHIPPED.noon_of_next_working_day(at(signed))) == noon


@pytest.mark.parametrize(
    ("came", "day"),
    [
        ("2025-06-05 06:00", "2025-06-05"),
        ("2025-06-05 12:00", "2025-06-05"),  # the lunch break
        ("2025-06-05 16:59", "2025-06-05"),
        ("2025-06-05 17:00", "2025-06-06"),  # closed
        ("2025-06-06 17:30", "2025-06-09"),
        ("2026-02-14 09:00", "2026-02-23"),
        ("2026-08-22 09:00", "2026-08-22"),
    ],
)
def test_the_day_on_which_somebody_is_there(came: str, day: str) -> None:
    assert SHIPPED.office_day(at(came)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2025-06-05 08:00", 30, "2025-06-05 08:30"),
        ("2025-06-05 11:15", 30, "2025-06-05 13:45"),  # over lunch
        ("2025-06-05 11:15", 15, "2025-06-05 11:30"),  # ends with the morning, not after lunch
        ("2025-06-05 16:45", 30, "2025-06-06 07:45"),
        ("2025-06-06 16:45", 30, "2025-06-09 07:45"),  # over a weekend
        ("2026-02-13 16:45", 30, "2026-02-23 07:45"),  # over Tết
        ("2026-02-16 03:00", 30, "2026-02-23 08:00"),
        ("2026-08-21 16:45", 30, "2026-08-22 07:45"),  # into the worked Saturday
        ("2025-06-05 07:30", 450, "2025-06-05 17:00"),  # a whole day
        ("2025-06-05 07:30", 451, "2025-06-06 07:31"),
    ],
)
def test_office_time_by_hand(start: str, minutes: int, end: str) -> None:
    assert shown(SHIPPED.add_office_time(at(start), minutes * MINUTE)) == end
    assert SHIPPED.office_time_between(at(start), at(end)) == minutes * MINUTE


def test_a_day_ends_on_itself() -> None:
    assert end_of_day(date(2025, 6, 6)).isoformat() == "2025-06-06T16:59:59.999000+00:00"
    assert day_of(end_of_day(date(2025, 6, 6))) == date(2025, 6, 6)
    assert day_of(end_of_day(date(2025, 6, 6)) + timedelta(milliseconds=1)) == date(2025, 6, 7)


# ---- what is not known is said -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "certainty"),
    [
        ("2025-06-05", "2025-06-06", Certainty.KNOWN),
        ("2025-12-31", "2026-01-05", Certainty.KNOWN),
        ("2026-11-23", "2026-11-25", Certainty.PROVISIONAL),  # Culture Day is not confirmed
        ("2026-11-25", "2026-11-26", Certainty.KNOWN),
        ("2026-12-31", "2027-01-04", Certainty.PROVISIONAL),  # 2027 is not announced
        ("2027-06-01", "2027-06-02", Certainty.PROVISIONAL),
        ("2027-12-31", "2028-01-03", Certainty.UNKNOWN),
        ("2024-12-31", "2025-01-02", Certainty.UNKNOWN),
        ("2024-06-01", "2024-06-02", Certainty.UNKNOWN),
    ],
)
def test_certainty(first: str, last: str, certainty: Certainty) -> None:
    assert SHIPPED.certainty(date.fromisoformat(first), date.fromisoformat(last)) is certainty


def test_a_year_without_data_still_rests_on_weekends() -> None:
    assert shown(SHIPPED.noon_of_next_working_day(at("2030-01-04 09:00"))) == "2030-01-07 12:00"


# ---- what holds for any calendar ---------------------------------------------------------------------------------


@given(calendars(), moments, office_times, office_times)
def test_adding_twice_is_adding_the_sum(
    calendar: WorkingCalendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    there = calendar.add_office_time(calendar.add_office_time(start, first), second)
    assert there == calendar.add_office_time(start, first + second)


@given(calendars(), moments, office_times)
def test_what_is_added_is_what_lies_between(calendar: WorkingCalendar, start: datetime, amount: timedelta) -> None:
    end = calendar.add_office_time(start, amount)
    assert end >= start
    assert calendar.office_time_between(start, end) == amount
    if amount:
        assert calendar.is_working(day_of(end))


@given(calendars(), moments, moments, office_times)
def test_a_later_start_never_ends_earlier(
    calendar: WorkingCalendar, one: datetime, other: datetime, amount: timedelta
) -> None:
    early, late = sorted((one, other))
    assert calendar.add_office_time(early, amount) <= calendar.add_office_time(late, amount)
    assert calendar.noon_of_next_working_day(early) <= calendar.noon_of_next_working_day(late)
    assert calendar.office_day(early) <= calendar.office_day(late)


@given(calendars(), moments, moments, moments)
def test_office_time_adds_up_over_any_moment_between(
    calendar: WorkingCalendar, one: datetime, two: datetime, three: datetime
) -> None:
    first, middle, last = sorted((one, two, three))
    parts = calendar.office_time_between(first, middle) + calendar.office_time_between(middle, last)
    assert parts == calendar.office_time_between(first, last)
    assert calendar.office_time_between(last, first) == NOTHING


@given(calendars(), st.dates(date(2024, 12, 1), date(2028, 1, 1)))
def test_the_next_working_day_is_the_first_after(calendar: WorkingCalendar, day: date) -> None:
    following, last = calendar.next_working_day(day), calendar.last_working_day(day)
    assert calendar.is_working(following)
    assert calendar.is_working(last)
    assert last <= day < following
    between = (day + timedelta(days=step) for step in range(1, (following - day).days))
    assert not any(map(calendar.is_working, between))
    assert calendar.next_working_day(last) == following


@given(calendars(), moments, office_times, st.integers(-14 * 60, 14 * 60))
def test_the_zone_a_moment_is_written_in_changes_nothing(
    calendar: WorkingCalendar, start: datetime, amount: timedelta, offset: int
) -> None:
    elsewhere = start.astimezone(timezone(offset * MINUTE))
    for answer, same in (
        (calendar.add_office_time(start, amount), calendar.add_office_time(elsewhere, amount)),
        (calendar.noon_of_next_working_day(start), calendar.noon_of_next_working_day(elsewhere)),
    ):
        assert answer == same
        assert same.tzinfo is UTC


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Ho_Chi_Minh", "Pacific/Kiritimati"])
def test_the_host_zone_changes_nothing(zone: str) -> None:
    with host_zone(zone):
        assert datetime(2026, 1, 1).astimezone().utcoffset() != NOTHING, "the host's zone was really set"
        assert shown(SHIPPED.noon_of_next_working_day(at("2026-03-07 23:30"))) == "2026-03-09 12:00"
        assert shown(SHIPPED.add_office_time(at("2026-03-06 16:45"), 30 * MINUTE)) == "2026-03-09 07:45"
        assert day_of(datetime(2026, 3, 8, 17, tzinfo=UTC)) == date(2026, 3, 9)


# ---- nonsense ----------------------------------------------------------------------------------------------------


def test_a_naive_moment_is_refused() -> None:
    naive = at("2026-03-06 16:45").replace(tzinfo=None)
    for ask in (SHIPPED.noon_of_next_working_day, SHIPPED.office_day, day_of):
        with pytest.raises(ValueError, match="naive"):
            ask(naive)
    with pytest.raises(ValueError, match="naive"):
        SHIPPED.add_office_time(naive, MINUTE)


def test_office_time_is_not_taken_away() -> None:
    with pytest.raises(ValueError, match="added"):
        SHIPPED.add_office_time(at("2026-03-06 16:45"), -MINUTE)


def test_a_week_without_work_is_refused() -> None:
    with pytest.raises(ValueError, match="seven days"):
        WorkingCalendar.of(version="1", hours=[[]] * 7)
    with pytest.raises(ValueError, match="seven days"):
        WorkingCalendar.of(version="1", hours=SHIPPED.hours[:6])
