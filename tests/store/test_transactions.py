"""Units of work on both databases: all or nothing, durable before the answer, one refusal among neighbours."""

from __future__ import annotations

import os
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pysqlite3.dbapi2 as sqlite_driver
import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, event, func, select, text
from sqlalchemy.exc import IntegrityError

from exchange_axis.errors import NotFound
from exchange_axis.store.engine import for_update, insert_new, is_sqlite, lock_named, open_engine, skip_locked
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.store.transactions import PostgresTransactions, SqliteTransactions, Transactions, open_transactions
from exchange_axis.store.types import Serial, UtcTime
from tests.services import fresh_database

metadata = MetaData()
letter = Table(
    "letter",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("count", Integer, nullable=False, default=0),
    Column("at", UtcTime),
)


@pytest.fixture
def transactions(database_url: str) -> Iterator[Transactions]:
    opened = open_transactions(open_engine(database_url))
    opened.run(metadata.create_all)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteTransactions]:
    opened = open_transactions(open_engine(f"sqlite:///{tmp_path / 'axis.db'}"))
    assert isinstance(opened, SqliteTransactions)
    opened.run(metadata.create_all)
    yield opened
    opened.close()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[PostgresTransactions]:
    with fresh_database(postgres_url) as url:
        opened = open_transactions(open_engine(url))
        assert isinstance(opened, PostgresTransactions)
        opened.run(metadata.create_all)
        yield opened
        opened.close()


def put(name: str, at: datetime | None = None) -> Callable[[Connection], str]:
    return lambda connection: _put(connection, name, at)


def _put(connection: Connection, name: str, at: datetime | None = None) -> str:
    connection.execute(letter.insert().values(id=name, at=at))
    return name


def names(connection: Connection) -> set[str]:
    return set(connection.scalars(select(letter.c.id)))


def test_what_run_returned_is_there_for_everybody(transactions: Transactions) -> None:
    assert transactions.run(put("a")) == "a"
    assert transactions.read(names) == {"a"}


def test_a_failing_unit_leaves_nothing_and_raises_what_it_raised(transactions: Transactions) -> None:
    def refuse(connection: Connection) -> None:
        _put(connection, "a")
        raise NotFound(what="a")

    with pytest.raises(NotFound) as caught:
        transactions.run(refuse)
    assert caught.value.code == "request.not-found"
    assert transactions.read(names) == set()


def test_a_broken_constraint_is_the_works_own_error(transactions: Transactions) -> None:
    transactions.run(put("a"))
    with pytest.raises(IntegrityError):
        transactions.run(put("a"))
    transactions.run(put("b"))
    assert transactions.read(names) == {"a", "b"}


def test_reading_cannot_write(transactions: Transactions) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        transactions.read(put("a"))
    assert "read" in caught.value.facts["reason"]
    transactions.run(put("a"))


def test_a_read_sees_one_state_while_others_write(transactions: Transactions) -> None:
    with ThreadPoolExecutor(1) as other:

        def look_twice(connection: Connection) -> tuple[set[str], set[str]]:
            before = names(connection)
            other.submit(transactions.run, put("a")).result(timeout=30)
            return before, names(connection)

        assert transactions.read(look_twice) == (set(), set())
    assert transactions.read(names) == {"a"}


def test_many_threads_lose_no_update(transactions: Transactions) -> None:
    transactions.run(put("counter"))
    query = select(letter.c.count).where(letter.c.id == "counter")

    def add_one(connection: Connection) -> None:
        count = connection.scalars(for_update(query)).one()
        connection.execute(letter.update().values(count=count + 1))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: transactions.run(add_one), range(120)))
    assert transactions.read(lambda connection: connection.scalar(query)) == 120


def test_units_do_not_nest(transactions: Transactions) -> None:
    with pytest.raises(RuntimeError, match="inside another"):
        transactions.run(lambda _: transactions.run(put("a")))
    with pytest.raises(RuntimeError, match="inside another"):
        transactions.run(lambda _: transactions.read(names))
    transactions.run(put("b"))
    assert transactions.read(names) == {"b"}


def test_close_finishes_what_was_queued_and_refuses_what_comes_later(transactions: Transactions) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = [pool.submit(transactions.run, put(str(number))) for number in range(40)]
        for result in results:
            result.result(timeout=30)
    transactions.close()
    transactions.close()
    for work in (transactions.run, transactions.read):
        with pytest.raises(StoreUnavailable) as caught:
            work(names)
        assert caught.value.outcome == "rolled-back"


