"""The hub's tamper-evident log: one sequencer numbers committed leaves and signs checkpoints; proofs are read from it.

1. Business transactions only add unnumbered leaves; numbering, tree nodes and checkpoint are one later transaction.
2. A checkpoint is never signed for a log smaller than, or different from, one signed before.
3. Nothing here changes evidence: a proof is a second file.

Formats: C2SP tlog-checkpoint, signed-note, tlog-proof; hashing by RFC 6962.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exchange_axis.errors import NotFound
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub.log_nodes import StoredNodes
from exchange_axis.hub.world import World
from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from exchange_axis.ledger.errors import NotConsistent
from exchange_axis.ledger.note import KeySigner, NoteVerifier
from exchange_axis.ledger.proof import LogProof, write_proof
from exchange_axis.store import Connection
from exchange_axis.store.hub import logrows

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
    def __init__(self, world: World, signer: KeySigner) -> None:
        self._world = world
        self._signer = signer

    @property
    def verifier(self) -> NoteVerifier:
        """The key that others check this log with."""
        return self._signer.verifier

    def sequence(self) -> int:
        """Number what is waiting and sign a checkpoint over it; returns how many leaves were numbered."""
        return self._world.transactions.run(self._number)

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
        """The same for many documents under one checkpoint; what was not logged, or has no salt, is left out."""

        def work(connection: Connection) -> Mapping[str, bytes | None]:
            rows, newest = logrows.leaves_of(connection, digests), logrows.checkpoint(connection)
            salted = {sha256: (row.position, row.salt) for sha256, row in rows.items() if row.salt is not None}
            size, note = (0, "") if newest is None else newest[:2]
            covered = [
                (sha256, index, salt) for sha256, (index, salt) in salted.items() if index is not None and index < size
            ]
            paths = tree.inclusion_proofs(StoredNodes(connection), [index for _, index, _ in covered], size)
            found: dict[str, bytes | None] = dict.fromkeys(salted)
            for (sha256, index, salt), path in zip(covered, paths, strict=True):
                proof = LogProof(index=index, path=tuple(path), checkpoint=note.encode(), extra=salt)
                found[sha256] = write_proof(proof)
            return found

        return self._world.transactions.read(work)

    def checkpoint(self) -> bytes | None:
        """The newest signed checkpoint."""
        newest = self._world.transactions.read(logrows.checkpoint)
        return None if newest is None else newest[1].encode()

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

    def _number(self, connection: Connection) -> int:
        if not logrows.take_sequencer(connection):
            return 0
        waiting = logrows.unnumbered(connection, BATCH)
        if not waiting:
            return 0
        size = logrows.size(connection)
        logrows.number(connection, waiting, size)
        root = tree.append(StoredNodes(connection), size, [tree.leaf_hash(leaf.data) for leaf in waiting])
        grown = size + len(waiting)
        origin = self._world.settings.origin
        note = sign_checkpoint(Checkpoint(origin=origin, size=grown, root=root), self._signer)
        logrows.add_checkpoint(connection, size=grown, note=note.decode(), at=self._world.issuer.now())
        failpoint(NUMBERED)
        return len(waiting)


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
