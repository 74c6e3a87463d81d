"""Ready packets whose attachments are too large for the parser: parted into a letter and files, as a stream.

`letter.edxml` is then the packet's own bytes without AttachmentEncoded, and the packet travels beside it, byte for
byte, as `source/received.edxml`; the hub makes the same cut and compares (`pipeline.reduced`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exchange_axis.domain.letter import Letter
from exchange_axis.wire import members
from exchange_axis.wire.container import Attachment
from exchange_axis.wire.container_writer import AttachmentUnreadable
from exchange_axis.wire.edxml.source import ReadSource, SourceAttachment, is_oversized, read_source
from exchange_axis.wire.manifest import media_type_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """A packet in the form in which it goes into a container."""

    letter: Letter
    document: bytes
    attachments: tuple[Attachment, ...]
    """In the order of the letter's references."""


def has_to_be_parted(path: Path) -> bool:
    """False also for what is no readable file: whoever reads it then says so.

    Raises:
        AttachmentUnreadable.
    """
    return path.is_file() and is_oversized(_pieces(path), path.stat().st_size)


def letter_of(path: Path, *, scratch: Path | None = None) -> Letter:
    """The letter of a large packet, all of which is read and judged.

    Args:
        scratch: folder for a nameless file of up to three quarters of the packet; None: the system's.

    Raises:
        AttachmentUnreadable.
        Refusal: as in `read_source`.
    """
    with tempfile.TemporaryFile(dir=scratch) as spool:
        return read_source(_pieces(path), spool).read.letter


@contextmanager
def parted(path: Path, staging: Path) -> Iterator[Parted]:
    """The packet's parts, the attachments as files that are there for as long as the block runs.

    Raises:
        AttachmentUnreadable.
        Refusal: as in `read_source`.
    """
    with tempfile.TemporaryDirectory(prefix="source-", dir=staging) as folder:
        with tempfile.TemporaryFile(dir=staging) as spool:
            source = read_source(_pieces(path), spool)
            attachments = tuple(_files(source, Path(folder)))
        yield Parted(letter=source.read.letter, document=source.document, attachments=attachments)


def _files(source: ReadSource, folder: Path) -> Iterator[Attachment]:
    for number, attachment in enumerate(source.attachments, start=1):
        yield _file(attachment, folder / f"{number:03d}")


def _file(attachment: SourceAttachment, path: Path) -> Attachment:
    with path.open("xb") as file:
        file.writelines(attachment.pieces())
    return Attachment(path=path, name=attachment.name, mime_type=media_type_of(attachment.name))


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb", buffering=0) as file:
            while piece := file.read(members.CHUNK):
                yield piece
    except OSError as error:
        raise AttachmentUnreadable(where=members.SOURCE, path=path, reason=error.strerror) from error
