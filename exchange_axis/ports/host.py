"""The machine itself: clock, chance, and programs that look into files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from signing.examined import Examined


class Clock(Protocol):
    """Tells time; nothing in the house asks the operating system itself."""

    def now(self) -> datetime:
        """Aware UTC; may step when the host's clock is set."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; for timers only, never stored."""
        ...


class Rng(Protocol):
    """Unpredictable bytes; in a simulation a seeded source."""

    def token(self, size: int) -> bytes:
        """`size` random bytes."""
        ...

    def uuid(self) -> str:
        """A random (version 4) UUID in canonical text form."""
        ...

    def uniform(self) -> float:
        """A number in [0, 1), for jitter."""
        ...


class FileExaminer(Protocol):
    def examine(self, path: Path, *, offset: int, size: int, sha256: str, seconds: float) -> Examined:
        """What the bytes tell, within so many seconds. Never raises over a file; from any thread; answers may be kept
        by digest."""
        ...

    def close(self) -> None: ...


class ScanState(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not-scanned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    state: ScanState
    scanner: str = ""
    """Name and version, of the program and of its signatures where it tells them."""
    threat: str = ""
    """What it found."""
    reason: str = ""
    """Why it was not scanned."""


class MalwareScanner(Protocol):
    def scan(self, pieces: Iterable[bytes]) -> Scan:
        """Judge one file. Never raises over a scanner that is down: that is NOT_SCANNED with a reason."""
        ...
