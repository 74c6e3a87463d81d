"""Schema versions on both databases: refuse what does not fit, change all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, inspect, text

from exchange_axis.store.engine import open_engine
from exchange_axis.store.errors import SchemaNewer, SchemaOlder
from exchange_axis.store.migrations import Schema, migrate, require_schema, schema_version

AT = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)


def first(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE letter (id INTEGER)"))


def second(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE letter ADD COLUMN lane VARCHAR(10)"))


def failing(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE half_done (id INTEGER)"))
    msg = "a step that fails"
    raise LookupError(msg)


ONE = Schema(name="hub", command="axis hub migrate", migrations=(first,))
TWO = Schema(name="hub", command="axis hub migrate", migrations=(first, second))
BROKEN = Schema(name="hub", command="axis hub migrate", migrations=(first, second, failing))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


def test_an_empty_database_is_older_and_names_the_command(engine: Engine) -> None:
    with pytest.raises(SchemaOlder) as caught:
        require_schema(engine, ONE)
    assert caught.value.code == "store.schema-older"
    assert "axis hub migrate" in caught.value.remedy("en")
    assert inspect(engine).get_table_names() == [], "opening changes nothing"


def test_migrating_goes_step_by_step_and_then_fits(engine: Engine) -> None:
    assert migrate(engine, ONE, at=AT) == (0, 1)
    require_schema(engine, ONE)
    with pytest.raises(SchemaOlder):
        require_schema(engine, TWO)
    assert migrate(engine, TWO, at=AT) == (1, 2)
    assert migrate(engine, TWO, at=AT) == (2, 2)
    require_schema(engine, TWO)
    assert [column["name"] for column in inspect(engine).get_columns("letter")] == ["id", "lane"]


def test_a_newer_database_is_refused_and_left_alone(engine: Engine) -> None:
    migrate(engine, TWO, at=AT)
    for step in (lambda: require_schema(engine, ONE), lambda: migrate(engine, ONE, at=AT)):
        with pytest.raises(SchemaNewer) as caught:
            step()
        assert caught.value.code == "store.schema-newer"
    assert schema_version(engine, TWO) == 2


def test_a_failing_step_leaves_the_old_version_whole(engine: Engine) -> None:
    migrate(engine, ONE, at=AT)
    with pytest.raises(LookupError):
        migrate(engine, BROKEN, at=AT)
    assert schema_version(engine, ONE) == 1
    assert set(inspect(engine).get_table_names()) == {"schema_version", "letter"}
    assert migrate(engine, TWO, at=AT) == (1, 2)


def test_two_schemas_share_a_database(engine: Engine) -> None:
    other = Schema(name="node", command="axis node migrate", migrations=())
    migrate(engine, TWO, at=AT)
    migrate(engine, other, at=AT)
    require_schema(engine, TWO)
    require_schema(engine, other)


def test_two_processes_at_once_migrate_once(engine: Engine) -> None:
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: migrate(engine, TWO, at=AT), range(2)))
    assert sorted(results) == [(0, 2), (2, 2)]
