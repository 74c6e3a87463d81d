"""The page docs/benchmarks-history.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.figures import short
from bench.history.cluster import SETTINGS
from bench.history.load import Loaded
from bench.history.questions import Took
from bench.machine import Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    name: str
    version: str
    loaded: Loaded
    part: float
    """Of the year's letters, how many are loaded."""
    searches: Mapping[str, Took]
    indicators: Mapping[str, Took]
    machine: Machine


def page(found: Sequence[Measured]) -> str:
    settings = ", ".join(f"`{name} = {value}`" for name, value in SETTINGS.items())
    lines = [
        "# How long questions about the past take",
        "",
        "Made letters of one year (`bench/history`, `make bench-history`): 34 provinces with 88 units each and 22",
        "ministries, one receiver for 70 % of letters and up to 210 for the rest, types, urgency, hours, refusals and",
        "lateness in the shares published about the axis. Loaded are letters, deliveries, words, files, and rows for",
        "searching and counting, by COPY on PostgreSQL; evidence and containers are not, no question here reads them.",
        "Each question is put to the hub as its pages put it, each time with other values; the first is not counted.",
        "",
        f"PostgreSQL as shipped but for {settings}.",
        "",
    ]
    for one in found:
        lines += _database(one)
    return "\n".join(lines)


def _database(one: Measured) -> list[str]:
    loaded, machine = one.loaded, one.machine
    return [
        f"## {one.name}: {loaded.deliveries:,} deliveries of {loaded.letters:,} letters",
        "",
        *([] if one.part == 1 else [f"**Not the whole year:** its first {one.part:.0%}; the rest was not loaded.", ""]),
        f"{one.version}. {machine.processor}, {machine.cores} cores, {machine.memory_gb} GB, {machine.system}, "
        f"Python {machine.python}; {machine.at}. Load averages {machine.load_before} before and {machine.load_after} "
        "after: other work ran on the machine, so an idle one is faster.",
        "",
        f"On disk {loaded.bytes / 1e9:.1f} GB. Rows {loaded.rows_seconds:.0f} s (making them included), indexes "
        f"{loaded.index_seconds:.0f} s, sums by the day {loaded.sums_seconds:.0f} s.",
        "",
        *_table("search", one.searches),
        *_table("indicators", one.indicators),
    ]


def _table(title: str, took: Mapping[str, Took]) -> list[str]:
    rows = [
        f"| {name} | {short(one.p50)} | {short(one.p95)} | {short(one.longest)} | {one.times} | {one.lines:,} |"
        for name, one in took.items()
    ]
    return [f"| {title} | p50 ms | p95 ms | longest ms | times | found |", "|---|--:|--:|--:|--:|--:|", *rows, ""]
