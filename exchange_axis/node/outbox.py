"""Sending: a letter becomes a sealed container and a durable outbox row, and the clerk has a local receipt at once.

Works without the hub; the agent hands over when it can. Steps of `send`:
(1) write `letter.edxml` and the container, sealed with the agency's seal;
(2) run the checks that the hub will run on the very bytes it will get, and ask our copy of the directory;
(3) make the container durable;
(4) one transaction: the outbox row with its consignment id, and what the letter does to an earlier one (`amending`); or
    the row that this key had before.

The same key again gives the same local receipt; the same key with other content is refused. What a refusal ended may
be sent again under its key, as a new consignment.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.comparison import content_of
from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Lane
from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.letter import BusinessKind, Organ, TraceHeader
from exchange_axis.domain.lifecycle import Business, DeliveryState, StatusCode
from exchange_axis.domain.tracing import letter_of
from exchange_axis.errors import CheckFailed
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node import replacing
from exchange_axis.node.amending import (
    Amendment,
    Change,
    Step,
    amendment_of,
    lane_for,
    letter_named,
    recipients_of,
)
from exchange_axis.node.compose import Draft
from exchange_axis.node.directory import DirectoryCopy, judge_parties
from exchange_axis.node.errors import IdempotencyConflict, NotServed, SealMissing
from exchange_axis.node.filing import Filing
from exchange_axis.node.hub_words import first_question
from exchange_axis.node.packets import parted
from exchange_axis.node.statuses import Saying, StatusWriter
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.check import Checked, check_container
from exchange_axis.pipeline.timeliness import answered_by, issue_findings
from exchange_axis.store.node.rows import AddresseeRow, OutboxRow, OutboxState
from exchange_axis.store.node.unit import NodeUnit
from exchange_axis.wire.consignment import write_consignment
from exchange_axis.wire.container import ContainerFile, write_container
from exchange_axis.wire.edxml import write_letter
from schemas.findings import Finding, errors
from signing.container import sign_members
from signing.keys import Signer

BLOB_STORED = declare("node.outbox.blob-stored", "a letter's container is durable, no outbox row names it")
BEFORE_COMMIT = declare("node.outbox.before-commit", "the outbox row of a letter is written, not committed")
COMMITTED = declare("node.outbox.committed", "the letter is queued, the clerk has not been told")
_ATTEMPTS = 20
"""Changes of the earlier letter that may come between reading and writing before this is a fault of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalReceipt:
    """The node's unsigned note "queued"; never shown as a receipt of the axis."""

    consignment_id: str
    idempotency_key: str
    sender: str
    recipients: tuple[str, ...]
    title: str
    """Number/symbol."""
    document_id: str
    lane: Lane
    container_sha256: str
    size: int
    queued_at: datetime
    expires_at: datetime
    notes: tuple[dict[str, object], ...]
    """Warnings of the node's own check, as `Finding.as_dict`."""


