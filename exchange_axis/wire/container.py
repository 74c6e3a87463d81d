"""Reads a container and checks that it holds exactly what its signature names (docs/protocol.md, 5).

From less to more trusted: a file → `open_container` (the gate's ZIP profile) → `check_members` with what
`signing.container.verify_members` returned → the digests of the parts, all of them signed.
Nothing here holds a member in memory except `read`, which has a limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, ClassVar, Self

from exchange_axis.domain.consignment import Consignment, PartDigest
from exchange_axis.errors import AxisError
from exchange_axis.wire import members
from exchange_axis.wire.container_writer import Attachment, ContainerFile, DocumentName, write_container
from exchange_axis.wire.manifest import read_manifest
from exchange_axis.wire.zip_writer import Content
from schemas.gate.zip import ZipEntry, admit_zip, stream_member
from signing.container import SignedMember, VerifiedMembers

__all__ = [
    "Attachment",
    "Container",
    "ContainerFile",
    "DocumentName",
    "check_kind",
    "check_members",
    "open_container",
    "write_container",
]

READ_LIMIT = 16 * 1024 * 1024
"""Bytes of a member that is read whole; a letter without inline attachments is far below."""


class MissingMember(AxisError):
    code: ClassVar[str] = "container.missing-member"
    vi: ClassVar[str] = "Gói tin thiếu thành phần {name}"
    en: ClassVar[str] = "The container lacks member {name}"


class UnsignedMember(AxisError):
    code: ClassVar[str] = "container.unsigned-member"
    vi: ClassVar[str] = "Thành phần {name} không nằm trong chữ ký"
    en: ClassVar[str] = "Member {name} is not covered by the signature"


class RepeatedReference(AxisError):
    code: ClassVar[str] = "container.repeated-reference"
    vi: ClassVar[str] = "Chữ ký nêu thành phần {name} hai lần"
    en: ClassVar[str] = "The signature names member {name} twice"


class DigestMismatch(AxisError):
    code: ClassVar[str] = "container.digest-mismatch"
    vi: ClassVar[str] = "Nội dung của {name} khác với nội dung đã ký"
    en: ClassVar[str] = "The content of {name} is not what was signed"
    remedy_vi: ClassVar[str] = "Đề nghị bên gửi gửi lại; giữ gói tin này làm chứng cứ"
    remedy_en: ClassVar[str] = "Ask the sender to send again; keep this container as evidence"


class ManifestMismatch(AxisError):
    code: ClassVar[str] = "container.manifest-mismatch"
    vi: ClassVar[str] = "Bản kê của gói tin không khớp với chữ ký ở {name}"
    en: ClassVar[str] = "The manifest of the container disagrees with the signature about {name}"


class MemberTooLarge(AxisError):
    code: ClassVar[str] = "container.member-too-large"
    vi: ClassVar[str] = "Thành phần {name} dài {size} byte, quá mức {limit}"
    en: ClassVar[str] = "Member {name} has {size} bytes, more than {limit}"


class WrongDocument(AxisError):
    code: ClassVar[str] = "container.wrong-document"
    vi: ClassVar[str] = "consignment.xml nói loại {kind} nhưng gói tin chứa {name}"
    en: ClassVar[str] = "consignment.xml says {kind} but the container holds {name}"


class SourceMismatch(AxisError):
    code: ClassVar[str] = "container.source-mismatch"
    vi: ClassVar[str] = "source/received.edxml phải có khi và chỉ khi consignment.xml ghi bản rút gọn"
    en: ClassVar[str] = "source/received.edxml must be there if and only if consignment.xml says reduced"


class Container:
    """An admitted container; keeps its file open. One thread at a time; its streams may be interleaved."""

    def __init__(self, file: BinaryIO) -> None:
        """Takes the file over only when the gate lets it in.

        Raises:
            Refusal: the gate's.
        """
        self.entries: tuple[ZipEntry, ...] = admit_zip(file)
        self._by_name = {entry.name: entry for entry in self.entries}
        self._file = file
        self.document_name: DocumentName = "status.edxml" if members.STATUS in self else "letter.edxml"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def entry(self, name: str) -> ZipEntry:
        """Raises MissingMember."""
        if name not in self._by_name:
            raise MissingMember(where=name, name=name)
        return self._by_name[name]

    def data_entries(self) -> tuple[ZipEntry, ...]:
        """The members that a signature must name, in their order."""
        return tuple(entry for entry in self.entries if entry.name not in members.UNSIGNED)

    def attachments(self) -> tuple[ZipEntry, ...]:
        """In the order of the edXML's Reference elements."""
        return tuple(entry for entry in self.entries if entry.name.startswith(members.ATTACHMENTS))

    def read(self, name: str, limit: int = READ_LIMIT) -> bytes:
        """A whole member.

        Raises:
            MissingMember.
            MemberTooLarge: more than `limit` bytes; nothing was read.
            WrongChecksum, Truncated (schemas.gate.zip_refusals): the data is damaged.
        """
        entry = self.entry(name)
        if entry.size > limit:
            raise MemberTooLarge(where=name, name=name, size=entry.size, limit=limit)
        return b"".join(self.stream(name))

    def stream(self, name: str) -> Iterator[bytes]:
        """Pieces of at most 1 MiB. The CRC is known after the last one: a stream broken off proves nothing.

        Raises:
            MissingMember: at the call.
            WrongChecksum, Truncated (schemas.gate.zip_refusals): the data is damaged.
        """
        return stream_member(self._file, self.entry(name), piece=members.CHUNK)

    def digest_parts(self) -> tuple[PartDigest, ...]:
        """One pass over the whole file: every member's CRC is checked, the signed ones are hashed.

        Raises:
            WrongChecksum, Truncated (schemas.gate.zip_refusals): the data is damaged.
        """
        parts = []
        for entry in self.entries:
            content = Content.of(self.stream(entry.name))
            if entry.name not in members.UNSIGNED:
                parts.append(PartDigest(name=entry.name, size=content.size, sha256=content.sha256))
        return tuple(parts)


