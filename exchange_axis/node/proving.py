"""Log proofs: asked for unasked, many at once, checked one by one, and kept beside the receipt (design: the log)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.ledger.epochs import key_of_epoch
from exchange_axis.ledger.errors import LedgerError
from exchange_axis.ledger.proof import read_proof, verify_evidence_proof
from exchange_axis.node.errors import NotLogged, UnprovedProof
from exchange_axis.node.pushing import raise_alarm
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.rows import EvidenceRow
from exchange_axis.store.node.unit import NodeUnit
from schemas.gate.refusal import Refusal

FULL_ROUND = 50
"""Proofs asked for at once."""
LONGEST_PAUSE = timedelta(minutes=1)
_DOUBLINGS = 10


class Prover:
    """The sync half of asking for proofs."""

    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def due(self) -> tuple[EvidenceRow, ...]:
        now = self._world.clock.now()
        return self._world.store.read(lambda unit: unit.records.without_proof(now, limit=FULL_ROUND))

    def take(
        self, rows: Sequence[EvidenceRow], proofs: Mapping[str, bytes], fitting: frozenset[bytes] | None = None
    ) -> int:
        """Keep the proofs that hold; none is an answer too: not yet. The number of evidence proved now.

        Args:
            fitting: checkpoints that belong to the log's one history; a proof under another one is no answer.
        """
        at = self._world.clock.now()
        if fitting is not None:
            proofs = {sha256: proof for sha256, proof in proofs.items() if not _is_foreign(proof, fitting)}
        judged = [(row, proofs.get(row.sha256), self._fault(row, proofs.get(row.sha256), at)) for row in rows]

        def work(unit: NodeUnit) -> int:
            proved = 0
            for row, proof, fault in judged:
                if proof is not None and fault is None:
                    unit.records.set_proof(row.id, proof)
                    proved += 1
                else:
                    self._ask_again(unit, row, fault, at)
            return proved

        return self._world.store.run(work)

    def _fault(self, row: EvidenceRow, proof: bytes | None, at: datetime) -> Refusal | None:
        """What is wrong with the answer, or with none for so long."""
        settings = self._world.settings
        if proof is None:
            if at - row.stored_at < settings.proof_alarm:
                return None
            return NotLogged(evidence=row.id, minutes=int(settings.proof_alarm.total_seconds() // 60))
        try:
            self._check(row, proof)
        except Refusal as refusal:
            return UnprovedProof(evidence=row.id, reason=refusal)
        return None

    def _check(self, row: EvidenceRow, proof: bytes) -> None:
        origin = read_unverified_checkpoint(read_proof(proof).checkpoint).origin
        refused: Refusal | None = None
        for log in self._world.logs():
            try:
                verify_evidence_proof(proof, bytes.fromhex(row.sha256), key_of_epoch(log, origin) or log)
            except Refusal as refusal:
                refused = refusal
            else:
                return
        if refused is not None:
            raise refused

    def _ask_again(self, unit: NodeUnit, row: EvidenceRow, fault: Refusal | None, at: datetime) -> None:
        pause = min(LONGEST_PAUSE, self._world.settings.proof_pause * (1 << min(row.proof_tries, _DOUBLINGS)))
        unit.records.postpone_proof(row.id, at + pause)
        if fault is not None:
            raise_alarm(unit, fault, row.id, at)


def _is_foreign(proof: bytes, fitting: frozenset[bytes]) -> bool:
    """Under a checkpoint that contradicts what is known; a file that is no proof is judged with the others."""
    try:
        return read_proof(proof).checkpoint not in fitting
    except LedgerError:
        return False
