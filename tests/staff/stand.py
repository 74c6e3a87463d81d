"""People of a node or a hub over a real store, a clock moved by hand, and an authenticator as a telephone has one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp

from adapters.clock import SystemRng
from exchange_axis.domain.people import Grant, House, Role
from exchange_axis.pipeline.passwords import Cost
from exchange_axis.pipeline.people_world import PeopleSettings
from exchange_axis.pipeline.sessions import Entered, Visitor
from exchange_axis.pipeline.staff import Ground, Staff, staff_of
from exchange_axis.store.engine import open_engine
from exchange_axis.store.hub.people import HubPeople
from exchange_axis.store.hub.schema import HUB_SCHEMA
from exchange_axis.store.migrations import migrate
from exchange_axis.store.node.people import NodePeople
from exchange_axis.store.node.unit import migrate_node_store, open_node_store
from exchange_axis.store.transactions import open_transactions
from tests.hub.stand import HandClock

CHEAP = Cost(rounds=1, memory=64, lanes=1)
"""The price of a password is no matter of these tests."""
DESK = Visitor(address="127.0.0.1", agent="Firefox")
STRANGER = Visitor(address="203.0.113.7", agent="curl")
GOOD = "mưa nguồn chớp bể 68"
ROOT = "os:root"


@dataclass
class Telephone:
    """Has the secret from the picture, and shows codes."""

    secret: str

    @classmethod
    def scanning(cls, address: str) -> Telephone:
        return cls(parse_qs(urlsplit(address).query)["secret"][0])

    def code(self, clock: HandClock) -> str:
        return pyotp.TOTP(self.secret).at(clock.now())


@dataclass
class Stand:
    staff: Staff
    clock: HandClock

    def add(self, login: str, *roles: Role | Grant, password: str | None = None, name: str = "") -> str:
        """A new account, with roles for the whole house or as granted; its first password."""
        grants = [one if isinstance(one, Grant) else Grant(role=one) for one in roles]
        invited = self.staff.people.add(login, name or f"Người {login}", grants, actor=ROOT, password=password)
        return invited.password or password or ""

    def settle(self, login: str, *roles: Role | Grant, name: str = "") -> tuple[Entered, Telephone]:
        """An account whose owner has been through everything: he is in."""
        first = self.add(login, *roles, name=name)
        entered = self.staff.sessions.enter(login, first, DESK)
        person = entered.person
        self.staff.people.change_password(person.user.seq, first, GOOD, session=person.session.id)
        person = self.staff.sessions.person(entered.token)
        phone = Telephone.scanning(self.staff.enrolling.offer(person).address)
        entered = self.staff.enrolling.finish(person, entered.token, phone.code(self.clock)).entered
        self.clock.advance(seconds=60)
        return entered, phone

    def enter(self, login: str, phone: Telephone) -> Entered:
        entered = self.staff.sessions.enter(login, GOOD, DESK)
        return self.staff.sessions.prove(entered.token, phone.code(self.clock), DESK)


@contextmanager
def open_house(
    folder: Path, house: House, *, clock: HandClock, database: str = "", factor_wanted: bool = True
) -> Iterator[Stand]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = PeopleSettings(name="Xã thử", cost=CHEAP, factor_wanted=factor_wanted)
    ground = Ground(clock=clock, rng=SystemRng(), folder=folder)
    if house is House.NODE:
        migrate_node_store(folder, at=clock.now())
        store = open_node_store(folder)
        try:
            yield Stand(staff_of(house, NodePeople(store), ground, settings), clock)
        finally:
            store.close()
        return
    engine = open_engine(database or f"sqlite:///{folder / 'hub.sqlite'}")
    migrate(engine, HUB_SCHEMA, at=clock.now())
    transactions = open_transactions(engine)
    try:
        yield Stand(staff_of(house, HubPeople(transactions), ground, settings), clock)
    finally:
        transactions.close()
