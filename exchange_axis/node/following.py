"""The node follows its hub's log: it remembers the newest checkpoint, and every other one must fit to it.

1. Each checkpoint that reaches the node, alone or inside a proof, is held against the remembered one by a proof of
   consistency, whichever is larger. What does not fit raises an alarm, and both are kept as they were signed.
2. The remembered one is shown to the hub with every request: a hub that was rolled back learns of it from its nodes.
3. A new epoch of the log has a name of its own, and the same key or one that the old key vouches for; it is accepted,
   and never silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from exchange_axis.errors import AxisError
from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, read_unverified_checkpoint
from exchange_axis.ledger.epochs import epoch_of, log_of
from exchange_axis.ledger.errors import LedgerError, NotConsistent
from exchange_axis.ledger.note import NoteVerifier
from exchange_axis.ledger.proof import read_proof
from exchange_axis.ledger.roll import follow, key_for, read_roll
from exchange_axis.ledger.tree import verify_consistency
from exchange_axis.node.pushing import raise_alarm
from exchange_axis.node.threads import Threads
from exchange_axis.node.world import NodeWorld
from exchange_axis.ports import HubRefused, LogLine
from exchange_axis.store.node.logs import SeenLog
from exchange_axis.store.node.unit import NodeUnit


class HubLogForked(AxisError):
    code: ClassVar[str] = "hub-log.forked"
    vi: ClassVar[str] = "Trục đưa ra hai lịch sử nhật ký khác nhau ({origin}, kích thước {size1} và {size2}): {reason}"
    en: ClassVar[str] = "The hub shows two histories of its log ({origin}, sizes {size1} and {size2}): {reason}"
    remedy_vi: ClassVar[str] = "Cả hai điểm kiểm tra đã được giữ lại; báo cho cơ quan cấp trên của trục"
    remedy_en: ClassVar[str] = "Both checkpoints are kept; tell the authority above the hub"


class HubLogShrank(AxisError):
    code: ClassVar[str] = "hub-log.shrank"
    vi: ClassVar[str] = "Nhật ký {origin} của trục lùi từ {size1} xuống {size2} mục"
    en: ClassVar[str] = "The hub's log {origin} went back from {size1} to {size2} entries"
    remedy_vi: ClassVar[str] = "Trục có thể đã khôi phục bản cũ; báo cho người vận hành trục"
    remedy_en: ClassVar[str] = "The hub may have restored old data; tell its operator"


class HubLogEpoch(AxisError):
    code: ClassVar[str] = "hub-log.new-epoch"
    vi: ClassVar[str] = "Trục mở kỳ nhật ký mới: {origin}"
    en: ClassVar[str] = "The hub has opened a new epoch of its log: {origin}"
    remedy_vi: ClassVar[str] = "Hỏi người vận hành trục lý do; biên nhận cũ vẫn kiểm được bằng khóa cũ"
    remedy_en: ClassVar[str] = "Ask the hub's operator why; old receipts are still checked with the old key"


class HubLogRolled(AxisError):
    code: ClassVar[str] = "hub-log.rolled"
    vi: ClassVar[str] = "Trục đã đổi khóa nhật ký, khóa cũ xác nhận khóa mới: {origin}"
    en: ClassVar[str] = "The hub has changed the key of its log, and the old key vouches for the new one: {origin}"
    remedy_vi: ClassVar[str] = "Không cần làm gì; biên nhận cũ vẫn kiểm được bằng khóa cũ"
    remedy_en: ClassVar[str] = "Nothing to do; old receipts are still checked with the old key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What has to be proved before a checkpoint is taken."""

    shown: Checkpoint
    note: bytes
    known: SeenLog

    @property
    def sizes(self) -> tuple[int, int]:
        smaller, larger = sorted((self.shown.size, self.known.size))
        return smaller, larger


