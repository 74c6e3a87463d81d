"""Running a coroutine that has nothing to wait for: libraries whose pure functions are written as async ones."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


def finish(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Its result, in this very call. One that waits for anything, such as the network, is a fault of ours."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: _T = done.value
        return result
    coroutine.close()
    raise RuntimeError("a pure computation asked to wait")
