"""The people of a node behind the port of the use cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from exchange_axis.store.node.unit import NodeStore
from exchange_axis.store.people import PeopleRows

T = TypeVar("T")


class NodePeople:
    def __init__(self, store: NodeStore) -> None:
        self._store = store

    def run(self, work: Callable[[PeopleRows], T]) -> T:
        return self._store.run(lambda unit: work(unit.people))

    def read(self, work: Callable[[PeopleRows], T]) -> T:
        return self._store.read(lambda unit: work(unit.people))
