"""The measurement of questions about the past still runs, on both databases; no time is asserted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, inspect

from bench.history.cluster import open_bench_hub
from bench.history.load import TABLES, Loaded, load
from bench.history.made import FIRST_DAY, Maker
from bench.history.page import Measured, page
from bench.history.questions import INDICATORS, PAGES, SEARCHES, measure
from bench.machine import Machine, Run
from config.places import Places
from exchange_axis.domain.periods import Period, Unit
from exchange_axis.hub.comparing import PAGE_MOST, Asked, Group
from exchange_axis.hub.indicators import Wanted
from exchange_axis.hub.searching import Sees
from exchange_axis.hub.service import Hub
from exchange_axis.store.engine import is_sqlite, open_engine
from exchange_axis.store.hub import trail_sums, trails
from exchange_axis.store.hub.trail_sums import By, Span


def test_a_small_load_is_what_a_hub_would_have_and_every_question_is_answered(
    tmp_path: Path, database_url: str
) -> None:
    maker, said = Maker(200), list[str]()
    url = "" if database_url.startswith("sqlite") else database_url
    hub = open_bench_hub(tmp_path / "hub", url)
    engine = open_engine(url or Places(tmp_path / "hub").database)
    try:
        loaded = load(engine, maker, say=said.append)
        again = load(engine, maker, say=said.append)
        assert (again.letters, again.deliveries) == (loaded.letters, loaded.deliveries)
        assert loaded.letters == 200
        assert loaded.deliveries == sum(len(one.deliveries) for one in maker.chunk(0))
        with engine.connect() as connection:
            made = {index["name"] for table in TABLES for index in inspect(connection).get_indexes(table.name)}
            assert {index.name for table in TABLES for index in table.indexes} <= made
            assert is_sqlite(connection) or "letter_words_words" in made
        searches = measure(hub, maker, SEARCHES, times=1)
        assert all(searches[name].lines for name in ("number and symbol", "SHA-256 of a file", "DocumentId"))
        assert measure(hub, maker, INDICATORS, times=1)["all 18 of a year"].lines == 2 * loaded.deliveries
        assert measure(hub, maker, PAGES, times=1)["a letter's page"].lines >= 2
        compare_as_one_by_one(hub)
        span = Span(first_day=0, last_day=99_999)
        kept = hub.world.transactions.read(lambda connection: trail_sums.sums(connection, span, By.AGENCY))
        hub.world.transactions.run(trails.recount)
        assert hub.world.transactions.read(lambda connection: trail_sums.sums(connection, span, By.AGENCY)) == kept
        assert kept
    finally:
        engine.dispose()
        hub.close()


def compare_as_one_by_one(hub: Hub) -> None:
    """A page of the comparison has the figures of one question a row, in as many questions however long it is."""
    period = Period(first=FIRST_DAY, last=FIRST_DAY + timedelta(days=364))
    indicators, comparing = hub.inquiry.indicators, hub.inquiry.comparing
    asked_for = {Group.AGENCY: "agency", Group.TIER: "tier", Group.LANE: "lane", Group.DOC_TYPE: "doc_type"}
    for by, (unit, wanted, sees) in product(
        asked_for,
        (
            (Unit.MONTH, Wanted(period=period), Sees()),
            (Unit.QUARTER_15, Wanted(period=period, side="reader", doc_type="bao cao"), Sees()),
            (Unit.DAY, Wanted(period=period, lane="thuong"), Sees(territories=("H01", "H02"))),
        ),
    ):
        asked = Asked(by=by, sort="refused", limit=PAGE_MOST, unit=unit)
        found = comparing.find(wanted, asked, sees=sees).rows
        assert found or by is not Group.AGENCY
        for row in (*found[:2], *found[-1:]):
            narrow: dict[str, Any] = {asked_for[by]: row.key}
            alone = indicators.trend(replace(wanted, **narrow), unit, sees=sees)
            shares = [(one.sums["refused"], one.sums["handed_over"]) for one in alone]
            assert row.trend == tuple(over / under if under else None for over, under in shares)
            assert sum(over for over, _ in shares) == row.sums["refused"]
        pages = [row for page in comparing.every(wanted, asked, sees=sees) for row in page]
        assert [(row.key, row.hub_median) for row in pages[: len(found)]] == [
            (row.key, row.hub_median) for row in found
        ]
    wanted = Wanted(period=period)
    together = comparing.find(wanted, Asked(by=Group.NODE, unit=Unit.MONTH), sees=Sees()).rows
    every = indicators.trend(wanted, Unit.MONTH, sees=Sees())  # nobody has a node here: all agencies are one row
    assert [row.trend for row in together] == [
        tuple(one.sums["same_day"] / n if (n := one.sums["handed_over"]) else None for one in every)
    ]
    assert _questions(hub, limit=2) == _questions(hub, limit=PAGE_MOST)


def _questions(hub: Hub, *, limit: int) -> int:
    said: list[str] = []

    def hear(*about: object) -> None:
        said.append(str(about[2]))

    wanted = Wanted(period=Period(first=FIRST_DAY, last=FIRST_DAY + timedelta(days=364)))
    event.listen(Engine, "before_cursor_execute", hear)
    try:
        asked = Asked(limit=limit, unit=Unit.MONTH)
        assert len(hub.inquiry.comparing.find(wanted, asked, sees=Sees()).rows) == limit
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    return len(said)


def test_the_same_chunk_is_the_same_letters() -> None:
    assert list(Maker(50).chunk(0)) == list(Maker(50).chunk(0))


def test_a_larger_load_stays_on_the_page_beside_a_smaller_one(tmp_path: Path) -> None:
    machine = Run.begin(tmp_path).end()
    small, large = "## SQLite: 5 deliveries of 1 letters", "## PostgreSQL: 1,000 deliveries of 90 letters"
    before = f"# Words\n\n{small}\n\nold\n\n{large}\n\nbefore\n"
    written = page([measured("SQLite", 10, machine), measured("PostgreSQL", 900, machine)], before)
    headings = [line for line in written.splitlines() if line.startswith("## ")]
    assert headings == [
        "## SQLite: 10 deliveries of 2 letters",
        "## PostgreSQL: 900 deliveries of 2 letters",
        large,
    ]
    assert "before" in written and "old" not in written
    assert page([measured("PostgreSQL", 1_000, machine)], before).count("## PostgreSQL") == 1


def measured(name: str, deliveries: int, machine: Machine) -> Measured:
    loaded = Loaded(letters=2, deliveries=deliveries, rows_seconds=1, index_seconds=1, sums_seconds=1, bytes=1)
    return Measured(
        name=name, version="1", loaded=loaded, part=1, searches={}, indicators={}, pages={}, machine=machine
    )
