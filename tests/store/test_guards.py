"""The database refuses every step that the lifecycle tables do not have, and lets every one of them pass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

import pytest
from sqlalchemy import BigInteger, Boolean, Column, Connection, Engine, Integer, LargeBinary, Table, inspect
from sqlalchemy.exc import IntegrityError

from exchange_axis.domain.lifecycle import DELIVERY, PROGRESS, REQUEST, SHIPMENT
from exchange_axis.store import guards
from exchange_axis.store.engine import WRITE, is_sqlite, open_engine
from exchange_axis.store.guards import Guard
from exchange_axis.store.hub.schema import GUARDS as HUB_GUARDS
from exchange_axis.store.hub.schema import HUB_SCHEMA
from exchange_axis.store.migrations import Schema, migrate
from exchange_axis.store.node.schema import GUARDS as NODE_GUARDS
from exchange_axis.store.node.schema import SCHEMA as NODE_SCHEMA
from exchange_axis.store.types import UtcTime

AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


def filler(column: Column[object]) -> object:
    """Some value that the column takes."""
    if isinstance(column.type, UtcTime):
        return AT
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, LargeBinary):
        return b"x"
    return 1 if isinstance(column.type, (BigInteger, Integer)) else "x"


def row(table: Table, **values: str) -> dict[str, object]:
    known = {
        "delivery": {"state": "queued", "progress": "00", "request": "none"},
        "shipment": {"state": "queued"},
        "addressee": {"state": "queued", "progress": "00", "request": "none"},
        "inbox": {"progress": "00", "request": "none"},
    }[table.name]
    needed = {column.name: filler(column) for column in table.columns if not column.nullable}
    return {**needed, **known, **values}


def without_references(connection: Connection) -> None:
    """Rows of one table alone, on this connection."""
    if is_sqlite(connection):
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.cursor().execute("PRAGMA foreign_keys=OFF")
    else:
        for guard in (*HUB_GUARDS, *NODE_GUARDS):
            for constraint in guard.table.foreign_key_constraints:
                name = f"{guard.table.name}_{constraint.column_keys[0]}_fkey"
                connection.exec_driver_sql(f"ALTER TABLE IF EXISTS {guard.table.name} DROP CONSTRAINT IF EXISTS {name}")
        connection.commit()


def steps(engine: Engine, guard: Guard) -> set[tuple[str, str]]:
    """Which changes the database lets pass, each tried alone."""
    passed = set()
    with engine.execution_options(**{WRITE: True}).connect() as connection:
        without_references(connection)
        for before, after in product(guard.ways.states, repeat=2):
            with connection.begin():
                connection.execute(guard.table.delete())
                connection.execute(guard.table.insert().values(row(guard.table, **{guard.column: before})))
                try:
                    with connection.begin_nested():
                        connection.execute(guard.table.update().values({guard.column: after}))
                    passed.add((before, after))
                except IntegrityError:
                    pass
    return {(before, after) for before, after in passed if before != after}


@pytest.fixture(params=["hub", "node"])
def guarded(request: pytest.FixtureRequest, engine: Engine) -> tuple[Engine, tuple[Guard, ...]]:
    schema, held = {"hub": (HUB_SCHEMA, HUB_GUARDS), "node": (NODE_SCHEMA, NODE_GUARDS)}[request.param]
    migrate(engine, schema, at=AT)
    return engine, held


def test_each_step_passes_and_no_other_does(guarded: tuple[Engine, tuple[Guard, ...]]) -> None:
    engine, held = guarded
    for guard in held:
        assert steps(engine, guard) == guard.ways.steps, guard.name


def test_no_unknown_state_comes_in(guarded: tuple[Engine, tuple[Guard, ...]]) -> None:
    engine, held = guarded
    for guard in held:
        with engine.execution_options(**{WRITE: True}).connect() as connection:
            without_references(connection)
            with pytest.raises(IntegrityError), connection.begin():
                connection.execute(guard.table.insert().values(row(guard.table, **{guard.column: "zz"})))
            with connection.begin():
                connection.execute(guard.table.insert().values(row(guard.table)))
                connection.execute(guard.table.delete())


def test_the_guards_say_what_the_tables_say() -> None:
    for ways, machine in (
        (guards.DELIVERY_WAYS, DELIVERY),
        (guards.SHIPMENT_WAYS, SHIPMENT),
        (guards.REQUEST_WAYS, REQUEST),
    ):
        pairs = {(before.value, after.value) for (before, _), after in machine.table.items() if before is not after}
        assert ways.steps == pairs
    strict = {(before.value, after.value) for (before, _), after in PROGRESS.table.items() if before is not after}
    assert strict < guards.PROGRESS_WAYS.steps
    assert ("06", "03") not in guards.PROGRESS_WAYS.steps
    assert ("02", "03") not in guards.PROGRESS_WAYS.steps


@pytest.mark.parametrize("schema", [HUB_SCHEMA, NODE_SCHEMA], ids=lambda schema: schema.name)
def test_what_is_created_is_what_the_tables_say(engine: Engine, schema: Schema) -> None:
    """The statements are written once a process and sent together; SQLAlchemy, asked again, finds nothing missing."""
    migrate(engine, schema, at=AT)
    (metadata,) = {guard.table.metadata for guard in (HUB_GUARDS if schema is HUB_SCHEMA else NODE_GUARDS)}
    there = inspect(engine)
    assert set(there.get_table_names()) >= {*metadata.tables, "schema_version"}
    for table in metadata.tables.values():
        assert [column["name"] for column in there.get_columns(table.name)] == [column.name for column in table.columns]
        assert {index["name"] for index in there.get_indexes(table.name)} >= {index.name for index in table.indexes}
        assert len(there.get_foreign_keys(table.name)) == len(table.foreign_key_constraints)
