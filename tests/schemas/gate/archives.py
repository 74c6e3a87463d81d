"""Builds ZIP archives byte by byte, so that each field can be wrong on its own.

Written from APPNOTE.TXT, sharing nothing with the gate: a mistake in one must not hide in the other.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field, replace

CONTAINER_TYPE = b"application/vnd.etsi.asic-e+zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The fields that occur in both headers; None means: as the data demands."""

    version: int = 20
    flags: int = 0
    method: int = 0
    time: int = 0
    date: int = 0x5D76
    crc: int | None = None
    stored: int | None = None
    size: int | None = None
    name: bytes | None = None
    extra: bytes = b""

    def pack(self, name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(data) if self.crc is None else self.crc
        stored = len(data) if self.stored is None else self.stored
        size = len(data) if self.size is None else self.size
        shown = name if self.name is None else self.name
        return struct.pack(
            "<5H3I2H",
            *(self.version, self.flags, self.method, self.time, self.date),
            *(crc, stored, size, len(shown), len(self.extra)),
        )

    def names(self, name: bytes) -> bytes:
        return (name if self.name is None else self.name) + self.extra


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    name: bytes
    data: bytes = b""
    local: Header = field(default_factory=Header)
    central: Header = field(default_factory=Header)
    before: bytes = b""
    """Bytes between the member before and this one."""
    behind: bytes = b""
    """Bytes behind the data, such as a data descriptor."""
    comment: bytes = b""
    disk: int = 0
    internal: int = 0
    external: int = 0o100600 << 16
    made_by: int = 0x0314
    offset: int | None = None

    def both(self, **fields: object) -> Member:
        """The same deviation in both headers."""
        changed: Header = replace(self.local, **fields)  # type: ignore[arg-type]
        return replace(self, local=changed, central=replace(self.central, **fields))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    members: tuple[Member, ...]
    prefix: bytes = b""
    shifted: bool = False
    """Whether the offsets count from the start of the prefix, as a self-extracting archive's may."""
    before_directory: bytes = b""
    before_end: bytes = b""
    comment: bytes = b""
    comment_length: int | None = None
    trailing: bytes = b""
    count: int | None = None
    count_here: int | None = None
    disk: int = 0
    directory_size: int | None = None
    directory_offset: int | None = None

    def build(self) -> bytes:
        out = bytearray(self.prefix)
        base = 0 if self.shifted else len(self.prefix)
        offsets = []
        for member in self.members:
            out += member.before
            offsets.append(len(out) - base)
            out += b"PK\x03\x04" + member.local.pack(member.name, member.data)
            out += member.local.names(member.name) + member.data + member.behind
        out += self.before_directory
        start = len(out)
        for member, offset in zip(self.members, offsets, strict=True):
            out += _central(member, offset)
        size = len(out) - start
        out += self.before_end
        out += self._end(size, start - base)
        return bytes(out + self.comment + self.trailing)

    def _end(self, size: int, offset: int) -> bytes:
        count = len(self.members) if self.count is None else self.count
        return b"PK\x05\x06" + struct.pack(
            "<4H2IH",
            *(self.disk, self.disk, count if self.count_here is None else self.count_here, count),
            size if self.directory_size is None else self.directory_size,
            offset if self.directory_offset is None else self.directory_offset,
            len(self.comment) if self.comment_length is None else self.comment_length,
        )


def _central(member: Member, offset: int) -> bytes:
    header = member.central.pack(member.name, member.data)
    return (
        b"PK\x01\x02"
        + struct.pack("<H", member.made_by)
        + header
        + struct.pack("<3H", len(member.comment), member.disk, member.internal)
        + struct.pack("<2I", member.external, offset if member.offset is None else member.offset)
        + member.central.names(member.name)
        + member.comment
    )


def good_members() -> tuple[Member, ...]:
    return (
        Member(name=b"mimetype", data=CONTAINER_TYPE),
        Member(name=b"META-INF/manifest.xml", data=b"<manifest/>"),
        Member(name=b"META-INF/signatures0.xml", data=b"<signatures/>"),
        Member(name=b"consignment.xml", data=b"<consignment/>"),
        Member(name=b"letter.edxml", data=b"<edXML/>"),
        Member(name=b"attachments/001.pdf", data=b"%PDF-1.7 one"),
        Member(name=b"attachments/002", data=b""),
    )


def with_member(index: int, member: Member) -> Archive:
    members = good_members()
    return Archive(members=(*members[:index], member, *members[index + 1 :]))


def renamed(index: int, name: bytes) -> Archive:
    return with_member(index, replace(good_members()[index], name=name))
