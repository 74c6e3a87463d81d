"""Time-stamps over checkpoints: in batches, pending while a service is away, renewed before they lose their value.

1. A token covers the newest checkpoint's text; older checkpoints are covered through consistency, so one token an
   interval is enough whatever the traffic.
2. What is to be stamped follows from the rows: nothing is queued, an outage leaves nothing to repair but time.
   Before a token loses its value it goes into the log itself, with all others of its time: the next ordinary token
   covers them, so that a year's renewal costs no token of its own (ADR 0015).
3. Tokens are verified before they are kept, path included: what is stored can be proved today.
4. Nothing here ever stops a letter, and nothing here is signed by us.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from asyncio import to_thread
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from exchange_axis.domain.retry import next_try
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.hub.home import add_leaves
from exchange_axis.hub.log_nodes import StoredNodes
from exchange_axis.hub.tiling import Tiling
from exchange_axis.hub.timekeeping import ClockGuard
from exchange_axis.hub.world import World
from exchange_axis.ledger import tree
from exchange_axis.ledger.note import note_text
from exchange_axis.ledger.proof import LogProof, write_proof
from exchange_axis.ports import TimestampSource
from exchange_axis.store import Connection
from exchange_axis.store.hub import logrows, stamps
from schemas.gate.refusal import Refusal
from signing.roots import RootUse
from signing.timestamp_chain import renewal_due
from signing.timestamps import Timestamp, accept_answer, make_request
from signing.trust import Purpose, TrustAnchors, check_path, judge_for

log = logging.getLogger("axis.stamping")

LOOK: Final = 5.0
"""Seconds between two looks for something to stamp."""
AT_ONCE: Final = 100
"""Tokens asked for in one round."""
LATE_AFTER: Final = timedelta(minutes=5)
"""On top of the interval: from then on an operator should look."""
SOURCE_PAUSE: Final = timedelta(minutes=10)
"""Longest wait for a service that was away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstamped:
    """A checkpoint to stamp."""

    size: int
    text: bytes
    """Of the checkpoint: the note without its signatures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StampedCheckpoint:
    size: int
    note: bytes
    tokens: tuple[bytes, ...]
    """Oldest first; `signing.timestamp_chain.verify_chain` takes them with the note's text."""
    consistency: tuple[bytes, ...] = ()
    """Proof that this checkpoint's log begins with that of the size asked for; empty where both are the same."""
    renewed: tuple[Renewed, ...] = ()
    """What carries the last of the tokens on beyond the end of its service's certificate, one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """A token is in the log, and under a checkpoint that was time-stamped later."""

    token: bytes
    """That is carried on."""
    proof: bytes
    """tlog-proof of its SHA-256; ends in the checkpoint that was stamped."""
    tokens: tuple[bytes, ...]
    """Over that checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StampState:
    stamped_size: int
    stamped_at: datetime | None
    waiting_since: datetime | None
    """When the oldest checkpoint was signed that no time-stamp covers; None: all are covered."""
    late: bool
    """It waits longer than the interval explains."""
    renewals_due: int
    failures: int
    """Tries in vain since the last token."""
    error: str
    """Code of the last failure, empty after a success."""


class Stamps:
    """What is stamped and what is not. Synchronous; may be called from several threads."""

    def __init__(self, world: World, tiling: Tiling) -> None:
        self._world = world
        self._tiling = tiling
        self._failures, self._error = 0, ""

    @property
    def interval(self) -> timedelta:
        return self._world.settings.timestamp_every

    def next(self) -> Unstamped | None:
        """What a token is wanted for now: the newest checkpoint, at most once an interval."""

        def work(connection: Connection) -> Unstamped | None:
            now, top, last = self._world.clock.now(), stamps.newest_checkpoint(connection), stamps.newest(connection)
            fresh = top is not None and (last is None or top.size > last.size)
            if top is not None and fresh and (last is None or now - last.kept_at >= self.interval):
                return Unstamped(size=top.size, text=_text(top.note))
            return None

        return self._world.transactions.read(work)

    def keep(self, wanted: Unstamped, stamp: Timestamp, anchors: TrustAnchors) -> bool:
        """Store a verified token; False if another process of this hub was first."""
        row = stamps.StampRow(
            size=wanted.size,
            number=0,
            token=stamp.token,
            at=stamp.at,
            kept_at=self._world.clock.now(),
            renew_at=renewal_due(stamp, anchors),
            sha256=hashlib.sha256(stamp.token).hexdigest(),
        )
        self._failures, self._error = 0, ""
        return self._world.transactions.run(lambda connection: stamps.add(connection, row))

    def carry_on(self) -> int:
        """Put the tokens into the log, once one of them is due; returns how many. The next time-stamp covers them."""

        def work(connection: Connection) -> int:
            if not stamps.count_to_renew(connection, self._world.clock.now()):
                return 0
            found = stamps.unlogged(connection)
            add_leaves(connection, stamps.KIND, [self._world.issuer.leaf_of(sha256) for sha256 in found])
            stamps.logged(connection)
            return len(found)

        return self._world.transactions.run(work)

    def failed(self, refusal: Refusal) -> int:
        """Note a try in vain; gives how many there were since the last success."""
        self._failures, self._error = self._failures + 1, refusal.code
        return self._failures

    def covering(self, size: int) -> StampedCheckpoint | None:
        """The smallest stamped checkpoint that covers the first `size` leaves; None while it is pending.

        Raises:
            NotFound: the log is not so large.
        """

        def work(connection: Connection) -> StampedCheckpoint | None:
            top = stamps.newest_checkpoint(connection)
            if top is None or not 0 < size <= top.size:
                raise NotFound(what=size)
            found = _covering(connection, size)
            if found is None:
                return None
            return replace(found, renewed=tuple(_carried(connection, found.tokens[-1])))

        found = self._world.transactions.read(work)
        if found is None:
            return None
        return replace(found, consistency=tuple(self._tiling.consistency(size, found.size)))

    def state(self) -> StampState:
        def work(connection: Connection) -> StampState:
            now, last = self._world.clock.now(), stamps.newest(connection)
            since = stamps.waiting_since(connection)
            return StampState(
                stamped_size=0 if last is None else last.size,
                stamped_at=None if last is None else last.at,
                waiting_since=since,
                late=self._is_late(since, now),
                renewals_due=stamps.count_to_renew(connection, now) + stamps.count_uncovered(connection),
                failures=self._failures,
                error=self._error,
            )

        return self._world.transactions.read(work)

    def _is_late(self, since: datetime | None, now: datetime) -> bool:
        if since is None or not self._world.settings.timestamped:
            return False
        return now - since > self.interval + LATE_AFTER


