"""The log's key changes: the old key's last word names the new one, and the log goes on in the next epoch.

1. The change is a decision, logged and signed by the old key; after that the old key signs nothing.
2. Every entry keeps its place: the next epoch begins with all of them, so proofs under either key hold.
3. Whoever knows the old key (the hubs beside us, nodes) is handed the roll, and follows by itself; the trust list names
   both keys.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import ClassVar, Final

from exchange_axis.errors import AxisError
from exchange_axis.hub.log import Log
from exchange_axis.hub.log_peers import LOG, keys_of
from exchange_axis.hub.log_repair import EpochOpening, Repaired
from exchange_axis.hub.world import World
from exchange_axis.ledger.errors import LedgerError
from exchange_axis.ledger.note import KeySigner
from exchange_axis.ledger.roll import follow, write_roll
from exchange_axis.store import Connection
from exchange_axis.store.hub import epochrows, logrows, peers, records, witnessrows

ROLL: Final = "roll"
"""Member of an epoch's statement: the signed note in base64."""
BEFORE: Final = "log_before"
"""Member of a peer's request: its earlier log keys, oldest first."""


class LogNotQuiet(AxisError):
    code: ClassVar[str] = "log.not-quiet"
    vi: ClassVar[str] = "Nhật ký {origin} chưa đổi khóa được: {reason}"
    en: ClassVar[str] = "The key of log {origin} cannot change now: {reason}"
    remedy_vi: ClassVar[str] = "Xem axis hub status, axis log fsck; sửa nhật ký trước rồi chạy lại"
    remedy_en: ClassVar[str] = "See axis hub status, axis log fsck; mend the log first, then run again"


def roll(world: World, log: Log, old: KeySigner, new: KeySigner, *, actor: str) -> Repaired:
    """Close the epoch of the old key and open the next one under the new key; nothing may sign meanwhile.

    Raises:
        LogNotQuiet: the log contradicts itself, or entries wait that cannot be numbered.
    """
    at, origin = world.issuer.now(), old.verifier.name
    world.transactions.run(
        lambda connection: records.decide(
            connection, at=at, actor=actor, action="log.roll", subject=origin, details=new.verifier.vkey
        )
    )
    while log.sequence():
        pass
    if log.state().waiting or world.transactions.read(lambda connection: witnessrows.troubles(connection, origin)):
        raise LogNotQuiet(origin=origin, reason="waiting entries or a contradiction")

    def work(connection: Connection) -> Repaired:
        witnessrows.lock_log(connection, origin)
        newest = logrows.checkpoint(connection)
        if newest is None:
            raise LogNotQuiet(origin=origin, reason="no checkpoint")
        note = write_roll(old, new, size=newest[0])
        opening = EpochOpening(closing=old.verifier, signer=new, actor=actor, reason="log.roll")
        return opening.open(connection, world, more={ROLL: base64.b64encode(note).decode("ascii")})

    done = world.transactions.run(work)
    log.hold(float("inf"))  # this process knows the old key only
    last = world.transactions.read(lambda connection: logrows.checkpoint_at(connection, done.size))
    if last is not None and world.log_memory is not None:
        world.log_memory.write(last.encode())
    return done


def own_rolls(connection: Connection) -> tuple[bytes, ...]:
    """Oldest first."""
    statements = (json.loads(row.statement) for row in epochrows.every(connection))
    return tuple(base64.b64decode(one[ROLL]) for one in statements if ROLL in one)


class Rolls:
    """Rolls of other hubs' logs, as they hand them over."""

    def __init__(self, world: World) -> None:
        self._world = world

    def own(self) -> tuple[bytes, ...]:
        return self._world.transactions.read(own_rolls)

    def take(self, peer: str, notes: Sequence[bytes]) -> int:
        """Follow a peer to its log's new key; returns how many keys that were. What does not follow changes nothing."""
        if not notes:
            return 0
        at = self._world.issuer.now()

        def work(connection: Connection) -> int:
            row = peers.get(connection, peer)
            request = {} if row is None else json.loads(row.request)
            known, _ = keys_of(request)
            if known is None:
                return 0
            keys = follow(known, notes)
            if len(keys) == 1:
                return 0
            before = [*request.get(BEFORE, ()), *(key.vkey for key in keys[:-1])]
            fresh = {**request, LOG: keys[-1].vkey, BEFORE: before}
            peers.set_request(connection, peer, json.dumps(fresh, ensure_ascii=False))
            details = f"{known.vkey} -> {keys[-1].vkey}"
            records.decide(connection, at=at, actor=peer, action="peer.log-roll", subject=peer, details=details)
            return len(keys) - 1

        try:
            return self._world.transactions.run(work)
        except LedgerError:
            return 0
