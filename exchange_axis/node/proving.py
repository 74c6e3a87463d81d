"""Log proofs: asked for unasked evidence by evidence, checked, and kept beside the receipt (design: the log)."""

from __future__ import annotations

from datetime import timedelta

from exchange_axis.ledger.proof import verify_evidence_proof
from exchange_axis.node.errors import NotLogged, UnprovedProof
from exchange_axis.node.pushing import raise_alarm
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.rows import EvidenceRow
from exchange_axis.store.node.unit import NodeUnit
from schemas.gate.refusal import Refusal

LONGEST_PAUSE = timedelta(minutes=1)
_DOUBLINGS = 10


class Prover:
    """The sync half of asking for proofs."""

    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def due(self) -> tuple[EvidenceRow, ...]:
        now = self._world.clock.now()
        return self._world.store.read(lambda unit: unit.records.without_proof(now))

    def take(self, row: EvidenceRow, proof: bytes | None) -> bool:
        """Keep a proof that holds; None is an answer too: not yet. True when the evidence is proved now."""
        if proof is None:
            self._ask_again(row)
            return False
        try:
            self._check(row, proof)
        except Refusal as refusal:
            self._ask_again(row, UnprovedProof(evidence=row.id, reason=refusal))
            return False
        self._world.store.run(lambda unit: unit.records.set_proof(row.id, proof))
        return True

    def _check(self, row: EvidenceRow, proof: bytes) -> None:
        if self._world.log is not None:
            verify_evidence_proof(proof, bytes.fromhex(row.sha256), self._world.log)

    def _ask_again(self, row: EvidenceRow, fault: Refusal | None = None) -> None:
        at, settings = self._world.clock.now(), self._world.settings
        pause = min(LONGEST_PAUSE, settings.proof_pause * (1 << min(row.proof_tries, _DOUBLINGS)))
        if fault is None and at - row.stored_at >= settings.proof_alarm:
            minutes = int(settings.proof_alarm.total_seconds() // 60)
            fault = NotLogged(evidence=row.id, minutes=minutes)

        def work(unit: NodeUnit) -> None:
            unit.records.postpone_proof(row.id, at + pause)
            if fault is not None:
                raise_alarm(unit, fault, row.id, at)

        self._world.store.run(work)
