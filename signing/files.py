"""Files that hold secrets: made private, read only while private, never overwritten.

Rules of this file:
1. Permissions are read from the open file, not from its name, so nobody can swap the file in between.
2. A refusal names the command that mends it.
3. Elsewhere than on POSIX systems modes mean nothing and are not looked at; access lists are the operator's there.
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import Final

from signing.errors import KeyExists, KeyMissing, KeyPermissions

SECRET_BYTES_MAX: Final = 1 << 20
"""Bytes; no key file is near it, and reading is bounded."""

_POSIX: Final = os.name == "posix"


def read_secret(path: Path) -> bytes:
    """Content of a file that only its owner can read; refuses with KeyPermissions or KeyMissing."""
    try:
        with path.open("rb") as file:
            _require_private(path, os.fstat(file.fileno()).st_mode, 0o600)
            return file.read(SECRET_BYTES_MAX)
    except OSError as cause:
        raise KeyMissing(path=path) from cause


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file with mode 0600 in a folder with mode 0700; durable when it returns."""
    _make_private_folder(path.parent)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as cause:
        raise KeyExists(path=path) from cause
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def _make_private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        _require_private(folder, folder.stat().st_mode, 0o700)


def _require_private(path: Path, mode: int, wanted: int) -> None:
    if _POSIX and stat.S_IMODE(mode) & 0o077:
        command = f"chmod {wanted:o} {shlex.quote(str(path))}"
        raise KeyPermissions(path=path, mode=f"{stat.S_IMODE(mode):04o}", command=command)


def _sync_folder(folder: Path) -> None:
    if not _POSIX:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
