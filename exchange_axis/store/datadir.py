"""A data folder and the lock that makes one process its owner.

The lock is `flock` on `DIR/lock`: the kernel lets go of it however the process ends, and the file is never removed,
because a removed lock file is how two processes come to hold "the" lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exchange_axis.store.errors import DataInUse

LOCK = "lock"


def make_private_folder(path: Path) -> Path:
    """Create a folder only its owner may enter (missing parents too); an existing one is left as it is."""
    for folder in reversed((path, *path.parents)):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
    return path


@contextmanager
def hold_folder(path: Path) -> Iterator[None]:
    """Own a data folder, created if missing, until the block ends.

    Raises:
        DataInUse: another process owns it; names its process id.
    """
    make_private_folder(path)
    descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DataInUse(folder=path, pid=_read_pid(descriptor) or "?") from error


def _read_pid(descriptor: int) -> int | None:
    """None in the moment between another process's lock and its writing."""
    text = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
    return int(text) if text.isdecimal() else None
