"""Roles, scopes, passwords, pauses and ends of sessions, as pure decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from exchange_axis.domain.people import (
    ABSOLUTE,
    ADMIN_IDLE,
    ENTRY,
    IDLE,
    Grant,
    Role,
    Session,
    Stage,
    User,
    ends_at,
    is_login,
    locked_until,
    login_form,
    password_faults,
    stage_of,
)

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SESSION = Session(
    id=1, user=1, begun_at=AT, seen_at=AT, factor_at=None, way="password", address="127.0.0.1", agent="Firefox"
)
USER = User(
    seq=1,
    login="lan",
    name="Nguyễn Thị Lan",
    enabled=True,
    grants=(Grant(role=Role.CLERK),),
    has_password=True,
    has_second_factor=True,
    must_change=False,
    password_at=AT,
    awake_at=AT,
    created_at=AT,
)


def test_a_deputy_has_the_role_on_the_days_of_the_leave_and_no_other() -> None:
    leave = Grant(role=Role.DEPUTY_CLERK, since=date(2026, 3, 2), until=date(2026, 3, 3))
    deputy = replace(USER, grants=(leave,))
    last_second = datetime(2026, 3, 3, 16, 59, 59, tzinfo=UTC)  # 23:59:59 in Vietnam
    assert deputy.roles(datetime(2026, 3, 1, 16, 59, 59, tzinfo=UTC)) == frozenset()
    assert deputy.roles(datetime(2026, 3, 1, 17, 0, tzinfo=UTC)) == {Role.DEPUTY_CLERK}
    assert deputy.roles(last_second) == {Role.DEPUTY_CLERK}
    assert deputy.roles(last_second + timedelta(seconds=1)) == frozenset()


def test_an_auditor_sees_his_territory_and_his_period() -> None:
    grant = Grant(role=Role.AUDITOR, codes=("H90",), letters_since=date(2026, 1, 1), letters_until=date(2026, 6, 30))
    assert grant.covers({"H90.01", "H90"}, AT)
    assert not grant.covers({"H91.01", "H91"}, AT)
    assert not grant.covers({"H90.01", "H90"}, datetime(2025, 12, 31, 16, 59, tzinfo=UTC))
    assert not grant.covers({"H90.01", "H90"}, datetime(2026, 6, 30, 17, 0, tzinfo=UTC))
    assert Grant(role=Role.AUDITOR).covers({"H91"}, AT)


def test_a_code_that_only_begins_alike_is_not_in_the_territory() -> None:
    assert not Grant(role=Role.AUDITOR, codes=("H9",)).covers({"H90.01", "H90"}, AT)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, None), (4, None), (5, 1), (6, 2), (7, 4), (8, 8), (9, 15), (5000, 15)]
)
def test_pauses_grow_after_five_wrong_tries_and_never_last_longer_than_a_quarter(
    failures: int, minutes: int | None
) -> None:
    assert locked_until(failures, AT) == (None if minutes is None else AT + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("password", "second_factor", "good"),
    [
        ("mưa nguồn chớp", False, True),
        ("mưa nguồn chớ", False, False),
        ("mưa nguồ", True, True),
        ("mưa ngu", True, False),
        ("aaaaaaaaaaaaaaaa", False, False),
        ("abababcdcdcdabab", False, False),
        ("hôm nay Lan đi làm", False, False),
        ("x1y2z3" * 43, False, False),
    ],
)
def test_passwords(password: str, second_factor: bool, good: bool) -> None:
    assert (password_faults(password, login="lan", second_factor=second_factor) == ()) is good


@pytest.mark.parametrize(
    ("session", "user", "stage"),
    [
        (SESSION, USER, Stage.FACTOR),
        (replace(SESSION, factor_at=AT), USER, Stage.IN),
        (replace(SESSION, factor_at=AT), replace(USER, must_change=True), Stage.CHANGE),
        (SESSION, replace(USER, has_second_factor=False), Stage.ENROL),
        (SESSION, replace(USER, has_second_factor=False, must_change=True), Stage.CHANGE),
        (replace(SESSION, way="oidc"), USER, Stage.FACTOR),
        (replace(SESSION, way="oidc"), replace(USER, must_change=True, has_second_factor=False), Stage.ENROL),
        (replace(SESSION, way="oidc", factor_at=AT), replace(USER, has_second_factor=False), Stage.IN),
        (replace(SESSION, way="oidc", factor_at=AT), replace(USER, must_change=True), Stage.IN),
        (replace(SESSION, way="passkey", factor_at=AT), replace(USER, must_change=True), Stage.IN),
        (replace(SESSION, factor_at=AT), replace(USER, has_second_factor=False), Stage.ENROL),
    ],
)
def test_the_next_step(session: Session, user: User, stage: Stage) -> None:
    assert stage_of(user, session, factor_wanted=True) is stage


def test_a_house_may_do_without_second_factors() -> None:
    assert stage_of(replace(USER, has_second_factor=False), SESSION, factor_wanted=False) is Stage.IN


def test_who_has_one_gives_it_also_in_a_house_without() -> None:
    assert stage_of(USER, SESSION, factor_wanted=False) is Stage.FACTOR


def test_sessions_end() -> None:
    assert ends_at(SESSION, Stage.IN, {Role.CLERK}) == AT + IDLE
    assert ends_at(SESSION, Stage.IN, {Role.CLERK, Role.UNIT_ADMIN}) == AT + ADMIN_IDLE
    late = replace(SESSION, seen_at=AT + ABSOLUTE - timedelta(minutes=1))
    assert ends_at(late, Stage.IN, {Role.CLERK}) == AT + ABSOLUTE
    assert ends_at(replace(SESSION, seen_at=AT + ENTRY), Stage.FACTOR, {Role.CLERK}) == AT + ENTRY


def test_an_account_that_nobody_uses_falls_asleep() -> None:
    assert USER.may_enter(AT + timedelta(days=45))
    assert not USER.may_enter(AT + timedelta(days=45, seconds=1))


def test_a_password_that_somebody_else_made_works_for_a_week() -> None:
    fresh = replace(USER, must_change=True)
    assert fresh.may_enter(AT + timedelta(days=7))
    assert not fresh.may_enter(AT + timedelta(days=7, seconds=1))


@pytest.mark.parametrize("text", ["lan", "nguyen.thi-lan_2", "a1"])
def test_login_names(text: str) -> None:
    assert is_login(text)


@pytest.mark.parametrize("text", ["", "l", "Lan", "lân", "lan ", "=lan", "#5", "@10.0.0.1", "-lan", "x" * 65])
def test_what_is_no_login_name(text: str) -> None:
    assert not is_login(text)


def test_a_login_is_compared_without_regard_to_case_and_spaces() -> None:
    assert login_form("  LAN ") == "lan"
