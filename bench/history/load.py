"""Putting made letters into a hub's own tables: by COPY on PostgreSQL, by one statement for many rows on SQLite.

What the history is asked from is loaded: letters, deliveries, words, files, rows for searching and counting. Evidence
and containers are not: no question that is measured reads them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.schema import CreateIndex, DropIndex

from bench.history.made import MadeDelivery, MadeLetter, Maker
from exchange_axis.hub.trailing import step_of
from exchange_axis.store.engine import WRITE, is_sqlite
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub import trail_tables as r
from exchange_axis.store.hub import trails

Say = Callable[[str], None]
TABLES: tuple[Table, ...] = (t.consignment, t.delivery, r.letter_fact, r.letter_words, r.letter_part, r.trail)
SPENT = (
    "CREATE TABLE IF NOT EXISTS bench_spent "
    "(rows_seconds DOUBLE PRECISION, index_seconds DOUBLE PRECISION, sums_seconds DOUBLE PRECISION)"
)
"""A row a chunk, and one for the rest: an interrupted load is the sum of its parts."""
DONE = "CREATE TABLE IF NOT EXISTS bench_done (chunk INTEGER PRIMARY KEY, deliveries INTEGER NOT NULL)"
_SPENT_ALL = (
    "SELECT coalesce(sum(rows_seconds), 0), coalesce(sum(index_seconds), 0), coalesce(sum(sums_seconds), 0) "
    "FROM bench_spent"
)
_EXPIRY = 15 * 86_400 * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    letters: int
    deliveries: int
    rows_seconds: float
    """Making and writing rows."""
    index_seconds: float
    sums_seconds: float
    bytes: int
    """Of the whole database with its indexes."""


def load(engine: Engine, maker: Maker, *, say: Say) -> Loaded:
    """Go on from where an earlier run stopped."""
    engine, begun = engine.execution_options(**{WRITE: True}), time.monotonic()
    with engine.begin() as connection:
        connection.execute(text(DONE))
        connection.execute(text(SPENT))
        done = {row.chunk for row in connection.execute(text("SELECT chunk FROM bench_done"))}
    left = [number for number in range(maker.chunks) if number not in done]
    if left:
        _indexes(engine, drop=True)
    for number in left:
        started = time.monotonic()
        with engine.begin() as connection:
            _chunk(connection, maker, number)
            _spend(connection, rows=time.monotonic() - started)
        if number % 10 == 9:
            say(f"  {number + 1} of {maker.chunks} chunks, {time.monotonic() - begun:.0f} s")
    rows = time.monotonic()
    _indexes(engine, drop=False)
    indexed = time.monotonic()
    with engine.begin() as connection:
        if left or connection.execute(text("SELECT count(*) FROM trail_day")).scalar_one() == 0:
            trails.recount(connection)
        if left:
            _spend(connection, index=indexed - rows, sums=time.monotonic() - indexed)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if is_sqlite(connection) else "VACUUM (ANALYZE)"))
        letters = connection.execute(text("SELECT count(*) FROM consignment")).scalar_one()
        deliveries = connection.execute(text("SELECT sum(deliveries) FROM bench_done")).scalar_one()
        size = connection.execute(text(_size(connection))).scalar_one()
        spent_all = connection.execute(text(_SPENT_ALL)).one()
    return Loaded(
        letters=letters,
        deliveries=int(deliveries),
        rows_seconds=spent_all[0],
        index_seconds=spent_all[1],
        sums_seconds=spent_all[2],
        bytes=int(size),
    )


def _spend(connection: Connection, *, rows: float = 0, index: float = 0, sums: float = 0) -> None:
    values = {"rows": rows, "index": index, "sums": sums}
    connection.execute(text("INSERT INTO bench_spent VALUES (:rows, :index, :sums)"), values)


def _size(connection: Connection) -> str:
    if is_sqlite(connection):
        return "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    return "SELECT pg_database_size(current_database())"


def _indexes(engine: Engine, *, drop: bool) -> None:
    """Indexes are made once, behind the rows; a second run finds what is there."""
    with engine.begin() as connection:
        if is_sqlite(connection):
            return
        present = set(connection.execute(text("SELECT indexname FROM pg_indexes")).scalars())
        connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
        for table in TABLES:
            for index in sorted(table.indexes, key=lambda one: str(one.name)):
                if drop and index.name in present:
                    connection.execute(DropIndex(index))
                elif not drop and index.name not in present:
                    connection.execute(CreateIndex(index))
        if drop:
            connection.execute(text("DROP INDEX IF EXISTS letter_words_words"))
        elif "letter_words_words" not in present:
            connection.execute(text(r.GIN))


def _chunk(connection: Connection, maker: Maker, number: int) -> None:
    rows: dict[str, list[tuple[Any, ...]]] = {table.name: [] for table in TABLES}
    deliveries = 0
    for letter in maker.chunk(number):
        deliveries += len(letter.deliveries)
        _rows(letter, rows)
    for table in TABLES:
        columns = [column.name for column in table.c]
        if is_sqlite(connection):
            statement = str(table.insert().compile(dialect=connection.dialect, column_keys=columns))
            connection.connection.cursor().executemany(statement, rows[table.name])
        else:
            _copy(connection, table.name, columns, rows[table.name])
    if is_sqlite(connection):
        words = [(row[0], row[4]) for row in rows["letter_words"]]
        connection.connection.cursor().executemany("INSERT INTO letter_index(rowid, words) VALUES (?, ?)", words)
    values = {"chunk": number, "deliveries": deliveries}
    connection.execute(text("INSERT INTO bench_done VALUES (:chunk, :deliveries)"), values)


def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    connection.execute(text("SET LOCAL session_replication_role = replica"))  # the rows are sound as they are made
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for block in _blocks(rows):
            copy.write(block)


def _blocks(rows: Sequence[tuple[Any, ...]], size: int = 5_000) -> Iterator[str]:
    for start in range(0, len(rows), size):
        yield "".join("\t".join(map(_text, row)) + "\n" for row in rows[start : start + size])


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    if value is True:
        return "t"
    if value is False:
        return "f"
    return "\\\\x" + value.hex() if isinstance(value, bytes) else str(value)


def _rows(letter: MadeLetter, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    title = f"{letter.number}/{letter.symbol.upper()}"
    at = letter.received_at
    rows["consignment"].append(
        (letter.seq, letter.sender, letter.consignment_id, "letter", letter.container_sha256, letter.size, letter.lane,
         "signed", letter.kind, None, at, at + _EXPIRY, at, "bench", letter.consignment_id,
         f"{letter.sender}|{title}|{letter.seq}", letter.container_sha256, title, "[]", "[]", "[]")
    )  # fmt: skip
    rows["letter_fact"].append((letter.seq, letter.doc_type, letter.paper))
    name = f"{letter.sender.lower()},2025,{title.lower()}"
    rows["letter_words"].append((letter.seq, letter.number, letter.symbol, name, " ".join(letter.words), letter.day))
    rows["letter_part"] += [(sha256, letter.seq) for sha256 in letter.files]
    for one in letter.deliveries:
        rows["delivery"].append(
            (one.seq, letter.seq, letter.consignment_id, one.recipient, one.final_recipient, "bench", "bench", None,
             one.state, one.progress, one.request, None, at, one.answered_at or one.handed_at or at)
        )  # fmt: skip
        rows["trail"].append(_trail(letter, one))


def _trail(letter: MadeLetter, one: MadeDelivery) -> tuple[Any, ...]:
    agency, person, valid = letter.seals
    return (
        one.seq, letter.seq, one is letter.deliveries[0], True, letter.day, letter.received_at, letter.sender,
        one.recipient, one.final_recipient, letter.sender_tier, one.recipient_tier, letter.lane, letter.doc_type,
        letter.kind, letter.size, one.state, one.progress, one.request, letter.paper, agency, person, valid,
        one.handed_at, one.answered_at, one.accepted, one.completed, one.reason, one.same_day, letter.k1, one.k3,
        one.take_back, one.hub_seconds, one.reader_seconds, None, step_of(one.hub_seconds),
        step_of(one.reader_seconds),
    )  # fmt: skip