def test_close_leaves_no_connection_whoever_reads_at_that_moment(database_url: str) -> None:
    engine = open_engine(database_url)
    ended: list[object] = []
    event.listen(engine, "close", lambda connection, _record: ended.append(connection))
    opened, inside, closed = open_transactions(engine), threading.Event(), threading.Event()

    def look(connection: Connection) -> object:
        held = connection.connection.dbapi_connection
        inside.set()
        assert closed.wait(30)
        assert connection.scalar(text("SELECT 1")) == 1  # a read that has begun is not cut off
        return held

    with ThreadPoolExecutor(2) as readers:
        reading = [readers.submit(opened.read, look) for _ in range(2)]
        assert inside.wait(30)
        opened.close()
        closed.set()
        held = [one.result(timeout=30) for one in reading if not isinstance(one.exception(30), StoreUnavailable)]
    assert held
    assert all(one in ended for one in held)
    assert engine.pool.checkedin() == 0  # type: ignore[attr-defined]


def test_insert_new_says_whether_it_did(transactions: Transactions) -> None:
    assert transactions.run(lambda connection: insert_new(connection, letter, {"id": "a"}))
    assert not transactions.run(lambda connection: insert_new(connection, letter, {"id": "a"}))
    assert transactions.read(lambda connection: connection.scalar(select(func.count(letter.c.seq)))) == 1


def test_times_come_back_exactly_and_in_utc(transactions: Transactions) -> None:
    hanoi = timezone(timedelta(hours=7))
    moments = [
        datetime(2026, 11, 22, 8, 0, 0, 123457, tzinfo=hanoi),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ]
    for number, moment in enumerate(moments):
        transactions.run(put(str(number), moment))
    kept = transactions.read(lambda connection: list(connection.scalars(select(letter.c.at).order_by(letter.c.at))))
    assert kept == sorted(moments)
    assert {moment.tzinfo for moment in kept} == {UTC}
    later = select(letter.c.id).where(letter.c.at > moments[0])
    assert transactions.read(lambda connection: list(connection.scalars(later))) == ["2"]


def test_a_time_without_zone_is_refused(transactions: Transactions) -> None:
    naive = datetime(2026, 11, 22)  # noqa: DTZ001 -- the point of the test
    with pytest.raises(Exception, match="without zone"):
        transactions.run(put("a", naive))


def test_two_workers_lease_different_rows(transactions: Transactions) -> None:
    for name in "abcd":
        transactions.run(put(name))
    query = skip_locked(select(letter.c.id).where(letter.c.count == 0).order_by(letter.c.seq).limit(2))
    meeting = threading.Barrier(2)

    def lease(connection: Connection) -> list[str]:
        rows = list(connection.scalars(query))
        if not is_sqlite(connection):
            meeting.wait(timeout=30)
        connection.execute(letter.update().where(letter.c.id.in_(rows)).values(count=1))
        return rows

    with ThreadPoolExecutor(2) as pool:
        leased = list(pool.map(lambda _: transactions.run(lease), range(2)))
    assert sorted(leased[0] + leased[1]) == list("abcd")


def test_a_named_lock_lets_one_in_at_a_time(transactions: Transactions) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(connection: Connection) -> None:
        lock_named(connection, "sequencer")
        inside.append(1)
        connection.execute(select(func.count(letter.c.seq)))
        most.append(len(inside))
        inside.pop()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: transactions.run(work), range(20)))
    assert max(most) == 1


class Held:
    """Keeps the writer inside one unit, so that what is queued meanwhile shares the next transaction."""

    def __init__(self, transactions: Transactions, pool: ThreadPoolExecutor) -> None:
        self._open = threading.Event()
        entered = threading.Event()

        def hold(_: Connection) -> None:
            entered.set()
            self._open.wait(timeout=30)

        self.result = pool.submit(transactions.run, hold)
        entered.wait(timeout=30)

    def release(self) -> None:
        self._open.set()
        self.result.result(timeout=30)


def _transaction_of(transactions: SqliteTransactions, works: list[Callable[[Connection], object]]) -> list[object]:
    """Run works in one batch; results or exceptions in order."""
    with ThreadPoolExecutor(len(works) + 1) as pool:
        held = Held(transactions, pool)
        futures = []
        for number, work in enumerate(works, 1):
            futures.append(pool.submit(transactions.run, work))
            while transactions._queue.qsize() < number:  # order of the queue = order of the works
                threading.Event().wait(0.001)
        held.release()
        return [future.exception(timeout=30) or future.result() for future in futures]


def test_a_refused_unit_does_not_undo_its_neighbours(sqlite: SqliteTransactions) -> None:
    def refuse(connection: Connection) -> None:
        _put(connection, "refused")
        raise NotFound(what="b")

    first, refused, last = _transaction_of(sqlite, [put("a"), refuse, put("c")])
    assert (first, last) == ("a", "c")
    assert isinstance(refused, NotFound)
    assert sqlite.read(names) == {"a", "c"}


