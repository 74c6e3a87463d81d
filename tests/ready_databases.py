"""Empty SQLite databases of hubs and nodes are copied, not made table by table: tests open thousands of the same kind.

Only this process copies: `axis` as a process of its own makes its databases, as do the tests of migrations.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from pysqlite3 import dbapi2
from sqlalchemy.engine import Engine

from exchange_axis.store.engine import open_engine
from exchange_axis.store.migrations import Schema, migrate

CALLERS = ("config.databases", "exchange_axis.store.blob_keys", "exchange_axis.store.node.unit")
_ONE_AT_A_TIME = Lock()


def copy_databases() -> None:
    """From now on, for whoever is loaded and brings a new database up to date."""
    for name in CALLERS:
        if name in sys.modules:
            setattr(sys.modules[name], "migrate", _copied)  # noqa: B010 # the module does not offer it for this


def _copied(engine: Engine, schema: Schema, *, at: datetime) -> tuple[int, int]:
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as connection, _ONE_AT_A_TIME:
            driver: Any = connection.driver_connection
            if driver.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                _ready(schema, at.astimezone(UTC)).backup(driver)
                return 0, schema.version
    return migrate(engine, schema, at=at)


@cache
def _ready(schema: Schema, at: datetime) -> Any:
    """In memory, with all tables and without rows."""
    kept = dbapi2.connect(":memory:", check_same_thread=False)
    with tempfile.TemporaryDirectory(prefix="axis-ready-") as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'axis.db'}")
        try:
            migrate(engine, schema, at=at)
            with closing(engine.raw_connection()) as connection:
                made: Any = connection.driver_connection
                made.backup(kept)
        finally:
            engine.dispose()
    return kept
