"""`python -m bench.history`: load millions of deliveries, ask about them, write docs/benchmarks-history.md.

An interrupted load goes on where it stopped: give the same --folder again. Half an hour on two free cores, 15 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text

from bench.figures import as_json
from bench.history.cluster import cluster, open_bench_hub
from bench.history.load import Loaded, load
from bench.history.made import Maker
from bench.history.page import Measured, page
from bench.history.questions import INDICATORS, PAGES, SEARCHES, measure
from bench.machine import Run
from config.places import Places
from exchange_axis.hub.service import Hub
from exchange_axis.store import Connection
from exchange_axis.store.engine import is_sqlite, open_engine

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks-history.md"
FAN_OUT = 5.5
"""Deliveries of a letter, on average."""
POLITE = 10


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    os.nice(POLITE)
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # the server runs under another account
    found = []
    if arguments.sqlite:
        maker = Maker(_letters(arguments.sqlite))
        found.append(_measured("SQLite", folder / "sqlite", "", maker=maker, times=arguments.times))
    if arguments.postgres:
        with cluster(folder / "pg") as url:
            place, maker = folder / "hub-postgres", Maker(_letters(arguments.postgres), parts=arguments.parts)
            found.append(_measured("PostgreSQL", place, url, maker=maker, times=arguments.times))
    if arguments.json:
        print(json.dumps(as_json(found), ensure_ascii=False))
    if arguments.write:
        PAGE.write_text(page(found, PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""), encoding="utf-8")
        _say(f"wrote {PAGE}")
    return 0


def _letters(deliveries: int) -> int:
    return max(1, round(deliveries / FAN_OUT))


def _measured(name: str, folder: Path, url: str, *, maker: Maker, times: int) -> Measured:
    run = Run.begin(folder.parent)
    hub = open_bench_hub(folder, url)
    try:
        engine = open_engine(url or Places(folder).database)
        try:
            loaded = load(engine, maker, say=_say)
        finally:
            engine.dispose()
        return _asked(name, hub, maker, loaded=loaded, run=run, times=times)
    finally:
        hub.close()


def _asked(name: str, hub: Hub, maker: Maker, *, loaded: Loaded, run: Run, times: int) -> Measured:
    _say(f"{name}: questions")
    searches = measure(hub, maker, SEARCHES, times=times)
    indicators = measure(hub, maker, INDICATORS, times=max(1, times // 4))
    pages = measure(hub, maker, PAGES, times=max(1, times // 4))
    version = hub.world.transactions.read(_version)
    return Measured(
        name=name,
        version=version,
        loaded=loaded,
        part=maker.chunks / maker.whole,
        searches=searches,
        indicators=indicators,
        pages=pages,
        machine=run.end(),
    )


def _version(connection: Connection) -> str:
    if is_sqlite(connection):
        return f"SQLite {connection.execute(text('SELECT sqlite_version()')).scalar_one()}"
    return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the databases go and stay")
    parser.add_argument("--postgres", type=int, default=0, help="deliveries to load into PostgreSQL")
    parser.add_argument("--parts", type=int, help="load only so many of its parts of 20,000 letters, the oldest first")
    parser.add_argument("--sqlite", type=int, default=0, help="deliveries to load into SQLite")
    parser.add_argument("--times", type=int, default=20, help="how often each question is asked")
    parser.add_argument("--json", action="store_true", help="results on standard output")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
