"""The rounds that a hub makes about logs over its line to the hub above.

1. Up: our newest entries for its copy, our newest checkpoint for its cosignature.
2. Down: its newest checkpoint, held against what we have seen of it, cosigned by us, and handed back.
3. What it knows of our log is asked first. If that is more, or something else, than we have, the guard stops us; then
   the entries that we lost are fetched, and an operator decides (`hub.log_repair`).

4. Log proofs of evidence that came beside letters, both ways (`hub.proof_passing`).

Off the way of letters: nothing waits for a round but proofs, and these not for long.
"""

from __future__ import annotations

from asyncio import to_thread

from exchange_axis.hub.log_nodes import StoredNodes
from exchange_axis.hub.proof_passing import ProofPassing
from exchange_axis.hub.service import Hub
from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.ledger.copying import Copying, read_copying, write_copying
from exchange_axis.ledger.cosignature import with_cosignatures
from exchange_axis.ledger.note import note_text
from exchange_axis.ledger.witness import Adding, NotTheLogs, OtherOldSize, SplitView, UnknownOrigin, write_adding
from exchange_axis.ports import LogLine
from exchange_axis.store import Connection
from exchange_axis.store.hub import logrows, witnessrows

PIECES = 50
"""Pieces of a copy in one round: other work of the line goes on between rounds."""


class Witnessing:
    def __init__(self, hub: Hub, line: LogLine) -> None:
        self._hub = hub
        self._line = line
        self._proofs = ProofPassing(hub, line)
        self._origin = hub.world.settings.origin
        self._asked = self._rolled = False
        self._copied = 0
        self._witnessed = 0
        """What the hub above has of us, as far as we know."""

    async def round(self) -> int:
        """One round; the number of things that went on.

        Raises:
            HubUnreachable, HubRefused.
            SplitView: the hub above has signed two histories; both are kept.
        """
        if not self._rolled:
            await self._follow()
        if not self._asked:
            await self._ask()
        if not self._hub.log_guard.is_sound:
            return await self._fetch_lost()
        return await self._up() + await self._down() + await self._proofs.round()

    async def _follow(self) -> None:
        """Ours changes at a restart only, so that it is told once; theirs is asked for again when it is not known."""
        rolls = self._hub.witness.rolls
        theirs = await self._line.rolls(await to_thread(rolls.own))
        await to_thread(rolls.take, self._hub.world.settings.parent or "", theirs)
        self._rolled = True

    async def _ask(self) -> None:
        """What is known of us up there, before anything else."""
        note = await self._line.seen(self._origin)
        if note is not None:
            await to_thread(self._hub.log_guard.heard, note)
        self._asked = True
        self._hub.log.release()

    async def _up(self) -> int:
        newest = await to_thread(self._newest)
        if newest is None:
            return 0
        done = 0
        while self._copied < newest[0] and done < PIECES:
            piece = await to_thread(self._piece, self._copied)
            if piece is None:
                break
            size = await self._line.copy(write_copying(piece))
            if size != self._copied + len(piece.entries) and not await self._is_behind(size, newest[0]):
                return done
            self._copied, done = size, done + 1
        if self._witnessed < newest[0]:
            done += await self._ask_to_cosign(*newest)
        return done

    async def _ask_to_cosign(self, size: int, note: bytes) -> int:
        for _ in range(2):
            adding = await to_thread(self._adding, self._witnessed, size, note)
            answer = await self._line.add_checkpoint(write_adding(adding))
            if isinstance(answer, bytes):
                await to_thread(self._hub.witness.accept, note + answer)
                self._witnessed = size
                return 1
            if answer == self._witnessed or not await self._is_behind(answer, size):
                await self._ask()  # it is told there what contradicts us
                return 0
            self._witnessed = answer
        return 0

    async def _is_behind(self, known: int, size: int) -> bool:
        """Whether what is known up there is merely an earlier state of ours; if not, the guard is shown it."""
        if known <= size:
            return True
        await self._ask()
        return self._hub.log_guard.is_sound

    async def _down(self) -> int:
        note = await self._line.checkpoint()
        if note is None:
            return 0
        self._line.show(note)
        theirs = read_unverified_checkpoint(note)
        old = await to_thread(self._hub.witness.size_seen, theirs.origin)
        if theirs.size == old and not await to_thread(self._is_news, theirs.origin, note):
            return 0
        path: tuple[bytes, ...] = ()
        if 0 < old < theirs.size:
            path = await self._line.consistency(old, theirs.size)
        try:
            line = await to_thread(self._hub.witness.add, Adding(old=old, path=path, checkpoint=note))
        except OtherOldSize:
            return 0  # another process was quicker
        except (UnknownOrigin, NotTheLogs):
            self._rolled = False
            raise
        except SplitView:
            raise
        await self._line.cosign(with_cosignatures(note, [line]))
        return 1

    async def _fetch_lost(self) -> int:
        """Our own entries, as the hub above kept them."""
        done = 0
        while done < PIECES:
            size = await to_thread(self._size)
            piece = await self._line.copied(self._origin, size)
            if piece is None:
                break
            await to_thread(self._hub.log_repair.take, read_copying(piece))
            done += 1
        return done

    def _newest(self) -> tuple[int, bytes] | None:
        newest = self._hub.world.transactions.read(logrows.checkpoint)
        return None if newest is None else (newest[0], newest[1].encode())

    def _size(self) -> int:
        return self._hub.world.transactions.read(logrows.size)

    def _is_news(self, origin: str, note: bytes) -> bool:
        """Of the size that we know, but with another text: it has to be judged."""
        row = self._hub.world.transactions.read(lambda connection: witnessrows.seen(connection, origin))
        return row is None or note_text(row.note.encode()) != note_text(note)

    def _piece(self, first: int) -> Copying | None:
        """Our entries from there to the next checkpoint."""

        def work(connection: Connection) -> Copying | None:
            after = logrows.checkpoint_after(connection, first)
            if after is None:
                return None
            leaves = logrows.leaves(connection, first, after[0] - first)
            return Copying(first=first, entries=tuple(leaf.data for leaf in leaves), checkpoint=after[1].encode())

        return self._hub.world.transactions.read(work)

    def _adding(self, old: int, size: int, note: bytes) -> Adding:
        def work(connection: Connection) -> Adding:
            path = tree.consistency_proof(StoredNodes(connection), old, size) if 0 < old < size else []
            return Adding(old=old, path=tuple(path), checkpoint=note)

        return self._hub.world.transactions.read(work)