class LogMemory:
    """The sync half."""

    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def newest(self) -> bytes | None:
        """What is shown to the hub."""
        log = self._world.log
        if log is None:
            return None
        rows = self._world.store.read(lambda unit: unit.logs.every())
        ours = [row for row in rows if log_of(row.origin) == log_of(log.name)]
        return max(ours, key=lambda row: epoch_of(row.origin)).note if ours else None

    def follow(self, rolls: tuple[bytes, ...]) -> bool:
        """Whether the log's key has changed to one that was not known: what the old key signed is kept."""
        before = self._world.logs()
        log = self._world.log
        fresh = () if log is None else follow(log, rolls)
        if set(fresh) <= set(before):
            return False
        self._world.trust.keep_rolls([note for note in rolls if _leads_to(note, fresh)])
        return not set(self._world.logs()) <= set(before)

    def look(self, note: bytes) -> Step | bool:
        """True: it fits or is the first one, and is remembered. False: it does not. Else what has to be proved.

        Raises:
            LedgerError: no checkpoint of our hub's log.
        """
        log = self._world.log
        if log is None:
            return True  # without the log's key nothing can be said
        origin = read_unverified_checkpoint(note).origin
        keys = self._world.logs()
        key = key_for(keys, origin)
        shown = open_checkpoint(note, log if key is None else key)
        known = self._world.store.read(lambda unit: unit.logs.seen(origin))
        if known is None:
            rolled, heir = origin in {one.name for one in keys}, origin != log.name
            self._world.store.run(lambda unit: self._first(unit, shown, note, is_heir=heir, rolled=rolled))
            return True
        if shown.size != known.size and min(shown.size, known.size) > 0:
            return Step(shown=shown, note=note, known=known)
        if shown.size == known.size and shown.root != read_unverified_checkpoint(known.note).root:
            return self._forked(Step(shown=shown, note=note, known=known), "one size, two roots")
        return True

    def prove(self, step: Step, path: tuple[bytes, ...] | None) -> bool:
        """Whether the proof holds; None: the hub gave none. The larger checkpoint is then the remembered one."""
        known = read_unverified_checkpoint(step.known.note)
        first, second = sorted((known, step.shown), key=lambda one: one.size)
        if path is None:
            return self._forked(step, "no proof was given")
        try:
            verify_consistency(first.size, second.size, path, root1=first.root, root2=second.root)
        except NotConsistent as error:
            return self._forked(step, error.facts["reason"])
        if step.shown.size > known.size:
            row = SeenLog(origin=step.shown.origin, size=step.shown.size, note=step.note, at=self._world.now())
            self._world.store.run(lambda unit: _grow(unit, row))
        return True

    def shrank(self, size: int) -> None:
        """The hub's newest checkpoint is smaller than what we have seen."""
        newest = self.newest()
        if newest is None:
            return
        known = read_unverified_checkpoint(newest)
        refusal = HubLogShrank(origin=known.origin, size1=known.size, size2=size)
        at = self._world.now()
        self._world.store.run(lambda unit: raise_alarm(unit, refusal, known.origin, at))

    def _first(self, unit: NodeUnit, shown: Checkpoint, note: bytes, *, is_heir: bool, rolled: bool) -> None:
        at = self._world.now()
        if is_heir:
            told = HubLogRolled(origin=shown.origin) if rolled else HubLogEpoch(origin=shown.origin)
            raise_alarm(unit, told, shown.origin, at)
        unit.logs.remember(SeenLog(origin=shown.origin, size=shown.size, note=note, at=at))

    def _forked(self, step: Step, reason: str) -> bool:
        at, origin = self._world.now(), step.shown.origin
        refusal = HubLogForked(origin=origin, size1=step.known.size, size2=step.shown.size, reason=reason)

        def work(unit: NodeUnit) -> None:
            unit.logs.keep_fork(origin, step.known.note, step.note, at)
            raise_alarm(unit, refusal, origin, at)

        self._world.store.run(work)
        return False


def _leads_to(note: bytes, keys: Sequence[NoteVerifier]) -> bool:
    try:
        return read_roll(note).key in keys
    except LedgerError:
        return False


def _grow(unit: NodeUnit, row: SeenLog) -> None:
    known = unit.logs.seen(row.origin)
    if known is None or known.size < row.size:  # another checkpoint may have been taken meanwhile
        unit.logs.remember(row)


class LogFollower:
    """The async half, over a line to the hub's log."""

    def __init__(self, memory: LogMemory, line: LogLine, threads: Threads) -> None:
        self._memory = memory
        self._line = line
        self._threads = threads

    async def follow_once(self) -> int:
        """Ask for the newest checkpoint; 1 if there was a new one that fits.

        Raises:
            HubUnreachable, HubRefused.
        """
        known = await self._threads.run(self._memory.newest)
        if known is not None:
            self._line.show(known)
        note = await self._line.checkpoint()
        if note is None or note == known:
            return 0
        if not await self.fits(note):
            return 0
        await self._threads.run(self._compare, known, note)
        newest = await self._threads.run(self._memory.newest)
        if newest is not None:
            self._line.show(newest)
        return int(newest != known)

    async def fits(self, note: bytes) -> bool:
        """Whether a checkpoint belongs to the one history that we know; it may be older or newer than ours.

        Raises:
            HubUnreachable.
        """
        try:
            step = await self._threads.run(self._memory.look, note)
        except LedgerError:
            if not await self._threads.run(self._memory.follow, await self._rolls()):
                return False
            return await self.fits(note)
        if isinstance(step, bool):
            return step
        try:
            path = await self._line.consistency(*step.sizes)
        except HubRefused:
            path = None
        return await self._threads.run(self._memory.prove, step, path)

    async def _rolls(self) -> tuple[bytes, ...]:
        try:
            return await self._line.rolls(())
        except HubRefused:
            return ()

    async def fitting(self, proofs: Iterable[bytes]) -> frozenset[bytes]:
        """Checkpoints inside proof files that fit; what is no proof file is judged by others.

        Raises:
            HubUnreachable.
        """
        notes = set()
        for proof in proofs:
            try:
                notes.add(read_proof(proof).checkpoint)
            except LedgerError:
                continue
        return frozenset([note for note in sorted(notes) if await self.fits(note)])

    def _compare(self, known: bytes | None, note: bytes) -> None:
        if known is None:
            return
        before, now = read_unverified_checkpoint(known), read_unverified_checkpoint(note)
        if before.origin == now.origin and now.size < before.size:
            self._memory.shrank(now.size)
