"""Letters that are being written: saved as one types, resumed anywhere, and sent exactly once.

1. A draft is saved from the version that its writer saw; who comes second is told, and nothing is lost silently.
2. Its id is the idempotency key of the letter. So a double click, two tabs, the back button or a killed program make
   one letter: whatever was queued under that key is what was sent.
3. Files leave a draft once it is sent: the sealed container has them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from exchange_axis.domain.ids import MalformedCode, canonical_code
from exchange_axis.errors import NotFound
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node.compose import KEYS, Draft, compose
from exchange_axis.node.directory import DirectoryCopy
from exchange_axis.node.draft_errors import DraftChanged, DraftDone, DraftFilesMissing, DraftTooLarge
from exchange_axis.node.draft_files import DraftFiles, open_draft
from exchange_axis.node.draft_reading import DraftReading
from exchange_axis.node.earlier import EarlierHere
from exchange_axis.node.errors import ActorMissing, IdempotencyConflict, NotServed
from exchange_axis.node.outbox import LocalReceipt, Sender, receipt_of
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.drafts import DraftFileRow, DraftRow, DraftState
from exchange_axis.store.node.rows import OutboxRow, OutboxState
from exchange_axis.store.node.unit import NodeUnit

QUEUED = declare("node.draft.queued", "a draft's letter is queued, the draft is not marked as sent")

FORM_MAX: Final = 256 * 1024
"""Bytes of a form as JSON."""
FIELDS: Final = frozenset(KEYS) - {"attachments"}
"""Files of a draft are its attachments."""
NO_PAPER: Final = {"paper": 0}
"""Said of every draft without a number of copies, as its page says of the empty box: reports count what is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    row: DraftRow
    files: tuple[DraftFileRow, ...]
    offsets: Mapping[str, int]
    """Bytes of each file that are here, by file id."""

    @property
    def complete(self) -> bool:
        return all(file.sha256 is not None for file in self.files)


