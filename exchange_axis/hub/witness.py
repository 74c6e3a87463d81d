"""This hub as a witness of the logs it knows, and as keeper of copies of the logs below it.

1. What is known of a log and what is learnt of it change in one transaction, under a lock of that log; it is cosigned
   only after that is durable (C2SP tlog-witness).
2. A history that does not continue the known one is never cosigned; both are kept as they were signed.
3. Copies reach from checkpoint to checkpoint and are held against each: what is kept is what was signed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from exchange_axis.errors import Forbidden, NotFound
from exchange_axis.hub.log_peers import log_named, peer_logs, witnesses_of
from exchange_axis.hub.log_roll import Rolls
from exchange_axis.hub.world import World
from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, read_unverified_checkpoint
from exchange_axis.ledger.copying import Copying
from exchange_axis.ledger.cosignature import Cosigner, read_cosignatures
from exchange_axis.ledger.errors import UntrustedNote
from exchange_axis.ledger.note import NoteVerifier, note_text
from exchange_axis.ledger.witness import (
    Adding,
    MalformedAdding,
    NotTheLogs,
    OtherOldSize,
    SplitView,
    UnknownOrigin,
    judge,
)
from exchange_axis.store import Connection
from exchange_axis.store.hub import logrows, witnessrows
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.hub.witnessrows import SeenRow, TroubleRow

log = logging.getLogger("axis.log")


class Witness:
    def __init__(self, world: World, cosigner: Cosigner | None) -> None:
        self._world = world
        self._cosigner = cosigner
        self.rolls = Rolls(world)

    def add(self, adding: Adding) -> str:
        """The cosignature line for a checkpoint that continues what was seen.

        Raises:
            UnknownOrigin: not a log that is witnessed here.
            MalformedNote, MalformedCheckpoint, MalformedAdding, NotTheLogs, OtherOldSize, SplitView.
        """
        claimed = read_unverified_checkpoint(adding.checkpoint)
        cosigner = self._cosigner
        if cosigner is None:
            raise UnknownOrigin(origin=claimed.origin)
        key = self._log(claimed.origin)[1]
        known: list[str] = []

        def work(connection: Connection) -> None:
            witnessrows.lock_log(connection, key.name)
            row = witnessrows.seen(connection, key.name)
            known[:] = [] if row is None else [row.note]
            seen = None if row is None else read_unverified_checkpoint(row.note.encode())
            taken = judge(adding, key, seen)
            note = adding.checkpoint.decode()
            at = self._world.issuer.now()
            witnessrows.remember(connection, SeenRow(origin=key.name, size=taken.size, note=note, at=at))

        try:
            self._world.transactions.run(work)
        except SplitView as split:
            self._keep(split, "".join(known), adding.checkpoint)
            raise
        return cosigner.cosign(note_text(adding.checkpoint), self._world.clock.now())

    def seen(self, origin: str) -> bytes:
        """The largest checkpoint of that log that is known here, cosigned or copied.

        Raises:
            NotFound.
        """

        def work(connection: Connection) -> tuple[int, str]:
            row, copied = witnessrows.seen(connection, origin), witnessrows.copied(connection, origin)
            return max((0, "") if row is None else (row.size, row.note), copied or (0, ""))

        note = self._world.transactions.read(work)[1]
        if not note:
            raise NotFound(what=origin)
        return note.encode()

    def size_seen(self, origin: str) -> int:
        """Of what was cosigned here; 0 before the first time."""
        row = self._world.transactions.read(lambda connection: witnessrows.seen(connection, origin))
        return 0 if row is None else row.size

    def accept(self, note: bytes) -> int:
        """Keep cosignatures of one of our own checkpoints; returns how many held.

        Raises:
            MalformedNote, MalformedCheckpoint, UntrustedNote: not a checkpoint, or a cosignature is wrong.
            NotFound: we have signed no such checkpoint.
        """
        text = note_text(note)
        claimed = read_unverified_checkpoint(note)

        def work(connection: Connection) -> int:
            own = logrows.checkpoint_at(connection, claimed.size)
            if own is None or note_text(own.encode()) != text:
                raise NotFound(what=f"{claimed.origin} {claimed.size}")
            cosignatures = read_cosignatures(note, witnesses_of(peer_logs(connection)))
            for one in cosignatures:
                witnessrows.add_cosignature(
                    connection,
                    origin=claimed.origin,
                    size=claimed.size,
                    witness=one.witness.name,
                    line=one.line,
                    at=one.at,
                )
            return len(cosignatures)

        return self._world.transactions.run(work)

    def copy_in(self, peer: PeerRow, copying: Copying) -> int:
        """Keep entries of the caller's log; returns the size of the copy.

        Raises:
            Forbidden: it is the log of somebody else.
            OtherOldSize: the copy ends elsewhere.
            UnknownOrigin, NotTheLogs, MalformedAdding, MalformedNote, MalformedCheckpoint, SplitView.
        """
        claimed = read_unverified_checkpoint(copying.checkpoint)
        owner, key = self._log(claimed.origin)
        if owner != peer.id or peer.kind != "child":
            raise Forbidden(what=claimed.origin)
        checkpoint = _opened(copying.checkpoint, key)
        known: list[str] = []

        def work(connection: Connection) -> None:
            witnessrows.lock_log(connection, key.name)
            size, note = witnessrows.copied(connection, key.name) or (0, "")
            known[:] = [note]
            append_copy(connection, (size, key.name), copying, checkpoint)

        try:
            self._world.transactions.run(work)
        except SplitView as split:
            self._keep(split, "".join(known), copying.checkpoint)
            raise
        return checkpoint.size

    def copied(self, origin: str, first: int) -> Copying | None:
        """The next piece of a copy, from a checkpoint to the next one; None at its end."""

        def work(connection: Connection) -> Copying | None:
            after = witnessrows.copied_after(connection, origin, first)
            if after is None:
                return None
            entries = witnessrows.copied_entries(connection, origin, first, after[0] - first)
            return Copying(first=first, entries=tuple(entries), checkpoint=after[1].encode())

        return self._world.transactions.read(work)

    def troubles(self) -> tuple[TroubleRow, ...]:
        """Open contradictions of every log that is known here."""
        return self._world.transactions.read(witnessrows.troubles)

    def state(self) -> Sequence[Mapping[str, object]]:
        """What is known of each log."""

        def work(connection: Connection) -> Sequence[Mapping[str, object]]:
            copies = {origin: witnessrows.copied(connection, origin) for origin in witnessrows.copy_origins(connection)}
            seen = {row.origin: row for row in witnessrows.all_seen(connection)}
            return [
                {
                    "origin": origin,
                    "cosigned": seen[origin].size if origin in seen else 0,
                    "at": seen[origin].at if origin in seen else None,
                    "copied": (copies.get(origin) or (0, ""))[0],
                }
                for origin in sorted({*copies, *seen})
            ]

        return self._world.transactions.read(work)

    def witnesses(self) -> Sequence[Mapping[str, object]]:
        """Who may cosign our checkpoints, and the newest that each has."""
        origin = self._world.settings.origin

        def work(connection: Connection) -> Sequence[Mapping[str, object]]:
            found = []
            for one in witnesses_of(peer_logs(connection)):
                newest = witnessrows.newest_cosigned_by(connection, origin, one.name)
                at = None if newest is None else newest.at
                found.append({"name": one.name, "size": 0 if newest is None else newest.size, "at": at})
            return found

        return self._world.transactions.read(work)

    def _log(self, origin: str) -> tuple[str, NoteVerifier]:
        found = log_named(self._world.transactions.read(peer_logs), origin)
        if found is None:
            raise UnknownOrigin(origin=origin[:200])
        return found[0].peer, found[1]

    def _keep(self, split: SplitView, known: str, shown: bytes) -> None:
        log.critical("log.split-view %s", split)
        row = TroubleRow(
            origin=split.facts["origin"],
            code=split.code,
            vi=split.message("vi"),
            en=split.message("en"),
            first=known,
            second=shown.decode(),
            at=self._world.issuer.now(),
        )
        self._world.transactions.run(lambda connection: witnessrows.add_trouble(connection, row))


def append_copy(connection: Connection, known: tuple[int, str], copying: Copying, checkpoint: Checkpoint) -> None:
    """Add a piece to a copy of `known` (size, origin); the checkpoint's signature is already verified.

    Raises:
        OtherOldSize, MalformedAdding, SplitView.
    """
    size, origin = known
    if copying.first != size:
        raise OtherOldSize(origin=origin, size=size)
    if size + len(copying.entries) != checkpoint.size or not copying.entries:
        raise MalformedAdding(reason="the entries do not end at the checkpoint")
    root = tree.append(_CopyNodes(connection, origin), size, [tree.leaf_hash(entry) for entry in copying.entries])
    if root != checkpoint.root:
        raise SplitView(origin=origin, size1=size, size2=checkpoint.size, reason="the entries give another root")
    witnessrows.add_copy(connection, origin, size, copying.entries)
    witnessrows.add_copied(connection, origin, checkpoint.size, copying.checkpoint.decode())


def _opened(note: bytes, key: NoteVerifier) -> Checkpoint:
    try:
        return open_checkpoint(note, key)
    except UntrustedNote as error:
        raise NotTheLogs(origin=key.name) from error


class _CopyNodes:
    """The tree of a copy inside one transaction."""

    def __init__(self, connection: Connection, origin: str) -> None:
        self._connection = connection
        self._origin = origin

    def read(self, nodes: Sequence[tree.Node]) -> Sequence[bytes]:
        names = [(node.level, node.index) for node in nodes]
        return witnessrows.read_copy_nodes(self._connection, self._origin, names)

    def write(self, nodes: Mapping[tree.Node, bytes]) -> None:
        named = {(node.level, node.index): value for node, value in nodes.items()}
        witnessrows.write_copy_nodes(self._connection, self._origin, named)
