"""Mending a log that was rolled back or forked: take the lost entries back, or close the epoch. An operator decides.

Taking back: the entries come from a copy that another hub kept, are held against checkpoints that this hub signed, and
continue the log exactly; every proof ever given stays true. What was logged there and is not in the database is then
known by its entry alone.
Closing: where the histories differ, or nobody has a copy, the log goes on under the origin of the next epoch, with the
entries that the database has. The statement that opens it names the closed epoch's last checkpoints, and is logged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from exchange_axis.errors import AxisError
from exchange_axis.hub.log import BATCH
from exchange_axis.hub.log_guard import LogForked
from exchange_axis.hub.log_nodes import StoredNodes
from exchange_axis.hub.world import World
from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from exchange_axis.ledger.copying import Copying
from exchange_axis.ledger.epochs import epoch_of, heir_of, log_of, next_origin
from exchange_axis.ledger.note import KeySigner, NoteVerifier
from exchange_axis.ledger.witness import OtherOldSize
from exchange_axis.store import Connection
from exchange_axis.store.hub import epochrows, logrows, records, witnessrows
from exchange_axis.store.hub.epochrows import EpochRow
from exchange_axis.store.transactions import Transactions
from exchange_axis.wire.times import to_text

EPOCH = "epoch"
"""Kind of the leaf of an epoch's statement."""


class NothingToRepair(AxisError):
    code: ClassVar[str] = "log.nothing-to-repair"
    vi: ClassVar[str] = "Nhật ký {origin} không có gì cần sửa"
    en: ClassVar[str] = "The log {origin} needs no repair"


class NoCopyAtHome(AxisError):
    """The lost entries have not come home."""

    code: ClassVar[str] = "log.no-copy"
    vi: ClassVar[str] = "Chưa có bản sao các mục đã mất của nhật ký {origin} (cần đến {known}, mới có {size})"
    en: ClassVar[str] = "The lost entries of the log {origin} are not here (needed up to {known}, known up to {size})"
    remedy_vi: ClassVar[str] = (
        "Chạy trục để tự lấy từ trục cấp trên, hoặc: axis log repair --copy TỆP, hoặc --new-epoch --reason LÝ-DO"
    )
    remedy_en: ClassVar[str] = (
        "Run the hub so that it fetches them from the hub above, or: axis log repair --copy FILE, "
        "or: axis log repair --new-epoch --reason WHY"
    )


