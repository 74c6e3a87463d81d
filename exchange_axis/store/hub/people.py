"""The people of a hub behind the port of the use cases: each change of rights is also a decision, and so a log leaf."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from exchange_axis.store.hub import records
from exchange_axis.store.hub.people_tables import PEOPLE
from exchange_axis.store.people import Change, PeopleRows
from exchange_axis.store.transactions import Transactions

T = TypeVar("T")


class HubPeople:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def run(self, work: Callable[[PeopleRows], T]) -> T:
        return self._transactions.run(lambda connection: work(_rows(connection)))

    def read(self, work: Callable[[PeopleRows], T]) -> T:
        return self._transactions.read(lambda connection: work(_rows(connection)))


def _rows(connection: Connection) -> PeopleRows:
    return PeopleRows(connection, PEOPLE, _decided)


def _decided(connection: Connection, change: Change) -> None:
    records.decide(
        connection,
        at=change.at,
        actor=change.actor,
        action=f"people.{change.action}",
        subject=change.login,
        details=f"change={change.seq} {change.details}".strip(),
    )
