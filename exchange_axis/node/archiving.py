"""What an agency hands to its archive: the letters of a period in order of time, each with its files and fields.

Rules of this file:
1. Sent letters that the hub accepted, and received ones that were taken in (03), by their time here. A letter that is
   recalled, taken back or erased stands there by its fields alone, with the reason; nothing is left out silently.
2. One pass over the disk: a letter at a time, and never a file in memory. The archive is a file of the staging folder
   until it is whole; what breaks off is removed, after a crash by the next start.
3. The list of all files comes last, under the node's seal: `axis verify`, `xmlsec1` and `sha256sum` check it.
4. Taking content out is reading it, and is noted as such before (`reading`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar, Final

from exchange_axis.domain.calendar import day_of
from exchange_axis.errors import AxisError, ConsignmentErased
from exchange_axis.node.errors import LetterFrozen, NotServed
from exchange_axis.node.reading import Reading
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.dossier_pack import small_copy
from exchange_axis.store.errors import BlobError
from exchange_axis.store.node.rows import InboxRow, OutboxRow, OutboxState
from exchange_axis.store.node.unit import NodeUnit
from exchange_axis.wire import archive
from exchange_axis.wire.archive import ArchivedDocument, ArchivedFile, ArchiveHeading, Direction
from exchange_axis.wire.container import Container
from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.members import ATTACHMENTS, LETTER, SOURCE
from exchange_axis.wire.zip_writer import Content, ZipWriter
from signing.xades import sign_enveloped

PREFIX: Final = "archive-"
"""Of the file in the staging folder."""
FILES_MOST: Final = 20_000
"""Files of one archive: what the list of them may hold and still be read by everybody."""
GONE: Final = "archive.content-gone"


class ArchiveUnusable(AxisError):
    code: ClassVar[str] = "archive.period"
    vi: ClassVar[str] = "Khoảng thời gian {first} – {last} không dùng được"
    en: ClassVar[str] = "The period {first} – {last} cannot be used"
    remedy_vi: ClassVar[str] = "Ngày đầu không sau ngày cuối, và ngày cuối không sau hôm nay"
    remedy_en: ClassVar[str] = "It begins not after its end, and ends not after today"


class ArchiveTooLarge(AxisError):
    code: ClassVar[str] = "archive.too-large"
    vi: ClassVar[str] = "Khoảng thời gian này có quá {limit} tệp cho một gói lưu trữ"
    en: ClassVar[str] = "That period has more than {limit} files for one archive"
    remedy_vi: ClassVar[str] = "Chia thành các khoảng ngắn hơn, ví dụ từng quý"
    remedy_en: ClassVar[str] = "Take shorter periods, such as quarters"


class ArchiveNotWritten(AxisError):
    code: ClassVar[str] = "archive.not-written"
    vi: ClassVar[str] = "Không ghi được gói lưu trữ vào {folder}: {reason}; phần đã ghi đã được xóa"
    en: ClassVar[str] = "The archive cannot be written to {folder}: {reason}; what was written is removed"
    remedy_vi: ClassVar[str] = "Thêm chỗ trên đĩa rồi làm lại, hoặc chọn khoảng thời gian ngắn hơn"
    remedy_en: ClassVar[str] = "Make room on the disk and do it again, or take a shorter period"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days in Vietnam, both included."""

    first: date
    last: date

    def has(self, at: datetime) -> bool:
        return self.first <= day_of(at) <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """A finished archive."""

    path: Path
    """In the staging folder; whoever asked takes it away."""
    agency: str
    documents: int
    files: int
    size: int
    sha256: str


