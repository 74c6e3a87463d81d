from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.domain.calendar import Certainty, WorkingCalendar, day_of, end_of_day
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.deadlines import (
    DEFAULT_POLICY,
    FIVE,
    Basis,
    ClockState,
    DeadlineClock,
    DeadlinePolicy,
    Moments,
    Rule,
    State,
    deadlines_for,
    issue_start,
    legal_receipt,
)
from tests.domain.calendars import SHIPPED, at, calendars, host_zone, moments, shown

K = DeadlineClock
MINUTE = timedelta(minutes=1)
URGENT = (Lane.KHAN, Lane.THUONG_KHAN, Lane.HOA_TOC)
lanes = st.sampled_from(Lane)

OFFERED = Moments(signed_at=at("2025-06-05 08:10"), accepted_at=at("2025-06-05 08:20"))
RECEIVED = replace(OFFERED, received_at=at("2025-06-05 08:21"))


def clock(which: DeadlineClock, known: Moments, now: str, lane: Lane = Lane.THUONG) -> ClockState:
    states = deadlines_for(known, lane, at=at(now), calendar=SHIPPED)
    assert [each.clock for each in states][:5] == list(FIVE), "always all five, in order"
    return next(each for each in states if each.clock is which)


def due(which: DeadlineClock, known: Moments, lane: Lane = Lane.THUONG) -> str:
    moment = clock(which, known, "2025-06-05 08:00", lane).due
    assert moment is not None
    assert moment.tzinfo is UTC
    return shown(moment)


# ---- K1: the letters of the demonstration ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signed", "sent", "state"),
    [
        ("2025-06-05 16:55", "2025-06-06 08:05", State.MET),
        ("2025-06-05 16:58", "2025-06-06 14:30", State.LATE),
        ("2025-06-05 16:58", "2025-06-06 12:00", State.MET),
        ("2025-06-06 16:55", "2025-06-09 11:59", State.MET),  # over a weekend
        ("2026-02-13 16:55", "2026-02-23 11:00", State.MET),  # over Tết
        ("2026-02-13 16:55", "2026-02-23 12:01", State.LATE),
        ("2026-08-21 16:55", "2026-08-22 14:00", State.LATE),  # the Saturday is worked
    ],
)
def test_issue_before_noon_of_the_next_working_day(signed: str, sent: str, state: State) -> None:
    known = Moments(signed_at=at(signed), accepted_at=at(sent))
    assert clock(K.ISSUE, known, sent).state is state
    unsent = Moments(signed_at=at(signed))
    assert clock(K.ISSUE, unsent, sent).state is (State.RUNNING if state is State.MET else State.MISSED)


@pytest.mark.parametrize(("lane", "minutes"), [(Lane.KHAN, 60), (Lane.THUONG_KHAN, 30), (Lane.HOA_TOC, 15)])
def test_an_urgent_letter_is_issued_at_once_day_and_night(lane: Lane, minutes: int) -> None:
    signed = at("2026-02-17 02:00")  # the first night of Tết
    known = Moments(signed_at=signed, accepted_at=signed + minutes * MINUTE)
    assert clock(K.ISSUE, known, "2026-02-17 09:00", lane).state is State.MET
    late = replace(known, accepted_at=signed + minutes * MINUTE + timedelta(milliseconds=1))
    assert clock(K.ISSUE, late, "2026-02-17 09:00", lane).state is State.LATE


INTAKE = at("2025-06-05 08:20")


@pytest.mark.parametrize(
    ("signed", "stamped", "starts", "basis"),
    [
        ("2025-06-05 08:10", False, "2025-06-05 08:10", Basis.SIGNATURE_CLAIMED),
        ("2025-06-05 08:20", False, "2025-06-05 08:20", Basis.SIGNATURE_CLAIMED),
        ("2025-06-05 08:21", False, "2025-06-05 08:20", Basis.INTAKE_SIGNED_LATER),
        ("2025-06-05 08:10", True, "2025-06-05 08:10", Basis.SIGNATURE_STAMPED),
        ("2025-06-05 08:21", True, "2025-06-05 08:21", Basis.SIGNATURE_STAMPED),
        (None, False, "2025-06-05 08:20", Basis.INTAKE_UNSIGNED),
    ],
)
def test_which_time_of_signing_counts(signed: str | None, stamped: bool, starts: str, basis: Basis) -> None:
    signed_at = at(signed) if signed else None
    start, why = issue_start(signed_at, stamped=stamped, intake=INTAKE)
    assert (start and shown(start), why) == (starts, basis)
    state = clock(
        K.ISSUE, Moments(signed_at=signed_at, signature_stamped=stamped, accepted_at=INTAKE), "2025-06-05 09:00"
    )
    assert (state.starts, state.basis, state.state) == (start, basis, State.MET)


