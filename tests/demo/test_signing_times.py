from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given

from exchange_axis.demo.signing_times import signing_time_in_time, signing_time_late
from exchange_axis.domain.calendar import OfficeHours, WorkingCalendar, day_of
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.deadlines import ClockState, Moments, State, deadlines_for
from tests.domain.calendars import SHIPPED, at, calendars, moments, shown

HOUR = timedelta(hours=1)
A_MOMENT = timedelta(milliseconds=1)


def issue(signed: datetime, sent: datetime, calendar: WorkingCalendar) -> ClockState:
    known = Moments(signed_at=signed, accepted_at=sent)
    return deadlines_for(known, Lane.THUONG, at=sent, calendar=calendar)[0]


@pytest.mark.parametrize(
    ("now", "in_time", "late"),
    [
        ("2025-06-06 08:05", "2025-06-06 08:00", "2025-06-04 16:55"),
        ("2025-06-06 07:32", "2025-06-05 16:55", "2025-06-04 16:55"),
        ("2025-06-06 12:30", "2025-06-06 11:25", "2025-06-05 16:55"),
        ("2025-06-06 14:30", "2025-06-06 14:25", "2025-06-05 16:55"),
        ("2025-06-07 00:00", "2025-06-06 16:55", "2025-06-05 16:55"),
        ("2025-06-08 15:00", "2025-06-06 16:55", "2025-06-05 16:55"),  # a Sunday
        ("2025-06-09 07:00", "2025-06-06 16:55", "2025-06-05 16:55"),  # Monday, before opening
        ("2025-06-09 12:00", "2025-06-09 11:25", "2025-06-05 16:55"),  # noon is still in time
        ("2025-06-09 12:01", "2025-06-09 11:25", "2025-06-06 16:55"),
        ("2026-02-17 00:00", "2026-02-13 16:55", "2026-02-12 16:55"),  # the night of Tết
        ("2026-02-23 09:00", "2026-02-23 08:55", "2026-02-12 16:55"),  # the first morning after it
        ("2026-02-23 13:00", "2026-02-23 11:25", "2026-02-13 16:55"),
        ("2026-08-22 15:00", "2026-08-22 14:55", "2026-08-21 16:55"),  # a worked Saturday
    ],
)
def test_times_of_signing_by_hand(now: str, in_time: str, late: str) -> None:
    assert shown(signing_time_in_time(at(now), SHIPPED)) == in_time
    assert shown(signing_time_late(at(now), SHIPPED)) == late


def test_where_the_office_opens_after_noon_the_present_is_the_only_time_left() -> None:
    afternoon = [[OfficeHours(opens=time(13, 30), closes=time(17))]] * 5 + [[]] * 2
    calendar = WorkingCalendar.of(version="test", hours=afternoon)
    assert shown(signing_time_in_time(at("2025-06-09 10:00"), calendar)) == "2025-06-06 16:55"
    assert shown(signing_time_in_time(at("2025-06-09 11:30"), calendar)) == "2025-06-09 11:30"
    assert shown(signing_time_in_time(at("2025-06-09 12:30"), calendar)) == "2025-06-09 12:30"


@given(calendars(), moments)
def test_in_time_is_in_time_for_an_hour_to_come(calendar: WorkingCalendar, now: datetime) -> None:
    signed = signing_time_in_time(now, calendar)
    assert signed <= now, "a letter is not signed in the future"
    for sent in (now, now + HOUR):
        assert issue(signed, sent, calendar).state is State.MET


@given(calendars(), moments)
def test_late_is_late_and_the_next_working_day_would_not_have_been(calendar: WorkingCalendar, now: datetime) -> None:
    signed = signing_time_late(now, calendar)
    for sent in (now, now + HOUR):
        state = issue(signed, sent, calendar)
        assert (state.state, state.starts) == (State.LATE, signed)
    day = calendar.next_working_day(day_of(signed))
    assert issue(signed + (day - day_of(signed)), now, calendar).state is State.MET


@given(moments)
def test_both_are_signed_while_the_office_is_open(now: datetime) -> None:
    for signed in (signing_time_in_time(now, SHIPPED), signing_time_late(now, SHIPPED)):
        assert SHIPPED.office_time_between(signed - A_MOMENT, signed) + SHIPPED.office_time_between(
            signed, signed + A_MOMENT
        ), "it lies in or at the edge of office hours"
