"""An ordinary ZIP that came as an attachment: what is in it, within limits. Inflating happens in a process of its own.

Rules of this file:
1. Headers lie, so every member is counted while it is inflated; the limits are those of `ArchiveLimits`.
2. One level: an archive inside an archive is named and not opened.
3. Office files are archives too: they are told apart here, and their macros seen.

Source: APPNOTE.TXT 6.3.10 (PKWARE); ECMA-376 part 2 (OPC); ODF 1.3 part 2.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from schemas.gate.files import HEAD, FileFlag
from schemas.gate.limits import MIB

_ENCRYPTED: Final = 1 << 0 | 1 << 6 | 1 << 13
_MACRO: Final = re.compile(
    r"(?:^|/)(?:vbaproject\.bin|vbadata\.xml|basic/script-lc\.xml)$|(?:^|/)(?:basic|scripts)/.+", re.I
)
_OFFICE: Final = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_MIMETYPES: Final = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
    b"application/vnd.etsi.asic-e+zip": "asice",
}
_EMBEDDED: Final = re.compile(r"(?:^|/)(?:embeddings/.+|oleobject[0-9]*\.bin)$", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    members: int = 1_000
    total: int = 1_024 * MIB
    """Bytes of all members together, inflated."""
    ratio: int = 100
    """Inflated to stored, for members above `small`; that of DSS and the Baltic readers."""
    small: int = MIB
    """Bytes below which a ratio says nothing."""


ARCHIVE_LIMITS: Final = ArchiveLimits()


class BombSuspected(Exception):
    """More comes out than the limits or the headers allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    name: str
    size: int
    """As the headers say."""
    encrypted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    kind: str
    members: tuple[Member, ...]
    flags: frozenset[FileFlag]


class ArchiveReader:
    """Raises zipfile.BadZipFile and kin from every method: the file is hostile."""

    def __init__(self, file: BinaryIO, *, limits: ArchiveLimits = ARCHIVE_LIMITS) -> None:
        self._zip = zipfile.ZipFile(file)
        self._limits = limits
        self._left = limits.total

    def look(self) -> Archive:
        """Names and flags; nothing but `mimetype` is inflated."""
        infos = self._zip.infolist()
        members = tuple(_member(info) for info in infos if not info.is_dir())
        flags = set()
        total = sum(info.file_size for info in infos)
        many = len(infos) > self._limits.members or total > self._limits.total
        if many or any(self._swells(info) for info in infos):
            flags.add(FileFlag.BOMB)
        if any(member.encrypted for member in members):
            flags.add(FileFlag.ENCRYPTED)
        kind = self._kind(members)
        if kind != "zip" and any(_MACRO.search(member.name) for member in members):
            flags.add(FileFlag.MACRO)
        if kind != "zip" and any(_EMBEDDED.search(member.name) for member in members):
            flags.add(FileFlag.EMBEDDED)
        return Archive(kind=kind, members=members, flags=frozenset(flags))

    def head(self, place: int) -> bytes:
        """First bytes of a member, by its place in `look().members`."""
        with self._zip.open(self._info(place)) as file:
            return file.read(HEAD)

    def inflate(self, place: int) -> Iterator[bytes]:
        """A member in pieces.

        Raises:
            BombSuspected: it, or all so far, is larger than allowed.
        """
        info, came = self._info(place), 0
        with self._zip.open(info) as file:
            while piece := file.read(MIB):
                came += len(piece)
                self._left -= len(piece)
                if self._left < 0 or self._is_too_dense(came, info.compress_size):
                    raise BombSuspected
                yield piece

    def _info(self, place: int) -> zipfile.ZipInfo:
        return [info for info in self._zip.infolist() if not info.is_dir()][place]

    def _swells(self, info: zipfile.ZipInfo) -> bool:
        return self._is_too_dense(info.file_size, info.compress_size)

    def _is_too_dense(self, inflated: int, stored: int) -> bool:
        return inflated > self._limits.small and inflated > self._limits.ratio * max(stored, 1)

    def _kind(self, members: Sequence[Member]) -> str:
        if members and members[0].name == "mimetype" and not members[0].encrypted and members[0].size < 200:
            said = _MIMETYPES.get(self._zip.read(self._info(0)).strip())
            if said is not None:
                return said
        names = [member.name for member in members]
        if "[Content_Types].xml" in names:
            for folder, kind in _OFFICE.items():
                if any(name.startswith(folder) for name in names):
                    return kind
        return "zip"


def _member(info: zipfile.ZipInfo) -> Member:
    return Member(name=info.filename[:400], size=info.file_size, encrypted=bool(info.flag_bits & _ENCRYPTED))


READ_ERRORS: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,
    ValueError,
    EOFError,
    RuntimeError,
    OSError,
)
"""What a damaged or foreign archive makes the standard library raise."""
