"""Coming in, staying in and going out, and what attackers try."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from exchange_axis.domain.people import ABSOLUTE, ADMIN_IDLE, IDLE, Grant, Role, Stage
from exchange_axis.pipeline import sessions as sessions_module
from exchange_axis.pipeline.passwords import Cost, Passwords
from exchange_axis.pipeline.people_refusals import (
    FactorWrong,
    FormUnderWay,
    LoginLocked,
    LoginWrong,
    OldPasswordWrong,
    PasswordSame,
    PasswordWeak,
    SessionEnded,
    StepUpWanted,
)
from tests.hub.stand import HandClock
from tests.staff.stand import DESK, GOOD, ROOT, STRANGER, Stand, Telephone

pytestmark = pytest.mark.on_postgresql(
    "test_a_code_is_taken_once",
    "test_a_recovery_code_works_once",
    "test_a_form_is_handled_once",
    "test_a_form_that_failed_may_be_submitted_again",
    "test_what_is_over_is_swept",
)

ROLE = {"node": Role.CLERK, "hub": Role.AUDITOR}
ADMIN = {"node": Role.UNIT_ADMIN, "hub": Role.OPERATOR}


def role(stand: Stand) -> Role:
    return ROLE[stand.staff.world.house]


def is_in(stand: Stand, token: str) -> bool:
    try:
        return stand.staff.sessions.person(token).stage is Stage.IN
    except SessionEnded:
        return False


def test_the_first_day_password_then_a_new_one_then_a_second_factor_then_in(stand: Stand) -> None:
    first = stand.add("lan", role(stand))
    sessions = stand.staff.sessions
    entered = sessions.enter("Lan", first, DESK)
    assert entered.person.stage is Stage.CHANGE
    assert entered.person.roles == frozenset(), "no role before everything is done"

    stand.staff.people.change_password(entered.person.user.seq, first, GOOD, session=entered.person.session.id)
    person = sessions.person(entered.token)
    assert person.stage is Stage.ENROL

    offered = stand.staff.enrolling.offer(person)
    assert stand.staff.enrolling.offer(person) == offered, "a reload shows the same picture"
    phone = Telephone.scanning(offered.address)
    enrolled = stand.staff.enrolling.finish(person, entered.token, phone.code(stand.clock))
    assert enrolled.entered.person.stage is Stage.IN
    assert enrolled.entered.person.roles == {role(stand)}
    assert enrolled.entered.person.fresh
    assert not is_in(stand, entered.token), "a new token at every step up"


def test_the_second_day_password_and_code(stand: Stand) -> None:
    _, phone = stand.settle("lan", role(stand))
    entered = stand.staff.sessions.enter("lan", GOOD, DESK)
    assert entered.person.stage is Stage.FACTOR
    assert entered.person.roles == frozenset()
    proved = stand.staff.sessions.prove(entered.token, phone.code(stand.clock), DESK)
    assert proved.person.stage is Stage.IN
    assert not is_in(stand, entered.token)


def test_the_first_password_opens_nothing_once_it_was_changed(stand: Stand) -> None:
    first = stand.add("lan", role(stand))
    entered = stand.staff.sessions.enter("lan", first, DESK)
    stand.staff.people.change_password(entered.person.user.seq, first, GOOD, session=entered.person.session.id)
    with pytest.raises(LoginWrong):
        stand.staff.sessions.enter("lan", first, DESK)


def test_every_reason_looks_the_same(stand: Stand, clock: HandClock) -> None:
    stand.settle("lan", role(stand))
    stand.settle("closed", role(stand))
    stand.staff.people.disable("closed", actor=ROOT)
    clock.advance(days=40)
    invited = stand.add("late", role(stand))
    clock.advance(days=8)  # lan sleeps now, and late's first password is too old
    tries = {"lan": GOOD, "closed": GOOD, "late": invited, "nobody": GOOD, "LAN ": "sai", "": "", "=lan": GOOD}
    told = set()
    for login, password in tries.items():
        with pytest.raises(LoginWrong) as refused:
            stand.staff.sessions.enter(login, password, DESK)
        told.add((str(refused.value), str(refused.value.facts)))
    assert len(told) == 1


def test_an_unknown_name_costs_the_same_work(node: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """By construction, not by measuring: a stored value of the same cost is held against the same password."""
    node.add("lan", Role.CLERK)
    passwords = node.staff.world.passwords
    held: list[tuple[str, str]] = []
    hasher = passwords._hasher

    class Watching:
        def verify(self, stored: str, given: str) -> bool:
            held.append((stored.rsplit("$", 2)[0], given))
            return hasher.verify(stored, given)

        def __getattr__(self, name: str) -> object:
            return getattr(hasher, name)

    monkeypatch.setitem(vars(passwords), "_hasher", Watching())
    for login in ("lan", "nobody"):
        with pytest.raises(LoginWrong):
            node.staff.sessions.enter(login, "sai rồi", DESK)
    assert len(held) == 2
    assert held[0] == held[1]


@pytest.mark.parametrize("login", ["lan", "nobody"])
def test_five_wrong_tries_then_pauses_that_grow_for_known_and_unknown_alike(stand: Stand, login: str) -> None:
    stand.settle("lan", role(stand))
    sessions = stand.staff.sessions
    for _ in range(5):
        with pytest.raises(LoginWrong):
            sessions.enter(login, "sai", DESK)
    with pytest.raises(LoginLocked) as locked:
        sessions.enter(login, GOOD, DESK)
    assert locked.value.facts == {"seconds": "60"}
    stand.clock.advance(seconds=59)
    with pytest.raises(LoginLocked):
        sessions.enter(login, GOOD, DESK)
    stand.clock.advance(seconds=2)
    with pytest.raises(LoginWrong):
        sessions.enter(login, "sai", DESK)
    with pytest.raises(LoginLocked) as longer:
        sessions.enter(login, GOOD, DESK)
    assert longer.value.facts == {"seconds": "120"}


def test_the_pause_ends_and_the_right_password_ends_the_count(stand: Stand) -> None:
    stand.settle("lan", role(stand))
    sessions = stand.staff.sessions
    for _ in range(5):
        with pytest.raises(LoginWrong):
            sessions.enter("lan", "sai", DESK)
    stand.clock.advance(seconds=61)
    assert sessions.enter("lan", GOOD, DESK).person.stage is Stage.FACTOR
    for _ in range(4):
        with pytest.raises(LoginWrong):
            sessions.enter("lan", "sai", DESK)
    assert sessions.enter("lan", GOOD, DESK).person.stage is Stage.FACTOR


def test_one_address_may_not_try_everybody(stand: Stand) -> None:
    stand.settle("lan", role(stand))
    sessions = stand.staff.sessions
    for number in range(20):
        with pytest.raises(LoginWrong):
            sessions.enter(f"guess{number}", "sai", STRANGER)
    with pytest.raises(LoginLocked):
        sessions.enter("lan", GOOD, STRANGER)
    assert sessions.enter("lan", GOOD, DESK).token, "others are not kept out by it"


def test_tries_side_by_side_do_not_outrun_the_count(node: Stand) -> None:
    node.settle("lan", Role.CLERK)
    judged = 0
    kinds: list[str] = []
    turn = threading.Lock()
    passwords = node.staff.world.passwords
    plain = passwords.verify

    def counting(stored: str | None, password: str) -> bool:
        nonlocal judged
        with turn:
            judged += 1
        return plain(stored, password)

    passwords.verify = counting  # type: ignore[method-assign]

    def guess() -> None:
        try:
            node.staff.sessions.enter("lan", "sai", DESK)
        except (LoginWrong, LoginLocked) as refused:
            kinds.append(refused.code)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert judged == 5
    assert kinds.count("login.locked") == 7


def test_a_code_is_taken_once(stand: Stand) -> None:
    _, phone = stand.settle("lan", role(stand))
    sessions = stand.staff.sessions
    code = phone.code(stand.clock)
    first = sessions.enter("lan", GOOD, DESK)
    assert sessions.prove(first.token, code, DESK).person.stage is Stage.IN
    thief = sessions.enter("lan", GOOD, STRANGER)
    with pytest.raises(FactorWrong):
        sessions.prove(thief.token, code, STRANGER)
    stand.clock.advance(seconds=30)
    with pytest.raises(FactorWrong):
        sessions.prove(thief.token, code, STRANGER)
    assert sessions.prove(thief.token, phone.code(stand.clock), STRANGER).token, "the next one is good"


def test_an_older_code_is_not_taken_after_a_newer_one(stand: Stand) -> None:
    _, phone = stand.settle("lan", role(stand))
    older = phone.code(stand.clock)
    stand.clock.advance(seconds=30)
    stand.enter("lan", phone)
    again = stand.staff.sessions.enter("lan", GOOD, DESK)
    with pytest.raises(FactorWrong):
        stand.staff.sessions.prove(again.token, older, DESK)


@pytest.mark.parametrize(("seconds", "good"), [(-30, True), (30, True), (-61, False), (61, False)])
def test_a_telephone_whose_clock_is_a_little_off_will_do(stand: Stand, seconds: int, good: bool) -> None:
    _, phone = stand.settle("lan", role(stand))
    stand.clock.advance(seconds=120 - stand.clock.now().timestamp() % 30)
    other = HandClock(stand.clock.now() + timedelta(seconds=seconds))
    entered = stand.staff.sessions.enter("lan", GOOD, DESK)
    try:
        proved = stand.staff.sessions.prove(entered.token, phone.code(other), DESK).person.stage is Stage.IN
    except FactorWrong:
        proved = False
    assert proved is good


def test_codes_cannot_be_guessed_with_the_password_known(stand: Stand) -> None:
    """The right password does not forgive wrong codes."""
    stand.settle("lan", role(stand))
    sessions = stand.staff.sessions
    for _ in range(5):
        entered = sessions.enter("lan", GOOD, STRANGER)
        with pytest.raises(FactorWrong):
            sessions.prove(entered.token, "000000", STRANGER)
    with pytest.raises(LoginLocked):
        sessions.prove(sessions.enter("lan", GOOD, STRANGER).token, "000000", STRANGER)


def test_a_recovery_code_works_once(stand: Stand) -> None:
    entered, _ = stand.settle("lan", role(stand))
    codes = stand.staff.enrolling.new_codes(stand.staff.sessions.person(entered.token))
    assert len(set(codes)) == 10
    first = stand.staff.sessions.enter("lan", GOOD, DESK)
    proved = stand.staff.sessions.prove(first.token, codes[3].upper().replace("-", " "), DESK)
    assert proved.person.stage is Stage.IN
    assert stand.staff.enrolling.codes_left(proved.person) == 9
    second = stand.staff.sessions.enter("lan", GOOD, DESK)
    with pytest.raises(FactorWrong):
        stand.staff.sessions.prove(second.token, codes[3], DESK)


def test_new_recovery_codes_put_the_old_ones_out_of_use(stand: Stand) -> None:
    entered, _ = stand.settle("lan", role(stand))
    person = stand.staff.sessions.person(entered.token)
    old, new = stand.staff.enrolling.new_codes(person), stand.staff.enrolling.new_codes(person)
    first = stand.staff.sessions.enter("lan", GOOD, DESK)
    with pytest.raises(FactorWrong):
        stand.staff.sessions.prove(first.token, old[0], DESK)
    assert stand.staff.sessions.prove(first.token, new[0], DESK).token


def test_a_session_idles_out(stand: Stand) -> None:
    entered, _ = stand.settle("lan", role(stand))
    stand.clock.advance(seconds=IDLE.total_seconds() - 70)
    assert is_in(stand, entered.token)
    stand.clock.advance(seconds=IDLE.total_seconds() - 1)
    assert is_in(stand, entered.token), "being used keeps it open"
    stand.clock.advance(seconds=IDLE.total_seconds())
    assert not is_in(stand, entered.token)


def test_what_a_page_asks_by_itself_keeps_nobody_in(stand: Stand) -> None:
    entered, _ = stand.settle("lan", role(stand))
    stand.clock.advance(seconds=IDLE.total_seconds() - 70)
    assert stand.staff.sessions.person(entered.token, at_work=False).user.login == "lan"
    stand.clock.advance(seconds=70)
    assert not is_in(stand, entered.token)


def test_an_administrators_session_idles_out_sooner(stand: Stand) -> None:
    entered, _ = stand.settle("admin", ADMIN[stand.staff.world.house])
    stand.clock.advance(seconds=ADMIN_IDLE.total_seconds() - 61)
    assert is_in(stand, entered.token)
    stand.clock.advance(seconds=ADMIN_IDLE.total_seconds())
    assert not is_in(stand, entered.token)


def test_a_session_ends_after_twelve_hours_of_work(stand: Stand) -> None:
    entered, _ = stand.settle("lan", role(stand))
    for _ in range(int(ABSOLUTE / timedelta(minutes=10)) - 1):
        stand.clock.advance(minutes=10)
        assert is_in(stand, entered.token)
    stand.clock.advance(minutes=10)
    assert not is_in(stand, entered.token)


def test_a_stolen_token_opens_nothing_after_signing_out(stand: Stand) -> None:
    entered, _ = stand.settle("lan", role(stand))
    stand.staff.sessions.leave(entered.token)
    assert not is_in(stand, entered.token)
    stand.staff.sessions.leave(entered.token)


def test_the_owner_ends_his_other_sessions(stand: Stand) -> None:
    _, phone = stand.settle("lan", role(stand))
    lost = stand.enter("lan", phone)
    stand.clock.advance(seconds=30)
    here = stand.enter("lan", phone)
    user = here.person.user.seq
    assert {one.id for one in stand.staff.sessions.of(user)} >= {lost.person.session.id, here.person.session.id}
    stand.staff.sessions.end(user, but=here.person.session.id)
    assert not is_in(stand, lost.token)
    assert is_in(stand, here.token)


def test_nobody_ends_a_session_of_somebody_else(stand: Stand) -> None:
    victim, _ = stand.settle("lan", role(stand))
    other, _ = stand.settle("hoa", role(stand))
    assert stand.staff.sessions.end(other.person.user.seq, only=victim.person.session.id) == 0
    assert is_in(stand, victim.token)


@pytest.mark.parametrize("how", ["disable", "password", "factor", "roles"])
def test_what_an_administrator_takes_away_is_gone_at_once(stand: Stand, how: str) -> None:
    entered, _ = stand.settle("lan", role(stand))
    people = stand.staff.people
    match how:
        case "disable":
            people.disable("lan", actor=ROOT)
        case "password":
            people.reset_password("lan", actor=ROOT)
        case "factor":
            people.reset_factor("lan", actor=ROOT)
        case _:
            people.set_grants("lan", (), actor=ROOT)
    assert not is_in(stand, entered.token)


def test_a_role_given_counts_in_the_session_that_is_open(stand: Stand) -> None:
    entered, _ = stand.settle("lan", role(stand))
    more = ADMIN[stand.staff.world.house]
    stand.staff.people.set_grants("lan", [Grant(role=role(stand)), Grant(role=more)], actor=ROOT)
    assert stand.staff.sessions.person(entered.token).roles == {role(stand), more}


def test_what_matters_wants_a_fresh_second_factor(stand: Stand) -> None:
    entered, phone = stand.settle("lan", role(stand))
    sessions = stand.staff.sessions
    sessions.require_fresh(sessions.person(entered.token))
    stand.clock.advance(minutes=5)
    stale = sessions.person(entered.token)
    with pytest.raises(StepUpWanted):
        sessions.require_fresh(stale)
    again = sessions.prove(entered.token, phone.code(stand.clock), DESK)
    sessions.require_fresh(again.person)
    assert again.person.session.begun_at == entered.person.session.begun_at, "the twelve hours go on"


def test_a_new_password_is_judged(stand: Stand) -> None:
    entered, _ = stand.settle("lan", role(stand))
    user, session = entered.person.user.seq, entered.person.session.id
    people = stand.staff.people
    with pytest.raises(PasswordWeak):
        people.change_password(user, GOOD, "ngắn", session=session)
    with pytest.raises(PasswordSame):
        people.change_password(user, GOOD, GOOD, session=session)
    with pytest.raises(OldPasswordWrong):
        people.change_password(user, "sai", "một câu khác hẳn", session=session)
    people.change_password(user, GOOD, "một câu khác hẳn", session=session)
    assert is_in(stand, entered.token)


def test_the_password_cannot_be_guessed_from_a_session_left_open(stand: Stand) -> None:
    entered, _ = stand.settle("lan", role(stand))
    user, session = entered.person.user.seq, entered.person.session.id
    for _ in range(5):
        with pytest.raises(OldPasswordWrong):
            stand.staff.people.change_password(user, "sai", "một câu khác hẳn", session=session)
    with pytest.raises(LoginLocked):
        stand.staff.people.change_password(user, GOOD, "một câu khác hẳn", session=session)


def test_a_password_of_a_cheaper_time_is_renewed(node: Stand) -> None:
    node.settle("lan", Role.CLERK)
    world = node.staff.world
    before = world.store.run(lambda rows: rows.find("lan"))
    dearer = Passwords(world.rng, Cost(rounds=2, memory=64, lanes=1))
    vars(world.passwords).pop("_hasher", None)
    world.passwords._cost = dearer._cost
    node.staff.sessions.enter("lan", GOOD, DESK)
    after = world.store.run(lambda rows: rows.find("lan"))
    assert before is not None and after is not None
    assert before.password is not None and "t=1" in before.password
    assert after.password is not None and "t=2" in after.password
    node.staff.sessions.enter("lan", GOOD, DESK)


def test_a_form_is_handled_once(stand: Stand) -> None:
    sessions = stand.staff.sessions
    assert sessions.claim("1:abc") is None
    with pytest.raises(FormUnderWay):
        sessions.claim("1:abc")
    sessions.settle("1:abc", "/inbox/7")
    again = sessions.claim("1:abc")
    assert again is not None and again.location == "/inbox/7"
    assert sessions.claim("2:abc") is None, "another person's form of the same number is another form"


def test_a_form_that_failed_may_be_submitted_again(stand: Stand) -> None:
    sessions = stand.staff.sessions
    assert sessions.claim("1:abc") is None
    sessions.settle("1:abc", None)
    assert sessions.claim("1:abc") is None


def test_a_form_that_was_interrupted_may_be_submitted_again(stand: Stand) -> None:
    sessions = stand.staff.sessions
    assert sessions.claim("1:abc") is None
    stand.clock.advance(seconds=sessions_module.CLAIM_STALE.total_seconds() + 1)
    assert sessions.claim("1:abc") is None


def test_what_is_over_is_swept(stand: Stand) -> None:
    entered, _ = stand.settle("lan", role(stand))
    stand.staff.sessions.claim("1:abc")
    assert stand.staff.sessions.sweep() == 0
    stand.clock.advance(days=2)
    assert stand.staff.sessions.sweep() >= 2
    assert stand.staff.sessions.of(entered.person.user.seq) == ()
