"""The members of a dossier, from the archive as it came or from the folder that somebody unpacked it into."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from schemas.gate.limits import DOSSIER_LIMITS
from schemas.gate.zip import ZipEntry, admit_archive
from schemas.gate.zip_refusals import TooManyMembers

CHUNK = 1024 * 1024


class Members(Protocol):
    """Names are relative, with `/`; opening a name gives a seekable file of its bytes."""

    def names(self) -> Iterable[str]: ...

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]: ...


class ArchiveMembers:
    def __init__(self, file: BinaryIO) -> None:
        """
        Raises:
            Refusal: the gate's.
        """
        self._file = file
        self._entries: Mapping[str, ZipEntry] = {
            entry.name: entry for entry in admit_archive(file, limits=DOSSIER_LIMITS)
        }

    def names(self) -> Iterable[str]:
        return self._entries

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        entry = self._entries[name]
        yield io.BufferedReader(_Slice(self._file, entry.offset, entry.size), CHUNK)


class FolderMembers:
    def __init__(self, folder: Path) -> None:
        """
        Raises:
            TooManyMembers: a folder that is no dossier by far.
        """
        self._folder = folder
        self._names: list[str] = []
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self._names.append(path.relative_to(folder).as_posix())
            if len(self._names) > DOSSIER_LIMITS.members:
                raise TooManyMembers(count=len(self._names), limit=DOSSIER_LIMITS.members)

    def names(self) -> Iterable[str]:
        return self._names

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        with (self._folder / name).open("rb") as file:
            yield file


def digest_of(members: Members, name: str) -> tuple[int, str]:
    """Size and SHA-256 of a member."""
    size, digest = 0, hashlib.sha256()
    with members.open(name) as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            digest.update(chunk)
    return size, digest.hexdigest()


def bytes_of(members: Members, name: str, limit: int) -> bytes:
    """A whole small member, or its first `limit` + 1 bytes, which whoever reads them refuses as too long."""
    with members.open(name) as file:
        return file.read(limit + 1)


class _Slice(io.RawIOBase):
    """A part of a file as a file."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self._file = file
        self._offset = offset
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._size - self._at)
        if wanted <= 0:
            return 0
        self._file.seek(self._offset + self._at)
        data = self._file.read(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