def open_container(path: Path) -> Container:
    """Open a container file through the gate; use as a context manager.

    Raises:
        Refusal: the gate's.
        OSError: the file itself.
    """
    file = path.open("rb")
    try:
        return Container(file)
    except BaseException:
        file.close()
        raise


def check_members(container: Container, verified: VerifiedMembers) -> tuple[PartDigest, ...]:
    """Every content member signed, every signed member there, every digest right, manifest in agreement.

    Cheap comparisons come first: a container with a member too many is refused before a byte of it is hashed.

    Raises:
        RepeatedReference, MissingMember, UnsignedMember, ManifestMismatch, DigestMismatch: `where` is the member.
        Refusal: the gate's, for damaged data or the manifest.
    """
    _check_names([entry.name for entry in container.data_entries()], verified.members)
    _check_manifest(read_manifest(container.read(members.MANIFEST)), verified.members)
    signed = {member.name: member.sha256 for member in verified.members}
    parts = container.digest_parts()
    for part in parts:
        if part.sha256 != signed[part.name]:
            raise DigestMismatch(where=part.name, name=part.name)
    return parts


def check_kind(container: Container, consignment: Consignment) -> None:
    """The container holds the document that its consignment.xml speaks of.

    Raises:
        WrongDocument, SourceMismatch.
    """
    if members.DOCUMENTS[consignment.kind] != container.document_name:
        raise WrongDocument(where=container.document_name, kind=consignment.kind, name=container.document_name)
    if (members.SOURCE in container) is not consignment.reduced:
        raise SourceMismatch(where=members.SOURCE)


def _check_names(names: Sequence[str], signed: Sequence[SignedMember]) -> None:
    seen: set[str] = set()
    for member in signed:
        if member.name in seen:
            raise RepeatedReference(where=member.name, name=member.name)
        seen.add(member.name)
        if member.name not in names:
            raise MissingMember(where=member.name, name=member.name)
    for name in names:
        if name not in seen:
            raise UnsignedMember(where=name, name=name)


def _check_manifest(listed: dict[str, str], signed: Sequence[SignedMember]) -> None:
    expected = {member.name: member.mime_type for member in signed}
    for name in sorted(listed.keys() | expected.keys()):
        if listed.get(name) != expected.get(name):
            raise ManifestMismatch(where=name, name=name)
