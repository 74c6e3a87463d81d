"""Fixtures every test folder may use, and what all tests share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.both_databases import watch_postgresql
from tests.light_passwords import lighten
from tests.services import database_url, either_store, hub_template, postgres_url, roomy_memory
from tests.shared_statements import share_statements

__all__ = ["database_url", "either_store", "hub_template", "postgres_url"]

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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))  # among themselves in the order of chance
