"""Accounts, and the record of every change of rights: it only grows, another person confirms, at a hub it is logged."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from exchange_axis.commands.people_operations import people_operations
from exchange_axis.domain.people import Grant, House, Role
from exchange_axis.errors import NotFound
from exchange_axis.pipeline.people_refusals import (
    ConfirmedByOther,
    LoginUnusable,
    LoginWrong,
    NameUnusable,
    NothingToConfirm,
    PasswordWeak,
    PeopleKeyUnusable,
    PeriodUnusable,
    PersonExists,
    RoleUnusable,
)
from exchange_axis.pipeline.second_factor import KEY_FILE
from exchange_axis.store.people import PeopleRows
from tests.hub.stand import HandClock, open_stand
from tests.staff.stand import DESK, GOOD, ROOT, Stand, open_house
from tests.staff.test_sessions import ADMIN, role


def actions(stand: Stand) -> list[tuple[str, str, str, bool]]:
    return [(one.actor, one.action, one.login, one.alarm) for one in reversed(stand.staff.people.changes())]


def test_every_change_is_on_record_with_its_actor(stand: Stand) -> None:
    people = stand.staff.people
    stand.add("boss", ADMIN[stand.staff.world.house])
    stand.add("lan", role(stand))
    people.set_grants("lan", [], actor="boss")
    people.set_grants("lan", [], actor="boss")  # changes nothing
    people.disable("lan", actor="boss")
    people.disable("lan", actor="boss")
    people.enable("lan", actor="boss")
    people.reset_password("lan", actor="boss")
    people.reset_factor("lan", actor="boss")
    assert actions(stand) == [
        (ROOT, "add", "boss", False),  # the first person: nobody is there to confirm
        (ROOT, "add", "lan", True),
        ("boss", "roles", "lan", True),
        ("boss", "disable", "lan", False),  # only takes away
        ("boss", "enable", "lan", True),
        ("boss", "password-reset", "lan", True),
        ("boss", "factor-reset", "lan", True),
    ]
    roles = next(one for one in people.changes() if one.action == "roles")
    assert roles.details == f"before={role(stand).value} after=-"


def test_what_people_do_themselves_is_on_record_too(stand: Stand) -> None:
    stand.settle("lan", role(stand))
    assert actions(stand)[1:] == [("lan", "password", "lan", False), ("lan", "factor", "lan", False)]


def test_scopes_survive_the_store(stand: Stand) -> None:
    grant = Grant(
        role=role(stand),
        codes=("H90", "G12"),
        since=date(2026, 3, 1),
        until=date(2026, 3, 9),
        letters_since=date(2025, 1, 1),
        letters_until=date(2025, 12, 31),
    )
    if stand.staff.world.house is House.NODE:  # a desk cannot keep that promise, so it is not made
        with pytest.raises(PeriodUnusable):
            stand.staff.people.add("lan", "Nguyễn Thị Lan", [grant], actor=ROOT)
        grant = replace(grant, letters_since=None, letters_until=None)
    stand.staff.people.add("lan", "Nguyễn Thị Lan", [grant], actor=ROOT)
    (user,) = stand.staff.people.every()
    assert user.grants == (grant,)
    period = stand.staff.world.house is House.HUB
    assert ("letters=2025-01-01..2025-12-31" in stand.staff.people.changes()[0].details) is period


def test_a_change_is_an_alarm_until_another_person_confirms_it(stand: Stand) -> None:
    people = stand.staff.people
    stand.add("boss", ADMIN[stand.staff.world.house])
    stand.add("lan", role(stand))
    (change,) = people.unconfirmed()
    (alarm,) = people.alarms()
    assert (change.login, alarm["code"], alarm["subject"]) == ("lan", "people.unconfirmed", str(change.seq))
    for involved in (ROOT, "lan"):
        with pytest.raises(ConfirmedByOther):
            people.confirm(change.seq, actor=involved)
    assert people.unconfirmed() == (change,)
    people.confirm(change.seq, actor="boss")
    assert people.unconfirmed() == ()
    assert actions(stand)[-1] == ("boss", "confirm", "lan", False)
    with pytest.raises(NothingToConfirm):
        people.confirm(change.seq, actor="boss")
    with pytest.raises(NothingToConfirm):
        people.confirm(people.changes()[-1].seq, actor="other")
    with pytest.raises(NotFound):
        people.confirm(4711, actor="boss")


def test_who_confirms_by_command_is_named_with_the_account_of_the_machine(stand: Stand) -> None:
    boss = ADMIN[stand.staff.world.house] if stand.staff.world.house is House.HUB else Role.LEADER
    _, phone = stand.settle("boss", boss)
    stand.add("lan", role(stand))
    stand.staff.people.set_grants("lan", [], actor="root")
    stand.staff.people.set_grants("lan", [Grant(role=role(stand))], actor="minh")
    confirm = people_operations(lambda house: house)["user.confirm"]
    added, taken, given = (one.seq for one in stand.staff.people.unconfirmed())
    assert confirm(stand, {"number": given, "actor": "root", "account": "root"})["actor"] == "root"
    assert stand.staff.people.changes()[0].details == "roles by=minh account=root"

    def proof() -> dict[str, str]:
        stand.clock.advance(seconds=60)
        return {"login": "boss", "password": GOOD, "code": phone.code(stand.clock)}

    with pytest.raises(ConfirmedByOther):  # one person could be both: at that account, and by his login
        confirm(stand, {"number": taken, "actor": "root", "account": "root", "proof": proof()})
    done = confirm(stand, {"number": added, "actor": "root", "account": "root", "proof": proof()})
    assert (done["actor"], done["details"]) == ("boss (2fa, root)", f"add by={ROOT} account=root")
    with pytest.raises(LoginWrong):
        confirm(stand, {"number": taken, "actor": "x", "account": "x", "proof": {**proof(), "password": "sai"}})


@pytest.mark.parametrize("words", ["UPDATE people_change SET actor = 'x'", "DELETE FROM people_change"])
def test_the_database_lets_nobody_change_the_record(stand: Stand, words: str) -> None:
    stand.add("boss", ADMIN[stand.staff.world.house])

    def tamper(rows: PeopleRows) -> None:
        rows.connection.execute(text(words))

    with pytest.raises(DatabaseError, match="only grows"):
        stand.staff.world.store.run(tamper)
    assert len(stand.staff.people.changes()) == 1


def test_who_gets_round_the_database_is_seen(stand: Stand) -> None:
    stand.add("boss", ADMIN[stand.staff.world.house])
    stand.add("lan", role(stand))
    stand.add("hoa", role(stand))
    assert stand.staff.people.record_broken_at() is None
    second = stand.staff.people.changes()[1].seq

    def tamper(rows: PeopleRows) -> None:
        if rows.connection.dialect.name == "sqlite":
            rows.connection.execute(text("DROP TRIGGER people_change_update"))
        else:
            rows.connection.execute(text("DROP TRIGGER people_change_kept ON people_change"))
        rows.connection.execute(text("UPDATE people_change SET actor = 'nobody' WHERE login = 'lan'"))

    stand.staff.world.store.run(tamper)
    assert stand.staff.people.record_broken_at() == second


def test_at_a_hub_every_change_of_rights_is_an_entry_of_the_log(tmp_path: Path) -> None:
    hub = open_stand(tmp_path, "hub-a", clock=HandClock()).hub
    try:
        hub.log.sequence()
        before = hub.log.state().size
        hub.staff.people.add("minh", "Trần Minh", [Grant(role=Role.OPERATOR)], actor=ROOT)
        hub.log.sequence()
        assert hub.log.state().size == before + 1
        row = hub.world.transactions.read(
            lambda connection: connection.execute(
                text("SELECT actor, action, subject, details FROM decision ORDER BY seq DESC LIMIT 1")
            ).one()
        )
        assert tuple(row)[:3] == (ROOT, "people.add", "minh")
        assert "grants=operator" in row.details
    finally:
        hub.close()


def test_two_people_with_one_name_are_refused(stand: Stand) -> None:
    stand.add("lan", role(stand))
    with pytest.raises(PersonExists):
        stand.add("LAN", role(stand))
    assert len(stand.staff.people.every()) == 1


def test_what_is_unusable_is_refused(stand: Stand) -> None:
    people = stand.staff.people
    with pytest.raises(LoginUnusable):
        people.add("Bà Lan", "Lan", [], actor=ROOT)
    for name in ("", "   ", "x" * 201, "a\nb"):
        with pytest.raises(NameUnusable):
            people.add("lan", name, [], actor=ROOT)
    foreign = Role.OPERATOR if stand.staff.world.house is House.NODE else Role.CLERK
    with pytest.raises(RoleUnusable):
        people.add("lan", "Lan", [Grant(role=foreign)], actor=ROOT)
    with pytest.raises(PasswordWeak):
        people.add("lan", "Lan", [], actor=ROOT, password="ngắn")
    for act in (people.disable, people.enable, people.reset_password, people.reset_factor):
        with pytest.raises(NotFound):
            act("nobody", actor=ROOT)
    assert people.every() == ()
    assert people.changes() == ()


def test_first_passwords_differ_and_are_long(stand: Stand) -> None:
    made = {stand.add(f"user{number}", role(stand)) for number in range(5)}
    assert len(made) == 5
    assert all(len(one.replace("-", "")) == 24 for one in made)


def test_no_secret_is_in_the_database(tmp_path: Path) -> None:
    clock, folder = HandClock(), tmp_path / "node"
    with open_house(folder, House.NODE, clock=clock) as stand:
        first = stand.add("lan", Role.CLERK)
        entered = stand.staff.sessions.enter("lan", first, DESK)
        stand.staff.people.change_password(entered.person.user.seq, first, GOOD, session=entered.person.session.id)
        person = stand.staff.sessions.person(entered.token)
        secret = stand.staff.enrolling.offer(person).secret
        enrolled = stand.staff.enrolling.finish(person, entered.token, pyotp.TOTP(secret).at(clock.now()))
        secrets = [first, GOOD, secret, entered.token, enrolled.entered.token, *enrolled.codes]
        secrets += stand.staff.enrolling.new_codes(stand.staff.sessions.person(enrolled.entered.token))
    stored = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert b"Ng\xc6\xb0\xe1\xbb\x9di lan" in stored, "the search finds what is there"
    assert [one for one in secrets if one.encode() in stored or one.replace("-", "").encode() in stored] == []
    for shown in (repr(enrolled), repr(entered), str(enrolled)):
        assert not any(one in shown for one in secrets)


def test_another_key_opens_no_second_factor(tmp_path: Path) -> None:
    clock, folder = HandClock(), tmp_path / "node"
    with open_house(folder, House.NODE, clock=clock) as stand:
        _, phone = stand.settle("lan", Role.CLERK)
    assert (folder / KEY_FILE).stat().st_mode & 0o777 == 0o600
    (folder / KEY_FILE).write_bytes(bytes(32))
    with open_house(folder, House.NODE, clock=clock) as stand:
        entered = stand.staff.sessions.enter("lan", GOOD, DESK)
        with pytest.raises(PeopleKeyUnusable):
            stand.staff.sessions.prove(entered.token, phone.code(clock), DESK)
        stand.staff.people.reset_factor("lan", actor=ROOT)
        assert stand.staff.sessions.enter("lan", GOOD, DESK).person.stage == "enrol"


def test_a_secret_of_one_person_is_no_secret_of_another(node: Stand) -> None:
    """Rows swapped by somebody at a database prompt open nothing."""
    node.settle("lan", Role.CLERK)
    _, phone = node.settle("thief", Role.READ_ONLY)

    def swap(rows: PeopleRows) -> None:
        rows.connection.execute(
            text("UPDATE person SET totp = (SELECT totp FROM person WHERE login = 'thief') WHERE login = 'lan'")
        )

    node.staff.world.store.run(swap)
    entered = node.staff.sessions.enter("lan", GOOD, DESK)
    with pytest.raises(PeopleKeyUnusable):
        node.staff.sessions.prove(entered.token, phone.code(node.clock), DESK)
