"""Accounts that nobody uses are closed on record, once; and somebody looks through all of them, on record too."""

from __future__ import annotations

import pytest

from exchange_axis.domain.accounts import Factor, Standing
from exchange_axis.domain.people import EXPIRY_DAYS, HOUSE_ACTOR, REVIEW_ACTOR, REVIEW_DAYS, Grant, House, Role
from exchange_axis.errors import NotFound
from exchange_axis.pipeline.account_review import Account, ReviewOwn, ReviewStale, ReviewUnusable
from exchange_axis.pipeline.people_refusals import LoginWrong, ReviewWanted, SessionEnded
from tests.hub.stand import HandClock
from tests.staff.stand import DESK, GOOD, ROOT, STRANGER, Stand
from tests.staff.test_sessions import ADMIN, role


def closings(stand: Stand) -> list[tuple[str, str]]:
    return [(one.actor, one.login) for one in reversed(stand.staff.people.changes()) if one.action == "disable"]


def of(stand: Stand, login: str) -> Account:
    return stand.staff.review.one(login)


def test_an_unused_account_is_closed_on_record_once_and_opened_by_an_administrator(
    stand: Stand, clock: HandClock
) -> None:
    people, sessions = stand.staff.people, stand.staff.sessions
    _, phone = stand.settle("lan", role(stand))
    stand.settle("hoa", role(stand))
    clock.advance(days=45, seconds=-120)
    assert of(stand, "lan").standing is Standing.DUE
    assert sessions.sweep() == 2, "sessions that are over; 45 days are not over yet"
    clock.advance(seconds=121)
    with pytest.raises(LoginWrong):
        sessions.enter("lan", GOOD, DESK)
    assert closings(stand) == [(HOUSE_ACTOR, "lan")], "on record as soon as she was refused for it"
    assert (sessions.sweep(), sessions.sweep()) == (1, 0)
    with pytest.raises(LoginWrong):
        sessions.enter("lan", GOOD, DESK)
    assert closings(stand) == [(HOUSE_ACTOR, "lan"), (HOUSE_ACTOR, "hoa")]
    asleep = of(stand, "lan")
    assert (asleep.standing, asleep.closes_at, asleep.user.enabled) == (Standing.ASLEEP, None, False)
    assert asleep.closed is not None and "unused since=" in asleep.closed.details and "days=45" in asleep.closed.details
    assert not asleep.closed.alarm

    given = people.reset_password("lan", actor="boss").password
    assert given is not None
    with pytest.raises(LoginWrong):
        sessions.enter("lan", given, DESK)
    people.enable("lan", actor="boss")
    assert people.changes()[0].action == "enable" and people.changes()[0].actor == "boss" and people.changes()[0].alarm
    assert sessions.enter("lan", given, DESK).person.stage == "factor"
    assert of(stand, "lan").standing is Standing.ACTIVE and phone is not None


def test_whoever_opens_an_account_before_the_round_finds_its_closing_on_record(stand: Stand, clock: HandClock) -> None:
    stand.add("lan", role(stand))
    clock.advance(days=46)
    assert of(stand, "lan").standing is Standing.ASLEEP, "also before the round has come"
    stand.staff.people.enable("lan", actor="boss")
    told = [(one.actor, one.action) for one in reversed(stand.staff.people.changes())][1:]
    assert told == [(HOUSE_ACTOR, "disable"), ("boss", "enable")]