# ---- K2 to K5 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lane", "target", "alarm"), [(Lane.THUONG, 5, 30), *((lane, 1, 5) for lane in URGENT)])
def test_delivery_has_a_target_and_an_alarm(lane: Lane, target: int, alarm: int) -> None:
    deadline = clock(K.DELIVERY, OFFERED, "2025-06-05 08:20", lane).deadline
    assert deadline is not None
    assert deadline.due - deadline.starts == target * MINUTE
    assert deadline.alarm is not None
    assert deadline.alarm - deadline.starts == alarm * MINUTE
    assert clock(K.DELIVERY, OFFERED, "2025-06-05 08:26", lane).state is State.MISSED
    assert clock(K.DELIVERY, RECEIVED, "2025-06-05 08:26", lane).state is State.MET


@pytest.mark.parametrize(
    ("received", "answer", "assignment"),
    [
        ("2025-06-05 08:21", "2025-06-05", "2025-06-06"),
        ("2025-06-05 16:59", "2025-06-05", "2025-06-06"),
        ("2025-06-05 17:00", "2025-06-06", "2025-06-09"),  # nobody there any more; then a weekend
        ("2025-06-06 10:00", "2025-06-06", "2025-06-09"),
        ("2025-06-07 10:00", "2025-06-09", "2025-06-10"),
        ("2026-02-13 17:30", "2026-02-23", "2026-02-24"),
        ("2026-08-21 10:00", "2026-08-21", "2026-08-22"),  # the worked Saturday
        ("2026-08-22 10:00", "2026-08-22", "2026-08-24"),
    ],
)
def test_an_ordinary_letter_is_answered_the_same_day_and_passed_on_by_the_next(
    received: str, answer: str, assignment: str
) -> None:
    known = Moments(accepted_at=at(received), received_at=at(received))
    assert due(K.ACKNOWLEDGEMENT, known) == f"{answer} 23:59"
    assert due(K.ASSIGNMENT, known) == f"{assignment} 23:59"


@pytest.mark.parametrize("lane", URGENT)
@pytest.mark.parametrize(
    ("received", "answer", "assignment"),
    [
        ("2025-06-05 08:21", "2025-06-05 08:51", "2025-06-05 09:21"),
        ("2025-06-05 11:15", "2025-06-05 13:45", "2025-06-05 14:15"),
        ("2025-06-06 22:00", "2025-06-09 08:00", "2025-06-09 08:30"),
    ],
)
def test_an_urgent_letter_is_answered_in_half_an_hour_of_office_time(
    lane: Lane, received: str, answer: str, assignment: str
) -> None:
    known = Moments(accepted_at=at(received), received_at=at(received))
    assert due(K.ACKNOWLEDGEMENT, known, lane) == answer
    assert due(K.ASSIGNMENT, known, lane) == assignment


def test_a_reply_is_due_on_the_day_that_the_sender_named_even_a_sunday() -> None:
    known = replace(RECEIVED, reply_due=end_of_day(date(2025, 6, 8)))
    state = clock(K.REPLY, known, "2025-06-08 23:59")
    assert (state.state, state.basis, state.due) == (State.RUNNING, Basis.STATED, end_of_day(date(2025, 6, 8)))
    assert clock(K.REPLY, known, "2025-06-09 00:00").state is State.MISSED
    assert clock(K.REPLY, replace(known, replied_at=at("2025-06-08 20:00")), "2025-07-01 00:00").state is State.MET
    assert clock(K.REPLY, replace(known, completed_at=at("2025-06-08 20:00")), "2025-07-01 00:00").state is State.MET
    assert clock(K.REPLY, replace(known, replied_at=at("2025-06-09 08:00")), "2025-07-01 00:00").state is State.LATE
    assert clock(K.REPLY, RECEIVED, "2025-07-01 00:00").state is State.NOT_APPLICABLE


