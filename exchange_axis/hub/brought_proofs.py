"""Proofs for evidence of other hubs: that it is in the log of the hub that issued it, whoever brought it here.

1. A proof comes from the hub that issued the evidence, through the hub that brought it, once a checkpoint covers it.
   It is asked for beside the letters, again and again, and delays none. The first hub's acceptance came beside a
   letter; all other evidence came in returns and answers, and has an entry in the log here too: that is no substitute.
2. Nothing is kept but what holds under a log key of the issuer: a false proof would spoil every dossier it lies in.
   Where no such key is known yet, the proof is asked for again later.
3. A proof that does not come, or does not hold, is put on record once; dossiers say so in words.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from exchange_axis.errors import AxisError
from exchange_axis.hub import brought_stamps
from exchange_axis.hub.auditing import Auditing
from exchange_axis.hub.authority import listed
from exchange_axis.hub.log import Log
from exchange_axis.hub.log_peers import peer_logs
from exchange_axis.hub.sight import sight_of_peer
from exchange_axis.hub.world import World
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.ledger.errors import LedgerError
from exchange_axis.ledger.note import NoteVerifier, read_vkey
from exchange_axis.ledger.proof import read_proof, verify_evidence_proof
from exchange_axis.ledger.roll import key_for
from exchange_axis.store import Connection
from exchange_axis.store.hub import brought, mail, peers, records
from exchange_axis.store.hub.brought import BroughtRow

log = logging.getLogger("axis.proofs")

AT_ONCE: Final = 100
"""Proofs asked for in one message."""
SOON: Final = timedelta(seconds=5)
"""Until the first question is repeated; the pause doubles."""
LONGEST: Final = timedelta(minutes=30)
WITHHELD: Final = timedelta(minutes=15)
"""A proof that has not come by then is put on record: the issuer's checkpoint is due after one minute."""
_DOUBLINGS: Final = 10
_PIECE: Final = 500
"""Digests in one statement."""


class OtherLog(AxisError):
    code: ClassVar[str] = "log.other-hub"
    vi: ClassVar[str] = "Chứng minh thuộc nhật ký {origin}, không phải của trục {issuer}"
    en: ClassVar[str] = "The proof is of the log {origin}, not of hub {issuer}"
    remedy_vi: ClassVar[str] = "Hỏi trục đã phát hành biên nhận; kiểm tra danh sách tin cậy: axis hub trust-list show"
    remedy_en: ClassVar[str] = "Ask the hub that issued the receipt; see: axis hub trust-list show"


class LogKeyUnknown(AxisError):
    code: ClassVar[str] = "log.key-unknown"
    vi: ClassVar[str] = "Chưa biết khóa nhật ký của trục {issuer}"
    en: ClassVar[str] = "No log key of hub {issuer} is known here"
    remedy_vi: ClassVar[str] = "Trục cấp trên phát hành danh sách tin cậy có khóa này: axis hub trust-list"
    remedy_en: ClassVar[str] = "The hub above publishes a trust list with that key: axis hub trust-list"


def want(connection: Connection, *, sha256: str, consignment: int, issuer: str, peer: str, at: datetime) -> None:
    """From now on, in the transaction that takes the evidence in."""
    row = BroughtRow(sha256=sha256, consignment=consignment, issuer=issuer, peer=peer, since=at, due_at=at)
    brought.want(connection, row)


