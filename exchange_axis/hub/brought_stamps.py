"""Time-stamps of other hubs over checkpoints of their logs, for the proofs of their evidence that were brought here.

1. They come the way the proofs came, from the hub that signed the checkpoint; the line to it may have other hubs in it.
2. Nothing is kept but what is over that log: its checkpoint under a known key, joined with that of the proof, and
   tokens that are over its text. Whether the service behind them is believed is for whoever verifies a dossier.
3. A log is stamped now and then: the smallest checkpoint that waits is asked about, for what does not cover it covers
   none of the later ones. Where a hub has no time-stamps nothing is missed; its dossiers say so.
4. What carries a token on beyond its service's certificate (ADR 0015) is asked for when the token wants it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from exchange_axis.errors import NotFound
from exchange_axis.hub.stamping import Renewed, StampedCheckpoint, Stamps
from exchange_axis.hub.world import World
from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, read_unverified_checkpoint
from exchange_axis.ledger.errors import UntrustedNote
from exchange_axis.ledger.note import NoteVerifier, note_text
from exchange_axis.ledger.proof import read_proof, verify_evidence_proof
from exchange_axis.ledger.roll import key_for
from exchange_axis.ledger.tree import verify_consistency
from exchange_axis.ports import PassedStamp
from exchange_axis.store import Connection
from exchange_axis.store.hub import brought_stamps as rows
from exchange_axis.store.hub import records
from exchange_axis.wire.hub_json import dump, load
from exchange_axis.wire.trust_json import MAX_STAMPS, read_stamp, stamp_json
from schemas.gate.refusal import Refusal
from signing.timestamp_chain import read_chain, renewal_due
from signing.timestamps import Timestamp

log = logging.getLogger("axis.proofs")

SOON: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(minutes=30)
RENEWAL_PAUSE: Final = timedelta(days=1)
"""Between two questions for what carries a token on."""
_DOUBLINGS: Final = 10

Keys = Callable[[], Sequence[NoteVerifier]]


def want(connection: Connection, checkpoint: Checkpoint, *, peer: str, at: datetime) -> None:
    """In the transaction that keeps a proof ending in that checkpoint."""
    rows.want(connection, checkpoint.origin, checkpoint.size, root=checkpoint.root, peer=peer, at=at)


class BroughtStamps:
    def __init__(self, world: World, own: Stamps, keys: Keys) -> None:
        """
        Args:
            keys: every log key that is known here.
        """
        self._world = world
        self._own = own
        self._keys = keys

    def asked(self, peer: str) -> tuple[tuple[str, int], ...]:
        """Logs and sizes whose time-stamps this peer is to bring now."""
        now = self._world.issuer.now()

        def look(connection: Connection) -> bool:
            return bool(rows.due(connection, peer, now) or rows.to_renew(connection, peer, now, 1))

        def work(connection: Connection) -> tuple[tuple[str, int], ...]:
            found: list[tuple[str, int]] = []
            for row in rows.due(connection, peer, now):
                rows.postpone(connection, row, now + min(LONGEST, SOON * (1 << min(row.tries, _DOUBLINGS))))
                sizes = rows.waiting(connection, peer, row.origin, MAX_STAMPS)
                found += [(row.origin, size) for size in sizes]
            for origin, size in rows.to_renew(connection, peer, now, MAX_STAMPS):
                rows.renew_later(connection, origin, size, now + RENEWAL_PAUSE)
                found.append((origin, size))
            return tuple(found[:MAX_STAMPS])

        return self._world.transactions.run(work) if self._world.transactions.read(look) else ()

    def given(self, wanted: Iterable[tuple[str, int]]) -> tuple[PassedStamp, ...]:
        """Of the log here, or as they were brought; what is not there is left out."""
        return tuple(found for origin, size in wanted if (found := self._given(origin, size)) is not None)

    def covering(self, origin: str, size: int) -> StampedCheckpoint | None:
        """What was brought over a checkpoint of another log; None while nothing was."""
        found = self._world.transactions.read(lambda connection: _held(connection, origin, size))
        return None if found is None else _stamped(found)

    def take(self, peer: str, stamps: Iterable[PassedStamp]) -> int:
        """Keep those that hold among those that this peer was asked for; returns how many."""
        return sum(self._take(peer, stamp) for stamp in stamps)

    def _given(self, origin: str, size: int) -> PassedStamp | None:
        if origin != self._world.settings.origin:
            return self._world.transactions.read(lambda connection: _held(connection, origin, size))
        try:
            found = self._own.covering(size)
        except NotFound:
            return None
        return None if found is None else _passed(found, origin, size)

    def _take(self, peer: str, stamp: PassedStamp) -> bool:
        def look(connection: Connection) -> tuple[bytes | None, PassedStamp | None]:
            return rows.awaited(connection, stamp.origin, stamp.size, peer), _held(connection, stamp.origin, stamp.size)

        root, held = self._world.transactions.read(look)
        if root is None and (held is None or len(stamp.renewed) <= len(held.renewed)):
            return False
        try:
            covered, last = self._checked(stamp, root)
        except Refusal as refusal:
            self._refuse(peer, stamp, refusal)
            return False
        kept = rows.StampedRow(
            origin=stamp.origin,
            size=covered.size,
            peer=peer,
            content=dump(stamp_json(stamp)),
            renewals=len(stamp.renewed),
            renew_at=renewal_due(last, self._world.anchors()),
        )
        self._world.transactions.run(lambda connection: rows.keep(connection, kept, stamp.size, stamp.consistency))
        return True

    def _checked(self, stamp: PassedStamp, root: bytes | None) -> tuple[Checkpoint, Timestamp]:
        """The stamped checkpoint, and the time-stamp that now carries it.

        Args:
            root: of the size asked about; None: that was the stamped one itself.

        Raises:
            LedgerError, TimestampRefusal, AlgorithmRefusal.
        """
        covered = open_checkpoint(stamp.checkpoint, self._key(stamp.origin))
        size = stamp.size if root is not None else covered.size
        verify_consistency(size, covered.size, stamp.consistency, root1=root or covered.root, root2=covered.root)
        last = read_chain(_text(stamp.checkpoint), stamp.tokens)[-1]
        token = stamp.tokens[-1]
        for proof, tokens in stamp.renewed:
            later = read_unverified_checkpoint(read_proof(proof).checkpoint)
            verify_evidence_proof(proof, hashlib.sha256(token).digest(), self._key(later.origin))
            last = read_chain(_text(read_proof(proof).checkpoint), tokens)[-1]
            token = tokens[-1]
        return covered, last

    def _key(self, origin: str) -> NoteVerifier:
        key = key_for(self._keys(), origin)
        if key is None:
            raise UntrustedNote(reason=f"no key of {origin} is known")
        return key

    def _refuse(self, peer: str, stamp: PassedStamp, refusal: Refusal) -> None:
        about = f"{stamp.origin} {stamp.size}"
        log.error("log.stamp-refused peer=%s about=%s %s", peer, about, refusal)
        here, now = self._world.settings.id, self._world.issuer.now()

        def work(connection: Connection) -> None:
            if rows.refuse(connection, stamp.origin, stamp.size, refusal.code):
                details = f"{peer} {refusal.code}"
                records.decide(
                    connection, at=now, actor=here, action="log.stamp-refused", subject=about, details=details
                )

        self._world.transactions.run(work)


def _held(connection: Connection, origin: str, size: int) -> PassedStamp | None:
    found = rows.covering(connection, origin, size)
    if found is None:
        return None
    content, path = found
    kept = read_stamp(load(content))
    return PassedStamp(
        origin=origin,
        size=size,
        checkpoint=kept.checkpoint,
        tokens=kept.tokens,
        consistency=path,
        renewed=kept.renewed,
    )


def _passed(found: StampedCheckpoint, origin: str, size: int) -> PassedStamp:
    return PassedStamp(
        origin=origin,
        size=size,
        checkpoint=found.note,
        tokens=found.tokens,
        consistency=found.consistency,
        renewed=tuple((one.proof, one.tokens) for one in found.renewed),
    )


def _stamped(found: PassedStamp) -> StampedCheckpoint:
    token, renewed = found.tokens[-1], []
    for proof, tokens in found.renewed:
        renewed.append(Renewed(token=token, proof=proof, tokens=tokens))
        token = tokens[-1]
    return StampedCheckpoint(
        size=read_unverified_checkpoint(found.checkpoint).size,
        note=found.checkpoint,
        tokens=found.tokens,
        consistency=found.consistency,
        renewed=tuple(renewed),
    )


def _text(note: bytes) -> bytes:
    return note_text(note).encode()