class Drafts:
    def __init__(
        self, world: NodeWorld, directory: DirectoryCopy, *, sender: Sender, beside: Drafts | None = None
    ) -> None:
        """Args: beside: the same drafts for others; what two do at once is done one after the other."""
        self._world = world
        self._directory = directory
        self._sender = sender
        self._lock: threading.Lock = threading.Lock() if beside is None else beside._lock
        self.files: DraftFiles = DraftFiles(world, DraftReading(world), beside=None if beside is None else beside.files)

    def begin(
        self, agency: str, *, owner: str, form: Mapping[str, Any] | None = None, closes: str | None = None
    ) -> DraftRow:
        """A new draft.

        Args:
            closes: a received letter that is reported as completed once the hub has accepted this one.

        Raises:
            NotServed, ActorMissing, DraftTooLarge.
        """
        if agency not in self._world.settings.agencies:
            raise NotServed(agency=agency, served=", ".join(sorted(self._world.settings.agencies)))
        if not owner.strip():
            raise ActorMissing()
        at = self._world.now()
        row = DraftRow(
            id=self._world.rng.uuid(),
            agency=agency,
            owner=owner,
            state=DraftState.OPEN,
            version=1,
            form=_fitting({"from": agency} | dict(form or {})),
            closes=closes,
            consignment_id=None,
            created_at=at,
            changed_at=at,
        )
        self._world.store.run(lambda unit: unit.drafts.add(row))
        return row

    def get(self, draft_id: str) -> DraftView:
        """
        Raises:
            NotFound.
        """

        def work(unit: NodeUnit) -> tuple[DraftRow, tuple[DraftFileRow, ...]]:
            row = unit.drafts.get(draft_id)
            if row is None:
                raise NotFound(what=draft_id)
            return row, unit.drafts.files(draft_id)

        row, files = self._world.store.read(work)
        if row.state is DraftState.OPEN and self._queued(row) is not None:
            row = self._settle(row)  # killed between the two
            files = ()
        return DraftView(row=row, files=files, offsets={file.id: self.files.offset(file) for file in files})

    def open(self, *, owner: str | None = None) -> tuple[DraftRow, ...]:
        """Newest first."""
        rows = self._world.store.read(lambda unit: unit.drafts.open(owner=owner))
        return tuple(row for row in rows if self._queued(row) is None)

    def save(self, draft_id: str, form: Mapping[str, Any], *, version: int) -> int:
        """Keep what was typed; what is unfinished or wrong is kept as well. The new version.

        Raises:
            NotFound, DraftDone, DraftTooLarge.
            DraftChanged: somebody saved it since that version.
        """
        at, fitting = self._world.now(), _fitting(form)

        def work(unit: NodeUnit) -> int:
            before = open_draft(unit, draft_id)
            if before.form == fitting:
                return before.version
            if before.version != version or not unit.drafts.save(before, at=at, form=fitting):
                raise DraftChanged()
            return before.version + 1

        return self._world.store.run(work)

    def drop(self, draft_id: str) -> None:
        """Throw a draft away, with its files.

        Raises:
            NotFound, DraftDone.
        """
        view = self.get(draft_id)
        at = self._world.now()

        def work(unit: NodeUnit) -> None:
            unit.drafts.save(open_draft(unit, draft_id), at=at, state=DraftState.DROPPED.value)

        for file in view.files if view.row.state is DraftState.OPEN else ():
            self.files.drop(file.id)
        self._world.store.run(work)

    def send(self, draft_id: str, *, version: int, actor: str) -> LocalReceipt:
        """Send it. A draft that was sent gives the receipt of its letter again, whatever is asked.

        Raises:
            NotFound, ActorMissing.
            DraftChanged: what is to be sent is not what that page showed.
            DraftFilesMissing: a file is still arriving.
            DraftDone: it was thrown away.
            CheckFailed: as `Sender.send`.
        """
        if not actor.strip():
            raise ActorMissing()
        with self._lock:  # who comes second finds the letter, not files that are just leaving
            return self._send_once(draft_id, version, actor)

    def _send_once(self, draft_id: str, version: int, actor: str) -> LocalReceipt:
        view = self.get(draft_id)
        sent = self._queued(view.row)
        if sent is not None:
            return self._receipt(sent)
        if view.row.state is not DraftState.OPEN:
            raise DraftDone()
        if view.row.version != version:
            raise DraftChanged()
        with self.composed(view) as draft:
            receipt = self._send(draft, view.row, actor)
        failpoint(QUEUED)
        self._settle(view.row)
        return receipt

    @contextmanager
    def composed(self, view: DraftView) -> Iterator[Draft]:
        """The letter of a draft with its files in the clear, for as long as the block runs.

        Raises:
            DraftFilesMissing.
            CheckFailed: all faults of the form.
        """
        missing = [file.name for file in view.files if file.sha256 is None]
        if missing:
            raise DraftFilesMissing(names=", ".join(missing)[:300])
        staging = self._world.settings.staging
        run = self._world.rng.uuid()
        paths = [staging / f"sending-{run}-{place:03d}" for place, _ in enumerate(view.files)]
        try:
            for file, path in zip(view.files, paths, strict=True):
                self.files.save_to(file, path)
            yield compose(
                NO_PAPER | dict(view.row.form) | {"attachments": _attachments(view.files, paths)},
                base=staging,
                agencies=self._world.settings.agencies,
                name_of=self._directory.name_of,
                earlier=EarlierHere(self._world.store),
                groups=self._directory.groups(),
            )
        finally:
            for path in paths:
                path.unlink(missing_ok=True)

    def _send(self, draft: Draft, row: DraftRow, actor: str) -> LocalReceipt:
        try:
            return self._sender.send(draft, actor=actor, idempotency_key=_key(row))
        except IdempotencyConflict:  # another tab was faster, with an earlier state of the draft
            sent = self._queued(row)
            if sent is None:
                raise
            return self._receipt(sent)

    def _settle(self, row: DraftRow) -> DraftRow:
        """The letter is queued: note it and let go of the files. Safe to repeat.

        The letter that it answers is completed when the hub has accepted it (`duties`).
        """
        sent = self._queued(row)
        if sent is None:
            raise AssertionError("only a queued letter ends a draft")
        at = self._world.now()

        def work(unit: NodeUnit) -> tuple[DraftRow, tuple[DraftFileRow, ...]]:
            now = unit.drafts.get(row.id)
            if now is None:
                raise NotFound(what=row.id)
            if now.state is DraftState.OPEN:
                unit.drafts.save(now, at=at, state=DraftState.SENT.value, consignment_id=sent.consignment_id)
            files = unit.drafts.files(row.id)
            for file in files:
                unit.drafts.drop_file(file.id)
            after = unit.drafts.get(row.id)
            return after or now, files

        after, files = self._world.store.run(work)
        for file in files:
            self.files.forget_unused(file.sha256)
        return after

    def _queued(self, row: DraftRow) -> OutboxRow | None:
        """The letter that this draft became; None while there is none, or after the hub refused it."""
        try:
            sender = canonical_code(str(row.form.get("from") or row.agency))
        except MalformedCode:
            return None
        found = self._world.store.read(lambda unit: unit.outbox.by_key(f"{sender}|{_key(row)}"))
        return None if found is None or found.state is OutboxState.REFUSED else found

    def _receipt(self, row: OutboxRow) -> LocalReceipt:
        addressees = self._world.store.read(lambda unit: unit.outbox.addressees(row.consignment_id))
        return receipt_of(row, tuple(one.recipient for one in addressees))


def _key(row: DraftRow) -> str:
    return f"draft-{row.id}"


def _fitting(form: Mapping[str, Any]) -> dict[str, Any]:
    """What a form may hold, empty fields left out.

    Raises:
        DraftTooLarge.
    """
    kept = {key: value for key, value in form.items() if key in FIELDS and value not in ("", None, [], {})}
    if len(json.dumps(kept, ensure_ascii=False).encode()) > FORM_MAX:
        raise DraftTooLarge(what=f"{FORM_MAX} byte")
    return kept


def _attachments(files: Sequence[DraftFileRow], paths: Sequence[Path]) -> list[dict[str, str]]:
    return [
        {"path": str(path), "name": file.name} | ({"description": file.description} if file.description else {})
        for file, path in zip(files, paths, strict=True)
    ]
