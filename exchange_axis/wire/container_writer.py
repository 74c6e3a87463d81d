"""Makes a container: an ASiC-E archive with one XAdES signature over all its content members (docs/protocol.md, 5).

Steps of `write_container`:
1. Plan: every member with size, CRC and SHA-256; attachments are read once for it.
2. Sign what was planned.
3. Write to a temporary name in the target's folder. Attachments are read a second time and hashed again: a file that
   changed in between is refused, because its signed digest is already made.
4. fsync the file, rename, fsync the folder: once the call returns, the container survives a power cut.

Memory is one chunk, whatever the attachments' size. One writer at a time for one target.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from exchange_axis.domain.consignment import MIMETYPE, PartDigest
from exchange_axis.errors import AxisError
from exchange_axis.wire import members
from exchange_axis.wire.manifest import media_type_of, write_manifest
from exchange_axis.wire.zip_writer import Content, ZipWriter
from signing.container import SignedMember

DocumentName = Literal["letter.edxml", "status.edxml"]
Sign = Callable[[Sequence[SignedMember]], bytes]
"""Gives META-INF/signatures0.xml for the members."""


class AttachmentUnreadable(AxisError):
    code: ClassVar[str] = "container.attachment-unreadable"
    vi: ClassVar[str] = "Không đọc được tệp đính kèm {path}: {reason}"
    en: ClassVar[str] = "Attachment {path} cannot be read: {reason}"
    remedy_vi: ClassVar[str] = "Kiểm tra đường dẫn và quyền đọc của tệp"
    remedy_en: ClassVar[str] = "Check the path and the permission to read the file"


class TooManyAttachments(AxisError):
    code: ClassVar[str] = "container.too-many-attachments"
    vi: ClassVar[str] = "Có {count} tệp đính kèm, nhiều hơn mức {limit}"
    en: ClassVar[str] = "There are {count} attachments, more than {limit}"
    remedy_vi: ClassVar[str] = "Gộp các tệp lại rồi gửi"
    remedy_en: ClassVar[str] = "Put files together and send again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file to send."""

    path: Path
    name: str
    """For people; stands as AttachmentName in the edXML, only its extension reaches the member name."""
    mime_type: str

    @classmethod
    def of(cls, path: Path) -> Attachment:
        """Name and media type taken from the path."""
        return cls(path=path, name=path.name, mime_type=media_type_of(path.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFile:
    path: Path
    size: int
    sha256: str
    """The identity of the container."""
    parts: tuple[PartDigest, ...]
    """The signed members, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A member that is about to be written."""

    name: str
    mime_type: str
    content: Content
    chunks: Callable[[], Iterable[bytes]]
    """Reads the content; called once more when it is written."""

    @property
    def part(self) -> PartDigest:
        return PartDigest(name=self.name, size=self.content.size, sha256=self.content.sha256)

    @property
    def signed(self) -> SignedMember:
        return SignedMember(name=self.name, mime_type=self.mime_type, sha256=self.content.sha256)


def write_container(
    target: Path,
    *,
    consignment: bytes,
    document_name: DocumentName,
    document: bytes,
    attachments: Sequence[Attachment],
    sign: Sign,
    source: Path | None = None,
) -> ContainerFile:
    """Write the container and make it durable; an existing target is replaced in one step, never seen half-written.

    Args:
        consignment: bytes of consignment.xml.
        document: exact bytes of the edXML document.
        attachments: in the order of the edXML's Reference elements.
        sign: called once, before anything is written.
        source: exact bytes received, when `document` is our reduced copy.

    Raises:
        AttachmentUnreadable, TooManyAttachments: nothing is left behind.
        ContentChanged: a file changed between signing and writing; nothing is left behind.
        OSError: disk; nothing is left behind.
    """
    if len(attachments) > members.MAX_ATTACHMENTS:
        raise TooManyAttachments(count=len(attachments), limit=members.MAX_ATTACHMENTS)
    content = [
        planned_bytes(members.CONSIGNMENT, consignment),
        planned_bytes(document_name, document),
        *(_from_attachment(number, attachment) for number, attachment in enumerate(attachments, start=1)),
        *([] if source is None else [_from_file(members.SOURCE, source, media_type_of(members.SOURCE))]),
    ]
    signatures = sign([member.signed for member in content])
    carriers = [
        planned_bytes(members.MIMETYPE_NAME, MIMETYPE.encode("ascii")),
        planned_bytes(members.MANIFEST, write_manifest((member.name, member.mime_type) for member in content)),
        planned_bytes(members.SIGNATURES, signatures),
    ]
    size, sha256 = write_archive(target, [*carriers, *content])
    return ContainerFile(path=target, size=size, sha256=sha256, parts=tuple(member.part for member in content))


def planned_bytes(name: str, data: bytes) -> Planned:
    """A member that is held in memory."""
    content = Content.of([data])
    return Planned(name=name, mime_type=media_type_of(name), content=content, chunks=lambda: _slices(data))


def _from_attachment(number: int, attachment: Attachment) -> Planned:
    name = members.attachment_name(number, attachment.name)
    return _from_file(name, attachment.path, attachment.mime_type)


def _from_file(name: str, path: Path, mime_type: str) -> Planned:
    def chunks() -> Iterator[bytes]:
        return _file_chunks(name, path)

    return Planned(name=name, mime_type=mime_type, content=Content.of(chunks()), chunks=chunks)


def _slices(data: bytes) -> Iterator[bytes]:
    return (data[start : start + members.CHUNK] for start in range(0, len(data), members.CHUNK))


def _file_chunks(name: str, path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(members.CHUNK):
                yield chunk
    except OSError as error:
        raise AttachmentUnreadable(where=name, path=path, reason=error.strerror) from error


def write_archive(target: Path, planned: Sequence[Planned]) -> tuple[int, str]:
    """Steps 3 and 4 above; gives size and SHA-256 of the file."""
    temporary = target.with_name(f".{target.name}.part")
    temporary.unlink(missing_ok=True)  # left by a writer that was killed
    try:
        with open(temporary, "xb", opener=_private) as file:
            archive = ZipWriter(file)
            for member in planned:
                archive.add(member.name, member.content, member.chunks())
            archive.finish()
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)
    return archive.size, archive.sha256


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    """A rename is durable only when its folder is; hosts that cannot open folders write them through."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