def test_units_that_wait_share_one_commit(sqlite: SqliteTransactions) -> None:
    commits: list[object] = []
    event.listen(sqlite._engine, "commit", commits.append)
    _transaction_of(sqlite, [put(str(number)) for number in range(10)])
    assert len(commits) == 2, "one for the unit that held the writer, one for the ten"


def test_a_unit_that_ends_the_transaction_fails_its_batch_and_not_the_next(sqlite: SqliteTransactions) -> None:
    answers = _transaction_of(sqlite, [put("a"), lambda connection: connection.rollback(), put("c")])
    assert [_code(answer) for answer in answers] == ["store.unavailable", "store.unavailable", ""]
    assert sqlite.read(names) == {"c"}


def test_a_full_disk_at_commit_refuses_the_whole_batch_and_leaves_a_working_store(
    sqlite: SqliteTransactions, tmp_path: Path
) -> None:
    def refuse(_: Connection) -> None:
        raise NotFound(what="b")

    with _disk_of(tmp_path, room=50_000):
        answers = _transaction_of(sqlite, [put("a"), refuse, put("c" * 200_000)])
    assert [_code(answer) for answer in answers] == ["store.unavailable"] * 3, "a refusal may rest on a neighbour's row"
    sqlite.run(put("later"))
    assert sqlite.read(names) == {"later"}


def test_a_full_disk_inside_a_unit_refuses_those_that_ran_and_runs_the_rest(
    sqlite: SqliteTransactions, tmp_path: Path
) -> None:
    with _disk_of(tmp_path, room=2_000_000):
        answers = _transaction_of(sqlite, [put("a"), put("b" * 30_000_000), put("c")])
    kept = {name for name in ("a", "c") if not _code(answers["abc".index(name)])}
    assert _code(answers[1]) == "store.unavailable"
    assert not _code(answers[2])
    assert sqlite.read(names) == kept


def test_a_writer_in_another_process_is_waited_for_then_refused(
    sqlite: SqliteTransactions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange_axis.store.engine.BUSY_TIMEOUT", 1)
    impatient = open_transactions(open_engine(f"sqlite:///{tmp_path / 'axis.db'}"))
    other = sqlite_driver.connect(str(tmp_path / "axis.db"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable) as caught:
        impatient.run(put("a"))
    assert "locked" in caught.value.facts["reason"]
    other.execute("ROLLBACK")
    other.close()
    impatient.run(put("a"))
    impatient.close()


@pytest.mark.postgres
def test_a_deadlock_is_run_again(postgres: PostgresTransactions) -> None:
    postgres.run(put("a"))
    postgres.run(put("b"))
    meeting = threading.Barrier(2)
    runs: list[str] = []

    def work(order: str) -> Callable[[Connection], None]:
        def cross(connection: Connection) -> None:
            first = order not in runs
            runs.append(order)
            for number, name in enumerate(order):
                connection.scalar(for_update(select(letter.c.count).where(letter.c.id == name)))
                if first and number == 0:
                    meeting.wait(timeout=30)
            connection.execute(letter.update().values(count=letter.c.count + 1))

        return cross

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda order: postgres.run(work(order)), ("ab", "ba")))
    assert len(runs) > 2, "the server rolled back one of the two, or both, and it ran again"
    assert postgres.read(lambda connection: set(connection.scalars(select(letter.c.count)))) == {2}


@pytest.mark.postgres
def test_a_lost_connection_is_a_refusal_and_the_next_unit_gets_a_new_one(postgres: PostgresTransactions) -> None:

    def cut(connection: Connection) -> None:
        _put(connection, "a")
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StoreUnavailable) as caught:
        postgres.run(cut)
    assert caught.value.outcome == "rolled-back"
    postgres.run(put("b"))
    assert postgres.read(names) == {"b"}


@pytest.mark.postgres
def test_an_answer_to_commit_that_never_came_is_an_unknown_outcome(postgres: PostgresTransactions) -> None:

    def cut_the_line(connection: Connection) -> None:
        _put(connection, "a")
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.socket(fileno=os.dup(driver.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    with pytest.raises(StoreUnavailable) as caught:
        postgres.run(cut_the_line)
    assert caught.value.outcome == "unknown"
    postgres.run(put("b"))


def _code(answer: object) -> str:
    return getattr(answer, "code", "")


@contextmanager
def _disk_of(folder: Path, room: int) -> Iterator[None]:
    """A disk on which no file of the store can grow by more than `room` bytes."""
    largest = max(path.stat().st_size for path in folder.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + room, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