def test_the_states_of_a_letter_on_its_way() -> None:
    steps = [
        (Moments(signed_at=at("2025-06-05 08:10")), ["running", *["not-started"] * 3, "not-applicable"]),
        (OFFERED, ["met", "running", "not-started", "not-started", "not-applicable"]),
        (RECEIVED, ["met", "met", "running", "running", "not-applicable"]),
        (
            replace(RECEIVED, acknowledged_at=at("2025-06-05 08:24")),
            ["met", "met", "met", "running", "not-applicable"],
        ),
        (replace(RECEIVED, assigned_at=at("2025-06-05 08:24")), ["met", "met", "met", "met", "not-applicable"]),
        (replace(OFFERED, completed_at=at("2025-06-05 08:24")), ["met", "running", "met", "met", "not-applicable"]),
        (
            replace(RECEIVED, refused_at=at("2025-06-05 08:24"), reply_due=at("2025-06-30 12:00")),
            ["met", "met", "met", "not-applicable", "not-applicable"],
        ),
        (
            replace(OFFERED, ended_at=at("2025-06-05 08:22")),
            ["met", "not-applicable", "not-applicable", "not-applicable", "not-applicable"],
        ),
        (Moments(), ["not-started"] * 4 + ["not-applicable"]),
    ]
    for known, expected in steps:
        states = deadlines_for(known, Lane.THUONG, at=at("2025-06-05 08:25"), calendar=SHIPPED)
        assert [each.state.value for each in states] == expected, known


def test_what_was_missed_before_the_end_stays_missed_but_nobody_owes_it() -> None:
    recalled = replace(RECEIVED, ended_at=at("2025-06-06 09:00"))
    state = clock(K.ACKNOWLEDGEMENT, recalled, "2025-06-10 09:00")
    assert (state.state, state.is_open) == (State.MISSED, False)
    before = clock(K.ACKNOWLEDGEMENT, RECEIVED, "2025-06-10 09:00")
    assert (before.state, before.is_open) == (State.MISSED, True)
    assert clock(K.ASSIGNMENT, recalled, "2025-06-10 09:00").state is State.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("lane", "due_at"), [(Lane.THUONG, "2025-06-10 09:50"), *((lane, "2025-06-05 14:20") for lane in URGENT)]
)
def test_a_recalled_letter_owes_the_report_that_it_was_cancelled(lane: Lane, due_at: str) -> None:
    """24 office hours for an ordinary one: days of 7.5, so it is due on the fourth."""
    recalled = replace(RECEIVED, ended_at=at("2025-06-05 08:19"), recall_received_at=at("2025-06-05 08:20"))
    assert [each.clock for each in deadlines_for(RECEIVED, lane, at=INTAKE, calendar=SHIPPED)] == list(FIVE)
    state = clock(K.CANCELLATION, recalled, "2025-06-05 08:30", lane)
    assert (state.state, state.is_open, state.basis) == (State.RUNNING, True, Basis.RECALL_RECEIVED)
    assert due(K.CANCELLATION, recalled, lane) == due_at
    late = replace(recalled, cancelled_at=at(due_at) + MINUTE)
    assert clock(K.CANCELLATION, late, "2025-06-20 08:00", lane).state is State.LATE
    assert clock(K.CANCELLATION, replace(recalled, cancelled_at=INTAKE), "2025-06-20 08:00", lane).state is State.MET


def test_the_mark_of_a_year_without_data_reaches_the_deadline() -> None:
    for received, certainty in (
        ("2025-06-05 08:21", Certainty.KNOWN),
        ("2026-11-23 08:21", Certainty.PROVISIONAL),  # the next day is Culture Day
        ("2030-06-05 08:21", Certainty.UNKNOWN),
    ):
        deadline = clock(K.ASSIGNMENT, Moments(received_at=at(received)), received).deadline
        assert deadline is not None
        assert deadline.certainty is certainty
    urgent = clock(K.ISSUE, Moments(signed_at=at("2030-06-05 08:00")), "2030-06-05 08:01", Lane.HOA_TOC).deadline
    assert urgent is not None
    assert urgent.certainty is Certainty.KNOWN, "minutes need no calendar"


# ---- what holds always -------------------------------------------------------------------------------------------


@given(calendars(), moments, moments, lanes)
def test_a_later_start_is_never_due_earlier(
    calendar: WorkingCalendar, one: datetime, other: datetime, lane: Lane
) -> None:
    early, late = sorted((one, other))
    for which in (K.ISSUE, K.DELIVERY, K.ACKNOWLEDGEMENT, K.ASSIGNMENT):
        rule = DEFAULT_POLICY.rules[which, lane]
        assert early < rule.due(early, calendar) <= rule.due(late, calendar)