class Sender:
    def __init__(self, world: NodeWorld, directory: DirectoryCopy) -> None:
        self._world = world
        self._directory = directory
        self._statuses = StatusWriter(world)
        self._filing = Filing(world)

    def send(self, draft: Draft, *, actor: str, idempotency_key: str | None = None) -> LocalReceipt:
        """Queue a letter; durable when it returns.

        Args:
            actor: who sends, for the node's own record.
            idempotency_key: of the agency's software; default (From, DocumentId, kind).

        Raises:
            NotServed, SealMissing: nobody here may send for that agency.
            CheckFailed: all findings of the first stage that refuses; nothing is kept.
            IdempotencyConflict: the key was used for other content.
        """
        with self._parted(draft) as whole:
            return self._send(whole, actor=actor, idempotency_key=idempotency_key)

    def rehearse(self, draft: Draft) -> tuple[Finding, ...]:
        """What sending it would warn of; nothing is queued or kept. Raises as `send`."""
        with self._parted(draft) as whole:
            consignment, seal = self._prepared(whole)
            with self._container(whole, consignment, seal) as file:
                return self._judged(whole, consignment, file)[1]

    def _prepared(self, draft: Draft) -> tuple[Consignment, Signer]:
        sender = self._served(draft.letter.from_.id)
        seal = self._world.seals.get(sender)
        if seal is None:
            raise SealMissing(agency=sender)
        return self._consignment(draft, sender, self._world.now()), seal

    def _judged(
        self, draft: Draft, consignment: Consignment, file: ContainerFile
    ) -> tuple[Checked, tuple[Finding, ...], str]:
        """The checks of the hub; what they warn of, and the report on the files."""
        at = consignment.created_at
        checked = check_container(file.path, sha256=file.sha256, size=file.size, anchors=self._world.anchors(), at=at)
        late = issue_findings(consignment, checked.signing_time, at=at, calendar=self._world.calendar())
        notes = (*checked.findings, *self._ask_directory(consignment, at), *late)
        report, found = self._filing.before_sending(file.path, draft.letter, checked.parts)
        return checked, (*notes, *found), report

    def _send(self, draft: Draft, *, actor: str, idempotency_key: str | None) -> LocalReceipt:
        consignment, seal = self._prepared(draft)
        with self._world.tracer.span("node.seal", letter_of(consignment)):
            return self._seal_and_queue(draft, (consignment, seal), actor=actor, idempotency_key=idempotency_key)

    def _seal_and_queue(
        self, draft: Draft, prepared: tuple[Consignment, Signer], *, actor: str, idempotency_key: str | None
    ) -> LocalReceipt:
        consignment, seal = prepared
        sender = consignment.sender
        with self._container(draft, consignment, seal) as file:
            checked, notes, report = self._judged(draft, consignment, file)
            fingerprint = _fingerprint(draft, checked)
            key = f"{sender}|{idempotency_key or _default_key(draft, consignment.in_reply_to, fingerprint)}"
            known = self._world.store.read(lambda unit: self._known(unit, key, fingerprint))
            if known is not None:
                return known
            self._world.blobs.put(file.path)
        failpoint(BLOB_STORED)
        row = _row(checked, key=key, fingerprint=fingerprint, actor=actor, notes=notes)
        if draft.redistributes is not None:
            passed_on = draft.redistributes
            row = replace(row, redistributes=passed_on.consignment_id, redistributes_sender=passed_on.sender)
        receipt = self._commit(row, checked)
        if report:
            ask_at = first_question(report, row.created_at)
            self._world.store.run(
                lambda unit: unit.files.add(
                    row.container_sha256, report, consignment_id=row.consignment_id, ask_at=ask_at
                )
            )
        failpoint(COMMITTED)
        return receipt

    def _commit(self, row: OutboxRow, checked: Checked) -> LocalReceipt:
        """The letter together with what it does to an earlier one; planned anew when that one changed meanwhile."""
        for _ in range(_ATTEMPTS):
            amendment = self._world.store.read(lambda unit: _amendment(unit, row, checked))
            asked = [self._ask_back(step, row) for step in amendment.left_out]
            receipt = self._world.store.run(
                lambda unit, plan=amendment, statuses=asked: self._queue(unit, row, checked, (plan, statuses))  # type: ignore[misc]
            )
            if receipt is not None:
                return receipt
        raise AssertionError("a letter changed all the time while it was amended")

    def _ask_back(self, step: Step, row: OutboxRow) -> OutboxRow:
        saying = Saying(code=StatusCode.TAKE_BACK.value, actor=row.actor, description=row.stated_reason or row.title)
        asked = self._statuses.prepare_take_back(step.letter, step.before.recipient, saying, at=row.created_at)
        return replace(asked, waits_for=row.consignment_id)

    @contextmanager
    def _parted(self, draft: Draft) -> Iterator[Draft]:
        """The draft with its attachments as files, for as long as the block runs."""
        if draft.source is None:
            yield draft
            return
        with parted(draft.source, self._world.settings.staging) as packet:
            yield replace(draft, letter=packet.letter, attachments=packet.attachments, packet=packet.document)

    def _served(self, organ_id: str) -> str:
        sender = canonical_code(organ_id)
        if sender not in self._world.settings.agencies:
            raise NotServed(agency=sender, served=", ".join(sorted(self._world.settings.agencies)))
        return sender

    def _consignment(self, draft: Draft, sender: str, at: datetime) -> Consignment:
        recipients, lane = recipients_of(draft.letter), draft.letter.lane
        about = draft.about or self._world.store.read(lambda unit: letter_named(unit, draft.letter, sender))
        if about is not None:
            change = Change(kind=draft.letter.kind, sender=sender, about=about, recipients=recipients)
            lane = self._world.store.read(lambda unit: lane_for(unit, change, draft.letter.lane))
        return Consignment(
            id=self._world.rng.uuid(),
            kind=ConsignmentClass.LETTER,
            sender=sender,
            recipients=recipients,
            lane=lane,
            created_at=at,
            expires_at=at + self._world.settings.time_to_live,
            in_reply_to=about,
            directory_version=self._directory.version() if draft.addressed is None else draft.addressed.version,
            reduced=draft.source is not None,
            signed_at=draft.signed_at,
        )

    @contextmanager
    def _container(self, draft: Draft, consignment: Consignment, seal: Signer) -> Iterator[ContainerFile]:
        """The container in the staging folder, for as long as the block runs."""
        path = self._world.settings.staging / f"send-{consignment.id}.asice"
        try:
            yield write_container(
                path,
                consignment=write_consignment(consignment),
                document_name="letter.edxml",
                document=_packet(draft, consignment.created_at),
                attachments=draft.attachments,
                sign=lambda members: sign_members(members, seal, at=consignment.created_at),
                source=draft.source,
            )
        finally:
            path.unlink(missing_ok=True)

    def _ask_directory(self, consignment: Consignment, at: datetime) -> tuple[Finding, ...]:
        directory = self._directory.current()
        if directory is None:
            return ()
        findings = judge_parties(directory, consignment.sender, consignment.recipients, on=day_of(at))
        if errors(findings):
            raise CheckFailed(findings, unchecked=())
        return findings

    def _known(self, unit: NodeUnit, key: str, fingerprint: str) -> LocalReceipt | None:
        """The receipt that this key had before; None when the key is free.

        Raises:
            IdempotencyConflict.
        """
        row = unit.outbox.by_key(key)
        if row is None or row.state is OutboxState.REFUSED:
            return None
        if row.fingerprint != fingerprint:
            raise IdempotencyConflict(key=key, consignment_id=row.consignment_id)
        return receipt_of(row, tuple(addressee.recipient for addressee in unit.outbox.addressees(row.consignment_id)))

    def _queue(
        self, unit: NodeUnit, row: OutboxRow, checked: Checked, planned: tuple[Amendment, list[OutboxRow]]
    ) -> LocalReceipt | None:
        """None when the earlier letter is no longer as it was when this was planned."""
        known = self._known(unit, row.idempotency_key or "", row.fingerprint)
        if known is not None:
            return known  # somebody sent the same letter while we were sealing ours
        if row.idempotency_key is not None:
            unit.outbox.free_key(row.idempotency_key)
        amendment, asked = planned
        if _amendment(unit, row, checked) != amendment:
            return None
        recipients = checked.consignment.recipients
        unit.outbox.add(row, [_addressee(row, recipient) for recipient in recipients])
        if checked.letter is not None:
            unit.clocks.add_replies(row.consignment_id, answered_by(checked.letter))
            unit.contents.add(row.container_sha256, content_of(checked.letter, checked.parts))
            unit.contents.add_replaced(row.sender, row.consignment_id, checked.letter.replaced)
        amendment.carry_out(unit, at=row.created_at)
        for status in asked:
            unit.outbox.add(status)
        failpoint(BEFORE_COMMIT)
        return receipt_of(row, recipients)


