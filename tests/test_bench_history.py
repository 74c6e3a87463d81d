"""The measurement of questions about the past still runs, on both databases; no time is asserted."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect

from bench.history.cluster import open_bench_hub
from bench.history.load import TABLES, load
from bench.history.made import Maker
from bench.history.questions import INDICATORS, SEARCHES, measure
from config.places import Places
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
        span = Span(first_day=0, last_day=99_999)
        kept = hub.world.transactions.read(lambda connection: trail_sums.sums(connection, span, By.AGENCY))
        hub.world.transactions.run(trails.recount)
        assert hub.world.transactions.read(lambda connection: trail_sums.sums(connection, span, By.AGENCY)) == kept
        assert kept
    finally:
        engine.dispose()
        hub.close()


def test_the_same_chunk_is_the_same_letters() -> None:
    assert list(Maker(50).chunk(0)) == list(Maker(50).chunk(0))
