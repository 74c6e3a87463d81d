"""Fixtures every test folder may use, and what all tests share."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

from tests.both_databases import watch_postgresql
from tests.browsers import browser, started_browser
from tests.light_passwords import lighten
from tests.ready_databases import copy_databases
from tests.services import database_url, either_store, hub_template, postgres_url, roomy_memory
from tests.shared_statements import share_statements

__all__ = ["browser", "database_url", "either_store", "hub_template", "postgres_url", "started_browser"]

gc.disable()  # until all tests are collected: what is made by then is kept
share_statements()
lighten()
settings.register_profile("whole", deadline=None)  # an example takes what a busy machine takes; `make bench` measures
settings.load_profile("whole")
if memory := roomy_memory():  # what must survive a kill is in the page cache as well; no test cuts the power
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))

LONGEST = (
    "tests/prove/test_erasures.py",
    "tests/prove/test_kills.py",
    "tests/demo/test_demo.py",
    "tests/test_bench.py",
    "tests/prove/simulation/",
    "tests/prove/test_mutants.py",
    "tests/browser/",
    "tests/web/test_replay.py",
)
"""Tests of many seconds each: begun last, one of them would run on while the other processes have nothing to do."""


def pytest_configure(config: pytest.Config) -> None:
    watch_postgresql(config)


def pytest_collection_finish() -> None:
    """Garbage is looked for among what tests make, less often: nine thousand tests and all modules are none."""
    copy_databases()
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each process begins with its share of the longest, file by file; among themselves tests stay in their order.

    The processes are given equal parts of this list, one after the other, and who is done takes from the others' ends.
    """
    processes: int = getattr(config, "workerinput", {}).get("workercount", 1)
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.nodeid.startswith(LONGEST):
            files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    shares = [[item for file in [*files.values()][first::processes] for item in file] for first in range(processes)]
    others = [item for item in items if not item.nodeid.startswith(LONGEST)]
    room = len(items) // processes
    items.clear()
    for share in shares:
        fill = max(0, room - len(share))
        items += [*share, *others[:fill]]
        del others[:fill]
    items += others
