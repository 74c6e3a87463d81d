"""Opening a database so that what was acknowledged survives power loss, and the few words both databases share.

1. SQLite comes through `pysqlite3`: 3.7.0 to 3.51.2 carry the WAL-reset race (fixed in 3.51.3), and hosts ship those.
2. WAL with `synchronous=FULL`: NORMAL loses commits on power failure. Version and pragmas are asserted, not hoped for.
3. Transactions are begun here (`BEGIN IMMEDIATE` to write, `BEGIN` on a query-only connection to read), never by the
   driver's guess.
4. The same statements run on both databases; what differs is in this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import pysqlite3.dbapi2 as sqlite_driver
from sqlalchemy import Connection, Engine, Select, Table, create_engine, event, literal_column, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.dml import ReturningInsert

from exchange_axis.store.errors import StoreDamaged, StoreError, StoreUnavailable, StoreUnsafe, StoreUrl

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

SQLITE_MINIMUM = (3, 51, 3)
POSTGRESQL_MINIMUM = 14
BUSY_TIMEOUT = 10_000
"""Milliseconds to wait for another process's write transaction (a command run beside the service)."""
CONNECT_TIMEOUT = 10
"""Seconds for a new PostgreSQL connection."""
WRITE = "axis_write"
"""Execution option that marks a connection as writing."""

