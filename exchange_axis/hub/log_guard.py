"""Watches over this hub's own log: has anybody seen more of it, or something else, than the database says?

Checkpoints come back to their hub: from its own disk at start, and from every peer that shows the newest it has seen.
Each is signed by this hub's key, so none can be made up. One that the log of today does not contain means that the
database was rolled back or another history was signed.

Rules of this file:
1. After that the hub signs nothing more: no checkpoint, no evidence. What peers bring is answered 503, and comes again.
2. Both sides of the contradiction are kept as they were signed.
3. Only an operator's decision ends it (`hub.log_repair`); a restart does not.
"""

from __future__ import annotations

import logging
import threading
from typing import ClassVar

from exchange_axis.errors import AxisError
from exchange_axis.hub.log_nodes import StoredNodes
from exchange_axis.hub.world import World
from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint
from exchange_axis.ledger.errors import LedgerError
from exchange_axis.ledger.note import NoteVerifier
from exchange_axis.store import Connection
from exchange_axis.store.hub import logrows, witnessrows
from exchange_axis.store.hub.witnessrows import TroubleRow

log = logging.getLogger("axis.log")

KNOWN = 4_096
"""Checkpoints whose judgement is remembered: peers show the same one with every request."""


class LogRolledBack(AxisError):
    """The log is known at a larger size than it has: something older was restored."""

    code: ClassVar[str] = "log.rolled-back"
    vi: ClassVar[str] = "Nhật ký {origin} chỉ còn {size} mục, nhưng đã ký điểm kiểm tra với {known} mục: dữ liệu bị lùi"
    en: ClassVar[str] = (
        "The log {origin} has {size} entries, but a checkpoint over {known} was signed: it was rolled back"
    )
    remedy_vi: ClassVar[str] = "Trục ngừng ký. Khôi phục bản mới nhất, hoặc chạy: axis log repair"
    remedy_en: ClassVar[str] = "The hub signs nothing more. Restore the newest data, or run: axis log repair"


class LogForked(AxisError):
    """Two histories of one log bear this hub's signature."""

    code: ClassVar[str] = "log.forked"
    vi: ClassVar[str] = "Nhật ký {origin} đã ký một lịch sử khác ở kích thước {known}: có hai lịch sử"
    en: ClassVar[str] = "The log {origin} has signed another history at size {known}: there are two"
    remedy_vi: ClassVar[str] = (
        "Trục ngừng ký. Giữ bằng chứng (axis hub status), rồi: axis log repair --new-epoch --reason LÝ-DO"
    )
    remedy_en: ClassVar[str] = (
        "The hub signs nothing more. Keep the evidence (axis hub status), then: "
        "axis log repair --new-epoch --reason WHY"
    )


class LogHalted(AxisError):
    code: ClassVar[str] = "log.halted"
    vi: ClassVar[str] = "Trục ngừng cấp biên nhận vì nhật ký không khớp: {reason}"
    en: ClassVar[str] = "The hub issues no evidence, because its log contradicts itself: {reason}"
    remedy_vi: ClassVar[str] = "Người vận hành: axis hub status, axis log fsck, axis log repair"
    remedy_en: ClassVar[str] = "Operator: axis hub status, axis log fsck, axis log repair"


class LogGuard:
    def __init__(self, world: World, key: NoteVerifier) -> None:
        self._world = world
        self._key = key
        self._known: dict[bytes, None] = {}
        self._lock = threading.Lock()
        self.trouble: TroubleRow | None = None
        """The first open contradiction of this hub's own log."""

    def look(self) -> None:
        """At start: what was found before, and the checkpoint on this host's disk against the database."""
        troubles = self._world.transactions.read(lambda connection: witnessrows.troubles(connection, self._key.name))
        if troubles:
            self._halt(troubles[0])
        memory = self._world.log_memory
        note = None if memory is None else memory.read()
        if note is not None:
            self.heard(note)

    def has_heard(self, note: bytes) -> bool:
        """Whether it was judged before and held; costs nothing."""
        return note in self._known

    def heard(self, note: bytes) -> bool:
        """Somebody shows a checkpoint: False if it is ours and the log of today does not contain it.

        Whatever is not signed by our key for this epoch is passed over in silence.
        """
        if self.has_heard(note):
            return True
        try:
            shown = open_checkpoint(note, self._key)
        except LedgerError:
            self._remember(note)
            return True
        refusal, newest = self._world.transactions.read(lambda connection: self._judge(connection, shown))
        if refusal is None:
            self._remember(note)
            return True
        self._keep(refusal, note, newest)
        return False

    def require_sound(self) -> None:
        """
        Raises:
            LogHalted.
        """
        if self.trouble is not None:
            raise LogHalted(reason=self.trouble.code)

    @property
    def is_sound(self) -> bool:
        return self.trouble is None

    def _judge(self, connection: Connection, shown: Checkpoint) -> tuple[AxisError | None, str]:
        newest = logrows.checkpoint(connection)
        size, note = (0, "") if newest is None else newest[:2]
        origin = self._key.name
        if shown.size > size:
            return LogRolledBack(origin=origin, size=size, known=shown.size), note
        computed = tree.root(StoredNodes(connection), shown.size) if shown.size else tree.EMPTY_ROOT
        return (None if computed == shown.root else LogForked(origin=origin, known=shown.size)), note

    def _keep(self, refusal: AxisError, shown: bytes, newest: str) -> None:
        row = TroubleRow(
            origin=self._key.name,
            code=refusal.code,
            vi=refusal.message("vi"),
            en=refusal.message("en"),
            first=shown.decode(),
            second=newest,
            at=self._world.issuer.now(),
        )
        self._halt(row)  # first in memory: if the store fails, at least this process stops signing
        self._world.transactions.run(lambda connection: witnessrows.add_trouble(connection, row))

    def _halt(self, row: TroubleRow) -> None:
        if self.trouble is None:
            log.critical("log.halted code=%s %s", row.code, row.en)
            self.trouble = row
            self._world.issuer.stop(LogHalted(reason=row.code))

    def _remember(self, note: bytes) -> None:
        with self._lock:
            self._known[note] = None
            while len(self._known) > KNOWN:
                del self._known[next(iter(self._known))]
