"""Where the files of a letter lie: as members of its container, or inside the letter itself (AttachmentEncoded).

Rules of this file:
1. Both are files of the letter and are looked into alike; a letter that has both is looked into whole (R41).
2. What a letter carries inside is unpacked as its receiver's program would, into one file that is gone afterwards.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from exchange_axis.domain.consignment import PartDigest
from exchange_axis.domain.letter import Letter
from exchange_axis.pipeline.check import DOCUMENT_LIMIT
from exchange_axis.wire.container import Container, open_container
from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.edxml.attachments import InlineAttachment, match
from exchange_axis.wire.members import ATTACHMENTS, LETTER
from schemas.gate.refusal import Refusal
from schemas.rules.signatures import Role

_INLINE = b"AttachmentEncoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAt:
    """One attachment inside a container on disk."""

    member: str
    """Name in the container; of a file inside the letter the letter's, a number sign and its place from 1."""
    name: str
    """As the letter calls it."""
    role: Role
    path: Path
    offset: int
    size: int
    sha256: str
    broken: str = ""
    """Code of the refusal, where it is no file that anybody could unpack."""


@contextmanager
def files_of(
    path: Path, parts: Sequence[PartDigest], letter: Letter, *, scratch: Path | None = None
) -> Iterator[tuple[FileAt, ...]]:
    """The files of a checked container, the letter's own first; they lie there as long as the block runs."""
    with open_container(path) as container:
        members = _members(path, container, parts, letter)
        document = container.read(LETTER, limit=DOCUMENT_LIMIT)
    with files_inside(document, first=not members, scratch=scratch) as inside:
        yield (*members, *inside)


@contextmanager
def files_inside(document: bytes, *, first: bool = True, scratch: Path | None = None) -> Iterator[tuple[FileAt, ...]]:
    """Those that an edXML letter carries inside itself.

    Args:
        first: whether the first of them is the letter.
    """
    if _INLINE not in document:
        yield ()
        return
    with tempfile.NamedTemporaryFile(prefix="inline-", dir=scratch) as spool:
        found = tuple(_unpacked(document, spool, Path(spool.name), first=first))
        spool.flush()
        yield found


def _members(path: Path, container: Container, parts: Sequence[PartDigest], letter: Letter) -> tuple[FileAt, ...]:
    """The n-th Reference names the n-th attachment, the first is the letter."""
    digests = {part.name: part.sha256 for part in parts}
    entries = [entry for entry in container.entries if entry.name.startswith(ATTACHMENTS)]
    names = [reference.name for reference in letter.references]
    return tuple(
        FileAt(
            member=entry.name,
            name=names[place] if place < len(names) else "",
            role=Role.MAIN if place == 0 else Role.ANNEX,
            path=path,
            offset=entry.offset,
            size=entry.size,
            sha256=digests[entry.name],
        )
        for place, entry in enumerate(entries)
    )


def _unpacked(document: bytes, spool: IO[bytes], path: Path, *, first: bool) -> Iterator[FileAt]:
    """In the order of the References; those that no Reference names follow."""
    read = read_letter(document)
    pairs = [(reference.name, one) for reference, one in match(read.letter.references, read.inline) if one is not None]
    named = {id(one) for _, one in pairs}
    pairs += [(one.name, one) for one in read.inline if id(one) not in named]
    for place, (name, one) in enumerate(pairs):
        offset, (data, broken) = spool.tell(), _decoded(one)
        spool.write(data)
        yield FileAt(
            member=f"{LETTER}#{place + 1}",
            name=name or one.name,
            role=Role.MAIN if first and place == 0 else Role.ANNEX,
            path=path,
            offset=offset,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            broken=broken,
        )


def _decoded(one: InlineAttachment) -> tuple[bytes, str]:
    try:
        return one.decode(), ""
    except Refusal as refusal:
        return b"", refusal.code