class BroughtProofs:
    def __init__(self, world: World, own: Log, auditing: Auditing) -> None:
        self._world = world
        self._own = own
        self._auditing = auditing

    def asked(self, peer: str) -> tuple[str, ...]:
        """SHA-256 of evidence that this peer is to prove now; the next question comes later."""
        now = self._world.issuer.now()

        def work(connection: Connection) -> tuple[str, ...]:
            wanted = brought.due(connection, peer, now, AT_ONCE)
            for row in wanted:
                brought.postpone(connection, row, now + _pause(row.tries))
            return tuple(row.sha256 for row in wanted)

        if not self._world.transactions.read(lambda connection: brought.due(connection, peer, now, 1)):
            return ()
        return self._world.transactions.run(work)

    def given(self, peer: peers.PeerRow, digests: Sequence[str]) -> Mapping[str, bytes]:
        """Proofs for a hub beside this one, of what is its business: from the log here, or as they were brought.

        Of another hub's evidence never the entry in the log here.
        """
        provable, at = self._auditing.provable(peer, digests), self._world.issuer.now()

        def may_have(connection: Connection, row: BroughtRow) -> bool:
            letter = mail.consignment_by_seq(connection, row.consignment)
            is_acceptance = row.sha256 in letter.documents[:1]  # which came beside the letter and is no row of evidence
            return is_acceptance and sight_of_peer(connection, letter, peer, at) is not None

        def work(connection: Connection) -> tuple[set[str], dict[str, bytes]]:
            rows = brought.rows(connection, digests)
            passed = {
                row.sha256: row.proof
                for row in rows
                if row.proof is not None and (row.sha256 in provable or may_have(connection, row))
            }
            return {row.sha256 for row in rows}, passed

        foreign, passed = self._world.transactions.read(work)
        own = self._own.proofs(sorted(provable - foreign))
        return passed | {sha256: proof for sha256, proof in own.items() if proof is not None}

    def take(self, peer: str, proofs: Mapping[str, bytes]) -> int:
        """Keep the proofs that hold among those that this peer was asked for; returns how many."""
        if not proofs:
            return 0
        wanted = self._world.transactions.read(lambda connection: brought.rows(connection, proofs))
        judged = [(row, self._fault(row, proofs[row.sha256])) for row in wanted if row.peer == peer]

        def work(connection: Connection) -> int:
            kept = 0
            for row, fault in judged:
                if fault is None:
                    kept += brought.keep(connection, row.sha256, proofs[row.sha256])
                    ends_in = read_unverified_checkpoint(read_proof(proofs[row.sha256]).checkpoint)
                    brought_stamps.want(connection, ends_in, peer=peer, at=self._world.issuer.now())
                elif brought.refuse(connection, row.sha256, fault.code) and not isinstance(fault, LogKeyUnknown):
                    self._record(connection, "log.proof-refused", row, f"{row.issuer} {peer} {fault.code}")
            return kept

        return self._world.transactions.run(work) if judged else 0

    def alarm(self) -> int:
        """Put on record what does not come; returns how many are new."""
        now = self._world.issuer.now()
        limit = now - WITHHELD

        def work(connection: Connection) -> int:
            found = brought.withheld(connection, limit, AT_ONCE)
            for group in _alike(found):
                more = f" +{len(group) - 1}" if len(group) > 1 else ""
                row = group[0]
                self._record(connection, "log.proof-missing", row, f"{row.issuer} {row.peer}{more}")
            brought.tell(connection, [row.sha256 for row in found], now)
            return len(found)

        if not self._world.transactions.read(lambda connection: brought.withheld(connection, limit, 1)):
            return 0
        return self._world.transactions.run(work)

    def held(self, digests: Iterable[str]) -> Mapping[str, BroughtRow]:
        """What is known of evidence of other hubs: its proof, or why there is none."""
        named = list(digests)
        pieces = [named[start : start + _PIECE] for start in range(0, len(named), _PIECE)]

        def work(connection: Connection) -> dict[str, BroughtRow]:
            return {row.sha256: row for piece in pieces for row in brought.rows(connection, piece)}

        return self._world.transactions.read(work)

    def keys(self) -> tuple[NoteVerifier, ...]:
        """Every log key of the hubs that are known here, from the trust list too."""
        return tuple(dict.fromkeys(key for keys in self._world.transactions.read(self._keys).values() for key in keys))

    def _fault(self, row: BroughtRow, proof: bytes) -> AxisError | LedgerError | None:
        try:
            origin = read_unverified_checkpoint(read_proof(proof).checkpoint).origin
            keys = self._world.transactions.read(self._keys).get(row.issuer)
            if not keys:
                return LogKeyUnknown(issuer=row.issuer)
            key = key_for(keys, origin)
            if key is None:
                return OtherLog(origin=origin, issuer=row.issuer)
            verify_evidence_proof(proof, bytes.fromhex(row.sha256), key)
        except LedgerError as refusal:
            return refusal
        return None

    def _keys(self, connection: Connection) -> dict[str, tuple[NoteVerifier, ...]]:
        """By hub, earlier ones too."""
        found: dict[str, tuple[NoteVerifier, ...]] = {}
        for one in peer_logs(connection):
            found[one.peer] = tuple(filter(None, (*one.before, one.log)))
        known = listed(self._world, connection)
        for hub in () if known is None else known.hubs:
            listed_keys = tuple(read_vkey(one.vkey) for one in hub.logs)
            found[hub.id] = tuple(dict.fromkeys((*found.get(hub.id, ()), *listed_keys)))
        return found

    def _record(self, connection: Connection, action: str, row: BroughtRow, details: str) -> None:
        here, now = self._world.settings.id, self._world.issuer.now()
        log.error("%s evidence=%s %s", action, row.sha256, details)
        records.decide(connection, at=now, actor=here, action=action, subject=row.sha256, details=details)


def unproved(rows: Iterable[BroughtRow]) -> Iterator[str]:
    """For the page that retells a dossier: whose proofs have not come, or were none."""
    for group in _alike(row for row in rows if row.proof is None):
        row = group[0]
        about = f"biên nhận {row.sha256[:16]}…" if len(group) == 1 else f"{len(group)} biên nhận"
        yield _why(row, f"{about} của trục {row.issuer}")


def _why(row: BroughtRow, about: str) -> str:
    if row.refused == LogKeyUnknown.code:
        return f"Chưa biết khóa nhật ký của trục {row.issuer} nên chưa nhận chứng minh nhật ký cho {about}."
    if row.refused is not None:
        return f"Chứng minh nhật ký nhận từ trục {row.peer} cho {about} không đúng ({row.refused}); hồ sơ không có nó."
    return f"Trục {row.peer} chưa chuyển chứng minh nhật ký cho {about}."


def _alike(rows: Iterable[BroughtRow]) -> list[list[BroughtRow]]:
    """By whose log it is, who is to bring the proof, and what was wrong with what came."""
    groups: dict[tuple[str, str, str | None], list[BroughtRow]] = {}
    for row in rows:
        groups.setdefault((row.issuer, row.peer, row.refused), []).append(row)
    return list(groups.values())


def _pause(tries: int) -> timedelta:
    return min(LONGEST, SOON * (1 << min(tries, _DOUBLINGS)))
