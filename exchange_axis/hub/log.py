"""The hub's tamper-evident log: one sequencer numbers committed leaves and signs checkpoints; proofs are read from it.

1. Business transactions only add unnumbered leaves; numbering, tree nodes and checkpoint are one later transaction.
2. A checkpoint is never signed for a log smaller than, or different from, one signed before: the database holds it to
   that, and `hub.log_guard` holds the database to what others have seen.
3. Nothing here changes evidence: a proof is a second file.

Formats: C2SP tlog-checkpoint, signed-note, tlog-proof; hashing by RFC 6962.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exchange_axis.errors import NotFound
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub.authority import witnesses_asked
from exchange_axis.hub.home import add_leaves
from exchange_axis.hub.log_guard import LogGuard
from exchange_axis.hub.log_nodes import StoredNodes
from exchange_axis.hub.log_peers import peer_logs, witnesses_of
from exchange_axis.hub.world import World
from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from exchange_axis.ledger.cosignature import with_cosignatures
from exchange_axis.ledger.errors import NotConsistent
from exchange_axis.ledger.note import KeySigner, NoteVerifier
from exchange_axis.ledger.proof import LogProof, write_proof
from exchange_axis.store import Connection
from exchange_axis.store.hub import decisionrows, logrows, witnessrows

NUMBERED = declare("hub.log.numbered", "leaves are numbered and the checkpoint is signed, nothing is durable yet")

BATCH = 1_000
"""Leaves numbered in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    size: int
    checkpoint: bytes | None
    waiting: int
    """Leaves without a number, at most BATCH are counted."""


