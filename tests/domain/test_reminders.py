from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.deadlines import Moments, deadlines_for
from exchange_axis.domain.reminders import (
    DEFAULT_REMINDERS,
    Missing,
    Reminder,
    ReminderPolicy,
    ReminderTo,
    reminder_plan,
    reminders_due,
)
from tests.domain.calendars import SHIPPED, at, moments, shown

OFFERED = Moments(signed_at=at("2025-06-05 08:10"), accepted_at=at("2025-06-05 08:20"))
RECEIVED = replace(OFFERED, received_at=at("2025-06-05 08:21"))
ACCEPTED = replace(RECEIVED, acknowledged_at=at("2025-06-05 08:30"))
ASSIGNED = replace(ACCEPTED, assigned_at=at("2025-06-05 09:00"))


def plan(known: Moments, lane: Lane = Lane.THUONG) -> list[tuple[str, str, str]]:
    states = deadlines_for(known, lane, at=at("2025-06-05 10:00"), calendar=SHIPPED)
    return [_told(each) for each in reminder_plan(states, lane, calendar=SHIPPED)]


def _told(reminder: Reminder) -> tuple[str, str, str]:
    return reminder.kind.value, reminder.to.value, shown(reminder.due_at)


@pytest.mark.parametrize(
    ("known", "lane", "expected"),
    [
        (
            OFFERED,
            Lane.THUONG,
            [("no-01", "receiver", "2025-06-05 08:50"), ("no-01", "superior", "2025-06-05 14:50")],
        ),
        (
            OFFERED,
            Lane.HOA_TOC,
            [("no-01", "receiver", "2025-06-05 08:25"), ("no-01", "superior", "2025-06-05 08:55")],
        ),
        (
            RECEIVED,
            Lane.THUONG,
            [("no-02-or-03", "receiver", "2025-06-05 23:59"), ("no-02-or-03", "superior", "2025-06-06 11:30")],
        ),
        (
            RECEIVED,
            Lane.KHAN,
            [("no-02-or-03", "receiver", "2025-06-05 08:51"), ("no-02-or-03", "superior", "2025-06-05 09:21")],
        ),
        (
            ACCEPTED,
            Lane.THUONG,
            [("no-04", "receiver", "2025-06-06 23:59"), ("no-04", "superior", "2025-06-09 23:59")],
        ),
        (
            replace(ASSIGNED, reply_due=at("2025-06-06 17:00")),
            Lane.THUONG,
            [("no-06", "receiver", "2025-06-06 17:00"), ("no-06", "superior", "2025-06-09 23:59")],
        ),
        (
            replace(RECEIVED, ended_at=at("2025-06-05 08:30"), recall_received_at=at("2025-06-05 08:30")),
            Lane.KHAN,
            [("no-15", "receiver", "2025-06-05 14:30"), ("no-15", "superior", "2025-06-06 09:00")],
        ),
        (ASSIGNED, Lane.THUONG, []),
        (replace(RECEIVED, refused_at=at("2025-06-05 09:00")), Lane.THUONG, []),
        (replace(RECEIVED, ended_at=at("2025-06-05 09:00")), Lane.THUONG, []),
        (Moments(signed_at=at("2025-06-05 08:10")), Lane.THUONG, []),
    ],
)
def test_the_first_missing_step_is_asked_of_the_receiver_and_then_of_its_superior(
    known: Moments, lane: Lane, expected: list[tuple[str, str, str]]
) -> None:
    assert plan(known, lane) == expected


def test_a_date_asked_for_runs_beside_the_steps() -> None:
    kinds = [kind for kind, _, _ in plan(replace(RECEIVED, reply_due=at("2025-06-05 12:00")))]
    assert sorted(kinds) == ["no-02-or-03"] * 2 + ["no-06"] * 2


def test_what_is_due_is_the_part_of_the_plan_whose_time_has_come() -> None:
    for now, receivers in (("2025-06-05 08:49", []), ("2025-06-05 08:50", ["receiver"])):
        states = deadlines_for(OFFERED, Lane.THUONG, at=at(now), calendar=SHIPPED)
        found = reminders_due(states, Lane.THUONG, at=at(now), calendar=SHIPPED)
        assert [each.to.value for each in found] == receivers
    states = deadlines_for(OFFERED, Lane.THUONG, at=at("2025-06-07 08:00"), calendar=SHIPPED)
    late = reminders_due(states, Lane.THUONG, at=at("2025-06-07 08:00"), calendar=SHIPPED)
    assert [each.to.value for each in late] == ["receiver", "superior"]


@given(
    st.builds(
        Moments, **{each.name: st.none() | moments for each in fields(Moments) if each.name.endswith(("_at", "_due"))}
    ),
    moments,
    st.sampled_from(Lane),
)
def test_the_superior_is_never_asked_before_the_receiver(known: Moments, now: datetime, lane: Lane) -> None:
    states = deadlines_for(known, lane, at=now, calendar=SHIPPED)
    planned = reminder_plan(states, lane, calendar=SHIPPED)
    assert [each.due_at for each in planned] == sorted(each.due_at for each in planned)
    for kind in {each.kind for each in planned}:
        assert [each.to for each in planned if each.kind is kind] == [ReminderTo.RECEIVER, ReminderTo.SUPERIOR]
    left = {each.kind for each in planned}
    assert known.ended_at is None or left <= {Missing.CANCELLATION}


def test_a_policy_has_a_rule_for_every_missing_status_and_lane() -> None:
    short = dict(DEFAULT_REMINDERS.superior)
    short.popitem()
    with pytest.raises(ValueError, match="without a rule"):
        ReminderPolicy(version="1", superior=short)
