"""Statements compiled once a process, whatever the number of databases.

A service opens one database and keeps what SQLAlchemy compiled for it. Tests open thousands of the same kind, and
spent a tenth of their time on compiling the same statements for each. Nothing else is shared.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from functools import partial
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.util import LRUCache

from exchange_axis.store import engine

ROOM = 4000
"""Statements; more than the suite has."""

Key = tuple[Any, ...]
"""SQLAlchemy's: the dialect of one engine, then the statement."""


class Shared(MutableMapping[Key, Any]):
    """What was compiled for one engine serves every engine of its kind."""

    def __init__(self) -> None:
        self._kept: LRUCache[Key, Any] = LRUCache(ROOM)

    def __getitem__(self, key: Key) -> Any:
        return self._kept[_of_kind(key)]

    def get(self, key: Key, default: Any = None) -> Any:
        return self._kept.get(_of_kind(key), default)

    def __setitem__(self, key: Key, compiled: Any) -> None:
        self._kept[_of_kind(key)] = compiled

    def __delitem__(self, key: Key) -> None:
        del self._kept[_of_kind(key)]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def share_statements() -> None:
    """From now on, for every engine that this process opens."""
    opened = partial(create_engine, execution_options={"compiled_cache": Shared()})
    setattr(engine, "create_engine", opened)  # noqa: B010 # the module does not offer it for this


def _of_kind(key: Key) -> Key:
    dialect, *statement = key
    return type(dialect), getattr(dialect, "server_version_info", None), *statement