def _amendment(unit: NodeUnit, row: OutboxRow, checked: Checked) -> Amendment:
    if row.in_reply_to is None:
        return Amendment()
    recipients, replaced = checked.consignment.recipients, () if checked.letter is None else checked.letter.replaced
    also = replacing.roots(unit, row.sender, replaced[1:], besides=row.in_reply_to)
    change = Change(kind=row.business_kind, sender=row.sender, about=row.in_reply_to, also=also, recipients=recipients)
    return amendment_of(unit, change, at=row.created_at)


def _default_key(draft: Draft, about: str | None, fingerprint: str) -> str:
    """An update and what is sent again have the DocumentId of the first sending."""
    key = f"{draft.letter.document_id}|{draft.letter.kind.value}"
    match draft.letter.kind:
        case BusinessKind.UPDATE:
            return f"{key}|{fingerprint[:16]}"
        case BusinessKind.NEW if about is not None:
            return f"{key}|{about}"
        case _:
            return key


def _packet(draft: Draft, at: datetime) -> bytes:
    if draft.packet is not None:
        return draft.packet
    hop = TraceHeader(organ_id=draft.letter.from_.id, timestamp=at.replace(microsecond=0))
    return write_letter(replace(draft.letter, trace=(hop,)))


def _fingerprint(draft: Draft, checked: Checked) -> str:
    """What makes two requests the same letter: what the sender gave, without the names that a directory adds to it."""
    if draft.packet is not None:
        return checked.content_digest or ""
    business = draft.letter.business
    given = replace(
        draft.letter,
        from_=Organ(id=draft.letter.from_.id),
        to=tuple(Organ(id=code) for code in _addressed(draft)),
        # Who is added or removed follows from what became of the earlier letter meanwhile.
        business=None if business is None else replace(business, change=None, replacements=()),
    )
    linked = [repr(link) for link in (draft.about, draft.redistributes) if link is not None]
    attached = [part.sha256 for part in checked.parts if part.name.startswith("attachments/")]
    return hashlib.sha256("\n".join([repr(given), *linked, *attached]).encode()).hexdigest()


