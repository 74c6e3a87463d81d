"""The hub's answer to what was pushed: verified, kept byte for byte, or not believed.

Rules of this file:
1. A consignment counts as accepted only by evidence that our hub sealed and that names its id and digest.
2. It counts as refused for good only by the hub's refusal; where that comes signed, the signature must hold.
3. A refusal of the caller (certificate, permission) is not one of the letter: it waits, with an alarm.
4. What is not believed changes nothing but an alarm, and is asked for again: the hub gives the stored answer.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from exchange_axis.domain.consignment import ConsignmentClass, Lane
from exchange_axis.domain.evidence import STATUS_EVENTS, Event, Evidence
from exchange_axis.domain.retry import LAST_CEILING, next_try
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node import standing
from exchange_axis.node.errors import AnswerUntrusted, DiskTrouble, LateSubmission
from exchange_axis.node.recording import keep_evidence
from exchange_axis.node.voices import hear_evidence
from exchange_axis.node.world import NodeWorld
from exchange_axis.ports import Answer, Document, DocumentKind, HubRefused, HubUnreachable
from exchange_axis.store.node.rows import OutboxRow, OutboxState
from exchange_axis.store.node.unit import NodeUnit
from schemas.gate.refusal import Refusal

ANSWERED = declare("node.push.answered", "the hub has answered, nothing of it is stored")
BEFORE_COMMIT = declare("node.push.before-commit", "the hub's answer is written, not committed")
COMMITTED = declare("node.push.committed", "the hub's answer is durable")

CALLER_REFUSALS = ("auth.", "limit.", "rate.")
"""Problem codes that speak of the caller or the moment, not of the consignment."""


class Pusher:
    """The sync half of pushing; the agent awaits the hub between these calls."""

    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def due(self, least: Lane = Lane.THUONG) -> tuple[OutboxRow, ...]:
        """What should go now of this lane and those above it, the most urgent first; statuses of any."""
        now, wanted = self._world.clock.now(), self._world.wanted(least)
        return self._world.store.read(lambda unit: unit.outbox.due(now, wanted=wanted))

    def export(self, row: OutboxRow) -> Path:
        """The container as a file for as long as the upload takes; a finished earlier copy is used again."""
        target = self._world.settings.staging / f"push-{row.container_sha256}.asice"
        if target.exists() and target.stat().st_size == row.size:
            return target
        part = target.with_suffix(f".{row.consignment_id}.part")
        with self._world.blobs.open(row.container_sha256) as blob, part.open("wb") as file:
            for chunk in blob.chunks():
                file.write(chunk)
        return part.replace(target)

    def answered(self, row: OutboxRow, answer: Answer) -> bool:
        """Keep the hub's answer; False when it is not believed."""
        failpoint(ANSWERED)
        at = self._world.now()
        try:
            heard = self._hear_answer(row, answer, at)
        except Refusal as refusal:
            self._distrust(row, refusal)
            return False
        warnings = json.dumps([dict(warning) for warning in answer.warnings], ensure_ascii=False)

        def work(unit: NodeUnit) -> None:
            for evidence, document in heard:
                keep_evidence(unit, evidence, document, at=at, prove_at=self._prove_at(at))
            unit.outbox.answer(row.consignment_id, OutboxState.ACCEPTED, at, warnings=warnings)
            unit.clocks.replied(row.consignment_id)
            failpoint(BEFORE_COMMIT)

        self._world.store.run(work)
        failpoint(COMMITTED)
        self._drop_export(row)
        return True

    def refused(self, row: OutboxRow, refusal: HubRefused) -> bool:
        """Keep the hub's refusal; False when the letter is to be tried again."""
        failpoint(ANSWERED)
        at = self._world.now()
        if str(refusal.problem.get("code", "")).startswith(CALLER_REFUSALS):
            self._postpone(row, refusal, alarm=refusal)
            return False
        try:
            heard = self._hear_rejection(row, refusal.evidence, at)
        except Refusal as untrusted:
            self._distrust(row, untrusted)
            return False
        problem = json.dumps(dict(refusal.problem), ensure_ascii=False)

        def work(unit: NodeUnit) -> None:
            if heard is not None and refusal.evidence is not None:
                keep_evidence(unit, heard, refusal.evidence, at=at, prove_at=self._prove_at(at))
            if unit.outbox.answer(row.consignment_id, OutboxState.REFUSED, at, problem=problem):
                standing.undo(unit, row, at=at)
            if row.kind is ConsignmentClass.STATUS or heard is None:
                raise_alarm(unit, refusal, row.consignment_id, at)
            failpoint(BEFORE_COMMIT)

        self._world.store.run(work)
        failpoint(COMMITTED)
        self._drop_export(row)
        return True

    def unreachable(self, row: OutboxRow, error: HubUnreachable) -> None:
        """Note a try that reached nobody; the pause is short, because the line's return helps every row."""
        at = self._world.clock.now()
        late = LateSubmission(consignment_id=row.consignment_id, expires_at=row.expires_at.isoformat())
        alarm = late if row.expires_at <= at else None
        self._postpone(row, error, alarm=alarm, longest=self._world.settings.line_pause)

    def trouble(self, row: OutboxRow, error: Refusal | OSError) -> None:
        """Note trouble of our own (disk, blob): tried again later, seen by the operator."""
        refusal = as_refusal(error)
        self._postpone(row, refusal, alarm=refusal)

    def _hear_answer(self, row: OutboxRow, answer: Answer, at: datetime) -> list[tuple[Evidence, Document]]:
        documents = [document for document in answer.documents if document.kind is DocumentKind.EVIDENCE]
        if not documents:
            raise AnswerUntrusted(consignment_id=row.consignment_id, reason="no evidence")
        heard = [(hear_evidence(document, self._world, at=at), document) for document in documents]
        first = heard[0][0]
        problem = self._status_problem(row, first) if row.status_code else self._letter_problem(row, first)
        if problem:
            raise AnswerUntrusted(consignment_id=row.consignment_id, reason=problem)
        return heard

    def _letter_problem(self, row: OutboxRow, evidence: Evidence) -> str:
        """Empty if this evidence accepts this letter."""
        sent = self._world.store.read(lambda unit: unit.outbox.addressees(row.consignment_id))
        facts = (
            ("event", evidence.event, Event.SUBMISSION_ACCEPTANCE),
            ("issuer", evidence.issuer, self._world.settings.hub_id),
            ("sender", evidence.sender, row.sender),
            ("consignment id", evidence.consignment_id, row.consignment_id),
            ("container", evidence.container_sha256, row.container_sha256),
            ("recipients", sorted(evidence.recipients), sorted(addressee.recipient for addressee in sent)),
        )
        return _difference(facts)

    def _status_problem(self, row: OutboxRow, evidence: Evidence) -> str:
        """Empty if this evidence answers this status: the hub asserts what we said about that letter."""
        event = STATUS_EVENTS[row.status_code or ""]
        facts: tuple[tuple[str, object, object], ...] = (
            ("event", evidence.event, event),
            ("issuer", evidence.issuer, self._world.settings.hub_id),
            ("sender", evidence.sender, row.letter_sender),
            ("consignment id", evidence.consignment_id, row.in_reply_to),
            ("container", evidence.container_sha256, row.letter_sha256),
        )
        # There is one handover of a delivery: the hub may know it from an earlier status of ours.
        earlier = event is Event.CONTENT_HANDOVER and row.sender in evidence.recipients
        if not earlier:
            facts = (*facts, ("status", evidence.status_sha256, row.container_sha256))
        return _difference(facts)

    def _hear_rejection(self, row: OutboxRow, document: Document | None, at: datetime) -> Evidence | None:
        """The signed rejection of these very bytes; None when the refusal came unsigned."""
        if document is None:
            return None
        evidence = hear_evidence(document, self._world, at=at)
        problem = _difference(
            (
                ("event", evidence.event, Event.SUBMISSION_REJECTION),
                ("issuer", evidence.issuer, self._world.settings.hub_id),
                ("consignment id", evidence.consignment_id or row.consignment_id, row.consignment_id),
                ("container", evidence.container_sha256, row.container_sha256),
            )
        )
        if problem:
            raise AnswerUntrusted(consignment_id=row.consignment_id, reason=problem)
        return evidence

    def _distrust(self, row: OutboxRow, refusal: Refusal) -> None:
        self._postpone(row, refusal, alarm=refusal)

    def _postpone(
        self, row: OutboxRow, error: Refusal, *, alarm: Refusal | None, longest: timedelta = LAST_CEILING
    ) -> None:
        at = self._world.clock.now()
        # At least half of the ceiling, so that a queue is walked through once and not in a circle.
        until = next_try(row.attempts + 1, at, 0.5 + self._world.rng.uniform() / 2, longest=longest)

        def work(unit: NodeUnit) -> None:
            unit.outbox.postpone(row.consignment_id, until=until, error=str(error))
            if alarm is not None:
                raise_alarm(unit, alarm, row.consignment_id, at)

        self._world.store.run(work)

    def _prove_at(self, at: datetime) -> datetime:
        return at + self._world.settings.proof_pause

    def _drop_export(self, row: OutboxRow) -> None:
        (self._world.settings.staging / f"push-{row.container_sha256}.asice").unlink(missing_ok=True)


def as_refusal(error: Refusal | OSError) -> Refusal:
    """Trouble of the disk in the form in which everything else is told."""
    return error if isinstance(error, Refusal) else DiskTrouble(reason=error.strerror or error)


def raise_alarm(unit: NodeUnit, refusal: Refusal, subject: str, at: datetime) -> None:
    unit.records.alarm(refusal.code, subject, vi=refusal.message("vi"), en=refusal.message("en"), at=at)


def _difference(facts: tuple[tuple[str, object, object], ...]) -> str:
    for name, found, expected in facts:
        if found != expected:
            return f"{name} is {found}, expected {expected}"
    return ""
