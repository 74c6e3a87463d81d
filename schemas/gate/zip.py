"""The one way in for containers: an archive of the strict profile of ASiC-E, or a refusal.

Rules of this file:
1. Every byte of the file belongs to exactly one thing: a local header, its data, the directory, the end records.
   So two readers cannot see two different archives in one file.
2. No length is trusted before it was compared with the place where the next thing really begins, and memory is
   bounded by the limits, not by what headers claim.
3. All members are stored; nothing is ever inflated.

Sources: APPNOTE.TXT 6.3.10 (PKWARE), ETSI EN 319 162-1 (4.2, A.1). The names are those of the exchange's own profile.
"""

from __future__ import annotations

import io
import stat
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final, NamedTuple, NoReturn

from schemas.gate import zip_refusals as refusal
from schemas.gate.limits import MIB, ZIP_LIMITS, ZipLimits
from schemas.gate.zip_names import check_container_names, check_name, check_plain_names, printable

__all__ = ["MIMETYPE", "ZipEntry", "ZipLimits", "admit_archive", "admit_zip", "check_crc", "stream_member"]

MIMETYPE: Final = b"application/vnd.etsi.asic-e+zip"

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_END64: Final = struct.Struct("<4sQ2H2I4Q")
_LOCATOR: Final = struct.Struct("<4sIQI")
_LOCAL_SIGNATURE: Final = b"PK\x03\x04"
_CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
_END_SIGNATURE: Final = b"PK\x05\x06"
_END64_SIGNATURE: Final = b"PK\x06\x06"
_LOCATOR_SIGNATURE: Final = b"PK\x06\x07"

