"""The lifecycle tables, held by the database itself: a state that no table has, or a step that none allows, is refused.

Made from the same literal tables that the program uses, so the two cannot differ. A fault of ours, or somebody at a
database prompt, then fails instead of leaving a letter in a state that nothing leads to.

Progress is guarded by what `Business.observe` gives, which is the table and the steps that may be skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import product
from typing import Any

from sqlalchemy import CheckConstraint, Connection, MetaData, Table, create_mock_engine
from sqlalchemy.engine.mock import MockConnection

from exchange_axis.domain.lifecycle import (
    DELIVERY,
    REQUEST,
    SHIPMENT,
    Business,
    Machine,
    Progress,
    Request,
    RequestEvent,
    StatusCode,
)
from exchange_axis.store.engine import driver_sql, is_sqlite


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """States, and the pairs of different ones that one step leads from and to."""

    states: tuple[str, ...]
    steps: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    table: Table
    column: str
    ways: Ways

    @property
    def name(self) -> str:
        return f"{self.table.name}_{self.column}"


def ways_of(machine: Machine[Any, Any]) -> Ways:
    """What a literal table allows."""
    return _ways(machine.states, ((before, after) for (before, _), after in machine.table.items()))


def _ways(states: type[StrEnum], steps: Iterable[tuple[str, str]]) -> Ways:
    changes = {(str(before), str(after)) for before, after in steps if before != after}
    return Ways(states=tuple(state.value for state in states), steps=frozenset(changes))


def _progress() -> Ways:
    events = (*StatusCode, *RequestEvent)
    seen = (Business(progress=progress, request=request) for progress, request in product(Progress, Request))
    return _ways(
        Progress,
        ((business.progress, business.observe(event).state.progress) for business, event in product(seen, events)),
    )


DELIVERY_WAYS = ways_of(DELIVERY)
SHIPMENT_WAYS = ways_of(SHIPMENT)
REQUEST_WAYS = ways_of(REQUEST)
PROGRESS_WAYS = _progress()

_DRIVERS = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}


def create_guarded(connection: Connection, metadata: MetaData, guards: Sequence[Guard]) -> None:
    """Create all tables, the guarded columns with a CHECK of their states and a trigger on their steps."""
    for guard in guards:
        name = f"{guard.name}_known"
        if name not in {constraint.name for constraint in guard.table.constraints}:
            states = ", ".join(_quoted(state) for state in guard.ways.states)
            guard.table.append_constraint(CheckConstraint(f"{guard.column} IN ({states})", name=name))
    create_tables(connection, metadata)
    for guard in guards:
        for statement in (_sqlite if is_sqlite(connection) else _postgresql)(guard):
            connection.exec_driver_sql(statement)


def create_tables(connection: Connection, metadata: MetaData) -> None:
    """Create all tables of a description, of which none may exist yet."""
    words = _words(metadata, connection.dialect.name)
    if is_sqlite(connection):
        for statement in words:
            driver_sql(connection, statement)
    else:
        connection.exec_driver_sql(";\n".join(words))  # one way to the server and back instead of some hundred


def only_grows(connection: Connection, table: str, record: str) -> None:
    """The database itself refuses to change or delete a row of this table, in these words."""
    refused = f"{record} only grows"
    if is_sqlite(connection):
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, {_quoted(refused)}); END"
            )
        return
    connection.exec_driver_sql(
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS $kept$ BEGIN RAISE EXCEPTION USING "
        f"ERRCODE = 'check_violation', MESSAGE = {_quoted(refused)}; END $kept$"
    )
    connection.exec_driver_sql(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_kept()"
    )


@cache
def _words(metadata: MetaData, dialect: str) -> tuple[str, ...]:
    """The statements of `create_all`: to write them takes several times as long as SQLite takes to run them."""
    words: list[str] = []

    def write(made: Any, *_: object, **__: object) -> None:
        words.append(str(made.compile(dialect=writer.dialect)).strip())

    writer: MockConnection = create_mock_engine(_DRIVERS[dialect], write)
    metadata.create_all(writer, checkfirst=False)
    return tuple(words)


def _refused(guard: Guard) -> str:
    """SQL condition of a change that no step allows; the values are words of our own tables."""
    steps = ", ".join(_quoted(f"{before}>{after}") for before, after in sorted(guard.ways.steps))
    old, new = f"OLD.{guard.column}", f"NEW.{guard.column}"
    return f"{old} <> {new} AND ({old} || '>' || {new}) NOT IN ({steps})"


def _sqlite(guard: Guard) -> tuple[str, ...]:
    return (
        f"CREATE TRIGGER {guard.name}_guard BEFORE UPDATE OF {guard.column} ON {guard.table.name} "
        f"FOR EACH ROW WHEN {_refused(guard)} "
        f"BEGIN SELECT RAISE(ABORT, 'no such step of {guard.table.name}.{guard.column}'); END",
    )


def _postgresql(guard: Guard) -> tuple[str, ...]:
    return (
        f"CREATE FUNCTION {guard.name}_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN "
        f"IF {_refused(guard)} THEN RAISE EXCEPTION USING ERRCODE = 'check_violation', "
        f"MESSAGE = 'no such step of {guard.table.name}.{guard.column}'; END IF; RETURN NEW; END $guard$",
        f"CREATE TRIGGER {guard.name}_guard BEFORE UPDATE OF {guard.column} ON {guard.table.name} "
        f"FOR EACH ROW EXECUTE FUNCTION {guard.name}_guard()",
    )


def _quoted(word: str) -> str:
    if "'" in word:
        raise ValueError(word)
    return f"'{word}'"
