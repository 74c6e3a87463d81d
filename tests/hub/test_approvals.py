"""Who approves an erasure or a root: people who prove themselves by password and one-time code, not mere names."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.commands.hub_operations import HUB_OPERATIONS
from exchange_axis.domain.disposal import SamePerson
from exchange_axis.domain.people import House, Role
from exchange_axis.domain.two_people import ApprovalProof, is_same_person, proved_name
from exchange_axis.hub.roots import ApproverSame
from exchange_axis.pipeline.approvals import Approvals, NameReserved, NoSecondFactor, ProofWanted
from exchange_axis.pipeline.people_refusals import FactorWrong, LoginLocked, LoginWrong, NotForRole
from exchange_axis.pipeline.people_world import PeopleSettings
from exchange_axis.pipeline.staff import Ground, staff_of
from exchange_axis.store.hub.people import HubPeople
from tests.commands.running import axis, typed
from tests.hub.stand import HandClock
from tests.hub.test_erasing import GROUND, Scene, scene_on
from tests.signing.pki import TestPki
from tests.staff.stand import CHEAP, GOOD, Stand, Telephone

ACCOUNT = "root"


@dataclass
class Office:
    scene: Scene
    people: Stand
    phones: dict[str, Telephone]

    def settle(self, login: str, *roles: Role) -> None:
        _, self.phones[login] = self.people.settle(login, *roles)

    def proof(self, login: str, **other: str) -> dict[str, str]:
        return {"login": login, "password": GOOD, "code": self.phones[login].code(self.scene.clock), **other}

    def ask(self, operation: str, *, login: str = "", actor: str = ACCOUNT, account: str = ACCOUNT, **more: Any) -> Any:
        """As the command line asks, in the serving process or not."""
        proof = {"proof": self.proof(login)} if login else {}
        return HUB_OPERATIONS[operation](self.scene.stand.hub, {"actor": actor, "account": account, **proof, **more})

    def user(self, login: str) -> int:
        return next(one.seq for one in self.people.staff.people.every() if one.login == login)

    def container(self, name: str) -> str:
        (letter,) = self.scene.stand.hub.auditing.history(name)
        return letter.container_sha256

    def propose(self, name: str, **who: Any) -> Any:
        return self.ask("erase", query=name, step="propose", ground=GROUND, salts=False, **who)

    def approve(self, name: str, **who: Any) -> Any:
        return self.ask("erase", query=name, step="approve", ground=None, salts=False, **who)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = HandClock()
    scene = scene_on(tmp_path, clock)
    hub = scene.stand.hub
    ground = Ground(clock=clock, rng=hub.world.rng, folder=scene.stand.places.root)
    store = HubPeople(hub.world.transactions)
    hub.__dict__["staff"] = staff_of(House.HUB, store, ground, PeopleSettings(cost=CHEAP))  # passwords at no price
    yield Office(scene=scene, people=Stand(hub.staff, clock), phones={})
    scene.stand.close()


def two_officers(office: Office) -> str:
    """Lan and Minh could both approve; a letter of which nobody needs anything any more."""
    office.settle("lan", Role.OPERATOR)
    office.settle("minh", Role.SECURITY_OFFICER)
    name, _ = office.scene.ended("57")
    return name


def test_two_who_proved_themselves_erase_from_one_account_and_the_record_says_so(office: Office) -> None:
    name = two_officers(office)
    proposed = office.propose(name, login="lan")
    assert proposed.proposed_by == "lan (2fa, root)"
    done = office.approve(name, login="minh")
    assert (done.state, done.decided_by) == ("done", "minh (2fa, root)")
    signed = office.scene.erasing.signed_record().content.decode("utf-8")
    assert "lan (2fa, root)" in signed and "minh (2fa, root)" in signed
    sessions = office.people.staff.sessions
    assert {one.agent for login in ("lan", "minh") for one in sessions.of(office.user(login))} == {"Firefox"}


def test_a_bare_name_approves_nothing_once_somebody_could_prove_himself(office: Office) -> None:
    name = two_officers(office)
    office.propose(name, login="lan")
    for who in ("minh", "Minh", ACCOUNT):
        with pytest.raises(ProofWanted):
            office.approve(name, actor=who, account="minh")
    with pytest.raises(NameReserved):
        office.approve(name, actor=proved_name("minh", ACCOUNT))
    office.ask("erase", query=name, step="withdraw", ground=None, salts=False)
    for who in ("Lan", ACCOUNT):
        with pytest.raises(ProofWanted):
            office.propose(name, actor=who)


def test_closing_every_account_that_could_approve_does_not_bring_names_back(office: Office) -> None:
    name = two_officers(office)
    for login in ("lan", "minh"):
        office.people.staff.people.disable(login, actor=ACCOUNT)
    with pytest.raises(ProofWanted):
        office.propose(name)


def test_without_such_people_names_are_what_they_were(office: Office) -> None:
    office.settle("thanh-tra", Role.AUDITOR)
    name, _ = office.scene.ended("57")
    office.propose(name, actor="Lan")
    with pytest.raises(NameReserved):
        office.approve(name, actor=proved_name("minh", "minh"))
    assert office.approve(name, actor="Minh").state == "done"


def test_the_same_person_twice(office: Office) -> None:
    name = two_officers(office)
    office.propose(name, login="lan")
    office.scene.clock.advance(seconds=60)
    with pytest.raises(SamePerson):
        office.approve(name, login="lan")
    office.scene.clock.advance(seconds=60)
    with pytest.raises(SamePerson):
        office.approve(name, login="lan", account="another")


def test_one_person_is_not_two_as_user_of_the_machine_and_by_his_login(office: Office) -> None:
    """What a bare name proposed before there were accounts: nobody can tell whose it was."""
    name, _ = office.scene.ended("57")
    assert office.propose(name).proposed_by == ACCOUNT
    office.settle("minh", Role.SECURITY_OFFICER)
    for account in (ACCOUNT, "minh", "another"):
        with pytest.raises(SamePerson) as refused:
            office.approve(name, login="minh", account=account)
        assert "--as" in refused.value.remedy("vi")
        office.scene.clock.advance(seconds=60)
    office.ask("erase", query=name, step="withdraw", ground=None, salts=False)
    office.settle("lan", Role.OPERATOR)
    office.propose(name, login="lan")
    assert office.approve(name, login="minh").decided_by == "minh (2fa, root)"


def test_a_code_is_worth_one_approval(office: Office) -> None:
    name = two_officers(office)
    other, _ = office.scene.ended("58")
    for one in (name, other):
        office.propose(one, login="lan")
        office.scene.clock.advance(seconds=60)
    office.approve(name, login="minh")
    with pytest.raises(FactorWrong):
        office.approve(other, login="minh")
    assert office.scene.stand.hub.world.blobs.has(office.container(other))
    office.scene.clock.advance(seconds=60)
    assert office.approve(other, login="minh").state == "done"


def test_what_is_wrong_approves_nothing_and_is_counted(office: Office) -> None:
    name = two_officers(office)
    office.propose(name, login="lan")
    wrong = {"password": "không phải nó", "code": office.phones["minh"].code(office.scene.clock)}
    with pytest.raises(LoginWrong):
        office.approve(name, proof=office.proof("minh", **wrong))
    with pytest.raises(FactorWrong):
        office.approve(name, proof=office.proof("minh", code="000000"))
    with pytest.raises(LoginWrong):
        office.approve(name, proof={"login": "khong-co", "password": GOOD, "code": "000000"})
    for _ in range(4):
        with pytest.raises(FactorWrong):
            office.approve(name, proof=office.proof("minh", code="000000"))
    with pytest.raises(LoginLocked):
        office.approve(name, login="minh")


def test_another_role_does_not_do(office: Office) -> None:
    name = two_officers(office)
    office.settle("thanh-tra", Role.AUDITOR)
    office.propose(name, login="lan")
    with pytest.raises(NotForRole):
        office.approve(name, login="thanh-tra")
    first = office.people.add("moi", Role.OPERATOR)
    with pytest.raises(NoSecondFactor):
        office.approve(name, proof={"login": "moi", "password": first, "code": "000000"})


def test_roots_and_trust_lists_go_by_the_same_rule(office: Office) -> None:
    office.settle("lan", Role.OPERATOR)
    office.settle("minh", Role.OPERATOR)
    hub = office.scene.stand.hub
    pem: dict[str, Any] = {"name": "goc-moi", "pem": TestPki().root_pem.decode(), "rule": {}}
    with pytest.raises(ProofWanted):
        office.ask("trust.add", **pem)  # one approver is enough at this hub: proposing decides
    two = replace(hub.world.settings, trust_approvers=2)
    object.__setattr__(hub.world, "settings", two)
    change = office.ask("trust.add", login="lan", **pem)
    office.scene.clock.advance(seconds=60)
    with pytest.raises(ProofWanted):
        office.ask("trust.decide", number=change.seq, approve=True, account="minh", actor="minh")
    with pytest.raises(ApproverSame):
        office.ask("trust.decide", number=change.seq, approve=True, login="lan")
    done = office.ask("trust.decide", number=change.seq, approve=True, login="minh")
    assert (done.state, done.decided_by) == ("approved", "minh (2fa, root)")
    with pytest.raises(ProofWanted):
        office.ask("trust-list.approve", account="minh", actor="minh")


def test_password_and_code_are_typed_at_the_terminal_and_nowhere_else(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = two_officers(office)
    office.propose(name, login="lan")
    office.scene.stand.close()
    folder, asked = office.scene.stand.places.root, list[str]()

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return GOOD

    monkeypatch.setattr(getpass, "getpass", answer)
    words = ("hub", "erase", name, "--approve", "--as", "minh", "--data", folder, "--json")
    told = typed(*words)
    assert json.loads(told.out)["error"]["code"] == "login.wrong", "months later the account is asleep"
    assert asked == ["Mật khẩu / password: ", "Mã / code: "] and GOOD not in told.out + told.err
    monkeypatch.undo()
    done = axis(*words)
    assert json.loads(done.out)["error"]["code"] == "approval.no-terminal"
    for option in ("--password", "--code"):
        assert typed(*words, option, GOOD).code == 2


@pytest.mark.parametrize(("mode", "wanted"), [("always", True), ("never", False), ("auto", False)])
def test_the_setting_says_otherwise(office: Office, mode: str, wanted: bool) -> None:
    office.settle("thanh-tra", Role.AUDITOR)
    assert Approvals(office.scene.stand.hub.staff, ApprovalProof(mode)).is_wanted() is wanted


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Lan", "lan ", True),
        ("lan", "minh", False),
        ("lan (2fa, root)", "minh (2fa, root)", False),
        ("lan (2fa, root)", "LAN (2fa, lan)", True),
        ("lan (2fa, root)", "root", True),
        ("lan (2fa, root)", "lan", True),
        ("lan (2fa, lan)", "root", False),
    ],
)
def test_who_is_the_same_person(one: str, other: str, same: bool) -> None:
    assert is_same_person(one, other) is is_same_person(other, one) is same
