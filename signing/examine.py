"""Examining one file: kind, macros, encryption, pages, signatures, and one level of an archive. Hostile bytes.

Rules of this file:
1. It never judges and never fails: whatever a library raises becomes a problem of that file alone.
2. The expensive reader is asked only about files that claim a signature (`schemas.gate.pdf`).
3. It is run where time and memory are limited, and its process ends with the file (`adapters.file_worker`).
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO, Final, cast

from schemas.gate.archive import READ_ERRORS, ArchiveReader, BombSuspected, Member
from schemas.gate.files import HEAD, FileFlag, extension_of, type_of
from schemas.gate.limits import MIB
from schemas.gate.pdf import ACTIVE, PDF_LIMITS, Feature, PdfFace, PdfRefusal, PdfTooLarge, admit_pdf
from schemas.gate.refusal import Refusal
from signing.examined import MEMBERS_MAX, NAME_MAX, Examined, Problem
from signing.pdf import PdfFacts
from signing.pdf_text import NeedsPassword, Unreadable, read_first_page
from signing.revocation import NOTHING

_OLE_MACROS: Final = tuple(name.encode("utf-16-le") for name in ("_VBA_PROJECT", "VBA", "Macros"))
_OLE_ENCRYPTED: Final = tuple(name.encode("utf-16-le") for name in ("EncryptedPackage", "EncryptionInfo"))
_OLE_LOOK: Final = 64 * MIB
CARRIED_MAX: Final = 2 * MIB
"""Bytes of revocation data that is taken from the members of one archive."""
SPOOL: Final = 8 * MIB
"""Bytes of an inflated member kept in memory; larger ones go to a file without a name."""


class Window(io.RawIOBase):
    """Part of a file as a file: a stored member of a container is read in place."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        super().__init__()
        self._file, self._offset, self._size, self._at = file, offset, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the start")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), max(self._size - self._at, 0))
        self._file.seek(self._offset + self._at)
        data = self._file.read(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def examine(file: BinaryIO, size: int, *, nested: bool = False) -> Examined:
    """Everything that the bytes tell.

    Args:
        file: at its start, seekable.
        nested: it comes out of an archive, so it is not opened as one.
    """
    head = file.read(1024)
    found = Examined(kind=type_of(head if b"%PDF-" in head else head[:HEAD]), size=size)
    file.seek(0)
    try:
        if found.kind == "pdf":
            return _pdf(found, file)
        if found.kind == "zip":
            return _archive(found, file, nested=nested)
        return _ole(found, file) if found.kind == "ole" else found
    except Refusal as refusal:
        return replace(found, problem=Problem.UNREADABLE, detail=refusal.code)
    except MemoryError:
        raise
    except Exception as error:
        return replace(found, problem=Problem.UNREADABLE, detail=type(error).__name__)


def _pdf(found: Examined, file: BinaryIO) -> Examined:
    """(1) the look  (2) pages and text  (3) signatures, where the file claims any."""
    try:
        face = admit_pdf(file, found.size)
    except PdfTooLarge as refusal:
        return replace(found, problem=Problem.TOO_LARGE, detail=refusal.code)
    except PdfRefusal as refusal:
        return replace(
            found, flags=found.flags | {FileFlag.UNREADABLE}, problem=Problem.UNREADABLE, detail=refusal.code
        )
    found = replace(found, flags=_pdf_flags(face))
    facts = PdfFacts(trailing=face.trailing, features=tuple(sorted(face.features)))
    try:
        pages, text = read_first_page(_rewound(file))
        facts = replace(facts, pages=pages, text=text)
    except NeedsPassword:
        flags = found.flags | {FileFlag.ENCRYPTED}
        return replace(found, flags=flags, pdf=facts, problem=Problem.LOCKED)
    except Unreadable as error:
        found = replace(found, problem=Problem.UNREADABLE, detail=type(error).__name__)
    if pages_over(facts.pages):
        return replace(found, pdf=facts, problem=Problem.TOO_LARGE, detail="pages")
    if Feature.SIGNED in face.features:
        return _signed(found, facts, file)
    return replace(found, pdf=facts)


def pages_over(pages: int) -> bool:
    return pages > PDF_LIMITS.pages


def _signed(found: Examined, facts: PdfFacts, file: BinaryIO) -> Examined:
    # Half a second of imports, which unsigned files do not pay.
    from signing.pdf_read import read_signatures  # noqa: PLC0415

    try:
        signatures, carried = read_signatures(_rewound(file))
    except MemoryError:
        raise
    except Exception as error:
        return replace(found, pdf=facts, problem=Problem.UNREADABLE, detail=type(error).__name__)
    return replace(found, pdf=replace(facts, signatures=signatures, carried=carried))


def _pdf_flags(face: PdfFace) -> frozenset[FileFlag]:
    flags = set()
    if face.features & ACTIVE:
        flags.add(FileFlag.ACTIVE)
    if Feature.EMBEDDED_FILES in face.features:
        flags.add(FileFlag.EMBEDDED)
    if Feature.ENCRYPTED in face.features:
        flags.add(FileFlag.ENCRYPTED)
    return frozenset(flags)


def _archive(found: Examined, file: BinaryIO, *, nested: bool) -> Examined:
    try:
        reader = ArchiveReader(file)
        archive = reader.look()
        found = replace(found, kind=archive.kind, flags=archive.flags)
        if archive.kind != "zip" or FileFlag.BOMB in archive.flags:
            return found
        if nested:
            return replace(found, problem=Problem.NESTED)
        members = [_member(reader, place, member) for place, member in enumerate(archive.members[:MEMBERS_MAX])]
    except READ_ERRORS as error:
        return replace(
            found, flags=found.flags | {FileFlag.UNREADABLE}, problem=Problem.UNREADABLE, detail=type(error).__name__
        )
    except BombSuspected:
        return replace(found, flags=found.flags | {FileFlag.BOMB}, members=())
    return replace(found, members=tuple(_with_little_carried(members)))


def _with_little_carried(members: Iterable[Examined]) -> Iterator[Examined]:
    """Revocation data of many members together must not outgrow the answer; the hub has other sources for it."""
    left = CARRIED_MAX
    for member in members:
        if member.pdf is not None:
            left -= sum(map(len, (*member.pdf.carried.crls, *member.pdf.carried.ocsp)))
        yield member if left >= 0 or member.pdf is None else replace(member, pdf=replace(member.pdf, carried=NOTHING))


def _member(reader: ArchiveReader, place: int, member: Member) -> Examined:
    """One member; a PDF and an office file are examined like any other, by content or by name (R41)."""
    found = Examined(name=member.name[:NAME_MAX], size=member.size)
    if member.encrypted:
        return replace(found, flags=frozenset({FileFlag.ENCRYPTED}), problem=Problem.LOCKED)
    try:
        with tempfile.SpooledTemporaryFile(max_size=SPOOL) as file:
            for piece in reader.inflate(place):
                file.write(piece)
            size = file.tell()
            file.seek(0)
            inner = examine(cast("BinaryIO", file), size, nested=True)
    except READ_ERRORS as error:
        return replace(found, problem=Problem.UNREADABLE, detail=type(error).__name__)
    if inner.kind == "unknown" and extension_of(member.name) == "pdf":
        inner = replace(inner, problem=Problem.UNREADABLE, detail="pdf.not-pdf")
    return replace(inner, name=found.name)


def _ole(found: Examined, file: BinaryIO) -> Examined:
    """Names of the directory of a compound file lie in the clear, in UTF-16 (MS-CFB 2.6.1)."""
    data = file.read(_OLE_LOOK)
    flags = set()
    if any(name in data for name in _OLE_ENCRYPTED):
        flags.add(FileFlag.ENCRYPTED)
    if _OLE_MACROS[0] in data or all(name in data for name in _OLE_MACROS[1:]):
        flags.add(FileFlag.MACRO)
    return replace(found, flags=frozenset(flags))


def _rewound(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file
