"""Units of work: everything that must become true together, and an answer only after it is durable.

1. `run` returns only after COMMIT; an exception of the work means that nothing of it was kept.
2. SQLite: one thread writes. Waiting units share one transaction and one flush; each is a savepoint, so a refused
   unit does not undo its neighbours. A failing COMMIT is the answer to every unit of its batch.
3. PostgreSQL: a transaction a call; on a serialization failure or deadlock the work runs again, so work must have no
   effect outside its connection. A lost answer to COMMIT is `store.unavailable` with outcome `unknown`.
4. `read` sees one consistent state and cannot write.
5. Work never calls `run` or `read` itself: the inner one could not see, or would wait for, the outer one.
6. `close` ends every connection: idle ones at once, one that a thread still reads by as soon as that thread is done.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from exchange_axis.failpoints import declare, failpoint
from exchange_axis.store.engine import WRITE, driver_sql, is_retryable, is_sqlite, translate
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.store.scrub import Scrubbed, scrub_postgresql

BATCH = 50
"""Most units that share one flush: from there on the flush is under 2 % of the cost of a unit."""
_SAVEPOINT = "unit"
ATTEMPTS = 10
"""Runs of one unit on PostgreSQL before a serialization failure is given up as `store.unavailable`."""

BEFORE_COMMIT = declare("store.before-commit", "units have run, nothing is durable yet")
AFTER_COMMIT = declare("store.after-commit", "durable, but nobody has been told")

T = TypeVar("T")
Work = Callable[[Connection], T]


class Transactions(Protocol):
    """Runs units of work; safe to call from any thread."""

    def run(self, work: Work[T]) -> T:
        """Run in a write transaction and return its result once it is durable.

        Raises:
            StoreUnavailable: not confirmed as durable (see its `outcome`), or closed.
            Whatever the work raised: nothing of it was kept.
        """
        ...

    def read(self, work: Work[T]) -> T:
        """Run on one consistent, read-only state of everything committed before the call."""
        ...

    def forget(self) -> None:
        """Leave nothing of overwritten values in the journal (SQLite; on PostgreSQL the server's archive rules).

        Raises:
            StoreUnavailable: a long read holds the journal; the values are overwritten, ask again later.
        """
        ...

    def scrub(self, tables: Sequence[str]) -> Scrubbed:
        """Leave nothing on disk of what was overwritten or deleted in these tables, as far as this server lets us.

        Locks each table while it is rewritten (PostgreSQL).

        Raises:
            StoreUnavailable: others hold old rows or a lock; ask again in a quiet hour.
        """
        ...

    def close(self) -> None:
        """Finish what was queued, refuse what comes later, close the connections. Safe to call twice.

        Work that reads at this moment goes on to its end; its connection ends with it.
        """
        ...


def open_transactions(engine: Engine) -> Transactions:
    """The kind that fits the engine; it owns the engine from now on."""
    return SqliteTransactions(engine) if is_sqlite(engine) else PostgresTransactions(engine)


class _Reads:
    """What both kinds share: read-only work and the rule that units do not nest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # On SQLite every transaction is a snapshot, and a connection is query-only unless marked.
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = engine if is_sqlite(engine) else engine.execution_options(**options)
        self._inside = threading.local()
        self._closed = False

    def read(self, work: Work[T]) -> T:
        with self._entered(), self._unit(), _translated(), self._reader.connect() as connection:
            return work(connection)

    def _require_open(self) -> None:
        if self._closed:
            raise StoreUnavailable(reason="the store is closed")

    @contextmanager
    def _entered(self) -> Iterator[None]:
        """Whoever began before the store was closed goes on to the end, and then ends the connection given back."""
        self._require_open()
        try:
            yield
        finally:
            if self._closed:
                self._end_connections()

    def _end_connections(self) -> None:
        """Those that nobody uses. Not `Engine.dispose`: with a new pool, one given back later lies open in the old."""
        self._engine.pool.dispose()

    @contextmanager
    def _unit(self) -> Iterator[None]:
        if getattr(self._inside, "busy", False):
            msg = "a unit of work was started inside another one"
            raise RuntimeError(msg)
        self._inside.busy = True
        try:
            yield
        finally:
            self._inside.busy = False


class PostgresTransactions(_Reads):
    """A transaction a call, on READ COMMITTED; rows that must not move are locked by the work."""

    def run(self, work: Work[T]) -> T:
        with self._entered(), self._unit(), _translated():
            for _ in range(ATTEMPTS - 1):
                try:
                    return self._once(work)
                except DBAPIError as error:
                    if not is_retryable(error):
                        raise
            return self._once(work)

    def forget(self) -> None:
        self._require_open()

    def scrub(self, tables: Sequence[str]) -> Scrubbed:
        with self._entered(), self._unit(), _translated():
            return scrub_postgresql(self._engine, tables)

    def close(self) -> None:
        self._closed = True
        self._end_connections()

    def _once(self, work: Work[T]) -> T:
        with self._engine.connect() as connection:
            result = work(connection)
            failpoint(BEFORE_COMMIT)
            _commit(connection)
            failpoint(AFTER_COMMIT)
            return result


class SqliteTransactions(_Reads):
    """One writer thread with group commit; readers beside it."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._writing: Connection | None = None
        self._queue: queue.SimpleQueue[_Unit[Any] | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._writer = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._writer.start()

    def run(self, work: Work[T]) -> T:
        unit = _Unit(work)
        with self._unit():
            with self._gate:
                self._require_open()
                self._queue.put(unit)
            return unit.future.result()

    def forget(self) -> None:
        with self._entered():
            connection = self._engine.raw_connection()
            try:
                row = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.close()
        if row[0]:
            raise StoreUnavailable(reason="a reader holds the journal")

    def scrub(self, tables: Sequence[str]) -> Scrubbed:
        self.forget()  # freed bytes were overwritten as they were freed (secure_delete)
        return Scrubbed(tables=(), left=())

    def close(self) -> None:
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._writer.join()
        self._end_connections()

    def _write(self) -> None:
        with self._unit():
            last = False
            while not last:
                batch, last = self._next_batch()
                while batch:
                    batch = self._commit(batch)
            self._let_go()

    def _next_batch(self) -> tuple[list[_Unit[Any]], bool]:
        """Wait for one unit, then take what else is waiting; True when nothing comes after it."""
        batch: list[_Unit[Any]] = []
        unit = self._queue.get()
        while unit is not None:
            batch.append(unit)
            if len(batch) == BATCH:
                return batch, False
            try:
                unit = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit(self, batch: list[_Unit[Any]]) -> list[_Unit[Any]]:
        """Run a batch in one transaction, answer those that ran, return those that did not get their turn."""
        started = 0
        try:
            with _translated():
                connection = self._connection()
                connection.begin()
                for unit in batch:
                    started += 1
                    unit.run(connection)
                failpoint(BEFORE_COMMIT)
                _commit(connection)
                failpoint(AFTER_COMMIT)
        except BaseException as error:  # the thread must live, and each caller must hear of it
            self._let_go()
            # A transaction that could not begin is answered to all: trying again would fail once per unit.
            started = started or len(batch)
            for unit in batch[:started]:
                unit.future.set_exception(error)
        else:
            for unit in batch:
                unit.deliver()
        return batch[started:]

    def _connection(self) -> Connection:
        """The writer keeps one: to tell a connection that it writes now costs as much as a query."""
        if self._writing is None:
            self._writing = self._engine.execution_options(**{WRITE: True}).connect()
        return self._writing

    def _let_go(self) -> None:
        """Undo what is open; the next batch begins with a fresh connection."""
        held, self._writing = self._writing, None
        if held is not None:
            with suppress(Exception):  # the thread must live
                held.close()


class _Unit(Generic[T]):
    """One piece of queued work and, once run, what to tell its caller after the commit."""

    def __init__(self, work: Work[T]) -> None:
        self.future: Future[T] = Future()
        self._work = work
        self._deliver: Callable[[], None]

    def run(self, connection: Connection) -> None:
        """Run inside a savepoint.

        Raises:
            StoreUnavailable: the whole transaction is gone, and the neighbours' work with it.
        """
        driver_sql(connection, f"SAVEPOINT {_SAVEPOINT}")
        try:
            result = self._work(connection)
            if not connection.in_transaction():
                msg = "a unit of work ended the transaction itself"
                raise RuntimeError(msg)
            driver_sql(connection, f"RELEASE {_SAVEPOINT}")
        except BaseException as error:  # it belongs to the caller, who waits in another thread
            refusal = (translate(error) if isinstance(error, DBAPIError) else None) or error
            _roll_back(connection, refusal)
            self._deliver = partial(self.future.set_exception, refusal)
        else:
            self._deliver = partial(self.future.set_result, result)

    def deliver(self) -> None:
        self._deliver()


def _roll_back(connection: Connection, cause: BaseException) -> None:
    """Undo one unit. SQLite may have rolled back everything by itself (disk full, I/O error): then there is none."""
    try:
        if not connection.in_transaction():
            raise StoreUnavailable(reason="the transaction was ended inside a unit") from cause
        driver_sql(connection, f"ROLLBACK TO {_SAVEPOINT}")
        driver_sql(connection, f"RELEASE {_SAVEPOINT}")
    except DBAPIError as error:
        reason = cause.facts["reason"] if isinstance(cause, StoreUnavailable) else "the transaction was rolled back"
        raise StoreUnavailable(reason=reason) from error


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except DBAPIError as error:
        raise (None if is_retryable(error) else translate(error, outcome="unknown")) or error from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise translate(error) or error from error
    except PoolTimeout as error:
        raise StoreUnavailable(reason="no free connection") from error
