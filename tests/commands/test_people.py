"""`axis node user …` as an operator types it."""

from __future__ import annotations

import getpass
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from config import actions
from exchange_axis.commands import node as node_commands
from exchange_axis.commands.arguments import WronglyCalled
from exchange_axis.pipeline.sessions import Visitor
from exchange_axis.store.people import PeopleRows
from tests.commands.counter import Counter
from tests.commands.running import axis
from tests.light_passwords import IN_EARNEST
from tests.node.stand import Stand, open_stand

CHOSEN = "một câu đủ dài để nhớ"


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return open_stand(tmp_path)


@pytest.fixture
def home(stand: Stand) -> Counter:
    return Counter(node_commands, stand.sender.folder, lambda _folder: stand.sender.open())


def test_a_password_is_made_shown_once_and_opens_the_door(stand: Stand, home: Counter) -> None:
    told = home.run("node", "user", "add", "lan", "--name", "Nguyễn Thị Lan", "--role", "clerk")
    (line,) = [line for line in told.out.splitlines() if "chỉ hiện một lần" in line]
    password = line.rsplit(" ", 1)[1]
    assert "password" not in home.run("node", "user", "list", "--json").json["users"][0]
    with stand.sender.open() as node:
        entered = node.staff.sessions.enter("lan", password, Visitor(address="127.0.0.1"))
        assert entered.person.stage == "change"


def test_in_earnest_a_guess_costs_what_the_standard_recommends(tmp_path: Path) -> None:
    """RFC 9106 §4, second setting: 3 rounds over 64 MiB in 4 lanes; in a process of its own, as tests work lightly."""
    assert (IN_EARNEST.rounds, IN_EARNEST.memory, IN_EARNEST.lanes) == (3, 65_536, 4)
    actions.hub_init(tmp_path, id="truc", name="Trục", url="https://127.0.0.1:1", listen=None, database="")
    told = axis("hub", "user", "add", "lan", "--name", "Lan", "--role", "operator", "--data", tmp_path)
    assert told.code == 0, told.err
    with closing(sqlite3.connect(tmp_path / "axis.db")) as database:
        stored = [row[0] for row in database.execute("SELECT password FROM person")]
    assert [one.startswith("$argon2id$v=19$m=65536,t=3,p=4$") for one in stored] == [True]


def test_a_password_is_typed_twice_and_not_shown(stand: Stand, home: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = [CHOSEN, "khác", CHOSEN, CHOSEN]
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: typed.pop(0))
    words = ("node", "user", "add", "lan", "--name", "Lan", "--type-password")
    assert home.run(*words, "--json").json["error"]["code"] == "people.passwords-differ"
    told = home.run(*words, "--json")
    assert (told.code, told.json["password"]) == (0, None)
    assert CHOSEN not in told.out + told.err
    with stand.sender.open() as node:
        assert node.staff.sessions.enter("lan", CHOSEN, Visitor(address="127.0.0.1")).person.stage == "change"


def test_no_option_takes_a_password(home: Counter) -> None:
    for option in ("--password", "--password=x"):
        with pytest.raises(WronglyCalled):
            home.run("node", "user", "add", "lan", "--name", "Lan", option, CHOSEN)


def test_a_change_alarms_in_the_state_of_the_node_until_it_is_confirmed(stand: Stand, home: Counter) -> None:
    home.run("node", "user", "add", "truong", "--name", "Trưởng", "--role", "leader")
    home.run("node", "user", "add", "lan", "--name", "Lan", "--role", "clerk")
    (alarm,) = home.run("node", "status", "--json").json["alarms"]
    assert (alarm["code"], alarm["subject"]) == ("people.unconfirmed", "2")
    other = Counter(node_commands, stand.sender.folder, home.open_node, actor="truong")
    assert other.run("node", "user", "confirm", "2").code == 0
    assert home.run("node", "status", "--json").json["alarms"] == []


def test_a_tampered_record_is_told(stand: Stand, home: Counter) -> None:
    home.run("node", "user", "add", "lan", "--name", "Lan", "--role", "clerk")
    assert home.run("node", "user", "changes").code == 0
    with stand.sender.open() as node:

        def tamper(rows: PeopleRows) -> None:
            for words in ("DROP TRIGGER people_change_update", "UPDATE people_change SET actor = 'x'"):
                rows.connection.execute(text(words))

        node.staff.world.store.run(tamper)
    told = home.run("node", "user", "changes")
    assert told.code == 1
    assert "SỔ BỊ SỬA từ số 1" in told.out