def test_a_review_shows_who_may_come_in_since_when_and_by_whom(stand: Stand, clock: HandClock) -> None:
    people = stand.staff.people
    stand.settle("boss", ADMIN[stand.staff.world.house])
    stand.add("moi", role(stand))
    people.set_grants("moi", [], actor="boss")
    stand.add("cu", role(stand))
    people.disable("cu", actor="boss")
    for _ in range(5):
        with pytest.raises(LoginWrong):
            stand.staff.sessions.enter("moi", "sai", STRANGER)
    boss, new, old = (of(stand, login) for login in ("boss", "moi", "cu"))
    assert (boss.standing, boss.factors, boss.passkeys) == (Standing.ACTIVE, (Factor.TOTP,), 0)
    assert boss.user.entered_at is not None and boss.user.entered_at >= boss.user.created_at
    assert boss.made is not None and (boss.made.actor, boss.made.at) == (ROOT, boss.user.created_at)
    assert (new.standing, new.factors, new.user.entered_at) == (Standing.LOCKED, (), None)
    assert new.granted is not None and (new.granted.actor, new.granted.action) == ("boss", "roles")
    assert old.standing is Standing.DISABLED and old.closed is not None and old.closed.actor == "boss"
    clock.advance(minutes=2)
    assert of(stand, "moi").standing is Standing.ACTIVE
    assert [one.action for one in stand.staff.review.history("moi")] == ["roles", "add"]
    with pytest.raises(NotFound):
        of(stand, "nobody")


