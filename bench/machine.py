"""What the figures were measured on. Names no host and no user."""

from __future__ import annotations

import os
import platform
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pysqlite3.dbapi2 as sqlite_driver
from lxml import etree

from exchange_axis import __version__

PACKAGES = ("aiohttp", "cryptography", "lxml", "pysqlite3", "sqlalchemy", "xmlschema")
FLUSHES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    at: str
    """UTC, to the minute."""
    product: str
    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    libraries: str
    flush_ms: float
    """Wall time of appending 4 KB to a file and flushing it, in the folder that was used."""
    load_before: str
    """Load averages over 1, 5 and 15 minutes."""
    load_after: str
    seconds: float
    """The whole run."""


@dataclass(slots=True, kw_only=True)
class Run:
    """The facts that only the start of a run can tell."""

    folder: Path
    load: str
    started: float
    at: datetime
    flush_ms: float

    @classmethod
    def begin(cls, folder: Path) -> Run:
        return cls(
            folder=folder, load=load(), started=time.monotonic(), at=datetime.now(UTC), flush_ms=flush_time(folder)
        )

    def end(self) -> Machine:
        return Machine(
            at=f"{self.at:%Y-%m-%d %H:%M} UTC",
            product=__version__,
            processor=_processor(),
            cores=len(os.sched_getaffinity(0)),
            memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
            system=f"{_distribution()}, Linux {platform.release().split('-')[0]}",
            python=platform.python_version(),
            libraries=_libraries(),
            flush_ms=self.flush_ms,
            load_before=self.load,
            load_after=load(),
            seconds=time.monotonic() - self.started,
        )


def load() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def flush_time(folder: Path) -> float:
    """Milliseconds to append 4 KB and have it on the disk."""
    path = folder / "flush"
    with path.open("wb", buffering=0) as file:
        begun = time.perf_counter()
        for _ in range(FLUSHES):
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
        took = time.perf_counter() - begun
    path.unlink()
    return took / FLUSHES * 1000


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "unknown distribution"


def _libraries() -> str:
    packages = [f"{name} {version(name)}" for name in PACKAGES]
    native = [
        ssl.OPENSSL_VERSION,
        f"libxml2 {'.'.join(map(str, etree.LIBXML_VERSION))}",
        f"SQLite {sqlite_driver.sqlite_version}",
    ]
    return ", ".join([*packages, *native])
