"""The page docs/benchmarks-history.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.figures import short
from bench.history.cluster import SETTINGS
from bench.history.load import Loaded
from bench.history.questions import Took
from bench.machine import Machine

_DELIVERIES = re.compile(r": ([0-9,]+) deliveries")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    name: str
    version: str
    loaded: Loaded
    part: float
    """Of the year's letters, how many are loaded."""
    searches: Mapping[str, Took]
    indicators: Mapping[str, Took]
    pages: Mapping[str, Took]
    machine: Machine


def page(found: Sequence[Measured], before: str = "") -> str:
    """
    Args:
        before: the page as it was; a larger load of the same database that it tells of stays, with its date.
    """
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
    sections = {
        heading: text for heading, text in _sections(before) if not any(_outdone(heading, one) for one in found)
    }
    sections |= {_heading(one): "\n".join(_database(one)) for one in found}
    return "\n".join([*lines, *(sections[heading] for heading in sorted(sections, key=_size))])


def _heading(one: Measured) -> str:
    return f"## {one.name}: {one.loaded.deliveries:,} deliveries of {one.loaded.letters:,} letters"


def _sections(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split("\n## ")[1:]:
        yield f"## {part.splitlines()[0]}", f"## {part.rstrip()}\n"


def _outdone(heading: str, one: Measured) -> bool:
    return heading.startswith(f"## {one.name}: ") and _size(heading) <= one.loaded.deliveries


def _size(heading: str) -> int:
    match = _DELIVERIES.search(heading)
    return 0 if match is None else int(match[1].replace(",", ""))


def _database(one: Measured) -> list[str]:
    loaded, machine = one.loaded, one.machine
    return [
        _heading(one),
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
        *_table("pages", one.pages),
    ]


def _table(title: str, took: Mapping[str, Took]) -> list[str]:
    rows = [
        f"| {name} | {short(one.p50)} | {short(one.p95)} | {short(one.longest)} | {one.times} | {one.lines:,} |"
        for name, one in took.items()
    ]
    return [f"| {title} | p50 ms | p95 ms | longest ms | times | found |", "|---|--:|--:|--:|--:|--:|", *rows, ""]