_PRAGMAS = (
    ("synchronous", "FULL", 2),
    ("foreign_keys", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
    # Statement journals of savepoints would otherwise need room in /tmp.
    ("temp_store", "MEMORY", 2),
    # Freed pages are overwritten: erased keys and salts must not be found in the file by a byte search.
    ("secure_delete", "ON", 1),
)
# SQLITE_BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL: the host's trouble, not the work's.
_SQLITE_TROUBLE = frozenset({5, 6, 7, 8, 9, 10, 13, 14, 15})
_SQLITE_DAMAGE = frozenset({11, 26})
# PostgreSQL error classes: 08 connection, 53 resources (disk full, too many connections), 57 operator, 58 I/O.
_POSTGRESQL_TROUBLE = ("08", "53", "57P", "58", "25006")
_POSTGRESQL_RETRY = frozenset({"40001", "40P01"})

_Query = TypeVar("_Query", bound=Select[Any])


def open_engine(url: str, *, connections: int = 16) -> Engine:
    """Open `sqlite:///PATH` or `postgresql[+psycopg]://…` and prove that its settings are safe.

    Args:
        connections: how many may be open at once in this process.

    Raises:
        StoreUrl: another kind of address.
        StoreUnsafe: too old, or set so that acknowledged work could be lost.
        StoreUnavailable: cannot be reached or opened.
        StoreDamaged: the file is not a sound database.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StoreUrl(url="?") from error
    backend = address.get_backend_name()
    if backend == "sqlite" and address.database and address.database != ":memory:":
        engine = _sqlite(address, connections)
    elif backend == "postgresql":
        engine = _postgresql(address, connections)
    else:
        raise StoreUrl(url=address.render_as_string(hide_password=True))
    try:
        with engine.connect() as connection:
            if backend == "postgresql":
                _require_safe_postgresql(connection)
    except DBAPIError as error:
        engine.dispose()
        raise translate(error) or error from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def is_sqlite(connection: Connection | Engine) -> bool:
    return connection.dialect.name == "sqlite"


def skip_locked(query: _Query) -> _Query:
    """Rows nobody else works on, locked for us. On SQLite the one writer has them anyway and the words vanish."""
    return query.with_for_update(skip_locked=True)


def for_update(query: _Query) -> _Query:
    """Rows locked until commit, waiting for others. On SQLite the one writer has them anyway."""
    return query.with_for_update()


@cache
def locked(query: _Query) -> _Query:
    """`for_update` of a statement that is built once and run often."""
    return for_update(query)


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert one row unless a unique key of it is already taken; True if it was inserted."""
    # Not rowcount: where a key is generated, it is -1 on PostgreSQL.
    return connection.execute(_insert_new(table, connection.dialect.name), values).first() is not None


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose unique keys are not taken."""
    if rows:
        connection.execute(_insert_missing(table, connection.dialect.name), rows)


@cache
def _insert_missing(table: Table, dialect: str) -> sqlite.Insert | postgresql.Insert:
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - it is slow to load, and most have SQLite

    return postgresql.insert(table).on_conflict_do_nothing()


@cache
def _insert_new(table: Table, dialect: str) -> ReturningInsert[Any]:
    return _insert_missing(table, dialect).returning(literal_column("1"))


def lock_named(connection: Connection, name: str) -> None:
    """Hold a lock of that name until the transaction ends (advisory on PostgreSQL; SQLite has one writer)."""
    if not is_sqlite(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def translate(error: DBAPIError, *, outcome: str = "rolled-back") -> StoreError | None:
    """The refusal that a driver's error means, or None when it speaks of the work itself (a constraint, a fault)."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        reason = _reason(error)
        if code & 0xFF in _SQLITE_DAMAGE:
            return StoreDamaged(reason=reason)
        return StoreUnavailable(reason=reason, outcome=outcome) if code & 0xFF in _SQLITE_TROUBLE else None
    state = getattr(error.orig, "sqlstate", None)
    # psycopg gives no SQLSTATE when it was the connection that broke.
    lost = error.connection_invalidated or (state is None and isinstance(error, (OperationalError, InterfaceError)))
    if lost or (state or "").startswith(_POSTGRESQL_TROUBLE) or is_retryable(error):
        return StoreUnavailable(reason=_reason(error), outcome=outcome)
    return None


def is_retryable(error: DBAPIError) -> bool:
    """A serialization failure or deadlock: PostgreSQL rolled back and asks to run the work again."""
    return getattr(error.orig, "sqlstate", None) in _POSTGRESQL_RETRY


def _reason(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__


def _sqlite(address: URL, connections: int) -> Engine:
    found = tuple(int(part) for part in sqlite_driver.sqlite_version.split("."))
    if found < SQLITE_MINIMUM:
        wanted = ".".join(map(str, SQLITE_MINIMUM))
        raise StoreUnsafe(setting="sqlite_version", found=sqlite_driver.sqlite_version, wanted=f">= {wanted}")
    engine = create_engine(
        address.set(drivername="sqlite"),
        module=sqlite_driver,
        pool_size=connections,
        max_overflow=0,
        pool_use_lifo=True,  # what was used last has pages and statements at hand
        connect_args={"timeout": BUSY_TIMEOUT / 1000, "isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: PoolProxiedConnection, _record: object) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT}")
        cursor.execute("PRAGMA journal_mode=WAL")
        _require("journal_mode", cursor.fetchone(), "wal")
        for name, value, stored in _PRAGMAS:
            cursor.execute(f"PRAGMA {name}={value}")
            cursor.execute(f"PRAGMA {name}")
            _require(name, cursor.fetchone(), stored)
        cursor.execute("PRAGMA journal_size_limit=67108864")
    finally:
        cursor.close()


def _require(setting: str, row: Any, wanted: object) -> None:
    found = row[0] if row else None
    if found != wanted:
        raise StoreUnsafe(setting=setting, found=found, wanted=wanted)


def _begin(connection: Connection) -> None:
    write = bool(connection.get_execution_options().get(WRITE))
    if connection.info.get(WRITE) is not write:  # as the connection was left: the pragma costs as much as a query
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if write else 'ON'}")
        connection.info[WRITE] = write
    driver_sql(connection, "BEGIN IMMEDIATE" if write else "BEGIN")


def driver_sql(connection: Connection, words: str) -> None:
    """Run words that every unit of work needs on SQLite: as a statement of SQLAlchemy they cost ten times as much.

    Raises:
        DBAPIError: as SQLAlchemy does.
    """
    try:
        connection.connection.cursor().execute(words)
    except sqlite_driver.OperationalError as error:
        raise OperationalError(words, None, error) from error
    except sqlite_driver.DatabaseError as error:
        raise DatabaseError(words, None, error) from error


def _postgresql(address: URL, connections: int) -> Engine:
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": CONNECT_TIMEOUT, "options": "-c timezone=UTC"},
    )


def _require_safe_postgresql(connection: Connection) -> None:
    version = int(connection.scalar(text("SHOW server_version_num"))) // 10_000
    if version < POSTGRESQL_MINIMUM:
        raise StoreUnsafe(setting="server_version", found=version, wanted=f">= {POSTGRESQL_MINIMUM}")
    for setting, unsafe, wanted in (("fsync", "off", "on"), ("full_page_writes", "off", "on")):
        found = connection.scalar(text(f"SHOW {setting}"))
        if found == unsafe:
            raise StoreUnsafe(setting=setting, found=found, wanted=wanted)
    if connection.scalar(text("SHOW synchronous_commit")) == "off":
        raise StoreUnsafe(setting="synchronous_commit", found="off", wanted="on")
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise StoreUnsafe(setting="server_encoding", found=encoding, wanted="UTF8")
