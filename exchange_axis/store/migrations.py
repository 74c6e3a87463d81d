"""The version a database has, and the only way it gets a higher one.

1. A schema is a list of steps; its version is the number of steps done. A released step is never edited.
2. All missing steps run in one transaction: a database is at the old version or at the new one.
3. Opening never changes anything: an older database is refused with the command to run, a newer one altogether.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, inspect, select
from sqlalchemy.exc import DBAPIError

from exchange_axis.failpoints import declare, failpoint
from exchange_axis.store.engine import WRITE, insert_new, lock_named, translate
from exchange_axis.store.errors import SchemaNewer, SchemaOlder
from exchange_axis.store.types import UtcTime

Migration = Callable[[Connection], None]

BEFORE_COMMIT = declare("store.migration.before-commit", "all steps have run, the database is still at the old version")

_version = Table(
    "schema_version",
    MetaData(),
    Column("name", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("migrated_at", UtcTime, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    name: str
    """`hub`, `node`, …: several may share a database."""
    command: str
    """What an operator runs to bring it up to date, such as `axis hub migrate`."""
    migrations: tuple[Migration, ...]
    """Step n brings version n to n + 1."""

    @property
    def version(self) -> int:
        return len(self.migrations)


def schema_version(engine: Engine, schema: Schema) -> int:
    """Steps done in this database; 0 when it is empty."""
    with engine.connect() as connection:
        return _read(connection, schema)


def require_schema(engine: Engine, schema: Schema) -> None:
    """Pass only if the database has exactly the version this program was written for.

    Raises:
        SchemaOlder: names the command that migrates.
        SchemaNewer: written by a later program.
    """
    _require_not_newer(found := schema_version(engine, schema), schema)
    if found < schema.version:
        raise SchemaOlder(name=schema.name, found=found, wanted=schema.version, command=schema.command)


def migrate(engine: Engine, schema: Schema, *, at: datetime) -> tuple[int, int]:
    """Run the missing steps; the versions before and after. Two processes at once: the second finds nothing to do.

    Raises:
        SchemaNewer: written by a later program; nothing was changed.
    """
    with engine.execution_options(**{WRITE: True}).connect() as connection, connection.begin():
        try:
            lock_named(connection, "schema")
            _version.create(connection, checkfirst=True)
            _require_not_newer(found := _read(connection, schema), schema)
            for step in schema.migrations[found:]:
                step(connection)
            if found < schema.version:
                _write(connection, schema, at)
        except DBAPIError as error:
            raise translate(error) or error from error
        failpoint(BEFORE_COMMIT)
    return found, schema.version


def _require_not_newer(found: int, schema: Schema) -> None:
    if found > schema.version:
        raise SchemaNewer(name=schema.name, found=found, wanted=schema.version)


def _read(connection: Connection, schema: Schema) -> int:
    if not inspect(connection).has_table(_version.name):
        return 0
    return connection.scalar(select(_version.c.version).where(_version.c.name == schema.name)) or 0


def _write(connection: Connection, schema: Schema, at: datetime) -> None:
    values = {"version": schema.version, "migrated_at": at}
    if not insert_new(connection, _version, {"name": schema.name, **values}):
        connection.execute(_version.update().where(_version.c.name == schema.name).values(values))
