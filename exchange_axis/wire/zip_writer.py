"""The ZIP archive of a container, in the one form that the gate lets in (docs/protocol.md, 5).

Rules of this file:
1. STORED only; flags 0, no descriptors, comments, gaps or prefix; local and central headers say the same.
2. Size and CRC of a member are known before its header is written, so nothing is ever patched and the SHA-256 of the
   archive is known when its last byte is.
3. The same members give the same bytes: fixed time (DOS epoch), host and attributes.
4. ZIP64 fields only where a value does not fit into 32 bits. Python's zipfile turns to ZIP64 at 2 GiB and then makes
   the two headers differ; that is why it is the second reader in tests and not the writer.

Source: PKWARE APPNOTE 6.3.10, sections 4.3.6 to 4.3.16, 4.4, 4.5.3.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from exchange_axis.errors import AxisError

_MAX_32 = 0xFFFF_FFFF
_MAX_16 = 0xFFFF
_VERSION = 10
_VERSION_ZIP64 = 45
_DOS_TIME = 0
_DOS_DATE = 0x0021  # 1 January 1980
_STORED = 0
_FLAGS = 0
_ZIP64_TAG = 0x0001

_SHARED = struct.Struct("<5H3I2H")
_CENTRAL_TAIL = struct.Struct("<3H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_END64_AFTER_SIZE = _END64.size - 12  # APPNOTE 4.3.14.1: the size leaves out the first 12 bytes


class ContentChanged(AxisError):
    code: ClassVar[str] = "container.file-changed"
    vi: ClassVar[str] = "Tệp bị thay đổi trong khi đóng gói: {source}"
    en: ClassVar[str] = "The file changed while it was being packed: {source}"
    remedy_vi: ClassVar[str] = "Đóng tệp trong phần mềm đang mở nó rồi làm lại"
    remedy_en: ClassVar[str] = "Close the file in the program that has it open and try again"


class Sink(Protocol):
    """Where the archive goes: write only, in order."""

    def write(self, data: bytes, /) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a member will hold, known before it is written."""

    size: int
    crc32: int
    sha256: str

    @classmethod
    def of(cls, chunks: Iterable[bytes]) -> Content:
        """One pass over the chunks."""
        size, crc, digest = 0, 0, hashlib.sha256()
        for chunk in chunks:
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
            digest.update(chunk)
        return cls(size=size, crc32=crc, sha256=digest.hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A member as its two headers describe it; `offset` is that of the local header."""

    name: str
    size: int
    crc32: int
    offset: int


class ZipWriter:
    """Writes members in calling order, then the central directory; `size` and `sha256` are of all bytes so far."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._digest = hashlib.sha256()
        self._entries: list[Entry] = []
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def add(self, name: str, content: Content, chunks: Iterable[bytes]) -> None:
        """Add one member; memory is that of one chunk.

        Raises:
            ContentChanged: the chunks are not the announced content. The archive is then useless.
        """
        entry = Entry(name=name, size=content.size, crc32=content.crc32, offset=self.size)
        self._write(local_header(entry))
        written, digest = 0, hashlib.sha256()
        for chunk in chunks:
            written += len(chunk)
            if written > content.size:  # a growing file must not fill the disk
                break
            digest.update(chunk)
            self._write(chunk)
        if written != content.size or digest.hexdigest() != content.sha256:
            raise ContentChanged(where=name, source=name)
        self._entries.append(entry)

    def finish(self) -> None:
        """Write the central directory and the end records."""
        start = self.size
        for entry in self._entries:
            self._write(central_header(entry))
        self._write(end_records(count=len(self._entries), start=start, size=self.size - start))

    def _write(self, data: bytes) -> None:
        self._sink.write(data)
        self._digest.update(data)
        self.size += len(data)


def local_header(entry: Entry) -> bytes:
    """APPNOTE 4.3.7; a ZIP64 extra field in a local header holds both sizes (4.5.3)."""
    extra = _zip64_extra(_large_sizes(entry))
    return b"PK\x03\x04" + _shared_fields(entry, extra) + entry.name.encode("ascii") + extra


def central_header(entry: Entry) -> bytes:
    """APPNOTE 4.3.12: host 0, made by the version that is needed, no comment, first disk, no attributes."""
    far = entry.offset >= _MAX_32
    extra = _zip64_extra(_large_sizes(entry) + ([entry.offset] if far else []))
    return (
        b"PK\x01\x02"
        + struct.pack("<H", _version(entry))
        + _shared_fields(entry, extra)
        + _CENTRAL_TAIL.pack(0, 0, 0, 0, _MAX_32 if far else entry.offset)
        + entry.name.encode("ascii")
        + extra
    )


def end_records(*, count: int, start: int, size: int) -> bytes:
    """APPNOTE 4.3.14 to 4.3.16 for a central directory of `count` headers and `size` bytes at offset `start`."""
    end = _END.pack(
        b"PK\x05\x06", 0, 0, min(count, _MAX_16), min(count, _MAX_16), min(size, _MAX_32), min(start, _MAX_32), 0
    )
    if count < _MAX_16 and start < _MAX_32 and size < _MAX_32:
        return end
    end64 = _END64.pack(
        b"PK\x06\x06", _END64_AFTER_SIZE, _VERSION_ZIP64, _VERSION_ZIP64, 0, 0, count, count, size, start
    )
    return end64 + _LOCATOR64.pack(b"PK\x06\x07", 0, start + size, 1) + end


def _shared_fields(entry: Entry, extra: bytes) -> bytes:
    """Version needed, flags, method, time, date, CRC, sizes, lengths of name and extra: one source for both headers."""
    size = min(entry.size, _MAX_32)
    return _SHARED.pack(
        _version(entry), _FLAGS, _STORED, _DOS_TIME, _DOS_DATE, entry.crc32, size, size, len(entry.name), len(extra)
    )


def _version(entry: Entry) -> int:
    """Also by offset, although only the central header needs ZIP64 for it: the two headers say the same."""
    return _VERSION_ZIP64 if max(entry.size, entry.offset) >= _MAX_32 else _VERSION


def _large_sizes(entry: Entry) -> list[int]:
    return [entry.size, entry.size] if entry.size >= _MAX_32 else []


def _zip64_extra(values: list[int]) -> bytes:
    if not values:
        return b""
    return struct.pack(f"<2H{len(values)}Q", _ZIP64_TAG, 8 * len(values), *values)