def _addressed(draft: Draft) -> Iterable[str]:
    """Groups by their names: who is in them today makes no other letter."""
    return (organ.id for organ in draft.letter.to) if draft.addressed is None else draft.addressed.given


def _row(checked: Checked, *, key: str, fingerprint: str, actor: str, notes: tuple[Finding, ...]) -> OutboxRow:
    consignment, letter = checked.consignment, checked.letter
    if letter is None:
        raise AssertionError("a checked letter has its document and digest")
    return OutboxRow(
        consignment_id=consignment.id,
        kind=consignment.kind,
        sender=consignment.sender,
        idempotency_key=key,
        fingerprint=fingerprint,
        title=letter.code,
        document_id=letter.document_id,
        subject=letter.subject,
        document_date=letter.promulgation_date,
        business_kind=letter.kind,
        in_reply_to=consignment.in_reply_to,
        stated_reason=(letter.business.reason if letter.business is not None else "") or None,
        lane=consignment.lane,
        container_sha256=checked.container_sha256,
        size=checked.size,
        actor=actor,
        signed_at=consignment.signed_at or checked.signing_time,
        created_at=consignment.created_at,
        expires_at=consignment.expires_at,
        due_at=consignment.created_at,
        notes=json.dumps([note.as_dict() for note in notes], ensure_ascii=False),
    )


def _addressee(row: OutboxRow, recipient: str) -> AddresseeRow:
    return AddresseeRow(
        consignment_id=row.consignment_id,
        recipient=recipient,
        state=DeliveryState.QUEUED,
        business=Business(),
        changed_at=row.created_at,
    )


def receipt_of(row: OutboxRow, recipients: tuple[str, ...]) -> LocalReceipt:
    """The note that was given when it was queued."""
    return LocalReceipt(
        consignment_id=row.consignment_id,
        idempotency_key=(row.idempotency_key or "").partition("|")[2],
        sender=row.sender,
        recipients=tuple(sorted(recipients)),
        title=row.title,
        document_id=row.document_id,
        lane=row.lane,
        container_sha256=row.container_sha256,
        size=row.size,
        queued_at=row.created_at,
        expires_at=row.expires_at,
        notes=tuple(json.loads(row.notes)),
    )