class Stamping:
    """The loop that asks a service for what `Stamps` wants."""

    def __init__(
        self,
        world: World,
        served: Stamps,
        source: TimestampSource,
        *,
        anchors: Callable[[], TrustAnchors],
        guard: ClockGuard | None = None,
    ) -> None:
        """
        Args:
            anchors: roots of the service.
            guard: told the service's time; None for a service that runs by our own clock.
        """
        self._world = world
        self._stamps = served
        self._source = source
        self._anchors = anchors
        self._guard = guard

    @property
    def anchors(self) -> Callable[[], TrustAnchors]:
        return self._anchors

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            wait = LOOK
            try:
                await self.round()
            except Refusal as refusal:
                wait = self._pause(self._stamps.failed(refusal))
                log.warning("stamping.failed source=%s code=%s %s", self._source.name, refusal.code, refusal)
            except Exception:  # letters go on, and so does the next round
                wait = self._pause(self._stamps.failed(AxisError()))
                log.exception("stamping.fault source=%s", self._source.name)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=wait)

    async def round(self) -> int:
        """Get all tokens that are wanted now; returns how many.

        Raises:
            Refusal: the service is away or its tokens cannot be believed; nothing is lost.
        """
        await to_thread(self._stamps.carry_on)
        for done in range(AT_ONCE):
            wanted = await to_thread(self._stamps.next)
            if wanted is None:
                return done
            stamp = await self.stamp(wanted.text)
            await to_thread(self._stamps.keep, wanted, stamp, self._anchors())
        return AT_ONCE

    async def look(self) -> None:
        """Ask the service for its time, by a token that nobody keeps.

        Raises:
            Refusal: the service is away, or cannot be believed.
        """
        await self.stamp(self._world.rng.token(32))

    async def stamp(self, octets: bytes) -> Timestamp:
        """A token over any octets, such as those of a container's signature (`signing.long_term.octets_to_stamp`).

        Raises:
            Refusal: the service is away, or its token cannot be believed.
        """
        began = self._world.clock.monotonic()
        request = make_request(octets, nonce=int.from_bytes(self._world.rng.token(8)))
        stamp = accept_answer(await self._source.answer(request.der()), request)
        judge_for(
            RootUse.TIME_STAMP,
            self._anchors(),
            stamp.at,
            lambda roots: check_path(stamp.certificate, stamp.chain, roots, at=stamp.at, purpose=Purpose.TIME_STAMPING),
        )
        if self._guard is not None:
            self._guard.observe(
                self._source.name, stamp.at, began=began, accuracy=stamp.accuracy + timedelta(seconds=1)
            )
        return stamp

    def _pause(self, failures: int) -> float:
        now = self._world.clock.now()
        until = next_try(min(failures, 30), now, 0.5 + self._world.rng.uniform() / 2, longest=SOURCE_PAUSE)
        return max(LOOK, (until - now).total_seconds())


def _text(note: str) -> bytes:
    return note_text(note.encode()).encode()


def _covering(connection: Connection, size: int) -> StampedCheckpoint | None:
    found = stamps.covering(connection, size)
    row = None if found is None else stamps.checkpoint_of(connection, found)
    if row is None:
        return None
    tokens = tuple(one.token for one in stamps.of_size(connection, row.size))
    return StampedCheckpoint(size=row.size, note=row.note.encode(), tokens=tokens)


def _carried(connection: Connection, token: bytes) -> Iterator[Renewed]:
    """From a token to the one that covers its entry in the log, and on from there."""
    while True:
        sha256 = hashlib.sha256(token).hexdigest()
        leaf = logrows.leaves_of(connection, [sha256]).get(sha256)
        index, salt = (None, None) if leaf is None else (leaf.position, leaf.salt)
        later = None if index is None else _covering(connection, index + 1)
        if index is None or salt is None or later is None:
            return
        (path,) = tree.inclusion_proofs(StoredNodes(connection), [index], later.size)
        proof = LogProof(index=index, path=tuple(path), checkpoint=later.note, extra=salt)
        yield Renewed(token=token, proof=write_proof(proof), tokens=later.tokens)
        token = later.tokens[-1]
