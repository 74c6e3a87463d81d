"""Files that a sender zipped for the journey: how they are recognised, and inflated in pieces.

Rules of this file:
1. The bytes decide: a ZIP of exactly one entry under a name that does not end in .zip is that entry; everything else,
   a broken archive included, is the sender's payload as it is. The entry's own name is never used.
2. Sizes that an archive states are claims: what comes out is counted while it comes.
3. Memory is a piece, whatever the archive says: its directory is read only while it is short, and only stored and
   deflated entries are opened, because zipfile inflates bzip2 and LZMA without a bound.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from exchange_axis.wire.edxml.refusals import InflatedTooLarge

MAX_INFLATED = 100 * 1024 * 1024
"""Bytes one zipped attachment may inflate to."""
MAX_RATIO = 100
"""Inflated over stored size; text and spreadsheets stay far below."""
ZIP_START = b"PK\x03\x04"
PIECE = 256 * 1024
"""Bytes read and given out at a time; a directory longer than this is not that of one entry."""
_RATIO_FLOOR = 1024 * 1024
"""Below this size a high ratio harms nobody."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError)
"""What zipfile raises for an archive that is none; RuntimeError covers NotImplementedError and encryption."""


class NotWrapped(Exception):
    """The bytes are no sound archive of one entry: they are the payload themselves. Never leaves this package."""


class Window(io.RawIOBase):
    """A stretch of a file as a file of its own, which gives at most PIECE bytes at a time."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if at < 0:
            raise ValueError("before the start of the file")
        self._at = at
        return at

    def read(self, size: int = -1, /) -> bytes:
        """Refused before room is made for it: how much zipfile asks for is the archive's claim."""
        if size > PIECE:
            raise zipfile.BadZipFile("a longer read than one entry needs")
        return super().read(size) or b""

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # the stubs say WriteableBuffer
        self._file.seek(self._start + self._at)
        data = self._file.read(min(len(buffer), max(0, self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def pieces(self) -> Iterator[bytes]:
        """All of it, from its start."""
        self.seek(0)
        while piece := self.read(PIECE):
            yield piece


def may_be_wrapped(start: bytes, name: str) -> bool:
    """Whether an attachment that starts like this, under this AttachmentName, has to be looked into."""
    return start.startswith(ZIP_START) and not name.lower().endswith(".zip")


def inflate(window: Window, *, where: str, max_inflated: int = MAX_INFLATED) -> Iterator[bytes]:
    """The one entry, in pieces; what was given out counts only when the last piece came, with its checksum.

    Raises:
        NotWrapped: at any piece; the archive itself is the payload.
        InflatedTooLarge: beyond `max_inflated` bytes or MAX_RATIO times.
    """
    try:
        with zipfile.ZipFile(window) as archive:
            entry = _only_entry(archive)
            limit = min(max_inflated, max(_RATIO_FLOOR, entry.compress_size * MAX_RATIO))
            with archive.open(entry) as stream:
                count = 0
                while piece := stream.read(PIECE):
                    count += len(piece)
                    if count > limit:
                        raise InflatedTooLarge(where=where, limit=max_inflated, ratio=MAX_RATIO)
                    yield piece
    except _BROKEN as error:
        raise NotWrapped from error


def unwrap(data: bytes, name: str, *, where: str = "", max_inflated: int = MAX_INFLATED) -> bytes:
    """The payload of a file that may have been zipped for the journey; anything else comes back unchanged.

    Raises:
        InflatedTooLarge: beyond `max_inflated` bytes or MAX_RATIO times.
    """
    if not may_be_wrapped(data, name):
        return data
    try:
        return b"".join(inflate(Window(io.BytesIO(data), 0, len(data)), where=where, max_inflated=max_inflated))
    except NotWrapped:
        return data


def _only_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = archive.infolist()
    if len(entries) != 1:
        raise NotWrapped
    entry = entries[0]
    if entry.is_dir() or entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
        raise NotWrapped
    return entry