class Log:
    def __init__(self, world: World, signer: KeySigner, guard: LogGuard) -> None:
        self._world = world
        self._signer = signer
        self._guard = guard
        self._held_until = 0.0
        self.ran_at: float | None = None
        """When it last looked at what is waiting, by the steady clock."""

    @property
    def verifier(self) -> NoteVerifier:
        """The key that others check this log with."""
        return self._signer.verifier

    def sequence(self) -> int:
        """Number what is waiting and sign a checkpoint over it; returns how many leaves were numbered.

        Nothing is signed while the log contradicts itself, or while it waits for what the hub above knows of it.
        """
        if not self._guard.is_sound or self._world.clock.monotonic() < self._held_until:
            return 0
        count, note = self._world.transactions.run(self._number)
        self.ran_at = self._world.clock.monotonic()
        if count and self._world.log_memory is not None:
            self._world.log_memory.write(note)
        return count

    def hold(self, seconds: float) -> None:
        """Sign nothing for so long, or until `release`: the hub above is asked first whether it knows more."""
        self._held_until = self._world.clock.monotonic() + seconds

    def release(self) -> None:
        self._held_until = 0.0

    def proof(self, sha256: str) -> bytes | None:
        """The proof file of a logged document, None while no checkpoint covers it.

        Raises:
            NotFound: no such document was logged, or its salt was erased.
        """
        found = self.proofs([sha256])
        if sha256 not in found:
            raise NotFound(what=sha256)
        return found[sha256]

    def proofs(self, digests: Sequence[str]) -> Mapping[str, bytes | None]:
        """The same for many documents; what was not logged, or has no salt, is left out.

        A proof waits until enough witnesses have cosigned a checkpoint over it, but not longer than their patience.
        """

        def work(connection: Connection) -> Mapping[str, bytes | None]:
            rows = logrows.leaves_of(connection, digests)
            salted = {sha256: (row.position, row.salt) for sha256, row in rows.items() if row.salt is not None}
            found: dict[str, bytes | None] = dict.fromkeys(salted)
            waiting = [(sha256, index, salt) for sha256, (index, salt) in salted.items() if index is not None]
            for size, note, may_be_used in self._checkpoints(connection):
                covered = [one for one in waiting if one[1] < size and may_be_used(one[1])]
                waiting = [one for one in waiting if one not in covered]
                paths = tree.inclusion_proofs(StoredNodes(connection), [index for _, index, _ in covered], size)
                for (sha256, index, salt), path in zip(covered, paths, strict=True):
                    found[sha256] = write_proof(LogProof(index=index, path=tuple(path), checkpoint=note, extra=salt))
            return found

        return self._world.transactions.read(work)

    def _checkpoints(self, connection: Connection) -> Iterator[tuple[int, bytes, Callable[[int], bool]]]:
        """(size, note with its cosignatures, whether it will do for an entry), the best first."""
        settings = self._world.settings
        needed = witnesses_asked(self._world, connection, len(witnesses_of(peer_logs(connection))))
        if needed and (size := witnessrows.cosigned_size(connection, settings.origin, needed)):
            yield size, self._cosigned(connection, size), lambda index: True
        newest = logrows.checkpoint(connection)
        if newest is None:
            return
        limit = self._world.clock.now() - settings.witness_patience

        def is_old(index: int) -> bool:
            first = logrows.checkpoint_after(connection, index)
            return first is not None and first[2] <= limit

        yield newest[0], self._cosigned(connection, newest[0]), is_old if needed else lambda index: True

    def _cosigned(self, connection: Connection, size: int) -> bytes:
        note = logrows.checkpoint_at(connection, size) or ""
        return with_cosignatures(note.encode(), witnessrows.cosignatures(connection, self._world.settings.origin, size))

    def checkpoint(self) -> bytes | None:
        """The newest signed checkpoint, with the cosignatures that it has."""

        def work(connection: Connection) -> bytes | None:
            newest = logrows.checkpoint(connection)
            return None if newest is None else self._cosigned(connection, newest[0])

        return self._world.transactions.read(work)

    def state(self) -> LogState:
        def work(connection: Connection) -> LogState:
            newest = logrows.checkpoint(connection)
            return LogState(
                size=logrows.size(connection),
                checkpoint=None if newest is None else newest[1].encode(),
                waiting=len(logrows.unnumbered(connection, BATCH)),
            )

        return self._world.transactions.read(work)

    def verify(self) -> LogState:
        """Recompute the whole tree from the leaves and hold it against the newest checkpoint.

        Raises:
            NotConsistent: a leaf, a stored node or the checkpoint was changed.
        """

        def work(connection: Connection) -> LogState:
            newest = logrows.checkpoint(connection)
            if newest is not None:
                signed = open_checkpoint(newest[1].encode(), self._signer.verifier)
                leaves = (tree.leaf_hash(leaf.data) for leaf in _all_leaves(connection, signed.size))
                memory = MemoryNodes()
                rebuilt = tree.append(memory, 0, list(leaves))
                stored = tree.root(StoredNodes(connection), signed.size) if signed.size else tree.EMPTY_ROOT
                if not rebuilt == stored == signed.root:
                    raise NotConsistent(reason="the rebuilt root differs", size1=signed.size, size2=signed.size)
            return LogState(
                size=logrows.size(connection),
                checkpoint=None if newest is None else newest[1].encode(),
                waiting=len(logrows.unnumbered(connection, BATCH)),
            )

        return self._world.transactions.read(work)

    def _number(self, connection: Connection) -> tuple[int, bytes]:
        if not logrows.take_sequencer(connection):
            return 0, b""
        self._log_decisions(connection)
        waiting = logrows.unnumbered(connection, BATCH)
        if not waiting:
            return 0, b""
        size = logrows.size(connection)
        logrows.number(connection, waiting, size)
        root = tree.append(StoredNodes(connection), size, [tree.leaf_hash(leaf.data) for leaf in waiting])
        grown = size + len(waiting)
        origin = self._world.settings.origin
        note = sign_checkpoint(Checkpoint(origin=origin, size=grown, root=root), self._signer)
        logrows.add_checkpoint(connection, size=grown, note=note.decode(), at=self._world.issuer.now())
        failpoint(NUMBERED)
        return len(waiting), note

    def _log_decisions(self, connection: Connection) -> None:
        """Changes of directory, peers, permissions are entries too (design: the log)."""
        digests = {
            seq: hashlib.sha256(content).hexdigest() for seq, content in decisionrows.unlogged(connection, BATCH)
        }
        if digests:
            add_leaves(connection, decisionrows.KIND, [self._world.issuer.leaf_of(one) for one in digests.values()])
            decisionrows.logged(connection, digests)


class MemoryNodes:
    """A tree rebuilt for checking."""

    def __init__(self) -> None:
        self._nodes: dict[tree.Node, bytes] = {}

    def read(self, nodes: Sequence[tree.Node]) -> Sequence[bytes]:
        return [self._nodes[node] for node in nodes]

    def write(self, nodes: Mapping[tree.Node, bytes]) -> None:
        self._nodes.update(nodes)


def _all_leaves(connection: Connection, size: int) -> list[logrows.LeafRow]:
    found: list[logrows.LeafRow] = []
    while len(found) < size:
        piece = logrows.leaves(connection, len(found), min(BATCH, size - len(found)))
        if not piece:
            break
        found.extend(piece)
    return found
