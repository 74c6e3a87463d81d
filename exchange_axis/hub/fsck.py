"""`axis log fsck`: everything that the log says is read again and computed anew; what is wrong is named with its place.

1. Each leaf follows the one before, is what its salt and document make of it, and has its document, byte for byte.
2. Each stored hash (so each tile) and the root of each checkpoint come out of the leaves; checkpoints are signed,
   in order.
3. Cosignatures, copies of other logs and this host's own memory agree with what was signed.

It stops at no fault, changes nothing, reads one consistent state, and holds no more than a batch in memory.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from exchange_axis.hub.log import BATCH
from exchange_axis.hub.log_guard import LogGuard
from exchange_axis.hub.log_peers import log_named, peer_logs, witnesses_of
from exchange_axis.hub.world import World
from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import open_checkpoint
from exchange_axis.ledger.cosignature import read_cosignatures, with_cosignatures
from exchange_axis.ledger.errors import LedgerError
from exchange_axis.ledger.leaf import leaf_data
from exchange_axis.ledger.note import NoteVerifier
from exchange_axis.store import Connection
from exchange_axis.store.hub import checks, fsckrows, logrows, witnessrows
from exchange_axis.store.hub.epochrows import LOST

MOST = 1_000
"""Faults that are listed; all are counted."""


class FaultKind(StrEnum):
    GAP = "leaf.gap"
    SALT = "leaf.salt"
    DOCUMENT = "document.altered"
    MISSING = "document.missing"
    UNLOGGED = "evidence.not-logged"
    NODE = "node.wrong"
    NODES = "node.count"
    CHECKPOINT = "checkpoint.wrong"
    ROOT = "checkpoint.root"
    ORDER = "checkpoint.order"
    UNSIGNED = "checkpoint.missing"
    COSIGNATURE = "cosignature.wrong"
    COPY = "copy.wrong"
    TROUBLE = "log.contradiction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    kind: FaultKind
    place: str
    """`leaf 17`, `node 3/2`, `checkpoint 1000` …"""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    origin: str
    size: int
    checkpoints: int
    documents: int
    erased: int
    """Leaves whose salt was destroyed; they prove nothing and break nothing."""
    lost: int
    """Leaves that were taken back after a rollback, without their documents."""
    waiting: int
    faults: tuple[Fault, ...]
    fault_count: int


class LogCheck:
    def __init__(self, world: World, key: NoteVerifier, guard: LogGuard) -> None:
        self._world = world
        self._key = key
        self._guard = guard

    def run(self) -> Checked:
        memory = self._world.log_memory
        note = None if memory is None else memory.read()
        if note is not None:
            self._guard.heard(note)
        found = self._world.transactions.read(lambda connection: run_fsck(connection, self._key))
        self._keep(found)
        return found

    def last(self) -> checks.CheckRow | None:
        """What the last run found."""
        return self._world.transactions.read(checks.newest)

    def _keep(self, found: Checked) -> None:
        """Beside the log, in a transaction of its own: the check itself changes nothing of what it reads."""
        row = checks.CheckRow(
            at=self._world.clock.now(),
            origin=found.origin,
            size=found.size,
            documents=found.documents,
            fault_count=found.fault_count,
            faults=tuple((one.kind.value, one.place, one.detail) for one in found.faults),
        )
        self._world.transactions.run(lambda connection: checks.add(connection, row))


def run_fsck(connection: Connection, key: NoteVerifier) -> Checked:
    """The whole check inside one transaction."""
    return _Run(connection, key).whole()


class _Run:
    """One pass over one state of the database."""

    def __init__(self, connection: Connection, key: NoteVerifier) -> None:
        self._connection = connection
        self._key = key
        self._count: Counter[str] = Counter()
        self._faults: list[Fault] = []

    def whole(self) -> Checked:
        for step in (self._log(), self._unlogged(), self._cosignatures(), self._copies(), self._troubles()):
            for fault in step:
                self._count["faults"] += 1
                if len(self._faults) < MOST:
                    self._faults.append(fault)
        return Checked(
            origin=self._key.name,
            size=logrows.size(self._connection),
            checkpoints=self._count["checkpoints"],
            documents=self._count["documents"],
            erased=self._count["erased"],
            lost=self._count["lost"],
            waiting=len(logrows.unnumbered(self._connection, BATCH)),
            faults=tuple(self._faults),
            fault_count=self._count["faults"],
        )

    def _log(self) -> Iterator[Fault]:
        """Leaves, nodes and checkpoints, from the first to the last."""
        rebuilt = _Rebuilt(self._connection)
        size = 0
        before: datetime | None = None
        for row_size, note, signed_at in fsckrows.checkpoints(self._connection):
            self._count["checkpoints"] += 1
            hashes: list[bytes] = []
            yield from self._leaves(size, row_size, hashes)
            root = tree.append(rebuilt, size, hashes)
            yield from rebuilt.settle(size + len(hashes))
            if size + len(hashes) != row_size:
                yield Fault(kind=FaultKind.GAP, place=f"checkpoint {row_size}", detail=f"{size + len(hashes)} leaves")
                return
            yield from self._checkpoint(row_size, note, root)
            if before is not None and signed_at < before:
                yield Fault(kind=FaultKind.ORDER, place=f"checkpoint {row_size}", detail=signed_at.isoformat())
            size, before = row_size, signed_at
        if (numbered := logrows.size(self._connection)) != size:
            yield Fault(kind=FaultKind.UNSIGNED, place=f"leaf {size}", detail=f"{numbered - size} leaves")
        nodes = fsckrows.count_nodes(self._connection)
        if nodes != (expected := sum(size >> level for level in range(size.bit_length()))):
            yield Fault(kind=FaultKind.NODES, place="tree", detail=f"{nodes}, not {expected}")

    def _leaves(self, first: int, end: int, hashes: list[bytes]) -> Iterator[Fault]:
        for start in range(first, end, BATCH):
            rows = logrows.leaves(self._connection, start, min(BATCH, end - start))
            documents = fsckrows.documents(self._connection, [row.sha256 for row in rows])
            for row in rows:
                if row.position != first + len(hashes):
                    yield Fault(
                        kind=FaultKind.GAP, place=f"leaf {first + len(hashes)}", detail=f"{row.position} follows"
                    )
                    return
                yield from self._leaf(row, documents)
                hashes.append(tree.leaf_hash(row.data))

    def _leaf(self, row: logrows.LeafRow, documents: Mapping[str, bytes]) -> Iterator[Fault]:
        place = f"leaf {row.position}"
        if row.kind == LOST:
            self._count["lost"] += 1
            return
        if row.salt is None:
            self._count["erased"] += 1
        elif leaf_data(row.salt, bytes.fromhex(row.sha256)) != row.data:
            yield Fault(kind=FaultKind.SALT, place=place, detail=row.sha256)
        content = documents.get(row.sha256)
        if content is None:
            if row.salt is not None:
                yield Fault(kind=FaultKind.MISSING, place=place, detail=f"{row.kind} {row.sha256}")
            return
        self._count["documents"] += 1
        if hashlib.sha256(content).hexdigest() != row.sha256:
            yield Fault(kind=FaultKind.DOCUMENT, place=place, detail=f"{row.kind} {row.sha256}")

    def _checkpoint(self, size: int, note: str, root: bytes) -> Iterator[Fault]:
        place = f"checkpoint {size}"
        try:
            signed = open_checkpoint(note.encode(), self._key)
        except LedgerError as error:
            yield Fault(kind=FaultKind.CHECKPOINT, place=place, detail=error.message("en"))
            return
        if (signed.size, signed.root) != (size, root):
            yield Fault(kind=FaultKind.ROOT, place=place, detail=f"signed over {signed.size}")

    def _unlogged(self) -> Iterator[Fault]:
        for evidence in fsckrows.evidence_without_leaf(self._connection, MOST):
            yield Fault(kind=FaultKind.UNLOGGED, place=f"evidence {evidence}")

    def _cosignatures(self) -> Iterator[Fault]:
        witnesses = witnesses_of(peer_logs(self._connection))
        for size, line in fsckrows.cosignatures(self._connection, self._key.name):
            note = logrows.checkpoint_at(self._connection, size)
            try:
                read_cosignatures(with_cosignatures((note or "").encode(), [line]), witnesses)
            except LedgerError as error:
                detail = error.message("en")
                yield Fault(kind=FaultKind.COSIGNATURE, place=f"checkpoint {size}", detail=detail)

    def _copies(self) -> Iterator[Fault]:
        logs = peer_logs(self._connection)
        for origin in witnessrows.copy_origins(self._connection):
            found = log_named(logs, origin)
            if found is not None:
                yield from self._copy(origin, found[1])

    def _copy(self, origin: str, key: NoteVerifier) -> Iterator[Fault]:
        memory, size = _Peaks(), 0
        while (after := witnessrows.copied_after(self._connection, origin, size)) is not None:
            entries = witnessrows.copied_entries(self._connection, origin, size, after[0] - size)
            root = tree.append(memory, size, [tree.leaf_hash(entry) for entry in entries])
            memory.prune(after[0])
            try:
                signed = open_checkpoint(after[1].encode(), key)
                wrong = (signed.size, signed.root, len(entries)) != (after[0], root, after[0] - size)
            except LedgerError:
                wrong = True
            if wrong:
                yield Fault(kind=FaultKind.COPY, place=f"{origin} {after[0]}")
                return
            size = after[0]

    def _troubles(self) -> Iterator[Fault]:
        for row in witnessrows.troubles(self._connection):
            yield Fault(kind=FaultKind.TROUBLE, place=row.origin, detail=row.en)


class _Peaks:
    """A growing tree of which only the right edge is kept."""

    def __init__(self) -> None:
        self._nodes: dict[tree.Node, bytes] = {}

    def read(self, nodes: Sequence[tree.Node]) -> Sequence[bytes]:
        return [self._nodes[node] for node in nodes]

    def write(self, nodes: Mapping[tree.Node, bytes]) -> None:
        self._nodes.update(nodes)

    def prune(self, size: int) -> None:
        self._nodes = {node: self._nodes[node] for node in tree.peaks(size)}


class _Rebuilt(_Peaks):
    """The same, held against what is stored."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        self._wrong: list[Fault] = []

    def write(self, nodes: Mapping[tree.Node, bytes]) -> None:
        super().write(nodes)
        stored = logrows.find_nodes(self._connection, [(node.level, node.index) for node in nodes])
        for node, digest in nodes.items():
            found = stored.get((node.level, node.index))
            if found != digest:
                detail = "missing" if found is None else ""
                self._wrong.append(Fault(kind=FaultKind.NODE, place=f"node {node.level}/{node.index}", detail=detail))

    def settle(self, size: int) -> Iterator[Fault]:
        """What was wrong since the last time; the rest of the tree is forgotten."""
        yield from self._wrong
        self._wrong.clear()
        self.prune(size)