def test_that_somebody_looked_is_on_record_and_asked_for_again(stand: Stand, clock: HandClock) -> None:
    review = stand.staff.review
    stand.add("boss", ADMIN[stand.staff.world.house])
    stand.add("lan", role(stand))
    seen = stand.staff.people.changes()[0].seq
    with pytest.raises(ReviewOwn):
        review.record(["lan", "boss"], actor="boss")
    with pytest.raises(ReviewUnusable):
        review.record([], actor="boss")
    with pytest.raises(ReviewUnusable):
        review.record(["lan"], actor="boss", note="hai\ndòng")
    with pytest.raises(NotFound):
        review.record(["lan", "nobody"], actor="boss")
    assert of(stand, "lan").reviewed is None, "all or nothing"
    assert review.record(["lan"], actor="boss", note="Biên bản 03", seen=seen) == 1
    looked = of(stand, "lan").reviewed
    assert looked is not None and (looked.actor, looked.at, looked.alarm) == ("boss", clock.now(), False)
    assert looked.details == f"grants={role(stand).value} state=active note=Biên bản 03"

    stand.staff.people.set_grants("lan", [Grant(role=role(stand), codes=("H90",))], actor=ROOT)
    with pytest.raises(ReviewStale):
        review.record(["lan"], actor="boss", seen=seen)
    days = stand.staff.world.review_days
    for _ in range(days // 30):  # somebody has to use them, or they are closed
        clock.advance(days=30)
        for login in ("boss", "lan"):
            stand.staff.people.enable(login, actor=ROOT)
            stand.staff.people.reset_password(login, actor=ROOT)
    assert (review.due(), review.alarms()) == (0, [])
    clock.advance(seconds=1)
    (alarm,) = review.alarms()
    assert (review.due(), alarm["code"], alarm["count"]) == (2, "people.review-due", 2)
    review.record(["lan"], actor="boss")
    review.record(["boss"], actor="lan")
    assert review.due() == 0


def wait(stand: Stand, clock: HandClock, days: int, *logins: str) -> None:
    """Days go by in which these people are at work, so that they are not closed for being away."""
    for _ in range(days // 30):
        clock.advance(days=30)
        for login in logins:
            stand.staff.people.reset_password(login, actor=ROOT)
    clock.advance(days=days % 30)


def expiries(stand: Stand) -> list[tuple[str, str]]:
    return [(one.actor, one.login) for one in reversed(stand.staff.people.changes()) if one.action == "expire"]


def test_an_account_that_nobody_reviews_expires_on_record_until_another_person_reviews_it(
    stand: Stand, clock: HandClock
) -> None:
    people, sessions, review = stand.staff.people, stand.staff.sessions, stand.staff.review
    stand.add("boss", ADMIN[stand.staff.world.house])
    stand.add("lan", role(stand))
    stand.add("cu", role(stand))
    wait(stand, clock, REVIEW_DAYS, "boss", "lan", "cu")
    review.record(["boss"], actor=ROOT)
    people.disable("cu", actor="boss")
    clock.advance(days=EXPIRY_DAYS, seconds=-60)
    given = people.reset_password("lan", actor="boss").password
    assert given is not None and sessions.sweep() >= 0
    (warning,) = review.alarms()
    assert (warning["code"], warning["count"]) == ("people.review-due", 1) and "lan" in warning["en"]
    ends = of(stand, "lan").expires_at
    assert ends is not None and ends > clock.now(), "told before it happens"
    entered = sessions.enter("lan", given, DESK)
    clock.advance(seconds=62)
    with pytest.raises(SessionEnded):
        sessions.person(entered.token)
    assert expiries(stand) == [], "whoever only reads changes nothing"
    with pytest.raises(LoginWrong):
        sessions.enter("lan", given, DESK)
    assert expiries(stand) == [(REVIEW_ACTOR, "lan")], "on record as soon as she was refused for it"
    sessions.sweep()
    assert expiries(stand) == [(REVIEW_ACTOR, "lan")], "once, and nobody who was reviewed or was closed"
    expired = of(stand, "lan")
    assert (expired.standing, expired.is_open, expired.expires_at) == (Standing.EXPIRED, False, None)
    assert expired.closed is not None and f"grants={role(stand).value}" in expired.closed.details
    assert [one["code"] for one in review.alarms()] == ["people.review-expired"]
    with pytest.raises(ReviewWanted):
        people.enable("lan", actor="boss")
    with pytest.raises(ReviewOwn):
        review.record(["lan"], actor="lan")
    assert of(stand, "lan").standing is Standing.EXPIRED

    review.record(["lan", "cu"], actor="boss")
    looked = of(stand, "lan")
    assert (looked.standing, of(stand, "cu").standing) == (Standing.ACTIVE, Standing.DISABLED)
    assert looked.reviewed is not None and "state=expired" in looked.reviewed.details
    assert sessions.enter("lan", given, DESK).person.user.login == "lan" and review.alarms() == []
    assert sessions.sweep() >= 0 and len(expiries(stand)) == 1


def test_the_last_who_may_review_keeps_that_and_nothing_else(stand: Stand, clock: HandClock) -> None:
    sessions, review = stand.staff.sessions, stand.staff.review
    is_node = stand.staff.world.house is House.NODE
    keeper, second = (Role.UNIT_ADMIN, Role.LEADER) if is_node else (Role.SECURITY_OFFICER, Role.SECURITY_OFFICER)
    _, phone = stand.settle("boss", keeper)
    stand.add("phu", second)
    stand.add("lan", role(stand))
    for _ in range((REVIEW_DAYS + EXPIRY_DAYS) // 30 - 1):
        wait(stand, clock, 30, "phu", "lan")
        stand.enter("boss", phone)
    clock.advance(days=26)
    stand.staff.people.reset_password("phu", actor=ROOT)  # who could come in, and never did
    clock.advance(days=4, seconds=1)
    sessions.sweep()
    assert expiries(stand) == [(REVIEW_ACTOR, "boss"), (REVIEW_ACTOR, "lan"), (REVIEW_ACTOR, "phu")]
    assert [of(stand, login).standing for login in ("boss", "lan", "phu")] == [
        Standing.REVIEW_ONLY,
        Standing.EXPIRED,
        Standing.EXPIRED,
    ]
    assert [one["code"] for one in review.alarms()] == ["people.review-expired", "people.review-last"]
    left = stand.enter("boss", phone)
    assert (left.person.roles, left.person.user.only_reviews) == (frozenset(), True)
    with pytest.raises(ReviewOwn):
        review.record(["boss"], actor="boss")
    review.record(["phu"], actor="boss")
    assert of(stand, "boss").standing is Standing.REVIEW_ONLY, "until somebody looked at him too"
    review.record(["boss"], actor="phu")
    clock.advance(seconds=60)
    assert stand.enter("boss", phone).person.roles == {keeper}
    assert sessions.sweep() >= 0 and of(stand, "lan").standing is Standing.EXPIRED