class Archiving:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        self._reading = Reading(world)

    def write(self, agency: str, period: Period, *, by: str) -> Archived:
        """
        Raises:
            NotServed, ArchiveUnusable, ArchiveTooLarge, ArchiveNotWritten.
        """
        served, at = self._world.settings.agencies, self._world.now()
        if agency not in served:
            raise NotServed(agency=agency, served=", ".join(sorted(served)))
        if not period.first <= period.last <= day_of(at):
            raise ArchiveUnusable(first=period.first, last=period.last)
        found = self._world.store.read(lambda unit: _documents(unit, agency, period))
        heading = ArchiveHeading(
            node=self._world.settings.node_id,
            agency=agency,
            agency_name=served[agency],
            first=period.first,
            last=period.last,
            at=at,
            made_by=by,
            documents=len(found),
        )
        path = self._world.settings.staging / f"{PREFIX}{self._world.rng.uuid()}.zip"
        try:
            return self._whole(path, heading, found)
        except OSError as error:
            path.unlink(missing_ok=True)
            reason = error.strerror or type(error).__name__
            raise ArchiveNotWritten(folder=path.parent, reason=reason) from error
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _whole(self, path: Path, heading: ArchiveHeading, found: Iterable[ArchivedDocument]) -> Archived:
        path.touch(mode=0o600, exist_ok=False)
        with path.open("wb") as file:
            writer = _Writer(ZipWriter(file))
            writer.add(archive.ABOUT, archive.write_about(heading))
            for number, document in enumerate(found, start=1):
                self._document(writer, document, number, heading)
            files = tuple(writer.files)
            manifest = archive.write_manifest(heading.node, heading.at, files)
            writer.add(archive.MANIFEST, sign_enveloped(manifest, self._world.node_seal, at=heading.at))
            writer.zip.finish()
            file.flush()
            os.fsync(file.fileno())
        return Archived(
            path=path,
            agency=heading.agency,
            documents=heading.documents,
            files=len(files),
            size=writer.zip.size,
            sha256=writer.zip.sha256,
        )

    def _document(self, writer: _Writer, document: ArchivedDocument, number: int, heading: ArchiveHeading) -> None:
        folder = f"{number:05d}-{document.direction.value}-{day_of(document.at).isoformat()}"
        try:
            if document.direction is Direction.RECEIVED:
                self._reading.content(document.consignment_id, reader=heading.made_by, agency=heading.agency)
            with (
                self._world.blobs.open(document.container_sha256) as blob,
                small_copy(blob.chunks()) as file,
            ):
                document = _packed(writer, document, Container(file), folder)
        except (LetterFrozen, ConsignmentErased) as refusal:
            document = replace(document, withheld=refusal.code)
        except BlobError:
            document = replace(document, withheld=GONE)
        writer.add(f"{folder}/{archive.METADATA}", archive.write_metadata(document))


class _Writer:
    def __init__(self, writer: ZipWriter) -> None:
        self.zip = writer
        self.files: list[ArchivedFile] = []

    def add(self, path: str, data: bytes) -> None:
        self._put(path, "", Content.of((data,)), (data,))

    def member(self, container: Container, name: str, path: str, human: str) -> ArchivedFile:
        """Two readings of the letter's copy on disk: its size is known before its header is written."""
        content = Content.of(container.stream(name))
        return self._put(path, human, content, container.stream(name))

    def _put(self, path: str, human: str, content: Content, chunks: Iterable[bytes]) -> ArchivedFile:
        if len(self.files) > FILES_MOST:
            raise ArchiveTooLarge(limit=FILES_MOST)
        self.zip.add(path, content, chunks)
        self.files.append(ArchivedFile(path=path, name=human, size=content.size, sha256=content.sha256))
        return self.files[-1]


def _packed(writer: _Writer, document: ArchivedDocument, container: Container, folder: str) -> ArchivedDocument:
    """The letter's XML and files put in, and the description with what the letter says."""
    letter = read_letter(container.read(LETTER)).letter
    files = [writer.member(container, LETTER, f"{folder}/{LETTER}", LETTER)]
    if SOURCE in container:
        files.append(writer.member(container, SOURCE, f"{folder}/received.edxml", SOURCE))
    for place, entry in enumerate(container.attachments()):
        human = letter.references[place].name if place < len(letter.references) else entry.name
        files.append(writer.member(container, entry.name, f"{folder}/{entry.name.removeprefix(ATTACHMENTS)}", human))
    return replace(document, letter=letter, files=tuple(files))


def _documents(unit: NodeUnit, agency: str, period: Period) -> tuple[ArchivedDocument, ...]:
    """In the order of their time here."""
    sent = (row for row in unit.outbox.letters(sender=agency, limit=None) if row.state is OutboxState.ACCEPTED)
    received = (row for row in unit.inbox.letters(recipient=agency, limit=None) if row.arrival_number is not None)
    found = [*map(_of_sent, sent), *map(_of_received, received)]
    return tuple(sorted(_within(found, period), key=lambda one: (one.at, one.consignment_id)))


def _within(found: Iterable[ArchivedDocument], period: Period) -> Iterator[ArchivedDocument]:
    return (one for one in found if period.has(one.at))


def _of_sent(row: OutboxRow) -> ArchivedDocument:
    return _document(row, Direction.SENT, row.created_at)


def _of_received(row: InboxRow) -> ArchivedDocument:
    return replace(_document(row, Direction.RECEIVED, row.received_at), arrival_number=row.arrival_number)


def _document(row: OutboxRow | InboxRow, direction: Direction, at: datetime) -> ArchivedDocument:
    return ArchivedDocument(
        direction=direction,
        at=at,
        sender=row.sender,
        consignment_id=row.consignment_id,
        container_sha256=row.container_sha256,
        letter=None,
        title=row.title,
        subject=row.subject,
        issued=row.document_date,
    )
