"""Files of a draft: they come in pieces at an offset, are durable before the offset is confirmed, and end encrypted.

1. While a file arrives it lies in the staging folder; its length there is the offset, so that an upload goes on after a
   reload, a lost line or a killed program.
2. The whole file goes to the blob store like any container; then the piece in the staging folder is gone.
3. What the file says of itself is read once it is whole (`draft_reading`), and only suggested.
"""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from exchange_axis.errors import NotFound
from exchange_axis.node.draft_errors import DraftDone, DraftTooLarge, PieceMisplaced
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.drafts import DraftFileRow, DraftRow, DraftState
from exchange_axis.store.node.unit import NodeUnit

FILE_MAX: Final = 2 * 1024**3
"""Bytes; a letter's container is no larger."""
FILES_MAX: Final = 999
"""A container numbers its attachments with three digits."""
NAME_MAX: Final = 255
STAGED: Final = "draft-"

Read = Callable[[Path, str], Mapping[str, Any]]
"""(file, SHA-256) to what it says of itself."""


class DraftFiles:
    def __init__(self, world: NodeWorld, read: Read, *, beside: DraftFiles | None = None) -> None:
        self._world = world
        self._read = read
        self._lock: threading.Lock = threading.Lock() if beside is None else beside._lock

    def begin(self, draft_id: str, *, name: str, length: int, description: str = "") -> DraftFileRow:
        """Announce a file; an unfinished one of the same name and length is gone on with.

        Raises:
            NotFound, DraftDone, DraftTooLarge.
        """
        name = plain_name(name)
        if not 0 < length <= FILE_MAX:
            raise DraftTooLarge(what=f"{name}: {length} byte")

        def work(unit: NodeUnit) -> DraftFileRow:
            open_draft(unit, draft_id)
            files = unit.drafts.files(draft_id)
            for known in files:
                if known.sha256 is None and (known.name, known.length) == (name, length):
                    return known
            if len(files) >= FILES_MAX:
                raise DraftTooLarge(what=f"{FILES_MAX} tệp")
            row = DraftFileRow(
                id=self._world.rng.uuid(),
                draft_id=draft_id,
                name=name,
                description=description[:500],
                length=length,
                sha256=None,
                found=None,
                added_at=self._world.now(),
            )
            unit.drafts.add_file(row)
            return row

        return self._world.store.run(work)

    def offset(self, row: DraftFileRow) -> int:
        """Bytes that are durable here."""
        if row.sha256 is not None:
            return row.length
        try:
            return self._path(row).stat().st_size
        except FileNotFoundError:
            return 0

    def get(self, file_id: str) -> DraftFileRow:
        """
        Raises:
            NotFound.
        """
        row = self._world.store.read(lambda unit: unit.drafts.file(file_id))
        if row is None:
            raise NotFound(what=file_id)
        return row

    def append(self, file_id: str, piece: bytes, *, offset: int) -> DraftFileRow:
        """Add a piece at the offset; the file is kept once it is whole. Its new state.

        Raises:
            NotFound, DraftDone.
            PieceMisplaced: another offset, or beyond the announced length.
        """
        row = self.get(file_id)
        self._world.store.read(lambda unit: open_draft(unit, row.draft_id))
        with self._lock:  # of two tabs with the same piece one adds it
            have = self.offset(row)
            if offset != have or have + len(piece) > row.length:
                raise PieceMisplaced(offset=offset, expected=have)
            if row.sha256 is None and piece:
                _append(self._path(row), piece)
            return self._finish(row) if have + len(piece) == row.length else row

    def take(self, draft_id: str, path: Path, *, name: str, description: str = "") -> DraftFileRow:
        """A whole file at once, as a form without script sends it; the file at `path` is the caller's."""
        row = self.begin(draft_id, name=name, length=path.stat().st_size, description=description)
        target = self._path(row)
        with path.open("rb") as source, target.open("wb") as copy:
            while piece := source.read(1 << 20):
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
        return self._finish(row)

    def drop(self, file_id: str) -> None:
        """
        Raises:
            NotFound, DraftDone.
        """

        def work(unit: NodeUnit) -> DraftFileRow:
            row = unit.drafts.file(file_id)
            if row is None:
                raise NotFound(what=file_id)
            open_draft(unit, row.draft_id)
            unit.drafts.drop_file(file_id)
            return row

        row = self._world.store.run(work)
        self._path(row).unlink(missing_ok=True)
        self.forget_unused(row.sha256)

    def forget_unused(self, sha256: str | None) -> None:
        """Destroy a content that nothing here has any more."""
        if sha256 is not None and not self._world.store.read(lambda unit: unit.drafts.needs(sha256)):
            self._world.blobs.erase(sha256)

    def save_to(self, row: DraftFileRow, path: Path) -> None:
        """The whole file in the clear, for as long as a container is made of it."""
        with self._world.blobs.open(row.sha256 or "") as blob, path.open("wb") as target:
            for piece in blob.chunks():
                target.write(piece)

    def _finish(self, row: DraftFileRow) -> DraftFileRow:
        path = self._path(row)
        if not path.exists():
            return self.get(row.id)  # the same last piece came twice
        stored = self._world.blobs.put(path)
        found = self._read(path, stored.sha256)
        self._world.store.run(lambda unit: unit.drafts.keep_file(row.id, stored.sha256, found))
        path.unlink(missing_ok=True)
        return self.get(row.id)

    def _path(self, row: DraftFileRow) -> Path:
        return self._world.settings.staging / f"{STAGED}{row.id}.part"


def open_draft(unit: NodeUnit, draft_id: str) -> DraftRow:
    """
    Raises:
        NotFound, DraftDone.
    """
    row = unit.drafts.get(draft_id)
    if row is None:
        raise NotFound(what=draft_id)
    if row.state is not DraftState.OPEN:
        raise DraftDone()
    return row


def plain_name(name: str) -> str:
    """A file name as people read it: the last part of what a browser says, printable, not too long."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2].strip()
    return "".join(c if c.isprintable() else " " for c in last)[:NAME_MAX] or "tep"


def _append(path: Path, piece: bytes) -> None:
    with path.open("ab") as file:
        file.write(piece)
        file.flush()
        os.fsync(file.fileno())
