"""Passkeys: in by one alone, the second factor by one, and what somebody without the device tries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from exchange_axis.domain.people import PASSKEYS_MOST, Person, Role, Stage
from exchange_axis.pipeline.people_refusals import (
    LoginWrong,
    PasskeyKnown,
    PasskeyLimit,
    PasskeyName,
    PasskeyWrong,
    SessionEnded,
    StepUpWanted,
)
from tests.staff.authenticator import SITE, Device
from tests.staff.stand import DESK, GOOD, ROOT, STRANGER, Stand

ELSEWHERE = replace(SITE, id="ban.xa.example.evil.example", origin="https://ban.xa.example.evil.example")


@dataclass
class Owner:
    stand: Stand
    token: str
    person: Person
    device: Device

    @property
    def seq(self) -> int:
        return self.person.user.seq


def owner(stand: Stand, login: str = "lan", device: Device | None = None) -> Owner:
    """Somebody who is in, with a passkey."""
    entered, phone = stand.settle(login, Role.CLERK if stand.staff.world.house == "node" else Role.AUDITOR)
    entered = stand.staff.sessions.prove(entered.token, phone.code(stand.clock), DESK)
    device = device or Device(id=f"key of {login}".encode())
    found = Owner(stand=stand, token=entered.token, person=entered.person, device=device)
    add(found, device)
    return found


def add(found: Owner, device: Device, name: str = "Máy bàn") -> None:
    keys = found.stand.staff.passkeys
    keys.add(SITE, found.person, device.make(keys.ask_new(SITE, found.person)), name)


def test_in_by_a_passkey_alone(stand: Stand) -> None:
    lan, keys = owner(stand), stand.staff.passkeys
    stand.clock.advance(minutes=20)
    entered = keys.enter(SITE, lan.device.use(keys.ask_in(SITE)), DESK)
    assert (entered.person.user.login, entered.person.stage, entered.person.fresh) == ("lan", Stage.IN, True)
    assert entered.person.session.way == "passkey"
    (key,) = keys.of(lan.seq)
    assert (key.name, key.uses, key.used_at) == ("Máy bàn", 1, stand.clock.now())


def test_the_second_factor_by_a_passkey(stand: Stand) -> None:
    lan, keys = owner(stand), stand.staff.passkeys
    begun = stand.staff.sessions.enter("lan", GOOD, DESK)
    assert begun.person.stage is Stage.FACTOR
    entered = keys.prove(SITE, begun.token, lan.device.use(keys.ask_again(SITE, begun.person)), DESK)
    assert (entered.person.stage, entered.person.fresh) == (Stage.IN, True)
    with pytest.raises(SessionEnded):
        stand.staff.sessions.person(begun.token)


def test_several_named_and_removable(stand: Stand) -> None:
    lan, keys = owner(stand), stand.staff.passkeys
    other = Device(id=b"telephone")
    add(lan, other, "Điện thoại")
    assert [key.name for key in keys.of(lan.seq)] == ["Máy bàn", "Điện thoại"]
    elsewhere = keys.enter(SITE, lan.device.use(keys.ask_in(SITE)), STRANGER)
    assert keys.drop(lan.person, lan.device.id)
    with pytest.raises(SessionEnded):
        stand.staff.sessions.person(elsewhere.token)
    assert stand.staff.sessions.person(lan.token).user.login == "lan"
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, lan.device.use(keys.ask_in(SITE)), DESK)
    assert keys.enter(SITE, other.use(keys.ask_in(SITE)), DESK).token
    actions = [change.action for change in stand.staff.people.changes() if change.login == "lan"]
    assert actions[:3] == ["passkey-remove", "passkey-add", "passkey-add"]


def test_adding_and_removing_want_a_second_factor_of_now(stand: Stand) -> None:
    lan, keys = owner(stand), stand.staff.passkeys
    asked = keys.ask_new(SITE, lan.person)
    stand.clock.advance(minutes=6)
    stale = stand.staff.sessions.person(lan.token)
    for act in (
        lambda: keys.ask_new(SITE, stale),
        lambda: keys.add(SITE, stale, Device(id=b"x").make(asked), "x"),
        lambda: keys.drop(stale, lan.device.id),
    ):
        with pytest.raises(StepUpWanted):
            act()


def test_one_key_is_added_once_and_ten_are_enough(node: Stand) -> None:
    lan, keys = owner(node), node.staff.passkeys
    with pytest.raises(PasskeyKnown):
        add(lan, lan.device)
    with pytest.raises(PasskeyName):
        add(lan, Device(id=b"y"), "  ")
    asked = keys.ask_new(SITE, lan.person)
    for number in range(PASSKEYS_MOST - 1):
        add(lan, Device(id=str(number).encode()))
    with pytest.raises(PasskeyLimit):
        keys.ask_new(SITE, lan.person)
    with pytest.raises(PasskeyLimit):
        keys.add(SITE, lan.person, Device(id=b"z").make(asked), "z")


def test_of_others_nothing_is_removed(node: Stand) -> None:
    lan, hai = owner(node), owner(node, "hai")
    assert not node.staff.passkeys.drop(hai.person, lan.device.id)
    assert len(node.staff.passkeys.of(lan.seq)) == 1


# What is refused: each is the good answer of `test_in_by_a_passkey_alone` with one thing wrong.
WRONG: dict[str, Callable[[Device], dict[str, Any]]] = {
    "origin": lambda device: {"origin": "https://ban.xa.example.evil.example"},
    "origin-port": lambda device: {"origin": "https://ban.xa.example"},
    "site": lambda device: {"site": "xa.example"},
    "not-verified": lambda device: {"verifies": False},
    "framed": lambda device: {"framed": True},
    "handle": lambda device: {"handle": device.handle[:-1] + b"?"},
    "key": lambda device: {"key": Device(id=b"").key},
    "unknown": lambda device: {"id": b"another"},
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_lets_nobody_in(node: Stand, what: str) -> None:
    lan, keys = owner(node), node.staff.passkeys
    bad = replace(lan.device, **WRONG[what](lan.device))
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, bad.use(keys.ask_in(SITE)), DESK)
    assert keys.enter(SITE, lan.device.use(keys.ask_in(SITE)), DESK).token, "the same without what was wrong"


@pytest.mark.parametrize("what", ["origin", "site", "not-verified", "framed"])
def test_what_is_wrong_is_not_added(node: Stand, what: str) -> None:
    lan = owner(node)
    new = Device(id=b"new")
    bad = replace(new, **WRONG[what](new))
    with pytest.raises(PasskeyWrong):
        add(lan, bad)
    add(lan, new)


@pytest.mark.parametrize("answer", ["", "null", "{}", '{"id":"a","rawId":"a","type":"public-key","response":{}}'])
def test_nonsense_is_refused_as_such(node: Stand, answer: str) -> None:
    lan, keys = owner(node), node.staff.passkeys
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, answer, DESK)
    with pytest.raises(PasskeyWrong):
        keys.add(SITE, lan.person, answer, "x")


def test_a_challenge_works_once(stand: Stand) -> None:
    lan, keys = owner(stand), stand.staff.passkeys
    answer = lan.device.use(keys.ask_in(SITE))
    assert keys.enter(SITE, answer, DESK).token
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, answer, STRANGER)


def test_a_challenge_that_was_answered_wrong_is_spent_too(node: Stand) -> None:
    lan, keys = owner(node), node.staff.passkeys
    asked = keys.ask_in(SITE)
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, replace(lan.device, verifies=False).use(asked), DESK)
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, lan.device.use(asked), DESK)


def test_a_challenge_ends(node: Stand) -> None:
    lan, keys = owner(node), node.staff.passkeys
    early, late = keys.ask_in(SITE), keys.ask_in(SITE)
    node.clock.advance(minutes=4, seconds=59)
    assert keys.enter(SITE, lan.device.use(early), DESK).token
    node.clock.advance(seconds=2)
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, lan.device.use(late), DESK)


def test_a_challenge_is_good_for_its_errand_only(node: Stand) -> None:
    """One that was made for signing in does not add a key or stand for a second factor, nor the other way round."""
    lan, keys = owner(node), node.staff.passkeys
    with pytest.raises(PasskeyWrong):
        keys.prove(SITE, lan.token, lan.device.use(keys.ask_in(SITE)), DESK)
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, lan.device.use(keys.ask_again(SITE, lan.person)), DESK)
    asked = keys.ask_new(SITE, lan.person).replace("excludeCredentials", "x")
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, lan.device.use(asked), DESK)


def test_nobody_answers_for_another_person(stand: Stand) -> None:
    lan, hai = owner(stand), owner(stand, "hai")
    keys = stand.staff.passkeys
    with pytest.raises(PasskeyWrong):
        keys.prove(SITE, lan.token, hai.device.use(keys.ask_again(SITE, lan.person)), DESK)
    with pytest.raises(PasskeyWrong):
        keys.prove(SITE, lan.token, lan.device.use(keys.ask_again(SITE, hai.person)), DESK)
    with pytest.raises(PasskeyWrong):
        keys.add(SITE, hai.person, Device(id=b"n").make(keys.ask_new(SITE, lan.person)), "x")
    assert keys.prove(SITE, lan.token, lan.device.use(keys.ask_again(SITE, lan.person)), DESK).token


def test_a_copied_key_is_refused_and_raises_an_alarm(stand: Stand) -> None:
    lan, keys = owner(stand), stand.staff.passkeys
    copy = replace(lan.device)
    lan.device.uses = 7
    assert keys.enter(SITE, lan.device.use(keys.ask_in(SITE)), DESK).token
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, copy.use(keys.ask_in(SITE)), STRANGER)
    (alarm,) = (change for change in stand.staff.people.unconfirmed() if change.action == "passkey-copied")
    assert (alarm.login, alarm.details) == ("lan", "name=Máy bàn counter=1 after=8")
    assert keys.of(lan.seq)[0].uses == 8


def test_a_forger_raises_no_alarm(node: Stand) -> None:
    lan, keys = owner(node), node.staff.passkeys
    assert keys.enter(SITE, lan.device.use(keys.ask_in(SITE)), DESK).token
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, replace(lan.device, uses=-1, key=Device(id=b"").key).use(keys.ask_in(SITE)), DESK)
    assert all(change.action != "passkey-copied" for change in node.staff.people.changes())


def test_devices_that_do_not_count_are_welcome(node: Stand) -> None:
    lan, keys = owner(node), node.staff.passkeys
    for _ in range(2):
        lan.device.uses = -1
        assert keys.enter(SITE, lan.device.use(keys.ask_in(SITE)), DESK).token


def test_a_closed_account_stays_closed(stand: Stand) -> None:
    lan, keys = owner(stand), stand.staff.passkeys
    stand.staff.people.disable("lan", actor=ROOT)
    with pytest.raises(LoginWrong):
        keys.enter(SITE, lan.device.use(keys.ask_in(SITE)), DESK)
    stand.staff.people.enable("lan", actor=ROOT)
    assert keys.enter(SITE, lan.device.use(keys.ask_in(SITE)), DESK).token
    stand.staff.people.reset_factor("lan", actor=ROOT)
    with pytest.raises(PasskeyWrong):
        keys.enter(SITE, lan.device.use(keys.ask_in(SITE)), DESK)


def test_what_the_browser_is_given_names_nobody(node: Stand) -> None:
    lan, keys = owner(node), node.staff.passkeys
    assert '"allowCredentials": []' in keys.ask_in(SITE)
    assert b"lan" not in lan.device.handle
    assert len(lan.device.handle) == 32
