"""Keeping what hubs say, and moving a sent letter's recipients along by it.

Rules of this file:
1. Evidence is stored once by its id, byte for byte; the row is only how it is found.
2. It moves a recipient only where it speaks of the very container that was sent from here.
3. States follow the lifecycle tables, tolerantly: evidence may come in any order, and handover is never undone.
4. What we asked for (13, recall, update) moved the request when it was queued here; its evidence does not move it
   again, for it may come after the answer. A delivery that ended as withdrawn needs no answer, and what was asked stays
   asked: a handover that comes after it supersedes it, and then the recipient owes the answer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from exchange_axis.domain.evidence import STATUS_EVENTS, Event, Evidence
from exchange_axis.domain.lifecycle import DELIVERY, DELIVERY_EVENTS
from exchange_axis.ports import Document
from exchange_axis.store.node.rows import AddresseeRow, EvidenceRow
from exchange_axis.store.node.unit import NodeUnit

_CODES = {event: code for code, event in STATUS_EVENTS.items()}


def evidence_row(
    evidence: Evidence, document: Document, *, at: datetime, prove_at: datetime | None = None
) -> EvidenceRow:
    """`prove_at`: when its log proof is asked for; None: not by us."""
    return EvidenceRow(
        id=evidence.id,
        sha256=document.sha256,
        event=evidence.event,
        issuer=evidence.issuer,
        sender=evidence.sender,
        recipients=evidence.recipients,
        consignment_id=evidence.consignment_id,
        container_sha256=evidence.container_sha256,
        status_sha256=evidence.status_sha256,
        recorded_at=evidence.recorded_at,
        claimed_at=evidence.claimed_at,
        reasons=evidence.reasons,
        previous=evidence.previous,
        successor=evidence.successor,
        stored_at=at,
        proof_due_at=prove_at,
    )


def keep_evidence(unit: NodeUnit, evidence: Evidence, document: Document, *, at: datetime, prove_at: datetime) -> bool:
    """Store verified evidence and what it changes; False when it is here already."""
    unit.records.keep(document, trusted=True, at=at)
    if not unit.records.add_evidence(evidence_row(evidence, document, at=at, prove_at=prove_at)):
        unit.records.want_proof(evidence.id, prove_at)
        return False
    _move_recipients(unit, evidence, at)
    return True


def _move_recipients(unit: NodeUnit, evidence: Evidence, at: datetime) -> None:
    letter = unit.outbox.get(evidence.consignment_id)
    if letter is None or letter.sender != evidence.sender or letter.container_sha256 != evidence.container_sha256:
        return
    for row in unit.outbox.addressees(evidence.consignment_id):
        if row.recipient in evidence.recipients:
            moved = _moved(row, evidence)
            if moved != row:
                unit.outbox.change_addressee(row, replace(moved, changed_at=max(at, row.changed_at)))


def _moved(row: AddresseeRow, evidence: Evidence) -> AddresseeRow:
    event = DELIVERY_EVENTS.get(evidence.event)
    if event is not None:
        row = replace(row, state=DELIVERY.observe(row.state, event))
    if evidence.event is Event.REDIRECT:
        row = replace(row, redirected_to=evidence.successor)
    code = _CODES.get(evidence.event)
    if code is not None and evidence.event is not Event.TAKE_BACK:
        row = replace(row, business=row.business.observe(code).state)
    return row
