"""A whole run of the suite writes and reads every table of a hub on PostgreSQL too, or the run fails and names them.

The statements that reach PostgreSQL are noted as they are sent; with several processes each hands in its notes at its
end. Runs of a part of the suite, and those without PostgreSQL, are not judged.

Where many tests send the same statements with other letters, `on_postgresql` names those of a file that run on both
databases, chosen so that every statement that one of them sends reaches PostgreSQL; its others run on SQLite alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from exchange_axis.store.hub.schema import ROOMS
from tests.services import has_postgres

WHOLE = frozenset({"", "postgres", "not prove and not bench"})
"""Choices of marks that leave no test on PostgreSQL out."""
NOTES = "postgresql"
ASIDE = {"form_claim"}
"""Left out: claims of forms have no journey on PostgreSQL yet."""
WRITE_ONLY = {"closed_checkpoint", "log_copy", "pulse", "returned"}
"""Not read there, or only by a failing insert."""
_NAMED = re.compile(r"\b(INSERT INTO|UPDATE|FROM|JOIN)\s+(\w+)")


@dataclass
class Touched:
    written: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)

    def note(self, words: str) -> None:
        written, read = _tables(words)
        self.written |= written
        self.read |= read

    def lacking(self) -> list[str]:
        (metadata,) = {table.metadata for table in ROOMS}
        return [
            f"{name} is never {how}"
            for how, known in (("written", self.written), ("read", self.read | WRITE_ONLY))
            for name in sorted(metadata.tables.keys() - known - ASIDE)
        ]


class BothDatabases:
    """A plugin of pytest."""

    def __init__(self, touched: Touched) -> None:
        self._touched = touched
        self._lacking: list[str] = []

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        left_out = [item for item in items if is_asked_often_enough(item)]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if not is_asked_often_enough(item)]

    @pytest.hookimpl(optionalhook=True)  # of xdist
    def pytest_testnodedown(self, node: Any) -> None:
        for name, found in getattr(node, "workeroutput", {}).get(NOTES, {}).items():
            getattr(self._touched, name).update(found)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        handed_in = getattr(session.config, "workeroutput", None)
        if handed_in is not None:
            handed_in[NOTES] = {"written": sorted(self._touched.written), "read": sorted(self._touched.read)}
        elif session.exitstatus == pytest.ExitCode.OK and is_whole(session.config) and has_postgres():
            self._lacking = self._touched.lacking()
            if self._lacking:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for line in self._lacking:
            terminalreporter.write_line(f"PostgreSQL: {line} by any test (tests/both_databases.py)", red=True)


def is_asked_often_enough(item: pytest.Item) -> bool:
    """Whether this is the run on PostgreSQL of a test whose statements others of its file send there."""
    chosen = item.get_closest_marker("on_postgresql")
    if chosen is None or not isinstance(item, pytest.Function):
        return False
    if unknown := [name for name in chosen.args if not hasattr(item.module, name)]:
        raise pytest.UsageError(f"{item.path}: on_postgresql names no test: {', '.join(unknown)}")
    return item.get_closest_marker("postgres") is not None and item.originalname not in chosen.args


def is_whole(config: pytest.Config) -> bool:
    """Whether every test that uses PostgreSQL was asked for."""
    chosen = config.option
    narrowed = chosen.keyword or chosen.deselect or chosen.collectonly or config.args_source.name == "ARGS"
    return not narrowed and chosen.markexpr in WHOLE


def watch_postgresql(config: pytest.Config) -> None:
    """From now on, for every engine that this process opens."""
    touched = Touched()

    def hear(connection: Any, _cursor: object, words: str, *_more: object) -> None:
        if connection.dialect.name == "postgresql":
            touched.note(words)

    event.listen(Engine, "before_cursor_execute", hear)
    config.pluginmanager.register(BothDatabases(touched))


@cache
def _tables(words: str) -> tuple[frozenset[str], frozenset[str]]:
    """Tables that a statement writes, and those that it reads."""
    named: Iterable[tuple[str, str]] = _NAMED.findall(words)
    written = {table for verb, table in named if verb in {"INSERT INTO", "UPDATE"}}
    return frozenset(written), frozenset({table for verb, table in named if verb in {"FROM", "JOIN"}})
