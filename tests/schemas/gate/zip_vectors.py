"""Hostile and good containers for the gate, as data: each deviates from a good one in one thing.

Clauses: APPNOTE = APPNOTE.TXT 6.3.10 (PKWARE), ASiC = ETSI EN 319 162-1 V1.1.1, P = the exchange's own profile.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.schemas.gate.archives import CONTAINER_TYPE, Archive, Member, good_members, renamed, with_member

MIME, MANIFEST, SIGNATURES, CONSIGNMENT, LETTER, FIRST, SECOND = range(7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    id: str
    clause: str
    make: Callable[[], bytes]
    code: str | None
    """None: must be admitted."""


def _v(id_: str, clause: str, archive: Archive | Callable[[], bytes], code: str | None) -> Vector:
    return Vector(id=id_, clause=clause, make=archive.build if isinstance(archive, Archive) else archive, code=code)


GOOD = Archive(members=good_members())
ITEMS = good_members()
ZIP64_EXTRA = struct.pack("<2H2Q", 1, 16, 8, 8)


def _central(index: int, **fields: object) -> Archive:
    """A deviation in the directory only."""
    member = ITEMS[index]
    return with_member(index, replace(member, central=replace(member.central, **fields)))  # type: ignore[arg-type]


def _local(index: int, **fields: object) -> Archive:
    """A deviation in the local header only."""
    member = ITEMS[index]
    return with_member(index, replace(member, local=replace(member.local, **fields)))  # type: ignore[arg-type]


def _both(index: int, **fields: object) -> Archive:
    return with_member(index, ITEMS[index].both(**fields))


def _order(*indices: int) -> Archive:
    return Archive(members=tuple(ITEMS[index] for index in indices))


def _needless_end64() -> bytes:
    plain = GOOD.build()
    end = len(plain) - 22
    count, size, offset = struct.unpack("<H2I", plain[end + 10 : end + 20])
    record = b"PK\x06\x06" + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, count, count, size, offset)
    return plain[:end] + record + b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1) + plain[end:]


def _sentinel_end64() -> bytes:
    """The same, but with the 32-bit offset pretending to be full."""
    data = bytearray(_needless_end64())
    data[-6:-2] = b"\xff\xff\xff\xff"
    return bytes(data)


def _sentinel_without_end64() -> bytes:
    data = bytearray(GOOD.build())
    data[-6:-2] = b"\xff\xff\xff\xff"
    return bytes(data)


def _prefix_is_an_archive() -> bytes:
    """Two archives in one file: a reader from the front and one from the back would see different ones."""
    return GOOD.build() + Archive(members=ITEMS[:5]).build()


def _same_data_twice() -> Archive:
    first = len(Archive(members=ITEMS[:5]).build()) - 22 - sum(46 + len(item.name) for item in ITEMS[:5])
    return with_member(SECOND, replace(ITEMS[FIRST], name=b"attachments/002", offset=first))


def _size_runs_into_directory() -> Archive:
    last = ITEMS[SECOND]
    return with_member(SECOND, last.both(size=40, stored=40))


def _swapped_directory() -> bytes:
    """Members in the right order by name, but lying in another order in the file."""
    first, second = replace(ITEMS[FIRST], name=b"attachments/002"), replace(ITEMS[SECOND], name=b"attachments/001.pdf")
    plain = Archive(members=(*ITEMS[:5], first, second)).build()
    directory = plain.index(b"PK\x01\x02")
    one = plain.index(b"PK\x01\x02", plain.index(b"letter.edxml", directory))
    two, end = plain.index(b"PK\x01\x02", one + 4), plain.index(b"PK\x05\x06")
    return plain[:one] + plain[two:end] + plain[one:two] + plain[end:]


def _no_signature() -> bytes:
    data = bytearray(GOOD.build())
    at = data.index(b"PK\x03\x04", 30)
    data[at : at + 4] = b"PK\x03\x05"
    return bytes(data)


GOODS = (
    _v("letter", "P", GOOD, None),
    _v("status", "P", renamed(LETTER, b"status.edxml"), None),
    _v("no-attachment", "P", _order(MIME, MANIFEST, SIGNATURES, CONSIGNMENT, LETTER), None),
    _v("source", "P", Archive(members=(*ITEMS, Member(name=b"source/received.edxml", data=b"<edXML/>"))), None),
    _v("source-only", "P", Archive(members=(*ITEMS[:5], Member(name=b"source/received.edxml"))), None),
    _v("version-10", "APPNOTE 4.4.3", _both(MIME, version=10), None),
    _v("utf8-flag", "APPNOTE D.2", _both(FIRST, flags=0x800), None),
    _v("made-by-dos", "APPNOTE 4.4.2", with_member(FIRST, replace(ITEMS[FIRST], made_by=20, external=0x20)), None),
    _v(
        "thousandth-attachment",
        "P",
        Archive(members=(*ITEMS[:5], *(Member(name=b"attachments/%03d.a1" % number) for number in range(1, 996)))),
        None,
    ),
    _v("archive-inside", "P", lambda: with_member(FIRST, replace(ITEMS[FIRST], data=GOOD.build())).build(), None),
)

ENDS = (
    _v("empty-file", "APPNOTE 4.3.16", lambda: b"", "zip.not-an-archive"),
    _v("text", "APPNOTE 4.3.16", lambda: b"hello " * 100, "zip.not-an-archive"),
    _v("xml", "APPNOTE 4.3.16", lambda: b"<?xml version='1.0'?><a/>", "zip.not-an-archive"),
    _v("end-record-only", "APPNOTE 4.3.16", Archive(members=()), "zip.member-missing"),
    _v("cut-one", "APPNOTE 4.3.16", lambda: GOOD.build()[:-1], "zip.truncated"),
    _v("cut-half", "APPNOTE 4.3.16", lambda: GOOD.build()[:200], "zip.truncated"),
    _v("cut-to-signature", "APPNOTE 4.3.16", lambda: GOOD.build()[:4], "zip.truncated"),
    _v("comment", "APPNOTE 4.4.26", replace(GOOD, comment=b"hello"), "zip.comment"),
    _v("comment-is-archive", "APPNOTE 4.4.26", lambda: replace(GOOD, comment=b"x" * 40).build(), "zip.comment"),
    _v("comment-missing", "APPNOTE 4.4.25", replace(GOOD, comment_length=5), "zip.comment"),
    _v("trailing-byte", "P", replace(GOOD, trailing=b"\n"), "zip.trailing-bytes"),
    _v("trailing-block", "P", replace(GOOD, trailing=bytes(5_000)), "zip.trailing-bytes"),
    _v("trailing-far", "P", replace(GOOD, trailing=bytes(70_000)), "zip.truncated"),
    _v("prefix", "P", replace(GOOD, prefix=b"#!/bin/sh\n"), "zip.prefix"),
    _v("prefix-counted", "P", replace(GOOD, prefix=b"#!/bin/sh\n", shifted=True), "zip.prefix"),
    _v("prefix-like-a-member", "P", replace(GOOD, prefix=b"PK\x03\x04", shifted=True), "zip.gap"),
    _v("two-archives", "P", _prefix_is_an_archive, "zip.gap"),
    _v("disk-number", "APPNOTE 4.4.19", replace(GOOD, disk=1), "zip.several-disks"),
    _v("count-here", "APPNOTE 4.4.21", replace(GOOD, count_here=6), "zip.several-disks"),
    _v("member-on-disk-1", "APPNOTE 4.4.13", with_member(FIRST, replace(ITEMS[FIRST], disk=1)), "zip.several-disks"),
    _v("too-many-members", "P", replace(GOOD, count=1_001), "zip.too-many-members"),
    _v("zip64-end-record", "P", _needless_end64, "zip.zip64-needless"),
    _v("zip64-end-record-used", "P", _sentinel_end64, "zip.zip64-needless"),
    _v("zip64-end-record-missing", "APPNOTE 4.4.24", _sentinel_without_end64, "zip.directory-broken"),
)

DIRECTORY = (
    _v("count-more", "APPNOTE 4.4.22", replace(GOOD, count=8), "zip.directory-broken"),
    _v("count-less", "APPNOTE 4.4.22", replace(GOOD, count=6), "zip.directory-broken"),
    _v("count-none", "APPNOTE 4.4.22", replace(GOOD, count=0), "zip.directory-broken"),
    _v("directory-size-more", "APPNOTE 4.4.23", replace(GOOD, directory_size=4_000), "zip.directory-broken"),
    _v("directory-size-less", "APPNOTE 4.4.23", replace(GOOD, directory_size=40), "zip.gap"),
    _v("directory-offset-far", "APPNOTE 4.4.24", replace(GOOD, directory_offset=0x7FFF_FFFF), "zip.directory-broken"),
    _v("directory-offset-zero", "APPNOTE 4.4.24", replace(GOOD, directory_offset=0), "zip.gap"),
    _v("gap-before-directory", "P", replace(GOOD, before_directory=b"hidden"), "zip.gap"),
    _v("gap-before-end", "P", replace(GOOD, before_end=b"hidden"), "zip.gap"),
    _v("gap-between-members", "P", with_member(FIRST, replace(ITEMS[FIRST], before=b"hidden")), "zip.gap"),
    _v("gap-behind-data", "P", with_member(LETTER, replace(ITEMS[LETTER], behind=b"hidden")), "zip.gap"),
    _v("overlap-same-data", "P", _same_data_twice(), "zip.overlap"),
    _v("overlap-offset-zero", "P", with_member(LETTER, replace(ITEMS[LETTER], offset=0)), "zip.overlap"),
    _v("overlap-directory", "P", _size_runs_into_directory(), "zip.overlap"),
    _v("overlap-next-member", "P", _both(FIRST, size=40, stored=40), "zip.overlap"),
    _v("size-too-small", "P", _both(FIRST, size=3, stored=3), "zip.gap"),
    _v("size-huge", "P", _both(FIRST, size=0xFFFF_FFFE, stored=0xFFFF_FFFE), "zip.overlap"),
    _v("offset-far", "P", with_member(FIRST, replace(ITEMS[FIRST], offset=0x7FFF_FFFF)), "zip.gap"),
    _v("directory-order", "P", _swapped_directory, "zip.gap"),
    _v(
        "member-comment",
        "APPNOTE 4.4.18",
        with_member(FIRST, replace(ITEMS[FIRST], comment=b"x")),
        "zip.member-comment",
    ),
)


FIELDS = (
    _v("encrypted", "APPNOTE 4.4.4", _both(FIRST, flags=0x1), "zip.encrypted"),
    _v("encrypted-strongly", "APPNOTE 4.4.4", _both(FIRST, flags=0x41), "zip.encrypted"),
    _v("encrypted-directory", "APPNOTE 4.4.4", _both(FIRST, flags=0x2000), "zip.encrypted"),
    _v("encrypted-locally", "APPNOTE 4.4.4", _local(FIRST, flags=0x1), "zip.encrypted"),
    _v(
        "data-descriptor",
        "APPNOTE 4.3.9",
        with_member(FIRST, replace(ITEMS[FIRST].both(flags=0x8), behind=b"PK\x07\x08" + bytes(12))),
        "zip.data-descriptor",
    ),
    _v("data-descriptor-locally", "APPNOTE 4.3.9", _local(FIRST, flags=0x8), "zip.data-descriptor"),
    _v("patched-data", "APPNOTE 4.4.4", _both(FIRST, flags=0x20), "zip.flags"),
    _v("compression-option", "APPNOTE 4.4.4", _both(FIRST, flags=0x2), "zip.flags"),
    _v("deflated", "P", _both(FIRST, method=8), "zip.compressed"),
    _v("deflated-locally", "P", _local(FIRST, method=8), "zip.compressed"),
    _v("deflated-in-directory", "P", _central(FIRST, method=8), "zip.compressed"),
    _v("bzip2", "P", _both(FIRST, method=12), "zip.compressed"),
    _v("version-45", "APPNOTE 4.4.3", _both(FIRST, version=45), "zip.version"),
    _v("version-63", "APPNOTE 4.4.3", _both(FIRST, version=63), "zip.version"),
    _v("version-0", "APPNOTE 4.4.3", _both(FIRST, version=0), "zip.version"),
    _v("sizes-differ", "P", _both(FIRST, stored=3), "zip.sizes-differ"),
    _v("sizes-differ-locally", "P", _local(FIRST, stored=3), "zip.sizes-differ"),
    _v("headers-differ-version", "P", _local(FIRST, version=10), "zip.headers-differ"),
    _v("headers-differ-flags", "P", _local(FIRST, flags=0x800), "zip.headers-differ"),
    _v("headers-differ-time", "P", _local(FIRST, time=1), "zip.headers-differ"),
    _v("headers-differ-date", "P", _local(FIRST, date=1), "zip.headers-differ"),
    _v("headers-differ-crc", "P", _local(FIRST, crc=1), "zip.headers-differ"),
    _v("headers-differ-crc-zero", "P", _local(FIRST, crc=0), "zip.headers-differ"),
    _v("headers-differ-size", "P", _local(FIRST, size=3, stored=3), "zip.headers-differ"),
    _v("headers-differ-name", "P", _local(FIRST, name=b"attachments/001.exe"), "zip.headers-differ"),
    _v("headers-differ-name-length", "P", _local(FIRST, name=b"attachments/001"), "zip.headers-differ"),
    _v("headers-differ-signature", "P", _no_signature, "zip.headers-differ"),
    _v("extra-time", "P", _both(FIRST, extra=b"UT\x05\x00\x03\x00\x00\x00\x00"), "zip.extra-field"),
    _v("extra-unicode-path", "P", _both(FIRST, extra=b"up\x06\x00\x01\x00\x00\x00\x00x"), "zip.extra-field"),
    _v("extra-locally", "P", _local(FIRST, extra=b"UT\x05\x00\x03\x00\x00\x00\x00"), "zip.extra-field"),
    _v("extra-in-directory", "P", _central(FIRST, extra=b"UT\x05\x00\x03\x00\x00\x00\x00"), "zip.extra-field"),
    _v("extra-mimetype", "ASiC A.1", _both(MIME, extra=b"\xfe\xca\x00\x00"), "zip.extra-field"),
    _v("zip64-extra-unused", "P", _both(FIRST, extra=ZIP64_EXTRA), "zip.zip64-needless"),
    _v("zip64-extra-locally", "P", _local(FIRST, extra=ZIP64_EXTRA), "zip.zip64-needless"),
    _v(
        "zip64-extra-used",
        "P",
        _both(LETTER, extra=ZIP64_EXTRA, size=0xFFFF_FFFF, stored=0xFFFF_FFFF, version=45),
        "zip.zip64-needless",
    ),
    _v("zip64-extra-missing", "APPNOTE 4.5.3", _both(LETTER, size=0xFFFF_FFFF, stored=0xFFFF_FFFF), "zip.extra-field"),
    _v("symlink", "P", with_member(FIRST, replace(ITEMS[FIRST], external=0o120777 << 16)), "zip.not-a-file"),
    _v("device", "P", with_member(FIRST, replace(ITEMS[FIRST], external=0o020666 << 16)), "zip.not-a-file"),
    _v("folder-by-unix", "P", with_member(FIRST, replace(ITEMS[FIRST], external=0o040755 << 16)), "zip.not-a-file"),
    _v("folder-by-dos", "P", with_member(FIRST, replace(ITEMS[FIRST], external=0x10)), "zip.not-a-file"),
    _v("volume-label", "P", with_member(FIRST, replace(ITEMS[FIRST], external=0x08)), "zip.not-a-file"),
    _v("internal-attributes", "P", with_member(FIRST, replace(ITEMS[FIRST], internal=1)), "zip.not-a-file"),
)


NAMES = (
    *(
        _v(f"path-{number}", "P", renamed(FIRST, name), "zip.name-path")
        for number, name in enumerate(
            (
                b"../001.pdf",
                b"attachments/../001.pdf",
                b"attachments/..",
                b"./attachments/001.pdf",
                b"/attachments/001.pdf",
                b"//server/001.pdf",
                b"attachments\\001.pdf",
                b"..\\001.pdf",
                b"C:001.pdf",
                b"C:/001.pdf",
            )
        )
    ),
    *(
        _v(f"not-ascii-{number}", "P", renamed(FIRST, name), "zip.name-not-ascii")
        for number, name in enumerate(("attachments/công văn.pdf".encode(), b"attachments/001\x80.pdf"))
    ),
    _v(
        "not-ascii-flagged",
        "P",
        lambda: _both(FIRST, name="attachments/00ì".encode(), flags=0x800).build(),
        "zip.name-not-ascii",
    ),
    *(
        _v(f"unknown-{number}", "P", renamed(FIRST, name), "zip.member-unknown")
        for number, name in enumerate(
            (
                b"",
                b"readme.txt",
                b"attachments/1.pdf",
                b"attachments/00001.pdf",
                b"attachments/001.PDF",
                b"attachments/001.",
                b"attachments/001.ninechars",
                b"attachments/001.tar.gz",
                b"attachments/001.pdf\0",
                b"attachments/001.pdf\n",
                b"attachments/001 .pdf",
                b"attachments//001.pdf",
                b"attachments/sub/001.pdf",
                b"Attachments/001.pdf",
                b"META-INF/signatures1.xml",
                b"META-INF/container.xml",
                b"source/other.edxml",
                b"x" * 65,
                b"a" * 60_000,
            )
        )
    ),
    _v("folder", "P", with_member(FIRST, Member(name=b"attachments/")), "zip.not-a-file"),
    _v("twice", "P", renamed(SECOND, b"attachments/001.pdf"), "zip.name-twice"),
    _v("twice-letter", "P", renamed(FIRST, b"letter.edxml"), "zip.name-twice"),
    _v("case-twin", "P", renamed(FIRST, b"Letter.edxml"), "zip.name-twice"),
    _v("case-twin-folder", "P", renamed(SECOND, b"ATTACHMENTS/001.pdf"), "zip.name-twice"),
)

ORDER = (
    _v("mimetype-missing", "P", Archive(members=ITEMS[1:]), "zip.member-missing"),
    _v("manifest-missing", "P", _order(MIME, SIGNATURES, CONSIGNMENT, LETTER), "zip.member-missing"),
    _v("signatures-missing", "P", _order(MIME, MANIFEST, CONSIGNMENT, LETTER), "zip.member-missing"),
    _v("consignment-missing", "P", _order(MIME, MANIFEST, SIGNATURES, LETTER), "zip.member-missing"),
    _v("document-missing", "P", _order(MIME, MANIFEST, SIGNATURES, CONSIGNMENT, FIRST), "zip.member-missing"),
    _v("mimetype-second", "ASiC A.1", _order(MANIFEST, MIME, SIGNATURES, CONSIGNMENT, LETTER), "zip.order"),
    _v("signatures-before-manifest", "P", _order(MIME, SIGNATURES, MANIFEST, CONSIGNMENT, LETTER), "zip.order"),
    _v("letter-before-consignment", "P", _order(MIME, MANIFEST, SIGNATURES, LETTER, CONSIGNMENT), "zip.order"),
    _v("attachment-before-letter", "P", _order(MIME, MANIFEST, SIGNATURES, CONSIGNMENT, FIRST, LETTER), "zip.order"),
    _v("attachments-swapped", "P", _order(MIME, MANIFEST, SIGNATURES, CONSIGNMENT, LETTER, SECOND, FIRST), "zip.order"),
    _v("attachments-from-two", "P", _order(MIME, MANIFEST, SIGNATURES, CONSIGNMENT, LETTER, SECOND), "zip.order"),
    _v("attachments-with-hole", "P", renamed(SECOND, b"attachments/003"), "zip.order"),
    _v("attachments-same-number", "P", renamed(SECOND, b"attachments/001.doc"), "zip.order"),
    _v("attachments-padded", "P", renamed(FIRST, b"attachments/0001.pdf"), "zip.order"),
    _v("attachments-from-zero", "P", renamed(FIRST, b"attachments/000.pdf"), "zip.order"),
    _v("letter-and-status", "P", renamed(FIRST, b"status.edxml"), "zip.order"),
    _v("source-before-attachment", "P", renamed(FIRST, b"source/received.edxml"), "zip.order"),
    _v(
        "mimetype-zip",
        "ASiC 4.4.3.1",
        with_member(MIME, Member(name=b"mimetype", data=b"application/zip")),
        "zip.mimetype",
    ),
    _v("mimetype-empty", "ASiC 4.4.3.1", with_member(MIME, Member(name=b"mimetype")), "zip.mimetype"),
    _v(
        "mimetype-newline",
        "ASiC 4.4.3.1",
        with_member(MIME, Member(name=b"mimetype", data=CONTAINER_TYPE + b"\n")),
        "zip.mimetype",
    ),
    _v(
        "mimetype-asic-s",
        "ASiC 4.4.3.1",
        with_member(MIME, Member(name=b"mimetype", data=CONTAINER_TYPE.replace(b"asic-e", b"asic-s"))),
        "zip.mimetype",
    ),
    _v("mimetype-crc", "APPNOTE 4.4.7", _both(MIME, crc=1), "zip.crc"),
)

VECTORS: tuple[Vector, ...] = (*GOODS, *ENDS, *DIRECTORY, *FIELDS, *NAMES, *ORDER)
