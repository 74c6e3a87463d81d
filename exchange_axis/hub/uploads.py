"""Uploads as resources: create (length, digest, lane) → append at an offset → commit. They resume at a byte.

1. Bytes are durable in the staging folder before an offset is confirmed; the offset is the file's length.
2. The digest announced at creation is checked at commit; other bytes are refused and the upload starts over.
3. A finished upload leaves nothing behind: the same bytes again find the stored answer, not the old upload. What was
   accepted is recognised by its digest before a byte of it is sent: the offset is then the whole length.
4. What is refused is not kept: the documents beside a relay lie in the staging folder as well, not in the database.
5. An upload begun in tus has no commit of its own: the append that completes it hands it in, and its answer is kept
   beside the row until it is read, deleted or swept. Without that answer the same step is simply made again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, ClassVar

from exchange_axis.domain.consignment import Lane
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.hub.intake import Intake
from exchange_axis.hub.limits import Limits
from exchange_axis.hub.relay import Relay
from exchange_axis.hub.world import Received, World
from exchange_axis.ports import Answer, Document
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub import uploads
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.wire.hub_json import MalformedMessage, documents_json, dump, load


class UploadTooLarge(AxisError):
    code: ClassVar[str] = "upload.too-large"
    vi: ClassVar[str] = "Gói tin dài {length} byte, quá mức {limit} của trục"
    en: ClassVar[str] = "The container has {length} bytes; this hub takes at most {limit}"


class TooManyUploads(AxisError):
    code: ClassVar[str] = "upload.too-many"
    vi: ClassVar[str] = "Đang có {count} lần tải lên chưa xong"
    en: ClassVar[str] = "{count} uploads are still under way"
    remedy_vi: ClassVar[str] = "Hoàn tất hoặc bỏ các lần tải lên cũ rồi thử lại"
    remedy_en: ClassVar[str] = "Finish or abandon earlier uploads, then try again"


class OffsetMismatch(AxisError):
    code: ClassVar[str] = "upload.offset-mismatch"
    vi: ClassVar[str] = "Phần tải lên bắt đầu ở {offset} nhưng trục đã có {expected} byte"
    en: ClassVar[str] = "The piece starts at {offset} but the hub holds {expected} bytes"
    remedy_vi: ClassVar[str] = "Hỏi lại vị trí bằng HEAD rồi tải tiếp từ đó"
    remedy_en: ClassVar[str] = "Ask for the offset with HEAD and go on from there"


class UploadIncomplete(AxisError):
    code: ClassVar[str] = "upload.incomplete"
    vi: ClassVar[str] = "Mới có {offset} trên {length} byte"
    en: ClassVar[str] = "Only {offset} of {length} bytes have arrived"


class UploadDamaged(AxisError):
    code: ClassVar[str] = "upload.digest-mismatch"
    vi: ClassVar[str] = "Nội dung nhận được khác với mã băm đã báo"
    en: ClassVar[str] = "What arrived does not have the announced digest"
    remedy_vi: ClassVar[str] = "Tải lên lại từ đầu"
    remedy_en: ClassVar[str] = "Upload again from the start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What the peer says it will send."""

    kind: str
    length: int
    sha256: str
    lane: Lane
    documents: tuple[Document, ...] = ()
    metadata: str | None = None
    """What a tus client said of it, as it said it; such an upload is always a new one, as tus wants."""


