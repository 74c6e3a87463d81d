"""Commands of tests are children of one process that has loaded the product; `test_installed.py` starts afresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from exchange_axis.demo import nursery

ROOT = Path(__file__).parents[2]


class Child(nursery.Child):
    """One command that runs in the folder of this moment."""

    def __init__(self, argv: Sequence[str], *, stdin: int, env: Mapping[str, str], own_session: bool = False) -> None:
        super().__init__(_nursery(), argv, stdin=stdin, env=env, folder=Path.cwd(), own_session=own_session)


@cache
def _nursery() -> nursery.Nursery:
    """Started by the first who needs it; it ends when this process does, and the socket with it."""
    return nursery.Nursery(folder=ROOT)
