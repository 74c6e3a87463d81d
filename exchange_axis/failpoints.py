"""Named places where a test may kill the process, so that "nothing is lost" is tried inside every durable step.

`AXIS_FAILPOINTS="store.before-commit=kill@3;blob.before-rename=kill"` sends SIGKILL to this process when the first is
reached for the third time or the second for the first time. Without the variable a failpoint is one dictionary look-up.

Rules of this file:
1. A name is declared once, at import, by the room that owns the step: a list of all names needs no run.
2. An undeclared name or a malformed variable is an error at once: a proof that never strikes proves nothing.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from types import MappingProxyType
from typing import ClassVar

from schemas.gate.refusal import Refusal

VARIABLE = "AXIS_FAILPOINTS"

_declared: dict[str, str] = {}
FAILPOINTS = MappingProxyType(_declared)
"""Name to what has and has not happened there."""

_NAME = re.compile(r"[a-z]+(\.[a-z0-9-]+)+")
_ARM = re.compile(rf"(?P<name>{_NAME.pattern})=kill(@(?P<hit>[1-9][0-9]*))?")


class MalformedFailpoints(Refusal):
    code: ClassVar[str] = "failpoint.malformed"
    vi: ClassVar[str] = "Biến AXIS_FAILPOINTS sai ở '{part}'"
    en: ClassVar[str] = "AXIS_FAILPOINTS is wrong at '{part}'"
    remedy_vi: ClassVar[str] = "Viết TÊN=kill hoặc TÊN=kill@LẦN, cách nhau bằng dấu chấm phẩy"
    remedy_en: ClassVar[str] = "Write NAME=kill or NAME=kill@HIT, separated by semicolons"


def declare(name: str, state: str) -> str:
    """Enter a failpoint; `state` says what has and has not happened when it is reached. Returns the name."""
    if not _NAME.fullmatch(name) or _declared.get(name, state) != state:
        msg = f"failpoint {name!r} is not a dotted lower-case name, or is declared twice"
        raise ValueError(msg)
    _declared[name] = state
    return name


def failpoint(name: str) -> None:
    """Do nothing, or die here if the environment says so."""
    if name not in _declared:
        msg = f"failpoint {name!r} was never declared"
        raise ValueError(msg)
    if _armed.strikes(name):
        os.kill(os.getpid(), signal.SIGKILL)


def read_arms(value: str) -> dict[str, int]:
    """Names to the hit on which they strike.

    Raises:
        MalformedFailpoints: a part is not `NAME=kill[@HIT]`.
    """
    arms: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in value.split(";"))):
        match = _ARM.fullmatch(part)
        if match is None:
            raise MalformedFailpoints(part=part)
        arms[match["name"]] = int(match["hit"] or 1)
    return arms


def require_known_failpoints() -> None:
    """Refuse a variable that names something nobody declared; called when all rooms are imported."""
    for name in _armed.names():
        if name not in _declared:
            raise MalformedFailpoints(part=name)


class _Armed:
    """The arms of this process; read once, at the first use, so that importing does nothing."""

    def __init__(self) -> None:
        self._left: dict[str, int] | None = None
        self._lock = threading.Lock()

    def names(self) -> tuple[str, ...]:
        return tuple(self._arms())

    def strikes(self, name: str) -> bool:
        if name not in self._arms():
            return False
        with self._lock:
            self._arms()[name] -= 1
            return self._arms()[name] == 0

    def _arms(self) -> dict[str, int]:
        if self._left is None:
            self._left = read_arms(os.environ.get(VARIABLE, ""))
        return self._left


_armed = _Armed()