class ReasonMissing(AxisError):
    code: ClassVar[str] = "log.reason-missing"
    vi: ClassVar[str] = "Mở kỳ nhật ký mới phải nêu lý do"
    en: ClassVar[str] = "A new epoch needs a reason"
    remedy_vi: ClassVar[str] = "Thêm --reason LÝ-DO"
    remedy_en: ClassVar[str] = "Add --reason WHY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    origin: str
    """Under which the log goes on."""
    size: int
    lost: int = 0
    """Entries that were taken back and whose document is not here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochOpening:
    """Going on under the next origin with the entries that are here: after a contradiction, or with a new key."""

    closing: NoteVerifier
    signer: KeySigner
    """Of the new epoch."""
    actor: str
    reason: str

    def open(self, connection: Connection, world: World, more: Mapping[str, str] | None = None) -> Repaired:
        """In the caller's transaction, who holds the log's lock."""
        size, origin = logrows.size(connection), self.signer.verifier.name
        row = self._statement(connection, world, more or {})
        epochrows.open_new(connection, row, closing=self.closing.name)
        for part in (*range(BATCH, size, BATCH), size) if size else ():
            root = tree.root(StoredNodes(connection), part)
            note = sign_checkpoint(Checkpoint(origin=origin, size=part, root=root), self.signer)
            logrows.add_checkpoint(connection, size=part, note=note.decode(), at=row.opened_at)
        return Repaired(origin=origin, size=size)

    def _statement(self, connection: Connection, world: World, more: Mapping[str, str]) -> EpochRow:
        at, origin, closing = world.issuer.now(), self.signer.verifier.name, self.closing.name
        own = logrows.checkpoint(connection)
        statement = {
            "format": "axis-log-epoch-1",
            "origin": origin,
            "vkey": self.signer.verifier.vkey,
            "at": to_text(at),
            "actor": self.actor,
            "reason": self.reason,
            "closed": {
                "origin": closing,
                "last": None if own is None else own[1],
                "contradicted_by": [row.first for row in witnessrows.troubles(connection, closing)],
            },
            **more,
        }
        content = json.dumps(statement, ensure_ascii=False, sort_keys=True).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        leaf = world.issuer.leaf_of(sha256)
        records.add_leaves(
            connection, [records.LeafEntry(kind=EPOCH, sha256=leaf.sha256, salt=leaf.salt, data=leaf.data)]
        )
        return EpochRow(number=epoch_of(origin), origin=origin, opened_at=at, statement=content, sha256=sha256)


class LogRepair:
    def __init__(self, world: World, signer: KeySigner) -> None:
        self._world = world
        self._signer = signer
        self._key: NoteVerifier = signer.verifier

    def take(self, copying: Copying) -> int:
        """Take a piece of our own log back that another hub kept; returns the size of the log then.

        It must continue the log exactly and end at a checkpoint that this hub signed, so nothing is decided by it.

        Raises:
            UntrustedNote: not signed by this hub.
            OtherOldSize: the log ends elsewhere.
            LogForked: with these entries another root comes out.
        """
        checkpoint = open_checkpoint(copying.checkpoint, self._key)
        origin = self._key.name

        def work(connection: Connection) -> None:
            witnessrows.lock_log(connection, origin)
            size = logrows.size(connection)
            if copying.first != size or size + len(copying.entries) != checkpoint.size:
                raise OtherOldSize(origin=origin, size=size)
            epochrows.adopt_leaves(connection, size, copying.entries)
            hashes = [tree.leaf_hash(entry) for entry in copying.entries]
            if tree.append(StoredNodes(connection), size, hashes) != checkpoint.root:
                raise LogForked(origin=origin, known=checkpoint.size)
            note, at = copying.checkpoint.decode(), self._world.issuer.now()
            logrows.add_checkpoint(connection, size=checkpoint.size, note=note, at=at)

        self._world.transactions.run(work)
        return checkpoint.size

    def finish(self, *, actor: str) -> Repaired:
        """Go on, once the log has everything that was ever seen of it. The program must be started anew to sign.

        Raises:
            NothingToRepair, NoCopyAtHome.
            LogForked: the histories differ; only a new epoch helps.
        """
        origin = self._key.name

        def work(connection: Connection) -> Repaired:
            witnessrows.lock_log(connection, origin)
            size = logrows.size(connection)
            for shown in self._contradictions(connection):
                if shown.size > size:
                    raise NoCopyAtHome(origin=origin, known=shown.size, size=size)
                if tree.root(StoredNodes(connection), shown.size) != shown.root:
                    raise LogForked(origin=origin, known=shown.size)
            self._close(connection, size, actor=actor, action="log.repair", details="")
            return Repaired(origin=origin, size=size, lost=epochrows.count_lost(connection))

        done = self._world.transactions.run(work)
        self._remember(at_size=done.size)
        return done

    def open_epoch(self, *, actor: str, reason: str) -> Repaired:
        """Close the epoch: the log goes on under the next origin, with the entries that the database has.

        The program must be started anew to sign under it.

        Raises:
            NothingToRepair, ReasonMissing.
        """
        if not reason.strip():
            raise ReasonMissing()
        heir = heir_of(self._key, next_origin(self._key.name))
        if heir is None:
            raise AssertionError("the next epoch is a later one")
        signer = self._signer.renamed(heir.name)
        opening = EpochOpening(closing=self._key, signer=signer, actor=actor, reason=reason)

        def work(connection: Connection) -> Repaired:
            witnessrows.lock_log(connection, self._key.name)
            self._contradictions(connection)
            done = opening.open(connection, self._world)
            self._close(connection, done.size, actor=actor, action="log.new-epoch", details=reason)
            return done

        done = self._world.transactions.run(work)
        self._remember(at_size=done.size)
        return done

    def _contradictions(self, connection: Connection) -> list[Checkpoint]:
        """What others showed and the database did not have. Raises NothingToRepair."""
        troubles = witnessrows.troubles(connection, self._key.name)
        if not troubles:
            raise NothingToRepair(origin=self._key.name)
        return [open_checkpoint(row.first.encode(), self._key) for row in troubles]

    def _close(self, connection: Connection, size: int, *, actor: str, action: str, details: str) -> None:
        at, origin = self._world.issuer.now(), self._key.name
        witnessrows.close_troubles(connection, origin, at)
        records.decide(connection, at=at, actor=actor, action=action, subject=origin, details=f"{size}: {details}")

    def _remember(self, *, at_size: int) -> None:
        note = self._world.transactions.read(lambda connection: logrows.checkpoint_at(connection, at_size))
        if note is not None and self._world.log_memory is not None:
            self._world.log_memory.write(note.encode())


def open_epoch(transactions: Transactions, origin: str) -> str:
    """The origin under which the log goes on; `origin` in the first epoch."""
    row = transactions.read(epochrows.newest)
    return origin if row is None or log_of(row.origin) != log_of(origin) else row.origin