_WIDE: Final = 0xFFFF_FFFF
"""What a 32-bit field says when the value is in ZIP64; values from here on need it."""
_LONGEST_COMMENT: Final = 0xFFFF
_ENCRYPTED: Final = 1 << 0 | 1 << 6 | 1 << 13
_DESCRIPTOR: Final = 1 << 3
_UTF8_NAME: Final = 1 << 11
"""Allowed, since it means nothing for ASCII names; Java sets it always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipEntry:
    name: str
    offset: int
    """First byte of the data in the file."""
    size: int
    crc32: int
    """As stated in both headers; `check_crc` and `stream_member` compare it with the data."""


class _Fields(NamedTuple):
    """What a local header and its twin in the directory both say, in the order of both formats."""

    version: int
    flags: int
    method: int
    time: int
    date: int
    crc32: int
    stored: int
    size: int


class _Central(NamedTuple):
    fields: _Fields
    name: bytes
    size: int
    offset: int


class _Directory(NamedTuple):
    offset: int
    size: int
    members: int


def admit_zip(file: BinaryIO, *, limits: ZipLimits = ZIP_LIMITS) -> tuple[ZipEntry, ...]:
    """The members of a container in their order, once every header has been found consistent.

    1. end of the file  2. directory  3. names and their order  4. local headers, tiling the file  5. `mimetype`
    The data of the members is not read (but for `mimetype`): see `stream_member`.

    Args:
        file: seekable; its position is moved.

    Raises:
        Refusal: one of `schemas.gate.zip_refusals`.
    """
    entries = _admit(file, limits, check_container_names)
    if _read(file, entries[0].offset, min(entries[0].size, len(MIMETYPE) + 1)) != MIMETYPE:
        raise refusal.WrongMimetype(where="mimetype")
    check_crc(file, entries[0])
    return entries


def admit_archive(file: BinaryIO, *, limits: ZipLimits) -> tuple[ZipEntry, ...]:
    """The members of an archive in the same strict form, but with any plain names: a dossier.

    Raises:
        Refusal: one of `schemas.gate.zip_refusals`.
    """
    return _admit(file, limits, check_plain_names)


def _admit(file: BinaryIO, limits: ZipLimits, names: Callable[[Sequence[bytes]], None]) -> tuple[ZipEntry, ...]:
    length = file.seek(0, io.SEEK_END)
    if length > limits.archive_bytes:
        raise refusal.ArchiveTooLarge(size=length, limit=limits.archive_bytes)
    directory = _find_directory(file, length)
    if directory.members > limits.members:
        raise refusal.TooManyMembers(count=directory.members, limit=limits.members)
    members = tuple(_read_directory(file, directory))
    names([member.name for member in members])
    return tuple(_tile(file, members, directory.offset))


def stream_member(file: BinaryIO, entry: ZipEntry, *, piece: int = MIB) -> Iterator[bytes]:
    """The data of one member in pieces; the last step compares the CRC, so a reader must run to the end.

    Raises:
        WrongChecksum: after the last piece.
    """
    checksum, position, end = 0, entry.offset, entry.offset + entry.size
    while position < end:
        data = _read(file, position, min(piece, end - position))
        checksum = zlib.crc32(data, checksum)
        position += len(data)
        yield data
    if checksum != entry.crc32:
        raise refusal.WrongChecksum(where=entry.name, name=entry.name)


def check_crc(file: BinaryIO, entry: ZipEntry) -> None:
    """Reads the member once and throws the data away.

    Raises:
        WrongChecksum: the data is not what the headers say.
    """
    for _ in stream_member(file, entry):
        pass


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    data = file.read(size)
    if len(data) != size:
        raise refusal.Truncated
    return data


# --- 1. the end of the file ---------------------------------------------------------------------------------------


def _find_directory(file: BinaryIO, length: int) -> _Directory:
    at = length - _END.size
    tail = _read(file, max(at, 0), min(length, _END.size))
    if len(tail) < _END.size or tail[:4] != _END_SIGNATURE or tail[-2:] != b"\0\0":
        _explain_end(file, length)
    _, disk, first_disk, here, count, size, offset, _ = _END.unpack(tail)
    if disk or first_disk or here != count:
        raise refusal.SeveralDisks
    if offset == _WIDE:
        at, count, size, offset = _end64(file, at, count, size)
    elif at >= _LOCATOR.size and _read(file, at - _LOCATOR.size, 4) == _LOCATOR_SIGNATURE:
        raise refusal.NeedlessZip64
    if count and _read(file, 0, 4) != _LOCAL_SIGNATURE:
        raise refusal.Prefix
    if offset + size > at:
        raise refusal.BrokenDirectory
    if offset + size < at:
        raise refusal.Gap(offset=offset + size, count=at - offset - size)
    return _Directory(offset, size, count)


def _explain_end(file: BinaryIO, length: int) -> NoReturn:
    """No end record where it must be: says which of the possible reasons it is."""
    window = min(length, _END.size + _LONGEST_COMMENT)
    tail = _read(file, length - window, window)
    found = tail.rfind(_END_SIGNATURE)
    if found < 0:
        cut = _read(file, 0, min(length, 4)) == _LOCAL_SIGNATURE
        raise refusal.Truncated if cut else refusal.NotAnArchive
    record = tail[found : found + _END.size]
    if len(record) < _END.size:
        raise refusal.Truncated
    raise refusal.ArchiveComment if record[-2:] != b"\0\0" else refusal.TrailingBytes


def _end64(file: BinaryIO, end: int, count: int, size: int) -> tuple[int, int, int, int]:
    """Where the ZIP64 end record begins, and what it says of the directory: count, size, offset."""
    at = end - _LOCATOR.size - _END64.size
    if at < 0:
        raise refusal.BrokenDirectory
    records = _read(file, at, _END64.size + _LOCATOR.size)
    signature, length, _, version, disk, first_disk, here, total, size64, offset = _END64.unpack_from(records)
    locator, locator_disk, record_offset, disks = _LOCATOR.unpack_from(records, _END64.size)
    if signature != _END64_SIGNATURE or locator != _LOCATOR_SIGNATURE or record_offset != at:
        raise refusal.BrokenDirectory
    if disk or first_disk or locator_disk or disks != 1 or here != total:
        raise refusal.SeveralDisks
    if length != _END64.size - 12 or version != 45 or (count, size) != (total, size64):
        raise refusal.BrokenDirectory
    if offset < _WIDE:
        raise refusal.NeedlessZip64
    return at, count, size, offset


# --- 2. the directory ---------------------------------------------------------------------------------------------


def _read_directory(file: BinaryIO, directory: _Directory) -> Iterator[_Central]:
    position, end = directory.offset, directory.offset + directory.size
    for _ in range(directory.members):
        if end - position < _CENTRAL.size:
            raise refusal.BrokenDirectory
        header = _CENTRAL.unpack(_read(file, position, _CENTRAL.size))
        length = _CENTRAL.size + header[10] + header[11] + header[12]
        if header[0] != _CENTRAL_SIGNATURE or length > end - position:
            raise refusal.BrokenDirectory
        names = _read(file, position + _CENTRAL.size, length - _CENTRAL.size)
        yield _central(header, names[: header[10]], names[header[10] : header[10] + header[11]])
        position += length
    if position != end:
        raise refusal.BrokenDirectory


def _central(header: tuple[int, ...], name: bytes, extra: bytes) -> _Central:
    fields = _Fields(*header[2:10])
    comment_length, disk, internal, external, offset = header[12:17]
    shown = printable(name)
    check_name(name)
    _check_fields(fields, shown)
    if comment_length:
        raise refusal.MemberComment(where=shown, name=shown)
    if disk:
        raise refusal.SeveralDisks(where=shown)
    if internal or not _is_file(external):
        raise refusal.NotAFile(where=shown, name=shown)
    narrow = [fields.size, fields.stored] if fields.size == _WIDE else []
    values = _wide_values(extra, [*narrow, *([offset] if offset == _WIDE else [])], shown)
    size = values[0] if narrow else fields.size
    if narrow and values[1] != size:
        raise refusal.SizesDiffer(where=shown, name=shown)
    offset = values[-1] if offset == _WIDE else offset
    if fields.version not in ((45,) if values else (10, 20)):
        raise refusal.WrongVersion(where=shown, name=shown)
    return _Central(fields, name, size, offset)


def _wide_values(extra: bytes, narrow: Sequence[int], shown: str) -> tuple[int, ...]:
    """The ZIP64 values that stand for the 32-bit ones that are full, and no other extra field (APPNOTE 4.5.3)."""
    if not narrow:
        if extra[:2] == b"\1\0":
            raise refusal.NeedlessZip64(where=shown)
        if extra:
            raise refusal.ExtraField(where=shown, name=shown)
        return ()
    if len(extra) != 4 + 8 * len(narrow) or extra[:4] != struct.pack("<2H", 1, 8 * len(narrow)):
        raise refusal.ExtraField(where=shown, name=shown)
    values = struct.unpack(f"<{len(narrow)}Q", extra[4:])
    if any(value < _WIDE for value in values):
        raise refusal.NeedlessZip64(where=shown)
    return values


def _check_fields(fields: _Fields, shown: str) -> None:
    if fields.flags & _ENCRYPTED:
        raise refusal.Encrypted(where=shown, name=shown)
    if fields.flags & _DESCRIPTOR:
        raise refusal.DataDescriptor(where=shown, name=shown)
    if fields.flags & ~_UTF8_NAME:
        raise refusal.UnknownFlags(where=shown, name=shown)
    if fields.method != 0:
        raise refusal.Compressed(where=shown, name=shown)
    if fields.size != fields.stored:
        raise refusal.SizesDiffer(where=shown, name=shown)


def _is_file(external: int) -> bool:
    """Neither the DOS half (folder, volume label) nor the Unix half says otherwise, whatever system made it."""
    return not external & 0x18 and stat.S_IFMT(external >> 16) in (0, stat.S_IFREG)


# --- 4. local headers ---------------------------------------------------------------------------------------------


def _tile(file: BinaryIO, members: Sequence[_Central], end: int) -> Iterator[ZipEntry]:
    """Local headers and data lie one behind the other from byte 0 to the directory."""
    position = 0
    for member in members:
        shown = printable(member.name)
        if member.offset < position:
            raise refusal.Overlap(where=shown, name=shown)
        if member.offset > position:
            raise refusal.Gap(where=shown, offset=position, count=member.offset - position)
        position += _check_local(file, member, shown)
        if member.size > end - position:
            raise refusal.Overlap(where=shown, name=shown)
        yield ZipEntry(name=member.name.decode("ascii"), offset=position, size=member.size, crc32=member.fields.crc32)
        position += member.size
    if position != end:
        raise refusal.Gap(offset=position, count=end - position)


def _check_local(file: BinaryIO, member: _Central, shown: str) -> int:
    """The length of the local header of a member, which says what the directory says."""
    signature, *values, name_length, extra_length = _LOCAL.unpack(_read(file, member.offset, _LOCAL.size))
    fields = _Fields(*values)
    if signature != _LOCAL_SIGNATURE:
        raise refusal.HeadersDiffer(where=shown, name=shown, field="signature")
    if name_length != len(member.name):
        raise refusal.HeadersDiffer(where=shown, name=shown, field="name")
    rest = _read(file, member.offset + _LOCAL.size, name_length + extra_length)
    if rest[:name_length] != member.name:
        raise refusal.HeadersDiffer(where=shown, name=shown, field="name")
    _check_fields(fields, shown)
    for field, local, central in zip(_Fields._fields, fields, member.fields, strict=True):
        if local != central:
            raise refusal.HeadersDiffer(where=shown, name=shown, field=field)
    narrow = [fields.size, fields.stored] if fields.size == _WIDE else []
    if any(value != member.size for value in _wide_values(rest[name_length:], narrow, shown)):
        raise refusal.HeadersDiffer(where=shown, name=shown, field="size")
    return _LOCAL.size + len(rest)
