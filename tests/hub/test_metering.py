"""What a hub says in numbers is right, and costs the same at ten million deliveries as at ten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, cast, event, func, insert, literal, select, text

from exchange_axis.domain.retry import TIME_TO_LIVE
from exchange_axis.store.engine import is_sqlite
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub import trails
from exchange_axis.web.operations.metrics import hub_metrics
from tests.hub.stand import HandClock, Stand, enrol, make_letter, make_status, open_stand
from tests.store.test_guards import filler

ROWS = 4_000
LARGE = frozenset({"consignment", "delivery", "evidence", "leaf", "shipment", "trail"})
"""Tables that grow with every letter."""


@pytest.fixture
def stand(tmp_path: Path, database_url: str) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock(), database=database_url)
    yield stand
    stand.close()


def counted(stand: Stand) -> dict[str, int]:
    return dict(stand.hub.metering.look().deliveries)


def as_they_are(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(t.delivery.c.state, func.count()).group_by(t.delivery.c.state))
    return {row[0]: row[1] for row in rows}


def test_the_kept_sums_are_the_states_that_deliveries_have(stand: Stand, tmp_path: Path) -> None:
    hub, clock = stand.hub, stand.clock
    sender, receiver = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90", "H90.02"])
    for number in ("57", "58"):
        letter = make_letter(tmp_path, sender, "H90.01", ["H90", "H90.02"], clock=clock, number=number)
        hub.intake.submit(sender.row, letter)
    (first, _) = hub.dispatch.lease("node-a", 10)
    hub.intake.submit(receiver.row, make_status(tmp_path, receiver, "01", first, recipient="H90", clock=clock))
    assert counted(stand) == {}, "nobody has followed the log yet"
    hub.housekeeping()
    assert counted(stand) == hub.world.transactions.read(as_they_are) == {"handed-over": 1, "consigned": 3}
    clock.advance(seconds=(TIME_TO_LIVE + timedelta(seconds=1)).total_seconds())
    for _ in range(2):  # what expires in a round is in the log after it
        hub.housekeeping()
    found = {state: number for state, number in counted(stand).items() if number}
    assert found == hub.world.transactions.read(as_they_are) == {"handed-over": 1, "failed": 3}
    hub.world.transactions.run(trails.recount)
    assert counted(stand) == found


def fill(connection: Connection, table: Table, **values: Any) -> None:
    """Many rows: what is not given is anything, and what must be unique or named elsewhere is the row's number."""
    first = select(literal(1_000).label("i")).cte(recursive=True)
    numbers = first.union_all(select(first.c.i + 1).where(first.c.i < 1_000 + ROWS))
    own = {column.name for one in table.constraints for column in getattr(one, "columns", ())} - values.keys()
    wanted = [column for column in table.columns if not column.nullable or column.name in {*values, *own}]
    made = [
        cast(numbers.c.i, one.type) if one.name in own else literal(values.get(one.name, filler(one)), one.type)
        for one in wanted
    ]
    connection.execute(insert(table).from_select(wanted, select(*made).select_from(numbers)))


def grown(connection: Connection) -> None:
    """As after years: everything done long ago, numbered, counted."""
    fill(connection, t.consignment, kind="letter", lane="thuong")
    fill(connection, t.shipment, state="done", lane="thuong", peer="node-a")
    fill(connection, t.delivery, state="handed-over", progress="03", request="none")
    fill(connection, t.evidence, event="x")
    fill(connection, t.leaf, kind="evidence")
    connection.execute(text("ANALYZE"))


@contextmanager
def statements(stand: Stand) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database inside."""
    said: list[tuple[str, Any]] = []

    def hear(_c: object, _cursor: object, words: str, values: object, *_more: object) -> None:
        said.append((words, values))

    engine = stand.hub.world.transactions._engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", hear)
    yield said
    event.remove(engine, "before_cursor_execute", hear)


def read_whole(connection: Connection, words: str, values: Any) -> set[str]:
    """Large tables that the database would read from end to end."""
    explain = "EXPLAIN QUERY PLAN " if is_sqlite(connection) else "EXPLAIN "
    plan = [str(row[-1]) for row in connection.exec_driver_sql(explain + words, values)]
    scan = "SCAN {}" if is_sqlite(connection) else "Seq Scan on {} "
    return {name for name in LARGE for line in plan if scan.format(name) in f"{line} "}


def test_nothing_that_grows_with_every_letter_is_read_whole(stand: Stand, tmp_path: Path) -> None:
    sender, _ = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90"])
    stand.hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90.01", ["H90"], clock=stand.clock))
    stand.hub.housekeeping()
    stand.hub.world.transactions.run(grown)
    with statements(stand) as said:
        hub_metrics(stand.hub)
    asked = [one for one in said if one[0].startswith("SELECT")]

    def work(connection: Connection) -> dict[str, set[str]]:
        bad = read_whole(connection, str(select(func.count()).select_from(t.delivery)), ())
        assert bad == {"delivery"}, "this is how it would look"
        found = {words: read_whole(connection, words, values) for words, values in asked}
        return {words: tables for words, tables in found.items() if tables}

    assert stand.hub.world.transactions.read(work) == {}