@given(calendars(), moments, lanes)
def test_what_is_counted_in_days_is_never_due_on_a_day_off(
    calendar: WorkingCalendar, start: datetime, lane: Lane
) -> None:
    for which in (K.ISSUE, K.ACKNOWLEDGEMENT, K.ASSIGNMENT):
        rule = DEFAULT_POLICY.rules[which, Lane.THUONG]
        assert calendar.is_working(day_of(rule.due(start, calendar)))
    for which in (K.ACKNOWLEDGEMENT, K.ASSIGNMENT):
        assert calendar.is_working(day_of(DEFAULT_POLICY.rules[which, lane].due(start, calendar)))


@given(moments, moments, lanes)
def test_asking_later_never_makes_it_better(one: datetime, other: datetime, lane: Lane) -> None:
    early, late = sorted((one, other))
    for before, after in zip(
        deadlines_for(RECEIVED, lane, at=early, calendar=SHIPPED),
        deadlines_for(RECEIVED, lane, at=late, calendar=SHIPPED),
        strict=True,
    ):
        assert before.deadline == after.deadline
        assert before.state is after.state or (before.state, after.state) == (State.RUNNING, State.MISSED)


@given(
    st.builds(Moments, **{each.name: st.none() | moments for each in fields(Moments) if each.name.endswith("_at")}),
    moments,
    lanes,
)
def test_any_mixture_of_what_is_known_is_judged(known: Moments, now: datetime, lane: Lane) -> None:
    for state in deadlines_for(known, lane, at=now, calendar=SHIPPED):
        assert (state.met_at is not None) == (state.state in {State.MET, State.LATE})
        assert not state.is_open or state.state in {State.RUNNING, State.MISSED}
        if state.met_at is not None and state.due is not None:
            assert (state.met_at <= state.due) == (state.state is State.MET)


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
def test_the_host_zone_changes_nothing(zone: str) -> None:
    known = replace(RECEIVED, reply_due=at("2025-06-30 12:00"))
    here = deadlines_for(known, Lane.THUONG, at=at("2025-06-06 00:30"), calendar=SHIPPED)
    with host_zone(zone):
        assert deadlines_for(known, Lane.THUONG, at=at("2025-06-06 00:30"), calendar=SHIPPED) == here


def test_a_policy_has_a_rule_with_a_source_for_every_clock_and_lane() -> None:
    assert all(rule.source for rule in DEFAULT_POLICY.rules.values())
    short: dict[tuple[DeadlineClock, Lane], Rule] = dict(DEFAULT_POLICY.rules)
    del short[K.ISSUE, Lane.KHAN]
    with pytest.raises(ValueError, match="without a rule"):
        DeadlinePolicy(version="1", rules=short)


# ---- the legal time of receipt -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "legal", "clamped"),
    [
        ("2025-06-05 08:20", "2025-06-05 08:21", True),
        ("2025-06-05 08:21", "2025-06-05 08:21", False),
        ("2025-06-05 08:22", "2025-06-05 08:22", False),
        ("2025-06-05 08:23", "2025-06-05 08:23", False),
        ("2025-06-05 08:24", "2025-06-05 08:23", True),
    ],
)
def test_a_claimed_time_of_storing_is_held_between_what_the_hub_saw(claimed: str, legal: str, clamped: bool) -> None:
    sent, acknowledged = at("2025-06-05 08:21"), at("2025-06-05 08:23")
    receipt = legal_receipt(claimed=at(claimed), last_byte_sent=sent, acknowledged=acknowledged)
    assert (shown(receipt.at), receipt.is_clamped) == (legal, clamped)
    assert (receipt.claimed, receipt.last_byte_sent, receipt.acknowledged) == (at(claimed), sent, acknowledged)


@given(moments, moments, moments)
def test_the_legal_time_never_leaves_its_bounds(claimed: datetime, one: datetime, other: datetime) -> None:
    sent, acknowledged = sorted((one, other))
    receipt = legal_receipt(claimed=claimed, last_byte_sent=sent, acknowledged=acknowledged)
    assert sent <= receipt.at <= acknowledged
    assert receipt.at in {claimed, sent, acknowledged}


def test_acknowledged_before_it_was_sent_is_our_fault() -> None:
    with pytest.raises(ValueError, match="before"):
        legal_receipt(claimed=INTAKE, last_byte_sent=INTAKE, acknowledged=INTAKE - MINUTE)