class Uploads:
    def __init__(self, world: World, intake: Intake, relay: Relay, limits: Limits) -> None:
        self._world = world
        self._limits = limits
        self._intake = intake
        self._relay = relay

    def create(self, peer: PeerRow, announced: Announced) -> tuple[uploads.UploadRow, int]:
        """A new upload, or the open one of the same bytes to go on with; returns it and its offset.

        The offset is the whole length if these bytes were answered before: only the commit is left.

        Raises:
            UploadTooLarge, TooManyUploads, DailyQuota.
        """
        limit = self._world.settings.max_upload
        if announced.length > limit:
            raise UploadTooLarge(length=announced.length, limit=limit)
        at = self._world.issuer.now()
        wanted = uploads.UploadRow(
            id=self._world.issuer.new_id(),
            peer=peer.id,
            kind=announced.kind,
            length=announced.length,
            sha256=announced.sha256,
            lane=announced.lane,
            documents=tuple((document.kind.value, document.sha256) for document in announced.documents),
            created_at=at,
            touched_at=at,
            metadata=announced.metadata,
        )

        def work(connection: Connection) -> uploads.UploadRow:
            known = uploads.same(connection, wanted) if wanted.metadata is None else None
            if known is not None:
                return known
            count = uploads.count(connection, peer.id)
            if count >= self._world.settings.max_open_uploads:
                raise TooManyUploads(count=count)
            self._limits.take_bytes(peer.id, announced.length)
            uploads.add(connection, wanted)
            return wanted

        row = self._world.transactions.run(work)
        if announced.documents:
            self._keep_beside(row, announced.documents)
        path = self._path(row)
        if not path.exists():
            path.touch(mode=0o600)
        return row, self._offset(row)

    def find(self, peer: PeerRow, upload_id: str) -> tuple[uploads.UploadRow, int]:
        """The upload and its offset. Raises NotFound, also for somebody else's."""
        row = self._world.transactions.read(lambda connection: uploads.get(connection, upload_id, peer.id))
        if row is None:
            raise NotFound(what=upload_id)
        return row, self._offset(row)

    def open_at(self, row: uploads.UploadRow, offset: int) -> BinaryIO:
        """The staging file positioned for appending; the caller writes, then calls `appended`.

        Raises:
            OffsetMismatch.
        """
        expected = self._offset(row)
        if offset != expected:
            raise OffsetMismatch(offset=offset, expected=expected)
        return self._path(row).open("ab")

    def appended(self, row: uploads.UploadRow, file: BinaryIO) -> int:
        """Make what was written durable and return the new offset."""
        file.flush()
        os.fsync(file.fileno())
        at = self._world.issuer.now()
        self._world.transactions.run(lambda connection: uploads.touch(connection, row.id, at))
        return self._offset(row)

    def commit(self, peer: PeerRow, upload_id: str) -> Answer:
        """Hand the whole container to intake or relay; the upload is gone afterwards.

        Raises:
            NotFound: also for an upload of tus, which commits by itself.
            UploadIncomplete, UploadDamaged, and what intake or relay refuse with.
        """
        row, offset = self.find(peer, upload_id)
        if row.metadata is not None:
            raise NotFound(what=upload_id)
        if offset != row.length:
            raise UploadIncomplete(offset=offset, length=row.length)
        try:
            answer = self.hand_in(peer, row)
        except StoreError:
            raise  # our trouble: the bytes stay, the same commit may be made again
        except AxisError:
            self._drop(row)
            raise
        self._drop(row)
        return answer

    def hand_in(self, peer: PeerRow, row: uploads.UploadRow) -> Answer:
        """What intake or relay say to a whole upload, which stays as it is.

        Raises:
            UploadDamaged, and what intake or relay refuse with.
        """
        beside = self._beside(row)
        if self._held(row) != row.length:
            return self._answer_again(peer, row, beside)
        path = self._path(row)
        received = Received(path=path, sha256=digest_of(path), size=row.length)
        if received.sha256 != row.sha256:
            raise UploadDamaged()
        if row.kind == "relay":
            return self._relay.receive(peer, received, beside)
        return self._intake.submit(peer, received)

    def _answer_again(self, peer: PeerRow, row: uploads.UploadRow, beside: Sequence[Document]) -> Answer:
        if row.kind == "relay":
            answer = self._relay.answer_before(peer, row.sha256, beside)
        else:
            answer = self._intake.answer_before(peer.id, row.sha256)
        if answer is None:  # the peer's permission has ended since it asked
            raise UploadDamaged()
        return answer

    def finish(self, row: uploads.UploadRow, answer: bytes) -> None:
        """Keep the answer to a tus upload in place of its bytes."""
        target = self._answer_path(row)
        part = target.with_name(f"{row.id}.{self._world.rng.uuid()}.answer")
        with part.open("xb") as file:
            file.write(answer)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        at = self._world.issuer.now()
        self._world.transactions.run(lambda connection: uploads.finish(connection, row.id, at))
        self._path(row).unlink(missing_ok=True)

    def finished(self, row: uploads.UploadRow) -> bytes | None:
        """The kept answer; None while there is none."""
        try:
            return self._answer_path(row).read_bytes()
        except FileNotFoundError:
            return None

    def judge_front(self, peer: PeerRow, row: uploads.UploadRow) -> bool:
        """Whether nothing at the front is left to be judged; a front with a secrecy mark ends the upload.

        Raises:
            SubmissionRefused.
        """
        if row.kind == "relay":
            return True  # the first hub has judged it
        try:
            return self._intake.judge_front(peer, self._path(row), row.sha256)
        except AxisError:
            self._drop(row)
            raise

    def abandon(self, peer: PeerRow, upload_id: str) -> None:
        row, _ = self.find(peer, upload_id)
        self._drop(row)

    def sweep(self) -> int:
        """Drop uploads that nobody has touched for long; returns how many."""
        before = self._world.issuer.now() - self._world.settings.upload_life
        stale = self._world.transactions.read(lambda connection: uploads.stale(connection, before))
        for row in stale:
            self._drop(row)
        return len(stale) + self._sweep_files(before)

    def drop_bytes(self, digests: Sequence[str]) -> int:
        """Drop every upload of these bytes, also what a tus client told of them; returns how many there were."""
        rows = self._world.transactions.read(lambda connection: uploads.of_bytes(connection, digests))
        for row in rows:
            self._drop(row)
        return len(rows)

    def _sweep_files(self, before: datetime) -> int:
        """Remove staging files that a crash left behind: old, and of no upload that is open."""
        kept = {row.id for row in self._world.transactions.read(uploads.every)}
        left = 0
        for path in self._world.staging.iterdir():
            with suppress(FileNotFoundError):  # its owner has just finished
                old = datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
                if old and path.is_file() and path.name.partition(".")[0] not in kept:
                    path.unlink()
                    left += 1
        return left

    def _drop(self, row: uploads.UploadRow) -> None:
        self._world.transactions.run(lambda connection: uploads.remove(connection, row.id))
        self._path(row).unlink(missing_ok=True)
        self._beside_path(row).unlink(missing_ok=True)
        self._answer_path(row).unlink(missing_ok=True)

    def _offset(self, row: uploads.UploadRow) -> int:
        """Bytes that need not be sent: those in the file, or all if they were answered before."""
        if row.metadata is not None:  # a tus client begins at 0, whatever we know
            return row.length if row.finished_at is not None else self._held(row)
        held = self._held(row)
        return row.length if held < row.length and self._is_answered(row) else held

    def _held(self, row: uploads.UploadRow) -> int:
        path = self._path(row)
        return path.stat().st_size if path.exists() else 0

    def _is_answered(self, row: uploads.UploadRow) -> bool:
        if row.kind == "relay":
            return bool(row.documents) and self._relay.has_answered(row.peer, row.documents[0][1])
        return self._intake.answer_before(row.peer, row.sha256) is not None

    def _path(self, row: uploads.UploadRow) -> Path:
        return self._world.staging / f"{row.id}.part"

    def _beside_path(self, row: uploads.UploadRow) -> Path:
        return self._world.staging / f"{row.id}.documents"

    def _answer_path(self, row: uploads.UploadRow) -> Path:
        return self._world.staging / f"{row.id}.answer"

    def _keep_beside(self, row: uploads.UploadRow, documents: Sequence[Document]) -> None:
        """Whole or not at all; after a power loss the peer is asked to start over (`_beside`)."""
        target = self._beside_path(row)
        part = target.with_name(f"{row.id}.{self._world.rng.uuid()}.documents")
        part.write_bytes(dump({"documents": documents_json(documents)}))
        part.replace(target)

    def _beside(self, row: uploads.UploadRow) -> tuple[Document, ...]:
        """The documents sent beside the upload.

        Raises:
            UploadDamaged: they did not survive; the upload starts over.
        """
        if not row.documents:
            return ()
        try:
            documents = load(self._beside_path(row).read_bytes()).documents()
        except (FileNotFoundError, MalformedMessage):
            documents = ()
        if tuple((document.kind.value, document.sha256) for document in documents) != row.documents:
            raise UploadDamaged()
        return documents


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
