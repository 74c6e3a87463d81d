"""What PostgreSQL keeps of rows that were overwritten or deleted, and how it leaves the disk.

1. An updated row's old version stays in its page until VACUUM; a page that VACUUM has tidied still has the old bytes in
   its gap. Only a table that is written anew has none: VACUUM FULL.
2. The planner's statistics hold sample values of columns: they are made anew, and their catalogue is rewritten.
3. The write-ahead log holds old pages and new ones: its segments go with a checkpoint after a switch, unless the server
   renames old ones for later use (`wal_recycle`), archives them, or keeps them for a replica.
4. What this role may not do, or the server keeps on purpose, is said, never passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from exchange_axis.store.errors import StoreUnavailable

LOCK_TIMEOUT: Final = "10s"
"""How long a table that others use is waited for."""
TRIES, PAUSE = 20, 0.25
"""How often, and at what distance in seconds, it is asked whether older transactions have ended."""


class Left(StrEnum):
    """What the server's own people have to do; the value is shown and documented."""

    STATISTICS = "statistics"
    """VACUUM FULL pg_statistic: by the owner of the database."""
    CHECKPOINT = "checkpoint"
    """CHECKPOINT, pg_switch_wal(), CHECKPOINT: by a superuser."""
    WAL_RECYCLE = "wal-recycle"
    """Old segments of the write-ahead log are renamed, not removed: `wal_recycle = off`."""
    WAL_ARCHIVE = "wal-archive"
    """Segments have been archived: by the archive's own rules."""
    WAL_SLOTS = "wal-slots"
    """A replica or slot keeps segments, and has the rows itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubbed:
    tables: tuple[str, ...]
    """Written anew; empty where the database overwrites what it frees."""
    left: tuple[Left, ...]


def scrub_postgresql(engine: Engine, tables: Sequence[str]) -> Scrubbed:
    """
    Raises:
        StoreUnavailable: a transaction that began before holds old rows; DBAPIError for a lock that did not come.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        try:
            _wait_for_others(connection)
            quote = connection.dialect.identifier_preparer.quote
            for table in tables:
                connection.execute(text(f"VACUUM (FULL, ANALYZE) {quote(table)}"))
            return Scrubbed(tables=tuple(tables), left=tuple(_finish(connection)))
        finally:
            connection.execute(text("RESET lock_timeout"))


def _wait_for_others(connection: Connection) -> None:
    """VACUUM keeps every row that a transaction of before may still read."""
    began = connection.scalar(text("SELECT clock_timestamp()"))
    busy = text(
        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        " AND xact_start < :began"
    )
    prepared = text("SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()")
    for _ in range(TRIES):
        if not connection.scalar(busy, {"began": began}) and not connection.scalar(prepared):
            return
        connection.execute(text(f"SELECT pg_sleep({PAUSE})"))
    raise StoreUnavailable(reason="older transactions hold overwritten rows")


def _finish(connection: Connection) -> Iterator[Left]:
    """Statistics, then the write-ahead log; yields what is not done by it."""
    if not _may(connection, "VACUUM FULL pg_statistic"):
        yield Left.STATISTICS
    if not all(_may(connection, words) for words in ("CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT")):
        yield Left.CHECKPOINT
    if connection.scalar(text("SHOW wal_recycle")) != "off":
        yield Left.WAL_RECYCLE
    if connection.scalar(text("SHOW archive_mode")) != "off":
        yield Left.WAL_ARCHIVE
    if connection.scalar(text("SELECT count(*) FROM pg_replication_slots")):
        yield Left.WAL_SLOTS


def _may(connection: Connection, words: str) -> bool:
    """False where the role has no right to it."""
    try:
        connection.execute(text(words))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == INSUFFICIENT_PRIVILEGE:
            return False
        raise
    return True


INSUFFICIENT_PRIVILEGE: Final = "42501"
